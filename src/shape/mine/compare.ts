import { byRank, type Cluster, type Mine } from "./mine.ts";

type Change = "new" | "gone" | "more" | "less" | "same";

/** One shape in an older and in a newer set of traces. */
export interface ShapeChange {
  readonly change: Change;
  /** As the newer set has it, or else the older. */
  readonly cluster: Cluster;
  readonly before: number;
  readonly after: number;
  /** Twice the log-likelihood ratio of "the shares are equal": the larger, the less it is chance. */
  readonly gSquared: number;
  /** Whether chance alone would do as much in fewer than one of a thousand comparisons. */
  readonly isSignificant: boolean;
}

export interface MineComparison {
  readonly before: number;
  readonly after: number;
  /** New, gone, more, less, same; in each the surest first. */
  readonly changes: readonly ShapeChange[];
  /** Shapes that one side has, and the other may have among those it did not keep. */
  readonly unknown: number;
}

/** The 99.9th percentile of chi-squared with one degree of freedom. */
const G_SQUARED_MIN = 10.828;

const ORDER: readonly Change[] = ["new", "gone", "more", "less", "same"];

/**
 * Which shapes are new, gone, more or less frequent. A shape of both sides is `more` or `less` where the difference of its
 * shares is significant by the likelihood-ratio test (G²; p < 0.001), else `same`. A shape of one side is `new` or `gone`
 * whatever its number; `isSignificant` says whether that may be chance.
 *
 * @see Dunning 1993, Accurate Methods for the Statistics of Surprise and Coincidence
 */
export function compareMines(old: Mine, now: Mine): MineComparison {
  const before = new Map(old.clusters.map((cluster) => [cluster.key, cluster]));
  const after = new Map(now.clusters.map((cluster) => [cluster.key, cluster]));
  const totals = { before: old.total.traces, after: now.total.traces };
  const isBeyond = { old: beyondKept(old), now: beyondKept(now) };
  const changes: ShapeChange[] = [];
  let unknown = 0;
  for (const cluster of new Map([...before, ...after]).values()) {
    const [was, is] = [before.get(cluster.key), after.get(cluster.key)];
    const isUnknown = was === undefined ? isBeyond.old(cluster) : is === undefined && isBeyond.now(cluster);
    if (isUnknown) unknown++;
    else changes.push(changeOf(cluster, was?.tally.traces ?? 0, is?.tally.traces ?? 0, totals));
  }
  return { ...totals, changes: changes.toSorted(bySurety), unknown };
}

/** Tells of a shape that a mine does not have, whether it may be among those that it did not keep. */
function beyondKept({ remainder, clusters }: Mine): (cluster: Cluster) => boolean {
  const worst = clusters.toSorted(byRank).at(-1);
  return (cluster) => remainder.traces > 0 && (worst === undefined || byRank(worst, cluster) < 0);
}

interface Totals {
  readonly before: number;
  readonly after: number;
}

function changeOf(cluster: Cluster, before: number, after: number, totals: Totals): ShapeChange {
  const gSquared = gSquaredOf(before, after, totals);
  const isSignificant = gSquared >= G_SQUARED_MIN;
  const isMore = after * totals.before > before * totals.after;
  const change = before === 0 ? "new" : after === 0 ? "gone" : !isSignificant ? "same" : isMore ? "more" : "less";
  return { change, cluster, before, after, gSquared, isSignificant };
}

function gSquaredOf(before: number, after: number, totals: Totals): number {
  const all = totals.before + totals.after;
  const share = (before + after) / all;
  const cell = (seen: number, expected: number): number => (seen === 0 ? 0 : seen * Math.log(seen / expected));
  const sum =
    cell(before, totals.before * share) +
    cell(after, totals.after * share) +
    cell(totals.before - before, totals.before * (1 - share)) +
    cell(totals.after - after, totals.after * (1 - share));
  return Math.max(0, 2 * sum);
}

function bySurety(a: ShapeChange, b: ShapeChange): number {
  return (
    ORDER.indexOf(a.change) - ORDER.indexOf(b.change) ||
    b.gSquared - a.gSquared ||
    (a.cluster.key < b.cluster.key ? -1 : 1)
  );
}
