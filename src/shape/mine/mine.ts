import type { Tree } from "../../trace/tree.ts";
import { byText } from "../infer/evidence.ts";
import { formReader } from "./form-reader.ts";
import { shapeTextOf } from "./form-shape.ts";
import { addTally, emptyTally, tallyOf, type Tally } from "./tally.ts";

/** Traces by their semantic shape. */
export interface Mine {
  /** Whether how often siblings repeat makes another shape. */
  readonly isCounted: boolean;
  /** How many shapes are kept. */
  readonly limit: number;
  readonly total: Tally;
  /** Those with failed traces first, then the rarer, then by key. */
  readonly clusters: readonly Cluster[];
  /** The traces of all shapes that are not kept. */
  readonly remainder: Tally;
}

/** The traces of one shape. */
export interface Cluster {
  /** A digest of the shape. */
  readonly key: string;
  /** How many lines the shape has, before any is left out of its text. */
  readonly steps: number;
  /** Text that `troupe check` takes. */
  readonly shape: string;
  readonly tally: Tally;
}

export interface Miner {
  /** A whole trace: two parts of one trace are two traces. */
  readonly add: (tree: Tree, source: string) => void;
  /** All that another mine counted, made with the same options. */
  readonly merge: (mine: Pick<Mine, "clusters" | "remainder">) => void;
  readonly result: () => Mine;
}

/** How many shapes are kept unless told otherwise. */
const CLUSTERS_MAX = 5000;

const KEY_LENGTH = 16;

/**
 * Gathers traces by semantic shape. What it gives depends on the traces alone, not on their order, nor on how they were
 * parted between mines that were merged; what it keeps is bounded by the limit.
 *
 * Beyond the limit the shapes with the fewest lines are kept, of equal ones those with the least keys: a rule that asks
 * for nothing but the shape, so that a shape that is kept at last was never dropped before. The others make the remainder.
 */
export function miner(options: { readonly isCounted: boolean; readonly limit?: number }): Miner {
  const { isCounted, limit = CLUSTERS_MAX } = options;
  const reader = formReader(isCounted);
  const clusters = new Map<string, Cluster>();
  const remainder = emptyTally();
  const prune = (): void => {
    for (const { key, tally } of [...clusters.values()].toSorted(byRank).slice(limit)) {
      addTally(remainder, tally);
      clusters.delete(key);
    }
  };
  const put = (key: string, tally: Tally, make: () => Cluster): void => {
    const known = clusters.get(key) ?? make();
    addTally(known.tally, tally);
    clusters.set(key, known);
    if (clusters.size > 2 * limit) prune();
  };
  return {
    add: (tree, source) => {
      const form = reader.formOf(tree);
      const key = form.digest.slice(0, KEY_LENGTH);
      put(key, tallyOf(tree, source), () => {
        return { key, steps: form.steps, shape: shapeTextOf(form), tally: emptyTally() };
      });
    },
    merge: (mine) => {
      for (const { key, tally, ...rest } of mine.clusters)
        put(key, tally, () => ({ key, ...rest, tally: emptyTally() }));
      addTally(remainder, mine.remainder);
    },
    result: () => {
      prune();
      const total = emptyTally();
      for (const { tally } of clusters.values()) addTally(total, tally);
      addTally(total, remainder);
      return { isCounted, limit, total, clusters: [...clusters.values()].toSorted(byInterest), remainder };
    },
  };
}

/** Which of two shapes is kept rather. */
export function byRank(a: Pick<Cluster, "steps" | "key">, b: Pick<Cluster, "steps" | "key">): number {
  return a.steps - b.steps || byText(a.key, b.key);
}

function byInterest(a: Cluster, b: Cluster): number {
  const [first, second] = [a.tally, b.tally];
  return Number(second.failed > 0) - Number(first.failed > 0) || first.traces - second.traces || byText(a.key, b.key);
}
