import { semanticNodes } from "../../trace/semantic.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";
import { factsOf, identityOf } from "./facts.ts";
import { runsOf } from "../runs.ts";

/**
 * Semantic trees laid out as rows. Row 0 stands above all traces; each trace with a semantic span has a row, and each
 * semantic span one; what stands below a row are the rows behind it. Equal numbers in two forests that one {@link Words}
 * was made for mean equal texts.
 */
export interface Forest {
  /** Absent for row 0 and for the row of a trace. */
  readonly nodes: readonly (SpanNode | undefined)[];
  /** -1 above row 0. */
  readonly parents: readonly number[];
  /** How many rows a subtree has, its own included. */
  readonly sizes: readonly number[];
  /** Runs in order; inside a run, where order is not evidence, by kind, name, what the span says, then what is below. */
  readonly children: readonly (readonly number[])[];
  /** Which child of its parent a row is, from 0. */
  readonly places: readonly number[];
  /** In which run of its siblings a row is, from 0. */
  readonly runs: readonly number[];
  readonly identities: readonly number[];
  readonly facts: readonly number[];
  /** Equal for subtrees that differ in nothing. */
  readonly digests: readonly number[];
  /** Equal for subtrees of equal identities, in whatever order and whatever they say. */
  readonly forms: readonly number[];
}

/** Numbers for texts, the same for equal ones, and what each set of facts was. */
export interface Words {
  readonly numberOf: (text: string) => number;
  readonly factsBy: Map<number, ReadonlyMap<string, string>>;
}

export function newWords(): Words {
  const numbers = new Map<string, number>();
  const numberOf = (text: string): number => {
    const known = numbers.get(text) ?? numbers.size;
    if (known === numbers.size) numbers.set(text, known);
    return known;
  };
  return { numberOf, factsBy: new Map() };
}

export function layOut(trees: readonly Tree[], words: Words): Forest {
  const nodes: (SpanNode | undefined)[] = [];
  const parents: number[] = [];
  const below: number[][] = [];
  const add = (node: SpanNode | undefined, parent: number): number => {
    const row = nodes.push(node) - 1;
    parents.push(parent);
    below.push([]);
    below[parent]?.push(row);
    return row;
  };
  add(undefined, -1);
  for (const { roots } of trees) {
    const tops = semanticNodes(roots);
    if (tops.length === 0) continue;
    const trace = add(undefined, 0);
    const stack = tops.toReversed().map((node) => ({ node, parent: trace }));
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const row = add(next.node, next.parent);
      for (const node of semanticNodes(next.node.children).toReversed()) stack.push({ node, parent: row });
    }
  }
  return { nodes, parents, ...digested(nodes, below, words) };
}

function digested(
  nodes: readonly (SpanNode | undefined)[],
  below: readonly (readonly number[])[],
  { numberOf, factsBy }: Words,
): Omit<Forest, "nodes" | "parents"> {
  const texts = nodes.map((node) => (node === undefined ? "" : identityOf(node)));
  const identities = texts.map((text) => numberOf(`identity ${text}`));
  const factTexts = nodes.map((node) => {
    const facts = node === undefined ? new Map<string, string>() : factsOf(node);
    const text = JSON.stringify([...facts]);
    factsBy.set(numberOf(`facts ${text}`), facts);
    return text;
  });
  const facts = factTexts.map((text) => numberOf(`facts ${text}`));
  const sizes: number[] = nodes.map(() => 1);
  const digests: number[] = nodes.map(() => 0);
  const forms: number[] = nodes.map(() => 0);
  const children: (readonly number[])[] = nodes.map(() => []);
  const places: number[] = nodes.map(() => 0);
  const runs: number[] = nodes.map(() => 0);
  const inRun = (a: number, b: number): number =>
    byText(texts[a], texts[b]) ||
    byText(factTexts[a], factTexts[b]) ||
    (sizes[a] ?? 0) - (sizes[b] ?? 0) ||
    (digests[a] ?? 0) - (digests[b] ?? 0);
  for (let row = nodes.length - 1; row >= 0; row--) {
    const own = below[row] ?? [];
    // Traces have no order.
    const cut = row === 0 ? [own] : runsOf(own, (child) => nodes[child]?.span);
    const sorted = cut.map((run) => (run.length === 1 ? run : run.toSorted(inRun)));
    const list = sorted.flat();
    children[row] = list;
    for (const [place, child] of list.entries()) places[child] = place;
    for (const [number, run] of cut.entries()) for (const child of run) runs[child] = number;
    sizes[row] = own.reduce((sum, child) => sum + (sizes[child] ?? 0), 1);
    const text = sorted.map((run) => run.map((child) => digests[child]).join(",")).join(";");
    digests[row] = numberOf(`digest ${identities[row]} ${facts[row]} ${text}`);
    const bag = own.map((child) => forms[child] ?? 0).toSorted((a, b) => a - b);
    forms[row] = numberOf(`form ${identities[row]} ${bag.join(",")}`);
  }
  return { sizes, children, places, runs, identities, facts, digests, forms };
}

function byText(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
