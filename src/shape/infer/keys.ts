import type { SpanNode } from "../../trace/tree.ts";
import type { TextTest } from "../pattern.ts";
import type { Evidence, Head, Siblings } from "./evidence.ts";
import { byText } from "./evidence.ts";
import { joinedText, openForms } from "./volatile-name.ts";

/** Which spans of some lists one line may stand for: those of one key. */
export interface Keys {
  readonly keyOf: (node: SpanNode) => string;
  /** The test of the name of a key that joins several names. */
  readonly nameOf: (key: string) => TextTest | undefined;
}

/** Spans whose whole printed subtree is equal. */
export function digestKeys({ headOf, digestOf }: Evidence): Keys {
  return { keyOf: (node) => `${headOf(node).key} ${digestOf(node)}`, nameOf: () => undefined };
}

/** Spans of one kind, name and service. */
export function headKeys({ headOf }: Evidence): Keys {
  return { keyOf: (node) => headOf(node).key, nameOf: () => undefined };
}

/**
 * For lists that differ: spans of one head, whatever is below them. Where all lists that have a head at all agree on what
 * is below its spans, these stay apart; and names that never met and differ in one token of data become one.
 */
export function keysOver(lists: readonly Siblings[], evidence: Evidence): Keys {
  const uses = usesIn(lists, evidence);
  const steady = new Set([...uses.values()].filter(({ isSteady }) => isSteady).map(({ head }) => head.key));
  const joined = joinedNames([...uses.values()], lists.length);
  const byDigest = digestKeys(evidence);
  return {
    keyOf: (node) => {
      const { key } = evidence.headOf(node);
      return joined.keyOf.get(key) ?? (steady.has(key) ? byDigest.keyOf(node) : key);
    },
    nameOf: (key) => joined.names.get(key),
  };
}

/** Where a head was seen. */
interface Use {
  readonly head: Head;
  readonly lists: Set<number>;
  /** What was below its spans in the first list that has it. */
  readonly first: string;
  isSteady: boolean;
}

function usesIn(lists: readonly Siblings[], { headOf, digestOf }: Evidence): ReadonlyMap<string, Use> {
  const uses = new Map<string, Use>();
  for (const [index, siblings] of lists.entries()) {
    const here = new Map<string, { readonly head: Head; readonly digests: string[] }>();
    for (const node of siblings.flat()) {
      const head = headOf(node);
      const known = here.get(head.key);
      if (known === undefined) here.set(head.key, { head, digests: [digestOf(node)] });
      else known.digests.push(digestOf(node));
    }
    for (const [key, { head, digests }] of here) {
      const text = digests.join(" ");
      const use = uses.get(key) ?? { head, lists: new Set(), first: text, isSteady: true };
      use.lists.add(index);
      use.isSteady &&= use.first === text;
      uses.set(key, use);
    }
  }
  return uses;
}

interface Joined {
  readonly keyOf: ReadonlyMap<string, string>;
  readonly names: ReadonlyMap<string, TextTest>;
}

function joinedNames(uses: readonly Use[], listCount: number): Joined {
  const byForm = new Map<string, { readonly form: string; readonly uses: Use[] }>();
  for (const use of uses) {
    const { kind, name, service } = use.head;
    if (use.lists.size === listCount || name.type !== "literal") continue;
    for (const form of openForms(name.text)) {
      const key = JSON.stringify([kind, form, service ?? null]);
      const known = byForm.get(key) ?? { form, uses: [] };
      known.uses.push(use);
      byForm.set(key, known);
    }
  }
  const keyOf = new Map<string, string>();
  const names = new Map<string, TextTest>();
  const sorted = [...byForm].toSorted(([a, one], [b, other]) => other.uses.length - one.uses.length || byText(a, b));
  for (const [key, { form, uses: sharers }] of sorted) {
    const free = sharers.filter(({ head }) => !keyOf.has(head.key));
    if (free.length < 2 || !isApart(free)) continue;
    const texts = free.flatMap(({ head }) => (head.name.type === "literal" ? head.name.text : []));
    const name = joinedText(form, texts);
    if (name === undefined) continue;
    names.set(key, name);
    for (const { head } of free) keyOf.set(head.key, key);
  }
  return { keyOf, names };
}

/** Whether no list has two of them. */
function isApart(uses: readonly Use[]): boolean {
  const lists = new Set(uses.flatMap((use) => [...use.lists]));
  return lists.size === uses.reduce((sum, use) => sum + use.lists.size, 0);
}
