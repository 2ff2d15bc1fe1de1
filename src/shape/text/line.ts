import { nearestWord } from "../../core/errors.ts";
import type { Kind } from "../../trace/kinds.ts";
import { isKind, KINDS } from "../../trace/kinds.ts";
import type { Count, Predicate, TextTest } from "../pattern.ts";
import { readPredicate } from "./predicate-text.ts";
import { readQuotedOrRegex } from "./quoted-text.ts";
import { countFault } from "./refusal.ts";
import type { Scanner } from "./scanner.ts";

/** What one line says of a span: `//kind name @service {predicates} xA..B`. */
export interface Line {
  readonly isDeep: boolean;
  readonly kind: Kind | "any";
  readonly name?: TextTest;
  readonly service?: TextTest;
  readonly predicates: readonly Predicate[];
  readonly count?: Count;
}

const COUNT = /x(\d+)(?:\.\.(\d+|\*))?/;
const COUNT_AT_END = new RegExp(String.raw`^${COUNT.source}\s*$`);
const COUNT_ATTEMPT = /^x\d+\.\.\S*\s*$/;

/** Reads a whole line; its faults go to the scanner. */
export function readLine(scanner: Scanner): Line {
  scanner.skipSpaces();
  const isDeep = scanner.take(/\/\/\s*/y) !== "";
  const kind = readKind(scanner);
  scanner.skipSpaces();
  const name = isNameAhead(scanner) ? readText(scanner, wordsAhead) : undefined;
  scanner.skipSpaces();
  const service = scanner.take(/@/y) === "" ? undefined : readText(scanner, wordAhead);
  scanner.skipSpaces();
  const predicates = scanner.rest.startsWith("{") ? readPredicates(scanner) : [];
  const count = readCount(scanner);
  return {
    isDeep,
    kind,
    ...(name === undefined ? {} : { name }),
    ...(service === undefined ? {} : { service }),
    predicates,
    ...(count === undefined ? {} : { count }),
  };
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

function readKind(scanner: Scanner): Kind | "any" {
  const at = scanner.index;
  const word = scanner.take(/[^\s@{"/]+/y);
  if (word === "any" || isKind(word)) return word;
  if (scanner.text[at] === "<") {
    return scanner.fail(at, { what: "<name> is not supported yet", mend: "Write the patterns out in this place." });
  }
  if (!/^[a-z]/i.test(word)) {
    return scanner.fail(at, {
      what: `a line starts with a kind, not with "${scanner.rest.slice(0, 12)}"`,
      mend: "Write for instance: tool lookup_order.",
    });
  }
  const nearest = nearestWord(word, [...KINDS, "any"]);
  return scanner.fail(at, {
    what: `unknown kind "${word}"`,
    mend: `${nearest === undefined ? "" : `Did you mean ${nearest}? `}A line starts with one of: ${KINDS.join(", ")}, any.`,
  });
}

function isNameAhead({ rest }: Scanner): boolean {
  return rest !== "" && !/^[@{]/.test(rest) && !COUNT_AT_END.test(rest) && !COUNT_ATTEMPT.test(rest);
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
  return { type: text.includes("*") ? "glob" : "literal", text };
}

function readPredicates(scanner: Scanner): readonly Predicate[] {
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
