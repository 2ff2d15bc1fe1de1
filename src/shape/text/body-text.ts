import type { Node } from "yaml";
import { isMap, isNode, isScalar, isSeq } from "yaml";
import { readCount, readLine } from "./line.ts";
import type { Body, Group, Item, ItemList, ListMode, NodePattern, Predicate } from "../pattern.ts";
import { readPredicate } from "./predicate-text.ts";
import type { Scanner } from "./scanner.ts";
import { LineFault } from "./scanner.ts";
import type { YamlText } from "./yaml-text.ts";
import { textOf } from "./yaml-text.ts";

/** One entry of a YAML list: a line or block word, and what stands under it. */
interface Entry {
  readonly head: Node;
  readonly word: string;
  readonly value: Node | undefined;
  /** The entry as YAML has it. */
  readonly node: Node;
}

interface Draft {
  readonly items: Item[];
  readonly never: NodePattern[];
  readonly predicates: Predicate[];
  list: ItemList | undefined;
}

const GROUPS: ReadonlySet<string> = new Set(["in-order", "any-order", "one-of"]);
const MODES: ReadonlySet<string> = new Set(["exactly", "contain"]);
const LATER: ReadonlySet<string> = new Set(["sequence", "parallel", "link", "event"]);

/** Reads what stands at the top of a file, `mode` being that of every list that names none. Faults go to `yaml`. */
export function readBody(yaml: YamlText, value: Node, mode: ListMode): Body {
  const { list, never } = new BodyReader(yaml, mode).draft(value, "top");
  return { ...(list === undefined ? {} : { list }), never };
}

class BodyReader {
  readonly #yaml: YamlText;
  readonly #mode: ListMode;

  constructor(yaml: YamlText, mode: ListMode) {
    this.#yaml = yaml;
    this.#mode = mode;
  }

