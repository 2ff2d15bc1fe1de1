import type { Json } from "../core/json.ts";
import { detectSensitive } from "../trace/redaction.ts";

/** Replaces what is sensitive, the same value by the same words wherever it stands: `[email-1]`. */
export interface Redactor {
  readonly text: (text: string) => string;
  /** A JSON value of the same form: its texts, keys and telling numbers replaced. */
  readonly value: <T extends Json>(value: T) => T;
  /** How many different values of each kind were replaced so far. */
  readonly replaced: () => Readonly<Record<string, number>>;
}

export interface RedactorOptions {
  /** What is sensitive besides; where a pattern has a group `value`, that alone. */
  readonly patterns?: readonly RegExp[];
  /** Values that are secret wherever they stand, such as those of environment variables. */
  readonly secrets?: readonly string[];
}

/** A shorter one would be found in every other word. */
const SECRET_LENGTH_MIN = 6;

/** One redactor for everything that belongs together: what it replaced once it replaces in the same way again. */
export function redactor({ patterns = [], secrets = [] }: RedactorOptions = {}): Redactor {
  const known = new Map<string, Map<string, number>>();
  const numberOf = (kind: string, value: string): number => {
    const values = known.get(kind) ?? new Map<string, number>();
    known.set(kind, values);
    const number = values.get(value) ?? values.size + 1;
    values.set(value, number);
    return number;
  };
  const found = findings(patterns, secrets);
  const plain = (text: string): string => {
    let redacted = "";
    let from = 0;
    for (const { kind, start, end } of found(text)) {
      redacted += `${text.slice(from, start)}[${kind}-${numberOf(kind, text.slice(start, end))}]`;
      from = end;
    }
    return redacted + text.slice(from);
  };
  const walk = (value: Json, key: string): Json => {
    if (typeof value === "string") return underKey(key, value);
    if (typeof value === "number") {
      const [first] = found(String(value));
      return first === undefined ? value : numberOf(first.kind, String(value));
    }
    if (typeof value !== "object" || value === null) return value;
    if (isList(value)) return value.map((member) => walk(member, key));
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [plain(name), walk(member, name)]));
  };
  /** What is named a password is one, though the name stands in the key. */
  const underKey = (key: string, value: string): string => {
    const head = `${key}=`;
    const inText = text(value);
    if (inText !== value || key === "") return inText;
    const named = plain(head + value);
    return named.startsWith(head) ? named.slice(head.length) : value;
  };
  /** JSON text is redacted as what it says, so that it stays JSON, and so that the same is the same in both forms. */
  const text = (given: string): string => {
    const inside = jsonIn(given);
    if (inside === undefined) return plain(given);
    const redacted = walk(inside, "");
    return JSON.stringify(redacted) === JSON.stringify(inside) ? given : JSON.stringify(redacted);
  };
  return {
    text,
    // The same form, with other texts in it.
    value: <T extends Json>(value: T): T => walk(value, "") as T,
    replaced: () => Object.fromEntries([...known].map(([kind, values]) => [kind, values.size])),
  };
}

interface Finding {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** In order, nothing overlapping: what the user names first, then what Troupe knows. */
function findings(patterns: readonly RegExp[], secrets: readonly string[]): (text: string) => readonly Finding[] {
  const named = secrets.filter(({ length }) => length >= SECRET_LENGTH_MIN).toSorted((a, b) => b.length - a.length);
  const global = patterns.map(({ source, flags }) => new RegExp(source, `${flags.replaceAll(/[dgy]/g, "")}dg`));
  return (text) => {
    const all: Finding[] = [
      ...named.flatMap((secret) => [...placesOf(text, secret)]),
      ...global.flatMap((pattern) => [...text.matchAll(pattern)].flatMap(matchOf)),
      ...detectSensitive(text),
    ];
    if (all.length < 2) return all;
    const taken = new Uint8Array(text.length);
    const apart = all.filter(({ start, end }) => {
      if (taken.subarray(start, end).includes(1)) return false;
      taken.fill(1, start, end);
      return true;
    });
    return apart.toSorted((a, b) => a.start - b.start);
  };
}

function* placesOf(text: string, secret: string): Generator<Finding> {
  for (let start = text.indexOf(secret); start !== -1; start = text.indexOf(secret, start + secret.length))
    yield { kind: "secret", start, end: start + secret.length };
}

function matchOf(match: RegExpExecArray): readonly Finding[] {
  const [start, end] = match.indices?.groups?.["value"] ?? match.indices?.[0] ?? [0, 0];
  return start === end ? [] : [{ kind: "redacted", start, end }];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function jsonIn(text: string): Json | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
