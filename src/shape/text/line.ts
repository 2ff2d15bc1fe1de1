import { nearestWord } from "../../core/errors.ts";
import type { Kind } from "../../trace/kinds.ts";
import { isKind, KINDS } from "../../trace/kinds.ts";
import type { Count, EventPattern, NodePattern, Predicate, Reference, TextTest } from "../pattern.ts";
import { GROUP_TYPES } from "../pattern.ts";
import { isGlob, isWord } from "./plain-text.ts";
import { readPredicate } from "./predicate-text.ts";
import { readQuotedOrRegex } from "./quoted-text.ts";
import { countFault } from "./count-fault.ts";
import type { Scanner } from "./scanner.ts";

/** What one line says: `//kind name @service {predicates} xA..B`, or `//<name> xA..B`. */
export type Line =
  Pick<NodePattern, "type" | "isDeep" | "kind" | "name" | "service" | "predicates" | "count"> | Omit<Reference, "at">;

/** The words that stand where a kind may, and take a colon and what belongs under it. */
const BLOCK_WORDS = [...GROUP_TYPES, "exactly", "contain", "never", "link", "event", "where"] as const;

const COUNT = /x(\d+)(?:\.\.(\d+|\*))?/;
const COUNT_AT_END = new RegExp(String.raw`^${COUNT.source}\s*$`);
const COUNT_ATTEMPT = /^x\d+\.\.\S*\s*$/;

/** Reads a whole line; its faults go to the scanner. */
export function readLine(scanner: Scanner): Line {
  scanner.skipSpaces();
  const isDeep = scanner.take(/\/\/\s*/y) !== "";
  if (scanner.rest.startsWith("<")) {
    const name = readReferenced(scanner);
    return { type: "reference", isDeep, name, ...withCount(scanner) };
  }
  const kind = readKind(scanner);
  const name = readName(scanner);
  scanner.skipSpaces();
  const service = scanner.take(/@/y) === "" ? undefined : readText(scanner, wordAhead);
  return {
    type: "node",
    isDeep,
    kind,
    ...(name === undefined ? {} : { name }),
    ...(service === undefined ? {} : { service }),
    predicates: readPredicates(scanner),
    ...withCount(scanner),
  };
}

/** Reads what stands after `event:`: a line without kind and service. */
export function readEvent(scanner: Scanner): Omit<EventPattern, "at"> {
  const name = readName(scanner);
  return { ...(name === undefined ? {} : { name }), predicates: readPredicates(scanner), ...withCount(scanner) };
}

/** Reads what ends a line: a count or nothing. */
export function readCount(scanner: Scanner): Count | undefined {
  scanner.skipSpaces();
  if (scanner.isAtEnd) return undefined;
  const at = scanner.index;
  const [, min, max = min] = COUNT_AT_END.exec(scanner.rest) ?? [];
  if (min === undefined) {
    const isAttempt = COUNT_ATTEMPT.test(scanner.rest);
    return scanner.fail(at, {
      what: isAttempt ? `"${scanner.rest.trim()}" is no count` : `"${scanner.rest.trim()}" is too much on this line`,
      mend: "A line ends with its count: xN, xA..B or xA..*.",
    });
  }
  const count = { min: Number(min), max: max === "*" ? Infinity : Number(max) };
  const fault = countFault(count);
  return fault === undefined ? count : scanner.fail(at, fault);
}

function withCount(scanner: Scanner): { readonly count?: Count } {
  const count = readCount(scanner);
  return count === undefined ? {} : { count };
}

function readKind(scanner: Scanner): Kind | "any" {
  const at = scanner.index;
  const word = scanner.take(/[^\s@{"/]+/y);
  if (word === "any" || isKind(word)) return word;
  if (!/^[a-z]/i.test(word)) {
    return scanner.fail(at, {
      what: `a line starts with a kind, not with "${scanner.text.slice(at, at + 12)}"`,
      mend: "Write for instance: tool lookup_order.",
    });
  }
  const nearest = nearestWord(word, [...KINDS, "any", ...BLOCK_WORDS]);
  return scanner.fail(at, {
    what: `unknown kind "${word}"`,
    mend: `${nearest === undefined ? "" : `Did you mean ${nearest}? `}A line starts with one of: ${KINDS.join(", ")}, any.`,
  });
}

function readReferenced(scanner: Scanner): string {
  const at = scanner.index;
  const bracketed = scanner.take(/<[^<>]*>/y);
  const name = bracketed.slice(1, -1);
  if (isWord(name)) return name;
  return scanner.fail(at, {
    what: bracketed === "" ? "the > of a <name> is missing" : `${bracketed} is no name of a definition`,
    mend: "Write <name> with letters, digits, _ and -, and no spaces.",
  });
}

function readName(scanner: Scanner): TextTest | undefined {
  scanner.skipSpaces();
  const { rest } = scanner;
  const isAhead = rest !== "" && !/^[@{]/.test(rest) && !COUNT_AT_END.test(rest) && !COUNT_ATTEMPT.test(rest);
  return isAhead ? readText(scanner, wordsAhead) : undefined;
}

/** Words up to " @", " {" or a final count. */
function wordsAhead(rest: string): string {
  const end = /\s+(?:[@{]|x\d+(?:\.\.\S*)?\s*$)|\s*$/.exec(rest);
  return rest.slice(0, end?.index ?? rest.length);
}

function wordAhead(rest: string): string {
  return /^\S*/.exec(rest)?.[0] ?? "";
}

function readText(scanner: Scanner, ahead: (rest: string) => string): TextTest {
  const quoted = readQuotedOrRegex(scanner);
  if (quoted !== undefined) return quoted;
  const text = ahead(scanner.rest);
  const count = /(?:^|\s)(x\d+(?:\.\.\S*)?)$/.exec(text);
  if (count !== null) {
    scanner.fail(scanner.index + text.length - (count[1] ?? "").length, {
      what: `the count ${count[1]} does not stand at the end of the line`,
      mend: "Write it last, as in: tool refund {status = ok} x1. A name that ends so stands in double quotes.",
    });
  }
  if (text === "") {
    scanner.fail(scanner.index, { what: "a service is missing after @", mend: "Name it, or leave the @ out." });
  }
  scanner.index += text.length;
  return { type: isGlob(text) ? "glob" : "literal", text };
}

function readPredicates(scanner: Scanner): readonly Predicate[] {
  scanner.skipSpaces();
  if (!scanner.rest.startsWith("{")) return [];
  const predicates: Predicate[] = [];
  const open = scanner.index++;
  for (;;) {
    predicates.push(readPredicate(scanner));
    scanner.skipSpaces();
    const mark = scanner.take(/[,}]/y);
    if (mark === "}") return predicates;
    if (mark === "") failUnclosed(scanner, open);
  }
}

function failUnclosed(scanner: Scanner, open: number): never {
  if (!scanner.isAtEnd) {
    scanner.fail(scanner.index, {
      what: `a comma or "}" is missing before "${scanner.rest}"`,
      mend: "Separate predicates by commas.",
    });
  }
  return scanner.fail(open, {
    what: '"}" is missing; YAML cuts a line at ": " and " #"',
    mend: "Write step = 2 rather than step: 2, or put the whole line in single quotes.",
  });
}
