import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  DOCUMENT_LENGTH_MAX,
  type DocumentListener,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  documentSplitter,
} from "./documents.ts";
import { parseExactJson, tryParse, type Parsed } from "./json-text.ts";

/** Told of what a text holds, in its order. */
export interface LongListListener extends DocumentListener {
  /** Whether the items of a list can be read one by one; asked with the document of its first. */
  readonly mayTakeApart: (keys: readonly string[], first: unknown) => boolean;
  /** An item of such a list, as the document without the others; and at its end the document without any. */
  readonly onPart: (document: unknown, line: number) => void;
}

/** A text of so many characters is looked at for whether it begins with one long list. */
const LENGTH_MIN = 1_000_000;

/** A list of objects, one that is the first member of an object, or of one that is the first member of another. */
const OPENING = /^\uFEFF?\s*(?:\{\s*"[^"\\]{1,40}"\s*:\s*){0,2}\[\s*(?=\{)/;

/**
 * Finds documents like {@link documentSplitter}, and gives a long list item by item as the text comes in: held as a whole
 * it is there twice, as text and as objects, and it may be larger than a string can be.
 *
 * Of a list that breaks off the items before are given, and of one with broken items all others.
 */
export function longListSplitter(
  listener: LongListListener,
  lengthMin: number = LENGTH_MIN,
): { readonly push: (text: string) => void; readonly end: () => void } {
  let pending = "";
  let line = 1;
  let isAdrift = false;
  let list: OpenList | undefined;
  let rest: ReturnType<typeof documentSplitter> | undefined;
  const passOn = (text: string): void => {
    rest ??= documentSplitter(listener, { line, isAdrift });
    rest.push(text);
  };
  const begin = (): void => {
    const text = pending;
    pending = "";
    const start = text.slice(0, lengthMin);
    const opening = OPENING.exec(start)?.[0];
    // A bracket at the start of a line may open a document of its own.
    const isAlone = !start.includes("\n{") && !start.includes("\n[");
    if (opening === undefined || !isAlone) return passOn(text);
    list = openList(opening, line);
    goOn(list, text.slice(opening.length));
  };
  const goOn = (open: OpenList, text: string): void => {
    if (!open.isTaken) open.untaken.push(text);
    const end = scan(open, text, listener);
    if (end === GOES_ON) return;
    list = undefined;
    if (end === REFUSED) return open.untaken.forEach(passOn);
    line = open.line;
    isAdrift = end === BROKEN;
    if (isAdrift) return passOn(text.slice(open.nextLine));
    pending = text.slice(end);
    if (pending.length >= lengthMin) begin();
  };
  return {
    push: (text) => {
      if (rest !== undefined) return rest.push(text);
      if (list !== undefined) return goOn(list, text);
      pending += text;
      if (pending.length >= lengthMin) begin();
    },
    end: () => {
      if (list === undefined) passOn(pending);
      else if (list.isTaken) giveUp(list, "the document does not end", listener);
      else list.untaken.forEach(passOn);
      rest?.end();
    },
  };
}

interface OpenList {
  /** Under which keys of the document it stands, the outer first. */
  readonly keys: readonly string[];
  /** What stands before its first item. */
  readonly opening: string;
  /** What stands in it and is no object or list. */
  readonly others: string[];
  /** How the next item seems to begin, with the comma before it. */
  next: string;
  isNextAhead: boolean;
  /** Whether its items are given one by one; until that is known all text is kept. */
  isTaken: boolean;
  readonly untaken: string[];
  /** The text, and its length, of what is open: an item, what stands between two, or what comes after the list. */
  kept: string[];
  keptLength: number;
  depth: number;
  isOver: boolean;
  isInString: boolean;
  /** Whether what is open may hold an integer that a number would round: between two strings there is room for one. */
  mayBeWide: boolean;
  /** Whether the next character is an escaped one. */
  isEscaped: boolean;
  line: number;
  itemLine: number;
  /** Where the next line break of the text stands; -1 for none. */
  nextLine: number;
}

function openList(opening: string, firstLine: number): OpenList {
  const keys = [...opening.matchAll(/"([^"]+)"/g)].map(([, key = ""]) => key);
  const line = firstLine + opening.split("\n").length - 1;
  return {
    keys,
    opening: opening.replace(/^\uFEFF/, ""),
    others: [],
    next: "",
    isNextAhead: false,
    isTaken: false,
    untaken: [opening],
    kept: [],
    keptLength: 0,
    depth: keys.length + 1,
    isOver: false,
    isInString: false,
    mayBeWide: false,
    isEscaped: false,
    line,
    itemLine: line,
    nextLine: -1,
  };
}

const GOES_ON = -1;
const REFUSED = -2;
/** Where the document does not go on as JSON can: at the next line break. */
const BROKEN = -3;

/** Reads more of a document; returns where it ends, or why it does not. */
function scan(list: OpenList, text: string, listener: LongListListener): number {
  const listDepth = list.keys.length + 1;
  let start = 0;
  let at = 0;
  list.nextLine = text.indexOf("\n");
  list.isNextAhead = list.next.length > 1;
  let from = list.isEscaped ? 1 : 0;
  if (text !== "") list.isEscaped = false;
  for (; (at = nextBracket(list, text, from)) < text.length; from = at + 1) {
    if (at === BROKEN) {
      keep(list, text.slice(start, list.nextLine));
      giveUp(list, "a string does not end on its line", listener);
      return BROKEN;
    }
    const isOpening = isOpeningAt(text, at);
    if (isOpening && (list.isOver || list.depth !== listDepth)) list.depth++;
    else if (isOpening) {
      takeOther(list, text.slice(start, at));
      countLines(list, text, at);
      list.itemLine = list.line;
      start = at;
      const end = takeQuickly(list, text, at, listener);
      if (end === undefined) list.depth++;
      else start = (at = end) + 1;
    } else if (--list.depth === listDepth && !list.isOver) {
      countLines(list, text, at);
      if (!takeItem(list, text.slice(start, at + 1), listener)) return REFUSED;
      start = at + 1;
    } else if (list.depth < listDepth) {
      if (!list.isOver) {
        takeOther(list, text.slice(start, at));
        list.isOver = true;
        start = at;
      }
      if (list.depth > 0) continue;
      countLines(list, text, at);
      takeShell(list, text.slice(start, at + 1), listener);
      return at + 1;
    }
  }
  countLines(list, text, text.length);
  keep(list, text.slice(start));
  return list.isTaken || list.keptLength <= DOCUMENT_LENGTH_MAX ? GOES_ON : REFUSED;
}

/** What a number, and what stands around it between two strings, may have without being one that is rounded. */
const NUMBER_LENGTH_MAX = 16;

/** Where the next bracket stands outside of strings: at the end of the text for none; `BROKEN` where a string is. */
function nextBracket(list: OpenList, text: string, from: number): number {
  let index = list.isInString ? endOfString(list, text, from) : from - 1;
  let last = index;
  while (index !== BROKEN && ++index < text.length) {
    const code = text.charCodeAt(index);
    const isBracket = code === OPEN_OBJECT || code === CLOSE_OBJECT || code === OPEN_LIST || code === CLOSE_LIST;
    if (!isBracket && code !== QUOTE) continue;
    if (index - last > NUMBER_LENGTH_MAX) list.mayBeWide = true;
    if (isBracket) return index;
    last = index = endOfString(list, text, index + 1);
  }
  return index;
}

function isOpeningAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === OPEN_OBJECT || code === OPEN_LIST;
}