  draft(value: Node | undefined, owner: "top" | "node"): Draft {
    const draft: Draft = { items: [], never: [], predicates: [], list: undefined };
    for (const entry of entriesOf(this.#yaml, value)) {
      if (MODES.has(entry.word)) this.#modeBlock(entry, draft);
      else if (entry.word === "never") this.#never(entry, draft);
      else if (entry.word === "where") this.#where(entry, owner, draft);
      else draft.items.push(...this.#item(entry));
    }
    if (draft.items.length === 0) return draft;
    if (draft.list !== undefined) {
      this.#yaml.fault(value ?? 0, "items stand beside exactly: or contain:", "Move all items of this list into it.");
    }
    draft.list ??= { mode: this.#mode, items: draft.items };
    return draft;
  }

  #modeBlock(entry: Entry, draft: Draft): void {
    const mode = entry.word === "exactly" ? "exactly" : "contain";
    if (draft.list !== undefined) {
      this.#yaml.fault(entry.head, `a second ${mode}: in one list`, "Write one, with all items in it.");
    }
    const isLeaf = mode === "exactly" && isSeq(entry.value) && entry.value.items.length === 0;
    const items = this.#items(entry, isLeaf);
    draft.list = { mode, items };
  }

  /** The items under a block word; side conditions have no place there. */
  #items(entry: Entry, mayBeEmpty: boolean): readonly Item[] {
    const items: Item[] = [];
    for (const member of entriesOf(this.#yaml, entry.value)) {
      if (MODES.has(member.word) || member.word === "never" || member.word === "where") {
        this.#yaml.fault(
          member.head,
          `${member.word}: has no place inside ${entry.word}`,
          `Put it beside ${entry.word}:, under the line that owns it.`,
        );
      } else items.push(...this.#item(member));
    }
    if (items.length === 0 && !mayBeEmpty && isEmpty(entry.value)) {
      const hint = entry.word === "exactly" ? "Write exactly: [] for no children at all." : "List its items under it.";
      this.#yaml.fault(entry.head, `${entry.word}: is empty`, hint);
    }
    return items;
  }

  #never(entry: Entry, draft: Draft): void {
    if (isEmpty(entry.value)) this.#yaml.fault(entry.head, "never: is empty", "Name what must not be there.");
    for (const member of entriesOf(this.#yaml, entry.value)) {
      for (const item of this.#item(member)) {
        if (item.type === "node") draft.never.push(item);
        else
          this.#yaml.fault(
            member.head,
            `never: takes single patterns, not ${item.type}`,
            "Name the spans that must not be there.",
          );
      }
    }
  }

  #where(entry: Entry, owner: "top" | "node", draft: Draft): void {
    if (owner === "top") {
      this.#yaml.fault(entry.head, "where: has no span to speak of here", "Put it under a line.");
      return;
    }
    if (isEmpty(entry.value)) this.#yaml.fault(entry.head, "where: is empty", "Write a predicate, or leave it out.");
    for (const node of isSeq(entry.value) ? entry.value.items : [entry.value]) {
      const predicate = attempt(this.#yaml, node, (scanner) => {
        const read = readPredicate(scanner);
        scanner.skipSpaces();
        if (scanner.isAtEnd) return read;
        return scanner.fail(scanner.index, {
          what: `"${scanner.rest}" is too much here`,
          mend: "Write one predicate an entry.",
        });
      });
      if (predicate !== undefined) draft.predicates.push(predicate);
    }
  }

  #item(entry: Entry): readonly Item[] {
    const at = this.#yaml.place(entry.head);
    if (LATER.has(entry.word)) {
      this.#yaml.fault(
        entry.head,
        `${entry.word}: is not supported yet`,
        "Leave it out, or use in-order and any-order.",
      );
      return [];
    }
    if (entry.word === "...") {
      if (entry.value !== undefined) this.#yaml.fault(entry.head, "... takes nothing under it", "Leave out the colon.");
      return [{ type: "rest", at }];
    }
    if (GROUPS.has(entry.word)) return this.#group(entry, at);
    if (entry.word === "never" || entry.word === "where" || MODES.has(entry.word)) {
      this.#yaml.fault(entry.head, `${entry.word}: has no place here`, "Put it under a line of its own.");
      return [];
    }
    const line = attempt(this.#yaml, entry.head, readLine);
    // A "{" or quote that YAML cut at ": " leaves its other half as the value: one fault is enough.
    if (line === undefined && isScalar(entry.value)) return [];
    const { list, never, predicates } = this.draft(entry.value, "node");
    if (line === undefined) return [];
    return [
      {
        type: "node",
        ...line,
        predicates: [...line.predicates, ...predicates],
        ...(list === undefined ? {} : { list }),
        never,
        at,
      },
    ];
  }

  #group(entry: Entry, at: string): readonly Item[] {
    const type = entry.word === "any-order" ? "any-order" : entry.word === "one-of" ? "one-of" : "in-order";
    const count = attempt(this.#yaml, entry.head, (scanner) => {
      scanner.index = type.length + (scanner.text.length - scanner.text.trimStart().length);
      return { read: readCount(scanner) };
    });
    const items = this.#items(entry, false);
    const group: Group = { type, items, ...(count?.read === undefined ? {} : { count: count.read }), at };
    return [group];
  }
}

function* entriesOf(yaml: YamlText, value: Node | undefined): Generator<Entry> {
  if (isEmpty(value)) return;
  for (const node of isSeq(value) ? value.items : [value]) {
    if (isMap(node)) {
      const [pair, second] = node.items;
      if (pair === undefined || !isNode(pair.key)) continue;
      if (second !== undefined && isNode(second.key)) {
        yaml.fault(second.key, "an entry has one line", 'Begin this one with "- " as well.');
      }
      yield { head: pair.key, word: wordOf(pair.key), value: isNode(pair.value) ? pair.value : undefined, node };
    } else if (isSeq(node)) {
      yaml.fault(node, "a list stands where a line is due", "Put it under a line or a group.");
    } else if (isNode(node)) {
      yield { head: node, word: wordOf(node), value: undefined, node };
    }
  }
}

/** The block word that starts an entry, or the whole first word of a line. */
function wordOf(head: Node): string {
  return isScalar(head) ? (/^\s*(\S*)/.exec(textOf(head))?.[1] ?? "") : "";
}

function isEmpty(value: Node | undefined): boolean {
  return value === undefined || (isScalar(value) && value.value === "") || (isSeq(value) && value.items.length === 0);
}

function attempt<T>(yaml: YamlText, node: unknown, read: (scanner: Scanner) => T): T | undefined {
  const scanner = yaml.scanner(node);
  if (scanner === undefined) return undefined;
  try {
    return read(scanner);
  } catch (error) {
    if (error instanceof LineFault) return undefined;
    throw error;
  }
}
