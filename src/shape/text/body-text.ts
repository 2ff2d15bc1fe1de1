import type { Node } from "yaml";
import { isScalar, isSeq } from "yaml";
import type {
  Body,
  Count,
  EventPattern,
  GroupType,
  Item,
  ItemList,
  ListMode,
  Predicate,
  SinglePattern,
  TraceBody,
  Unsaid,
} from "../pattern.ts";
import { GROUP_TYPES, isLeafEmpty } from "../pattern.ts";
import type { Entry } from "./entry.ts";
import { attempt, entriesOf, isEmpty } from "./entry.ts";
import { readCount, readEvent, readLine } from "./line.ts";
import { readPredicate } from "./predicate-text.ts";
import type { YamlText } from "./yaml-text.ts";
import { textOf } from "./yaml-text.ts";

interface Draft {
  readonly items: Item[];
  readonly never: SinglePattern[];
  readonly links: SinglePattern[];
  readonly events: EventPattern[];
  readonly predicates: Predicate[];
  list: ItemList | undefined;
  /** Whether `contain: []` says that nothing is meant by what is not written. */
  isOpen: boolean;
}

type Owner = "node" | "top" | "definition";

const MODES: ReadonlySet<string> = new Set(["exactly", "contain"]);

/** What stands beside the items of a list, and never inside a group. */
const SIDES: ReadonlySet<string> = new Set([...MODES, "never", "link", "event", "where"]);

/** Reads what stands under `trace:`, `mode` being that of every list that names none. Faults go to `yaml`. */
export function readBody(yaml: YamlText, value: Node, mode: ListMode): Body {
  return bodyOf(new BodyReader(yaml, { mode, isTree: true }).draft(value, "top"));
}

/** Reads the entries of `traces:`. */
export function readTraces(yaml: YamlText, value: Node, mode: ListMode): readonly TraceBody[] {
  const bodies: TraceBody[] = [];
  for (const entry of entriesOf(yaml, value)) {
    if (entry.word !== "trace") {
      yaml.fault(entry.head, "an entry of traces: is a trace", 'Write "- trace:", and its list under it.');
      continue;
    }
    const count = readCountAfter(yaml, entry);
    const body = bodyOf(new BodyReader(yaml, { mode, isTree: true }).draft(entry.value, "top"));
    bodies.push({ ...body, ...count, at: yaml.place(entry.head) });
  }
  return bodies;
}

/** Reads the items of a definition. */
export function readItems(yaml: YamlText, value: Node | undefined, mode: ListMode): readonly Item[] {
  return new BodyReader(yaml, { mode, isTree: false }).draft(value, "definition").items;
}

function bodyOf({ list, never, links, events }: Draft): Body {
  return { ...(list === undefined ? {} : { list }), never, links, events };
}

class BodyReader {
  readonly #yaml: YamlText;
  readonly #unsaid: Unsaid;

  constructor(yaml: YamlText, unsaid: Unsaid) {
    this.#yaml = yaml;
    this.#unsaid = unsaid;
  }