/** Where the quote stands that ends a string, the end of the text where it goes on, or `BROKEN`. */
function endOfString(list: OpenList, text: string, from: number): number {
  // By search: most of a text is in strings.
  let end = text.indexOf('"', from);
  while (end > from && text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end, from)) {
    end = text.indexOf('"', end + 1);
  }
  if (list.nextLine !== -1) {
    countLines(list, text, from);
    if (list.nextLine !== -1 && (end === -1 || list.nextLine < end)) return BROKEN;
  }
  list.isInString = end === -1;
  list.isEscaped = end === -1 && isEscaped(text, text.length, from);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number, from: number): boolean {
  let first = at;
  while (first > from && text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

function countLines(list: OpenList, text: string, to: number): void {
  for (; list.nextLine !== -1 && list.nextLine < to; list.nextLine = text.indexOf("\n", list.nextLine + 1)) list.line++;
}

/** Keeps the text of what is open; of what is too large its length only. */
function keep(list: OpenList, text: string): void {
  // A number may have come in two pieces.
  if (list.kept.length > 0) list.mayBeWide = true;
  list.keptLength += text.length;
  if (list.keptLength > DOCUMENT_LENGTH_MAX) list.kept = [];
  else if (text !== "") list.kept.push(text);
}

/** The text of what was open, with its end; undefined where it is too large. */
function closed(list: OpenList, end: string): string | undefined {
  keep(list, end);
  const { kept, keptLength } = list;
  list.kept = [];
  list.keptLength = 0;
  if (keptLength > DOCUMENT_LENGTH_MAX) return undefined;
  return kept.length === 1 ? kept[0] : kept.join("");
}

function takeOther(list: OpenList, end: string): void {
  const other = closed(list, end)?.trim().replace(/^,|,$/g, "").trim() ?? "";
  if (other !== "") list.others.push(other);
}

/** Gives an item; returns whether the list is taken apart, which its first item tells. */
function takeItem(list: OpenList, end: string, listener: LongListListener): boolean {
  const text = closed(list, end);
  const item = parsed(list, text);
  const document = item.isJson ? within(list.keys, [item.value]) : undefined;
  if (!list.isTaken && (!item.isJson || !listener.mayTakeApart(list.keys, document))) return false;
  if (!list.isTaken) {
    list.isTaken = true;
    list.untaken.length = 0;
    list.next = `,${/^\{\s*"[^"\\]*"/.exec(text ?? "")?.[0] ?? ""}`;
    list.isNextAhead = list.next.length > 1;
  }
  if (item.isJson) listener.onPart(document, list.itemLine);
  else tellBroken(list, list.itemLine, item.cause, "", listener);
  return true;
}

/**
 * Gives the item that begins there if it ends where one that begins like the first seems to follow: a text up to there that
 * is JSON is the item. Returns where it ends. Nearly all lists are so, and searching is faster than looking for brackets.
 */
function takeQuickly(list: OpenList, text: string, at: number, listener: LongListListener): number | undefined {
  const next = list.isNextAhead ? text.indexOf(list.next, at + 1) : -1;
  const item = next === -1 ? undefined : tryParse(text.slice(at, next));
  // Not to be looked for again and again: in this text where it is not found, in none where it was something else.
  list.isNextAhead = item?.isJson === true;
  if (item?.isJson === false) list.next = "";
  if (item?.isJson !== true) return undefined;
  listener.onPart(within(list.keys, [item.value]), list.itemLine);
  return next - 1;
}

/** Gives what is left of the document without its items. */
function takeShell(list: OpenList, end: string, listener: LongListListener): void {
  const text = closed(list, end);
  const shell = parsed(list, text === undefined ? undefined : list.opening + list.others.join(",") + text);
  if (shell.isJson) listener.onPart(shell.value, list.line);
  else tellBroken(list, list.line, shell.cause, "", listener);
}

function giveUp(list: OpenList, cause: string, listener: LongListListener): void {
  const first = list.depth > list.keys.length + 1 ? list.itemLine : list.line;
  tellBroken(list, first, cause, list.opening + list.kept.join(""), listener);
}

function tellBroken(list: OpenList, first: number, cause: string, text: string, listener: LongListListener): void {
  listener.onBroken({ first, last: list.line, cause: `an item of a long list: ${cause}`, text });
}

function parsed(list: OpenList, text: string | undefined): Parsed {
  const parse = list.mayBeWide ? parseExactJson : JSON.parse;
  list.mayBeWide = false;
  return text === undefined ? { isJson: false, cause: "it is larger than 500 MB" } : tryParse(text, parse);
}

/** The document in which a value stands under these keys. */
function within(keys: readonly string[], value: unknown): unknown {
  return keys.reduceRight((inner, key) => ({ [key]: inner }), value);
}
