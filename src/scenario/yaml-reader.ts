import type { Node } from "yaml";
import { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseDocument, visit } from "yaml";
import { type Fault, didYouMean, nearestWord } from "../core/errors.ts";
import type { Json } from "../core/json.ts";

/** Reads one value out of a YAML node; `undefined`, with a fault noted, where the node holds none. */
export type Read<T> = (node: Node, yaml: YamlSource) => T | undefined;

/** A name that only what is loaded can confirm. */
export interface Mention {
  readonly kind: "agent" | "tool" | "server";
  readonly name: string;
  readonly at: string;
  /** Whether an unknown name is wrong however far it is from the known ones. */
  readonly isStrict: boolean;
}

/** Something that a module exports: `./agents.ts#triage`. */
export interface Reference {
  /** Relative to the file that names it. */
  readonly module: string;
  readonly name: string;
  /** `file:line:column` of where it is named. */
  readonly at: string;
}

/**
 * One YAML file: its nodes with their places, and what reading them found.
 *
 * The schema is YAML 1.2's core. Anchors, aliases, tags and merge keys are refused, so that every fault has one place.
 */
export class YamlSource {
  readonly root: Node | null;
  readonly references: Reference[] = [];
  readonly mentions: Mention[] = [];
  readonly file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #faults: Fault[] = [];
  /** What stands below broken YAML may have been read wrongly: it is not blamed. */
  #brokenFromLine = Infinity;