  draft(value: Node | undefined, owner: Owner): Draft {
    const draft: Draft = {
      items: [],
      never: [],
      links: [],
      events: [],
      predicates: [],
      list: undefined,
      isOpen: false,
    };
    const { mode } = this.#unsaid;
    for (const entry of entriesOf(this.#yaml, value)) {
      if (!SIDES.has(entry.word)) draft.items.push(...this.#item(entry, mode));
      else if (this.#mayStand(entry, owner)) this.#side(entry, draft);
    }
    if (draft.items.length === 0) return draft;
    if (draft.list !== undefined || draft.isOpen) {
      this.#yaml.fault(value ?? 0, "items stand beside exactly: or contain:", "Move all items of this list into it.");
    }
    draft.list ??= { mode, items: draft.items };
    return draft;
  }

  #mayStand({ head, word, value }: Entry, owner: Owner): boolean {
    const more = isScalar(head) ? textOf(head).trim().slice(word.length).trim() : "";
    if (more !== "") {
      if (value === undefined) this.#yaml.fault(head, `${word} lacks its colon`, `Write ${word}: ${more}`);
      else this.#yaml.fault(head, `"${more}" stands between ${word} and its colon`, "Leave it out.");
    } else if (owner === "definition") {
      const mend = "Put it under a line of the definition.";
      this.#yaml.fault(head, `${word}: has no place at the top of a definition, which holds items only`, mend);
    } else if (owner === "top" && (word === "where" || word === "link" || word === "event")) {
      this.#yaml.fault(head, `${word}: has no span to speak of here`, "Put it under a line.");
    } else if (isEmpty(value) && !MODES.has(word)) {
      this.#yaml.fault(head, `${word}: is empty`, EMPTY_MENDS[word] ?? "Leave it out.");
    } else return true;
    return false;
  }

  #side(entry: Entry, draft: Draft): void {
    if (MODES.has(entry.word)) this.#modeBlock(entry, draft);
    else if (entry.word === "where") this.#where(entry, draft);
    else if (entry.word === "event") this.#events(entry, draft);
    else this.#patterns(entry, entry.word === "never" ? draft.never : draft.links);
  }

  #modeBlock(entry: Entry, draft: Draft): void {
    const mode = entry.word === "exactly" ? "exactly" : "contain";
    if (draft.list !== undefined || draft.isOpen) {
      this.#yaml.fault(entry.head, `a second ${mode}: in one list`, "Write one, with all items in it.");
    }
    const isLeaf = isSeq(entry.value) && entry.value.items.length === 0;
    if (isLeaf && mode === "contain" && this.#unsaid.mode === "exactly") draft.isOpen = true;
    else draft.list = { mode, items: this.#items(entry, mode, isLeaf && mode === "exactly") };
  }

  /** The items under a block word; side conditions have no place there. */
  #items(entry: Entry, mode: ListMode, mayBeEmpty: boolean): readonly Item[] {
    const items: Item[] = [];
    for (const member of entriesOf(this.#yaml, entry.value)) {
      if (SIDES.has(member.word)) {
        this.#yaml.fault(
          member.head,
          `${member.word}: has no place inside ${entry.word}`,
          `Put it beside ${entry.word}:, under the line that owns it.`,
        );
      } else items.push(...this.#item(member, mode));
    }
    if (items.length === 0 && !mayBeEmpty && isEmpty(entry.value)) {
      const hint = entry.word === "exactly" ? "Write exactly: [] for no children at all." : "List its items under it.";
      this.#yaml.fault(entry.head, `${entry.word}: is empty`, hint);
    }
    return items;
  }

  #patterns(entry: Entry, patterns: SinglePattern[]): void {
    const { mode } = this.#unsaid;
    const reader = new BodyReader(this.#yaml, { mode, isTree: false });
    for (const member of entriesOf(this.#yaml, entry.value)) {
      const [item] = SIDES.has(member.word) ? [] : reader.#item(member, mode);
      if (item?.type === "node" || item?.type === "reference") patterns.push(item);
      else if (item !== undefined || SIDES.has(member.word)) {
        this.#yaml.fault(
          member.head,
          `${entry.word}: takes single patterns, not ${member.word}`,
          `Name the spans that must ${entry.word === "never" ? "not be there" : "be linked to"}.`,
        );
      }
    }
  }

  #events(entry: Entry, draft: Draft): void {
    for (const node of isSeq(entry.value) ? entry.value.items : [entry.value]) {
      const event = attempt(this.#yaml, node, readEvent);
      if (event !== undefined && isScalar(node)) draft.events.push({ ...event, at: this.#yaml.place(node) });
    }
  }

  #where(entry: Entry, draft: Draft): void {
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

  /** What an entry of a list of mode `around` makes. */
  #item(entry: Entry, around: ListMode): readonly Item[] {
    const at = this.#yaml.place(entry.head);
    if (entry.word === "...") {
      if (entry.value !== undefined) this.#yaml.fault(entry.head, "... takes nothing under it", "Leave out the colon.");
      return [{ type: "rest", at }];
    }
    const type = GROUP_TYPES.find((known) => known === entry.word);
    if (type !== undefined) return this.#group(type, entry, around, at);
    const line = attempt(this.#yaml, entry.head, readLine);
    // A "{" or quote that YAML cut at ": " leaves its other half as the value: one fault is enough.
    if (line === undefined && isScalar(entry.value)) return [];
    if (line?.type === "reference") {
      if (!isEmpty(entry.value)) {
        const what = `<${line.name}> takes nothing under it`;
        this.#yaml.fault(entry.head, what, "Put it into the definition, and leave out the colon.");
      }
      return [{ ...line, at }];
    }
    if (entry.isCutShort) {
      const mend =
        "Is the next line indented too little? If it is not meant to stand under this one, leave out the colon.";
      this.#yaml.fault(entry.head, "this line ends in a colon and has nothing under it", mend);
    }
    const draft = this.draft(entry.value, "node");
    if (line === undefined) return [];
    if (!draft.isOpen && isLeafEmpty(this.#unsaid, around)) draft.list ??= { mode: "exactly", items: [] };
    return [{ ...line, predicates: [...line.predicates, ...draft.predicates], ...bodyOf(draft), at }];
  }

  #group(type: GroupType, entry: Entry, around: ListMode, at: string): readonly Item[] {
    const count = readCountAfter(this.#yaml, entry);
    return [{ type, items: this.#items(entry, around, false), ...count, at }];
  }
}

const EMPTY_MENDS: Readonly<Record<string, string>> = {
  never: "Name what must not be there.",
  link: "Name what a link must lead to.",
  event: "Name the event.",
  where: "Write a predicate, or leave it out.",
};

/** The count that follows the block word of an entry. */
function readCountAfter(yaml: YamlText, { head, word }: Entry): { readonly count?: Count } {
  const count = attempt(yaml, head, (scanner) => {
    scanner.skipSpaces();
    scanner.index += word.length;
    return readCount(scanner);
  });
  return count === undefined ? {} : { count };
}
