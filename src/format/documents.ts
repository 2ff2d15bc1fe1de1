import { parseJsLiteral } from "./js-literal.ts";
import { tryParse } from "./json-text.ts";

/** Told of what a text holds, in its order. Line numbers count from 1. */
export interface DocumentListener {
  /** A JSON object or list that stands on its own. */
  readonly onDocument: (document: unknown, line: number) => void;
  /** Lines that begin like a document and are none. */
  readonly onBroken: (broken: BrokenDocument) => void;
  /** A line that is no JSON. */
  readonly onOther: (line: number) => void;
}

export interface BrokenDocument {
  /** Its first and last line. */
  readonly first: number;
  readonly last: number;
  readonly cause: string;
  readonly text: string;
}

interface Open {
  readonly line: number;
  readonly lines: string[];
  depth: number;
  /** What ends the string that is open, or 0. */
  quote: number;
  /** Whether it is what Node prints of an object, and no JSON; unknown before its first key. */
  isLiteral: boolean | undefined;
  length: number;
}

/** What V8 lets a string hold, less some room. */
export const DOCUMENT_LENGTH_MAX = 500_000_000;

/** How often what follows an opening that never closes is read again: more would be quadratic. */
const RETRIES_MAX = 1000;

/**
 * Finds the JSON documents in a text that comes in pieces, and objects as Node prints them: one document, one a line, several one after the other however
 * they are laid out, with other lines between them. Keeps no more of the text than the document it is in.
 *
 * A document that breaks off does not take the next ones with it: a line break inside a string ends it, and so does an
 * opening bracket at the start of a line where the JSON before it allows none.
 */
export function documentSplitter(
  listener: DocumentListener,
  from: { readonly line: number; readonly isAdrift: boolean } = { line: 1, isAdrift: false },
): {
  readonly push: (text: string) => void;
  readonly end: () => void;
} {
  const splitting: Splitting = { listener, open: undefined, isAdrift: from.isAdrift, retries: 0 };
  let parts: string[] = [];
  let length = 0;
  let number = from.line - 1;
  const addPart = (part: string): void => {
    length += part.length;
    if (length > DOCUMENT_LENGTH_MAX) parts = [];
    else parts.push(part);
  };
  const endLine = (): void => {
    const line = parts.length === 1 ? (parts[0] ?? "") : parts.join("");
    number++;
    if (length > DOCUMENT_LENGTH_MAX) skipLine(splitting, number);
    else takeLine(splitting, number === 1 ? line.replace(/^\uFEFF/, "") : line, number);
    parts = [];
    length = 0;
  };
  return {
    push: (text) => {
      let start = 0;
      for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", start)) {
        addPart(text.slice(start, at));
        endLine();
        start = at + 1;
      }
      if (start < text.length) addPart(text.slice(start));
    },
    end: () => {
      if (length > 0) endLine();
      while (splitting.open !== undefined) giveUp(splitting, splitting.open, NO_END);
    },
  };
}

interface Splitting {
  readonly listener: DocumentListener;
  open: Open | undefined;
  /** Whether what comes is the rest of a broken document, up to the next line that opens one. */
  isAdrift: boolean;
  retries: number;
}

/** Leaves out a line that no string can hold, and the document that it is in. */
function skipLine(splitting: Splitting, at: number): void {
  while (splitting.open !== undefined) giveUp(splitting, splitting.open, NO_END);
  splitting.listener.onBroken({ first: at, last: at, cause: TOO_LARGE, text: "" });
}