  constructor(text: string, file: string) {
    this.file = file;
    this.#text = text;
    const document = parseDocument(text, { merge: false, prettyErrors: false, lineCounter: this.#lines });
    this.root = document.contents;
    for (const { code, message, pos } of document.errors) {
      const { line } = this.#position(pos[0]);
      // A token that nothing expects makes all after it unexpected: the first says it.
      if (code === "UNEXPECTED_TOKEN" && this.#brokenFromLine < Infinity) continue;
      const [what, mend] = YAML_FAULTS[code] ?? [`this is not valid YAML: ${message.replace(/\s+/g, " ")}`, QUOTE];
      if (!this.#faults.some(({ where }) => lineAndColumn(where)[0] === line)) this.#note(pos[0], what, mend);
      if (!HARMLESS.has(code)) this.#brokenFromLine = Math.min(this.#brokenFromLine, line);
    }
    visit(document, {
      Node: (_key, node) => {
        if (isAlias(node) || node.anchor !== undefined || node.tag !== undefined) this.#refuse(node);
      },
      Pair: (_key, { key }) => {
        if (isScalar(key) && key.source === "<<") this.#refuse(key);
      },
    });
  }

  /** All faults in the order of their places. */
  get faults(): readonly Fault[] {
    return inOrder(this.#faults);
  }

  /** `file:line:column` of a node or offset. */
  place(where: Node | number): string {
    const { line, column } = this.#position(where);
    return `${this.file}:${line}:${column}`;
  }

  fault(where: Node | number, what: string, mend: string): void {
    // An alias is refused as such; what it stands for is not looked at.
    if (typeof where !== "number" && isAlias(where)) return;
    if (this.#position(where).line < this.#brokenFromLine) this.#note(where, what, mend);
  }

  /** A fault that something is absent, which broken YAML may only have hidden. */
  absence(where: Node | number, what: string, mend: string): void {
    if (this.#brokenFromLine === Infinity) this.fault(where, what, mend);
  }

  /** Takes over the faults of another reader. */
  adopt(faults: readonly Fault[]): void {
    this.#faults.push(...faults.filter(({ where }) => lineAndColumn(where)[0] < this.#brokenFromLine));
  }

  /** The text of a node alone, on the lines and in the columns where it stands in the file. */
  excerpt(node: Node): string {
    const { line, column } = this.#position(node);
    return "\n".repeat(line - 1) + " ".repeat(column - 1) + this.#text.slice(node.range?.[0], node.range?.[1]);
  }

  #note(where: Node | number, what: string, mend: string): void {
    const fault = { where: this.place(where), what, mend };
    if (!this.#faults.some((noted) => noted.where === fault.where && noted.what === what)) this.#faults.push(fault);
  }

  #refuse(node: Node): void {
    if (this.#position(node).line < this.#brokenFromLine) this.#note(node, ...INDIRECTION);
  }

  #position(where: Node | number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(typeof where === "number" ? where : (where.range?.[0] ?? 0));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** Faults in the order of their places. */
export function inOrder(faults: readonly Fault[]): readonly Fault[] {
  const placed = faults.map((fault) => ({ fault, at: lineAndColumn(fault.where) }));
  return placed.toSorted((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1]).map(({ fault }) => fault);
}

function lineAndColumn(place: string): readonly [line: number, column: number] {
  const [, line, column] = /:(\d+):(\d+)$/.exec(place) ?? [];
  return [Number(line ?? 0), Number(column ?? 0)];
}

const QUOTE = "Indent with spaces, and put a text with special characters in quotes.";
const INDIRECTION = [
  "scenarios use no YAML anchors, aliases, tags or merge keys",
  "Write it out, or put the text in quotes.",
] as const;
const YAML_FAULTS: Readonly<Record<string, readonly [string, string]>> = {
  BLOCK_AS_IMPLICIT_KEY: ['YAML cuts a line at ": "', "Put a text that holds it in quotes."],
  DUPLICATE_KEY: ["this key stands here twice", "Keep one of them."],
  TAB_AS_INDENT: ["a tab indents this line", "Indent with spaces."],
  MULTIPLE_DOCS: ["the file holds several YAML documents", "Write one scenario a file."],
  TAG_RESOLVE_FAILED: INDIRECTION,
  BAD_ALIAS: INDIRECTION,
};

/** Errors after which the rest of the file still reads as it was meant. */
const HARMLESS: ReadonlySet<string> = new Set(["DUPLICATE_KEY", "TAG_RESOLVE_FAILED", "BAD_ALIAS"]);

/** What a node is, in words. */
function kindOf(node: Node): string {
  if (!isScalar(node)) return isMap(node) ? "a mapping" : isSeq(node) ? "a list" : "an alias";
  return node.value === null ? "empty" : JSON.stringify(node.source ?? node.value);
}

/** A text, as it is written: a plain `2.0` is the text 2.0. */
export const text: Read<string> = (node, yaml) => {
  if (isScalar(node) && typeof node.value === "string" && node.value.trim() !== "") return node.value;
  if (isScalar(node) && node.value !== null && typeof node.value !== "string") return node.source ?? "";
  yaml.fault(node, `a text is due here, and this is ${kindOf(node)}`, "Write a text on this line.");
  return undefined;
};

/** A number from `min`; a whole one unless `isFraction`. */
export function number(min: number, isFraction = false): Read<number> {
  return (node, yaml) => {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === "number" && value >= min && value < Infinity && (isFraction || Number.isSafeInteger(value)))
      return value;
    const due = `a ${isFraction ? "" : "whole "}number from ${min}`;
    yaml.fault(node, `${due} is due here, and this is ${kindOf(node)}`, `Write ${due}.`);
    return undefined;
  };
}

export function choice<W extends string>(...words: readonly W[]): Read<W> {
  return (node, yaml) => {
    const written = text(node, yaml);
    const found = words.find((word) => word === written);
    if (found === undefined && written !== undefined)
      yaml.fault(
        node,
        `"${written}" is none of ${words.join(", ")}${didYouMean(nearestWord(written, words))}`,
        "Write one of them.",
      );
    return found;
  };
}

export function list<T>(item: Read<T>, { min = 0 } = {}): Read<readonly T[]> {
  return (node, yaml) => {
    if (!isSeq(node)) {
      yaml.fault(node, `a list is due here, and this is ${kindOf(node)}`, 'Begin each entry with "- ".');
      return undefined;
    }
    if (node.items.length < min) yaml.fault(node, "this list is empty", "Write at least one entry.");
    return node.items.flatMap((entry) => {
      const value = isNode(entry) ? item(entry, yaml) : undefined;
      return value === undefined ? [] : [value];
    });
  };
}

/** The entries of a mapping with their keys as written; none, with a fault, for anything else. */
export function entries(node: Node, yaml: YamlSource): readonly { readonly key: Node; name: string; value: Node }[] {
  if (!isMap(node)) {
    yaml.fault(node, `a mapping is due here, and this is ${kindOf(node)}`, "Write key: value lines.");
    return [];
  }
  return node.items.flatMap(({ key, value }) => {
    if (!isScalar(key)) {
      yaml.fault(isNode(key) ? key : node, "a key is a text", "Write key: value lines.");
      return [];
    }
    // A merge key was refused where the file was read.
    return isNode(value) && key.source !== "<<" ? [{ key, name: key.source ?? String(key.value), value }] : [];
  });
}

/** A mapping whose keys are names of the user's. */
export function record<T>(item: Read<T>): Read<Readonly<Record<string, T>>> {
  return (node, yaml) => {
    if (!isMap(node)) return void entries(node, yaml);
    const found = entries(node, yaml).flatMap(({ name, value }): [string, T][] => {
      const read = item(value, yaml);
      return read === undefined ? [] : [[name, read]];
    });
    return Object.fromEntries(found);
  };
}

type Fields = Readonly<Record<string, Read<unknown>>>;
type ValueOf<R> = R extends Read<infer T> ? T : never;
type ObjectOf<R extends Fields, O extends Fields> = { readonly [K in keyof R]: ValueOf<R[K]> } & {
  readonly [K in keyof O]?: ValueOf<O[K]>;
};

/** A mapping with known keys. */
export function object<R extends Fields, O extends Fields>(
  what: string,
  required: R,
  optional: O,
): Read<ObjectOf<R, O>> {
  const fields = new Map(Object.entries({ ...required, ...optional }));
  // Each value was read by the reader that gives its type, so that only absence is left to ask for.
  const isWhole = (values: object): values is ObjectOf<R, O> => Object.keys(required).every((name) => name in values);
  return (node, yaml) => {
    if (!isMap(node)) return void entries(node, yaml);
    const values: Record<string, unknown> = {};
    const given = entries(node, yaml);
    for (const { key, name, value } of given) {
      const field = fields.get(name);
      const read = field?.(value, yaml);
      if (read !== undefined) values[name] = read;
      if (field === undefined)
        yaml.fault(
          key,
          `${what} has no key "${name}"${didYouMean(nearestWord(name, fields.keys()))}`,
          `It has ${[...fields.keys()].join(", ")}.`,
        );
    }
    for (const name of Object.keys(required).filter((key) => !given.some((entry) => entry.name === key)))
      yaml.absence(node, `${what} needs "${name}"`, `Write ${name}: with its value.`);
    return isWhole(values) ? values : undefined;
  };
}

export const json: Read<Json> = (node, yaml) => {
  if (isMap(node)) return record(json)(node, yaml);
  if (isSeq(node)) return list(json)(node, yaml);
  const value: unknown = isScalar(node) ? node.value : undefined;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  yaml.fault(node, `this is ${kindOf(node)}, which JSON does not have`, "Write a JSON value.");
  return undefined;
};

/** Reads as text does, and notes a name that only what is loaded can confirm. */
export function mention(kind: Mention["kind"], isStrict = false): Read<string> {
  return (node, yaml) => {
    const name = text(node, yaml);
    if (name !== undefined) yaml.mentions.push({ kind, name, at: yaml.place(node), isStrict });
    return name;
  };
}

/** `./module.ts#name`. */
const reference: Read<Reference> = (node, yaml) => {
  const written = text(node, yaml);
  const [, module, name] = /^([^#]+)#(.+)$/.exec(written ?? "") ?? [];
  if (module !== undefined && name !== undefined) {
    const found = { module, name, at: yaml.place(node) };
    yaml.references.push(found);
    return found;
  }
  if (written !== undefined)
    yaml.fault(node, `"${written}" names no export of a module`, "Write it as ./module.ts#name.");
  return undefined;
};

/** A reference where there is a text, else what is written here. */
export function orReference<T>(inline: Read<T>): Read<T | Reference> {
  return (node, yaml) => (isScalar(node) ? reference(node, yaml) : inline(node, yaml));
}
