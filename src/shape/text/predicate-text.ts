import type { Fault } from "../../core/errors.ts";
import { nanosIn, nearestDuration, numberIn } from "./number-text.ts";
import type { Comparison, Predicate, ValueTest } from "../pattern.ts";
import { isGlob, isWord } from "./plain-text.ts";
import { readQuotedOrRegex } from "./quoted-text.ts";
import type { Scanner } from "./scanner.ts";

export const COMPARISONS: readonly Comparison[] = ["<", "<=", ">", ">="];

const OPERATORS: readonly string[] = ["=", "!=", ...COMPARISONS];

/** What people write who come from another language. */
const MEANT: Readonly<Record<string, string>> = {
  "==": "=",
  "===": "=",
  "!==": "!=",
  "=!": "!=",
  "<>": "!=",
  "=<": "<=",
  "=>": ">=",
};

/** Reads `key`, `!key` or `key op value`; stops before the comma or brace that follows. */
export function readPredicate(scanner: Scanner): Predicate {
  scanner.skipSpaces();
  const at = scanner.index;
  const isAbsent = scanner.take(/!\s*/y) !== "";
  const key = scanner.take(/[^\s,{}=<>!"]+/y);
  if (key === "") {
    scanner.fail(at, {
      what: scanner.isAtEnd ? "a predicate is missing" : `a predicate starts with a key, not with "${scanner.rest}"`,
      mend: "Write {key}, {!key} or {key = value}.",
    });
  }
  scanner.skipSpaces();
  if (key.endsWith(":") || scanner.rest.startsWith(":")) {
    const mend = `Write ${key.replace(/:$/, "")} = value.`;
    scanner.fail(at, { what: "a predicate has = where you wrote :", mend });
  }
  const fault = keyFault(key);
  if (fault !== undefined) scanner.fail(at, fault);
  if (isAbsent) return { key, op: "absent" };
  const op = readOperator(scanner, key);
  if (op === "") return { key, op: "present" };
  scanner.skipSpaces();
  const valueAt = scanner.index;
  const value = readValue(scanner);
  const predicate = comparison(key, op, value);
  return "what" in predicate ? scanner.fail(valueAt, predicate) : predicate;
}

/** What is wrong with the key of a predicate, or `undefined`. Builders ask too. */
export function keyFault(key: string): Omit<Fault, "where"> | undefined {
  if (!/^[^\s,{}=<>!"]+$/.test(key) || key.endsWith(":")) {
    return { what: `"${key}" is no key`, mend: 'A key has no spaces and none of , { } = < > ! ".' };
  }
  if (!key.includes("#") || /^[^#]+#[^#]+$/.test(key)) return undefined;
  return {
    what: `"${key}" is no key: one # parts an attribute from a path into its JSON`,
    mend: "Write for instance gen_ai.tool.call.arguments#order.id.",
  };
}

/** The predicate `key op value`, or what is wrong with it. Builders ask too. */
export function comparison(key: string, op: string, value: ValueTest): Predicate | Omit<Fault, "where"> {
  const text = textOf(value);
  if (value.type === "capture" && op !== "=") {
    return { what: `${text} stands after ${op}, and a capture only after =`, mend: "Compare with a value instead." };
  }
  if (key === "duration" && (value.type !== "word" || nanosIn(text) === undefined)) {
    const nearest = nearestDuration(text);
    return {
      what: `duration needs a number with its unit, not ${text}`,
      mend: `${nearest === undefined ? "Write for instance 250ms or 2s;" : `Did you mean ${nearest}? The`} units are ns, us, ms, s, m, h.`,
    };
  }
  if (op === "=" || op === "!=") return { key, op, value };
  const order = COMPARISONS.find((known) => known === op);
  const isNumber = key === "duration" || numberIn(text) !== undefined;
  if (order !== undefined && value.type === "word" && isNumber) return { key, op: order, value };
  const hasUnit = nanosIn(text) !== undefined;
  return {
    what: `${op} compares numbers, and ${text} is none`,
    mend: hasUnit ? "Only duration takes a unit: write a plain number." : "Write a number, or use =.",
  };
}

function textOf(value: ValueTest): string {
  if (value.type === "capture") return `$${value.name}`;
  return value.type === "regex" ? `/${value.source}/${value.flags}` : value.text;
}

function readOperator(scanner: Scanner, key: string): string {
  const at = scanner.index;
  const op = scanner.take(/[=<>!~]+/y);
  if (op === "" || OPERATORS.includes(op)) return op;
  const meant = MEANT[op];
  const mend = op.includes("~") ? `Write ${key} = /…/ for a regular expression.` : `Use one of ${OPERATORS.join(" ")}.`;
  return scanner.fail(at, {
    what: `unknown operator "${op}"`,
    mend: meant === undefined ? mend : `Did you mean ${meant}? ${mend}`,
  });
}

function readValue(scanner: Scanner): ValueTest {
  const at = scanner.index;
  const quoted = readQuotedOrRegex(scanner);
  if (quoted !== undefined) return quoted;
  const text = scanner.take(/[^,}]*/y).trimEnd();
  if (text.startsWith("$")) return readCapture(scanner, at, text);
  if (text === "" || /^[=<>!]/.test(text)) {
    scanner.fail(at, {
      what: text === "" ? "a value is missing" : `"${text}" is no value`,
      mend: "Write key = value; a value with special characters stands in double quotes.",
    });
  }
  return { type: isGlob(text) ? "glob" : "word", text };
}

function readCapture(scanner: Scanner, at: number, text: string): ValueTest {
  const name = text.slice(1);
  if (isWord(name)) return { type: "capture", name };
  return scanner.fail(at, {
    what: `${text} is no capture`,
    mend: "A capture is $ and a word, as in $order; a text that starts with $ stands in double quotes.",
  });
}