function takeLine(splitting: Splitting, line: string, at: number): void {
  const { listener } = splitting;
  while (splitting.open !== undefined) {
    const isCut = OPENING.test(line) && !mayOpen(splitting.open);
    if (!isCut) return goOn(splitting, splitting.open, line, at);
    giveUp(splitting, splitting.open, NO_END);
  }
  if (line.trim() === "") return;
  if (splitting.isAdrift ? !OPENING.test(line) : !/^\s*[{[]/.test(line)) return listener.onOther(at);
  splitting.isAdrift = false;
  const document = tryParse(line);
  if (document.isJson) return listener.onDocument(document.value, at);
  goOn(splitting, { line: at, lines: [], depth: 0, quote: 0, isLiteral: undefined, length: 0 }, line, at);
}

/** Adds a line to the open document, which may end in it; what stands after its end is a line of its own. */
function goOn(splitting: Splitting, current: Open, line: string, at: number): void {
  const closing = scan(current, line);
  if (closing === -1) {
    current.lines.push(line);
    current.length += line.length + 1;
    splitting.open = current;
    if (current.quote !== 0) giveUp(splitting, current, "a string does not end on its line");
    else if (current.length > DOCUMENT_LENGTH_MAX) giveUp(splitting, current, TOO_LARGE);
    return;
  }
  splitting.open = undefined;
  const own = line.slice(0, closing + 1);
  const text = [...current.lines, own].join("\n");
  const document = current.isLiteral === true ? tryParse(text, parseJsLiteral) : tryParse(text);
  if (document.isJson) splitting.listener.onDocument(document.value, current.line);
  else {
    current.lines.push(own);
    giveUp(splitting, current, document.cause);
  }
  const rest = line.slice(closing + 1).replace(/^[\s,;]+/, "");
  if (rest !== "") takeLine(splitting, rest, at);
}

/** Tells that the open document is broken, and reads again from its next line that could open one. */
function giveUp(splitting: Splitting, { lines, line: first }: Open, cause: string): void {
  splitting.open = undefined;
  const mayRetry = splitting.retries++ < RETRIES_MAX;
  const next = mayRetry ? lines.findIndex((line, index) => index > 0 && OPENING.test(line)) : -1;
  const lost = next === -1 ? lines : lines.slice(0, next);
  splitting.isAdrift = lost.length > 1;
  splitting.listener.onBroken({ first, last: first + lost.length - 1, cause, text: lost.join("\n") });
  if (next === -1) return;
  for (const [index, line] of lines.slice(next).entries()) takeLine(splitting, line, first + next + index);
}

const NO_END = "the document does not end";
const TOO_LARGE = "the document is larger than 500 MB";
const OPENING = /^[{[]/;

/**
 * A document that broke off, closed after the last of its values that is whole. `dropped` is how many of the objects and
 * lists that it breaks off in are left out, the innermost first. Undefined where nothing of it is left.
 */
export function closedDocument(text: string, dropped: number): unknown {
  const open: number[] = [];
  forEachMark(text, (code, index) => {
    if (code === OPEN_OBJECT || code === OPEN_LIST) open.push(index);
    else if (code !== COMMA) open.pop();
  });
  if (dropped >= open.length) return undefined;
  const limit = dropped === 0 ? text.length : (open[open.length - dropped] ?? 0);
  let end = 0;
  const closers: string[] = [];
  forEachMark(text.slice(0, limit), (code, index) => {
    end = code === COMMA ? index : index + 1;
    if (code === OPEN_OBJECT) closers.push("}");
    else if (code === OPEN_LIST) closers.push("]");
    else if (code !== COMMA) closers.pop();
  });
  const document = tryParse(text.slice(0, end) + closers.toReversed().join(""));
  return document.isJson ? document.value : undefined;
}

/** Calls back for each bracket and comma outside of strings. */
function forEachMark(text: string, onMark: (code: number, index: number) => void): void {
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) isInString = false;
    } else if (code === QUOTE) isInString = true;
    else if (code === COMMA || code === OPEN_OBJECT || code === OPEN_LIST) onMark(code, index);
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) onMark(code, index);
  }
}

/** Whether JSON allows an opening bracket after what is there of the document. */
function mayOpen({ lines }: Open): boolean {
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index]?.trimEnd() ?? "";
    if (line !== "") return /[[,:]$/.test(line);
  }
  return true;
}

/** Characters of JSON, by their codes. */
export const QUOTE = 34;
export const BACKSLASH = 92;
export const OPEN_LIST = 91;
export const CLOSE_LIST = 93;
export const OPEN_OBJECT = 123;
export const CLOSE_OBJECT = 125;
const COMMA = 44;

const SINGLE_QUOTE = 39;
const BACKTICK = 96;

/** Reads a line of an open document; returns where the document ends, or -1. */
function scan(open: Open, line: string): number {
  let { depth, quote } = open;
  for (let index = 0; index < line.length; index++) {
    const code = line.charCodeAt(index);
    if (quote !== 0) {
      if (code === BACKSLASH) index++;
      else if (code === quote) quote = 0;
      continue;
    }
    open.isLiteral ??= isLiteralStart(code);
    if (code === QUOTE) quote = code;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) depth++;
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      if (--depth === 0) return index;
    } else if (open.isLiteral === true && (code === SINGLE_QUOTE || code === BACKTICK)) quote = code;
  }
  open.depth = depth;
  open.quote = quote;
  return -1;
}

/** JSON's first key or value begins otherwise than a bare key or a single quote; white space and brackets do not tell. */
function isLiteralStart(code: number): boolean | undefined {
  if (code === SINGLE_QUOTE || code === 95 || code === 36) return true;
  const lower = code | 32;
  if (lower >= 97 && lower <= 122) return true;
  return code === QUOTE ? false : undefined;
}
