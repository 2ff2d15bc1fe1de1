/** What a text is not. */
export class NotLiteral extends Error {}

const PUNCTUATION = /\s*([{}[\]:,])/y;
const SINGLE = /\s*'([^'\\]*(?:\\.[^'\\]*)*)'/sy;
const DOUBLE = /\s*"([^"\\]*(?:\\.[^"\\]*)*)"/sy;
const BACKTICK = /\s*`([^`\\]*(?:\\.[^`\\]*)*)`/sy;
const JOIN = /\s*\+(?=\s*['"`])/y;
const NUMBER = /\s*(-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity)|NaN)(n?)(?=[\s,\]}]|$)/iy;
const END = /\s*$/y;
const WORD = /\s*([A-Za-z_$][\w$]*)/y;
const CLASS = /\s*(?:[A-Za-z_$][\w$]*(?:\([^)\n]*\))?(?:\s\[[^\]\n]*\])?|\[Object: null prototype\])\s*(?=[{[])/y;
const LEFT_OUT = /\s*(?:\[(?:Object|Array|Circular[^\]]*|Function[^\]]*|[A-Z]\w*)\]|<ref \*\d+>|\.\.\. \d+ more \w+)/y;

/** Deeper than Node prints. */
const DEPTH_MAX = 100;

interface Cursor {
  readonly text: string;
  at: number;
}

/**
 * The value that Node's `console.dir` printed: objects with bare keys, texts in any quotes and joined with `+`, `undefined`.
 * What it left out (`[Object]`, `... 3 more items`) is undefined.
 *
 * @throws NotLiteral
 */
export function parseJsLiteral(text: string): unknown {
  const cursor: Cursor = { text, at: 0 };
  const value = readValue(cursor, 0);
  if (text.slice(cursor.at).trim() !== "") throw new NotLiteral(`there is more after the value at ${cursor.at}`);
  return value;
}

/** What the pattern matches here, which is then behind. */
function taken(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text) ?? undefined;
  if (match !== undefined) cursor.at += match[0].length;
  return match;
}

function readValue(cursor: Cursor, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new NotLiteral("it is nested too deep");
  taken(cursor, CLASS);
  if (taken(cursor, LEFT_OUT) !== undefined) return undefined;
  const quoted = readText(cursor);
  if (quoted !== undefined) return quoted;
  const number = taken(cursor, NUMBER);
  if (number !== undefined) return number[2] === "n" ? String(number[1]) : Number(number[1]);
  const mark = taken(cursor, PUNCTUATION)?.[1];
  if (mark === "{") return readObject(cursor, depth);
  if (mark === "[") return readList(cursor, depth);
  return mark === undefined ? readWord(cursor) : noValue(cursor);
}

function noValue({ at }: Cursor): never {
  throw new NotLiteral(`there is no value at ${at}`);
}

function readWord(cursor: Cursor): unknown {
  const word = taken(cursor, WORD)?.[1];
  if (word === "true" || word === "false") return word === "true";
  if (word === "null") return null;
  return word === "undefined" ? undefined : noValue(cursor);
}

function readText(cursor: Cursor): string | undefined {
  const first = quotedText(cursor);
  if (first === undefined) return undefined;
  let whole = first;
  while (taken(cursor, JOIN) !== undefined) whole += quotedText(cursor) ?? noValue(cursor);
  return whole;
}

function quotedText(cursor: Cursor): string | undefined {
  const match = taken(cursor, SINGLE) ?? taken(cursor, DOUBLE) ?? taken(cursor, BACKTICK);
  return match === undefined ? undefined : unescaped(match[1] ?? "");
}

function readObject(cursor: Cursor, depth: number): unknown {
  const members: (readonly [string, unknown])[] = [];
  for (let mark = peeked(cursor); mark !== "}"; mark = peeked(cursor)) {
    if (mark === ",") taken(cursor, PUNCTUATION);
    else if (taken(cursor, LEFT_OUT) === undefined) {
      const key = readText(cursor) ?? taken(cursor, WORD)?.[1] ?? taken(cursor, NUMBER)?.[1];
      if (key === undefined || taken(cursor, PUNCTUATION)?.[1] !== ":") noValue(cursor);
      else members.push([key, readValue(cursor, depth + 1)]);
    }
  }
  taken(cursor, PUNCTUATION);
  return Object.fromEntries(members);
}

function readList(cursor: Cursor, depth: number): readonly unknown[] {
  const items: unknown[] = [];
  for (let mark = peeked(cursor); mark !== "]"; mark = peeked(cursor)) {
    if (mark === ",") taken(cursor, PUNCTUATION);
    else items.push(readValue(cursor, depth + 1));
  }
  taken(cursor, PUNCTUATION);
  return items;
}

/** The next mark, if what comes is one. */
function peeked(cursor: Cursor): string | undefined {
  const before = cursor.at;
  const mark = taken(cursor, PUNCTUATION)?.[1];
  cursor.at = before;
  if (mark === undefined && taken(cursor, END) !== undefined) throw new NotLiteral("it does not end");
  return mark;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", v: "\v", 0: "\0" };

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]+)\}|(.))/gs, (...match) => {
    const [, byte, unit, point, other]: readonly (string | undefined)[] = match;
    const code = byte ?? unit ?? point;
    if (code !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10_ffff));
    return ESCAPES[other ?? ""] ?? other ?? "";
  });
}
