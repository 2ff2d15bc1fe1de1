import type { Fault } from "../../core/errors.ts";
import { nanosIn, numberIn } from "./number-text.ts";
import type { Comparison, Predicate, ValueTest } from "../pattern.ts";
import { readQuotedOrRegex } from "./quoted-text.ts";
import type { Scanner } from "./scanner.ts";

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
  if (isAbsent) return { key, op: "absent" };
  const op = scanner.take(/!=|<=|>=|=|<|>/y);
  if (op === "") {
    if (scanner.rest.startsWith(":") || key.endsWith(":")) {
      scanner.fail(at, {
        what: "a predicate has = where you wrote :",
        mend: `Write ${key.replace(/:$/, "")} = value.`,
      });
    }
    return { key, op: "present" };
  }
  scanner.skipSpaces();
  const valueAt = scanner.index;
  const value = readValue(scanner);
  const predicate = comparison(key, op, value);
  return "what" in predicate ? scanner.fail(valueAt, predicate) : predicate;
}

/** The predicate `key op value`, or what is wrong with it. Builders ask too. */
export function comparison(key: string, op: string, value: ValueTest): Predicate | Omit<Fault, "where"> {
  const text = value.type === "regex" ? `/${value.source}/${value.flags}` : value.text;
  if (key === "duration" && (value.type !== "word" || nanosIn(text) === undefined)) {
    return {
      what: `duration needs a number with its unit, not ${text}`,
      mend: "Write for instance 250ms or 2s; units are ns, us, ms, s, m, h.",
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

export const COMPARISONS: readonly Comparison[] = ["<", "<=", ">", ">="];

function readValue(scanner: Scanner): ValueTest {
  const at = scanner.index;
  const quoted = readQuotedOrRegex(scanner);
  if (quoted !== undefined) return quoted;
  const text = scanner.take(/[^,}]*/y).trimEnd();
  if (text.startsWith("$")) {
    scanner.fail(at, { what: `captures such as ${text} are not supported yet`, mend: "Write the value, or quote it." });
  }
  if (text === "" || /^[=<>!]/.test(text)) {
    scanner.fail(at, {
      what: text === "" ? "a value is missing" : `"${text}" is no value`,
      mend: "Write key = value.",
    });
  }
  return { type: text.includes("*") ? "glob" : "word", text };
}
