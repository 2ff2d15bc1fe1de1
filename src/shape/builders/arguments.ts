import type { Fault } from "../../core/errors.ts";
import { TroupeError } from "../../core/errors.ts";
import type { Comparison, Count, Predicate, TextTest, ValueTest } from "../pattern.ts";
import { countFault } from "../text/count-fault.ts";
import { isGlob, isPlainName, isPlainValue, isWord } from "../text/plain-text.ts";
import { comparison, COMPARISONS, keyFault } from "../text/predicate-text.ts";
import { regexFault } from "../text/regex.ts";

/**
 * A name: a text in which `*` stands for anything and `[uuid]`, `[hex]`, `[number]`, `[time]` and `[id]` for such a
 * value, a text taken literally, or a regular expression.
 */
export type NameArgument = string | RegExp | Literal;

/** A text without special characters, made by `shape.literal`. */
export interface Literal {
  readonly literal: string;
}

/** A value that must be the same at every use, made by `shape.capture`. */
export interface CaptureArgument {
  readonly capture: string;
}

type Scalar = string | number | boolean;

/**
 * What an attribute must be: a text or number equals by text or by number, and a text with `*` or a placeholder is a
 * glob; a literal equals by text alone. `{ present: false }` asks that it is absent, `{ "<=": 50 }` compares.
 */
export type Condition =
  | Scalar
  | RegExp
  | Literal
  | CaptureArgument
  | { readonly present: boolean }
  | { readonly not: Scalar | RegExp | Literal }
  | { readonly [op in Comparison]?: number | string };

/** Conditions by attribute, or by one of the language's own keys such as `duration`, `args.amount` or `error`. */
export type Conditions = Readonly<Record<string, Condition>>;

/** The name as a shape holds it. @throws TroupeError `SHAPE_INVALID` */
export function textTestOf(name: NameArgument): TextTest {
  if (typeof name === "string") {
    if (!isGlob(name)) return { type: "literal", text: name };
    return isPlainName(name) ? { type: "glob", text: name } : refuseGlob(name);
  }
  if ("literal" in name) return { type: "literal", text: name.literal };
  const { source, flags } = name;
  const fault = regexFault(source, flags);
  return fault === undefined ? { type: "regex", source, flags } : refuse(fault);
}

/** The service as a shape holds it; its glob is one word. @throws TroupeError `SHAPE_INVALID` */
export function serviceTestOf(service: NameArgument): TextTest {
  const made = textTestOf(service);
  return made.type === "glob" && /\s/.test(made.text) ? refuseGlob(made.text) : made;
}

/** The conditions as a shape holds them. @throws TroupeError `SHAPE_INVALID` */
export function predicatesOf(conditions: Conditions): readonly Predicate[] {
  return Object.entries(conditions).flatMap(([key, condition]) => {
    const fault = keyFault(key);
    return fault === undefined ? conditionsOf(key, condition) : refuse(fault);
  });
}

/** A capture, once its name is known to be one. @throws TroupeError `SHAPE_INVALID` */
export function captureOf(name: string): CaptureArgument {
  if (isWord(name)) return { capture: name };
  return refuse({ what: `"${name}" names no capture`, mend: "Use letters, digits, _ and -, a letter or _ first." });
}

/** The name of a definition. @throws TroupeError `SHAPE_INVALID` */
export function wordOf(name: string): string {
  if (isWord(name)) return name;
  return refuse({ what: `"${name}" names no definition`, mend: "Use letters, digits, _ and -, a letter or _ first." });
}

/** The count as a shape holds it. @throws TroupeError `SHAPE_INVALID` */
export function countOf(min: number, max: number): Count {
  const fault = countFault({ min, max });
  return fault === undefined ? { min, max } : refuse(fault);
}

/** Refuses a part of a shape that is being built, which has no place yet. @throws TroupeError `SHAPE_INVALID` */
export function refuse(fault: Omit<Fault, "where">): never {
  throw new TroupeError("SHAPE_INVALID", { where: "shape", ...fault });
}

function conditionsOf(key: string, condition: Condition): readonly Predicate[] {
  if (typeof condition !== "object" || condition instanceof RegExp || "literal" in condition) {
    return [compared(key, "=", valueOf(condition))];
  }
  if ("capture" in condition) return [compared(key, "=", { type: "capture", name: condition.capture })];
  if ("present" in condition) return [{ key, op: condition.present ? "present" : "absent" }];
  if ("not" in condition) return [compared(key, "!=", valueOf(condition.not))];
  return COMPARISONS.flatMap((op) => {
    const limit = condition[op];
    return limit === undefined ? [] : [compared(key, op, { type: "word", text: String(limit) })];
  });
}

function compared(key: string, op: string, value: ValueTest): Predicate {
  const made = comparison(key, op, value);
  return "what" in made ? refuse(made) : made;
}

function valueOf(value: Scalar | RegExp | Literal): ValueTest {
  if (typeof value === "object") return textTestOf(value);
  const text = String(value);
  if (isGlob(text)) return isPlainValue(text) ? { type: "glob", text } : refuseGlob(text);
  return { type: isPlainValue(text) ? "word" : "literal", text };
}

function refuseGlob(text: string): never {
  return refuse({ what: `the glob "${text}" cannot be written in a line`, mend: "Use a RegExp, or shape.literal." });
}
