import * as fc from "fast-check";
import { expect, test } from "vitest";
import { randomStream, type Random } from "../../../src/core/random.ts";
import { compareMines } from "../../../src/shape/mine/compare.ts";
import { addDurations, noDurations, quantileNano } from "../../../src/shape/mine/durations.ts";
import { ERROR_MAX, bucketOf } from "../../../src/trace/buckets.ts";
import { miner, type Mine } from "../../../src/shape/mine/mine.ts";
import type { Tree } from "../../../src/trace/tree.ts";
import { sketch, treeOf } from "../sketch.ts";
import { randomTrace } from "./traces.ts";

function mineOf(trees: readonly Tree[], limit?: number): Mine {
  const gathering = miner({ isCounted: false, ...(limit === undefined ? {} : { limit }) });
  for (const tree of trees) gathering.add(tree, `${tree.traceId}.json`);
  return gathering.result();
}

function merged(parts: readonly Mine[], limit: number): Mine {
  const gathering = miner({ isCounted: false, limit });
  for (const part of parts) gathering.merge(part);
  return gathering.result();
}

/** Traces of few shapes, with tokens, costs and lengths of their own. */
function randomTraces(random: Random): readonly Tree[] {
  return Array.from({ length: random.integer(1, 25) }, (_, index) => {
    const roots = random.chance(0.5) ? randomTrace(random) : [];
    const call = {
      kind: "llm" as const,
      name: random.pick(["m", "n"]),
      start: random.integer(0, 5),
      end: random.integer(6, 1_000_000),
      meaning: { inputTokens: random.integer(0, 900), ...(random.chance(0.5) && { costUsd: random.next() / 7 }) },
    };
    return treeOf([...roots, call], `t${index}`);
  });
}

const anyLimit = fc.constantFrom(1, 3, 5000);

test("property: parts that are mined apart and merged give what all together give, whatever their order and the limit", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 4 }), anyLimit, (seed, count, limit) => {
      const random = randomStream(seed, "merge");
      const trees = randomTraces(random);
      const parts: Tree[][] = Array.from({ length: count }, () => []);
      for (const tree of trees) random.pick(parts).push(tree);
      const whole = mineOf(trees, limit);
      const mines = parts.map((part) => mineOf(part, limit));
      expect(merged(mines, limit)).toEqual(whole);
      expect(merged(mines.toReversed(), limit)).toEqual(whole);
      expect(merged([merged(mines.slice(0, 2), limit), ...mines.slice(2)], limit)).toEqual(whole);
    }),
    { numRuns: 40 },
  );
});

test("property: the limit holds, the simplest shapes stay, and no trace is lost", () => {
  fc.assert(
    fc.property(fc.integer(), anyLimit, (seed, limit) => {
      const trees = randomTraces(randomStream(seed, "limit"));
      const [all, some] = [mineOf(trees), mineOf(trees, limit)];
      const kept = all.clusters
        .toSorted((a, b) => a.steps - b.steps || (a.key < b.key ? -1 : 1))
        .slice(0, limit)
        .map(({ key }) => key);
      expect(some.clusters.map(({ key }) => key).toSorted()).toEqual(kept.toSorted());
      expect(some.total).toEqual(all.total);
      const counted = some.clusters.reduce((sum, { tally }) => sum + tally.traces, some.remainder.traces);
      expect(counted).toBe(trees.length);
    }),
    { numRuns: 30 },
  );
});

test("failing shapes come first, in each part the rarer, and the example is the trace that started last", () => {
  const trees = [
    ...Array.from({ length: 3 }, (_, index) => ({ ...sketch(`tool often ${index}-9`), traceId: `often${index}` })),
    { ...sketch("tool rare"), traceId: "rare" },
    ...[1, 2].map((index) => ({ ...sketch(`tool broken {status=error}`), traceId: `broken${index}` })),
  ];
  const { clusters, total } = mineOf(trees);
  expect(clusters.map(({ shape, tally }) => [shape.split("- ")[1]?.trim(), tally.traces, tally.failed])).toEqual([
    ["tool broken {status = error}", 2, 2],
    ["tool rare", 1, 0],
    ["tool often", 3, 0],
  ]);
  expect(clusters[2]?.tally.example).toMatchObject({ traceId: "often2", source: "often2.json" });
  expect(total).toMatchObject({ traces: 6, failed: 2, spans: 6 });
});

test("tokens and cost are summed, a model call once however many layers repeat it", () => {
  const call = { inputTokens: 10, outputTokens: 2, costUsd: 0.1 };
  const inner = { kind: "llm", name: "m", start: 1, end: 3, meaning: call } as const;
  const layered = treeOf([{ kind: "llm", name: "m", start: 0, end: 4, meaning: call, children: [inner] }], "t1");
  const { total } = mineOf([layered, { ...layered, traceId: "t2" }, { ...sketch("tool x"), traceId: "t3" }]);
  expect(total).toMatchObject({ inputTokens: 20, outputTokens: 4, priced: 2, costNanoUsd: 200_000_000 });
});

test("property: percentiles of durations are at most as far off as their buckets", () => {
  const nanos = fc.oneof(fc.nat(1000), fc.nat(), fc.integer({ min: 0, max: 2 ** 52 }));
  fc.assert(
    fc.property(fc.array(nanos, { minLength: 1 }), fc.constantFrom(0.5, 0.95, 0.99), (values, share) => {
      const durations = noDurations();
      for (const nano of values)
        addDurations(durations, { minNano: nano, maxNano: nano, buckets: new Map([[bucketOf(nano), 1]]) });
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0;
      expect(Math.abs(quantileNano(durations, share) - exact)).toBeLessThanOrEqual(exact * ERROR_MAX);
    }),
    { examples: [[[0, 1], 0.5]] },
  );
});

const some = (name: string, count: number): readonly Tree[] =>
  Array.from({ length: count }, (_, index) => ({ ...sketch(`tool ${name}`), traceId: `${name}${index}` }));

test("a comparison tells new, gone, more and less from what may be chance", () => {
  const old = mineOf([
    ...some("steady", 500),
    ...some("rising", 20),
    ...some("falling", 80),
    ...some("gone", 40),
    ...some("once", 1),
  ]);
  const now = mineOf([...some("steady", 505), ...some("rising", 80), ...some("falling", 20), ...some("new", 40)]);
  const { changes, before, after, unknown } = compareMines(old, now);
  expect([before, after, unknown]).toEqual([641, 645, 0]);
  const told = changes.map(({ change, cluster, isSignificant }) => [
    change,
    /tool (\w+)/.exec(cluster.shape)?.[1],
    isSignificant,
  ]);
  expect(told).toEqual([
    ["new", "new", true],
    ["gone", "gone", true],
    ["gone", "once", false],
    ["more", "rising", true],
    ["less", "falling", true],
    ["same", "steady", false],
  ]);
});

test("the likelihood ratio is the published one", () => {
  // Dunning 1993, table 1: "the swiss", 110 and 2,442, 111 and 29,114, gives 270.72.
  const mine = (traces: number, of: number): Mine => {
    const base = mineOf(some("x", 1));
    const [cluster] = base.clusters;
    if (cluster === undefined) throw new Error("there is no cluster");
    return {
      ...base,
      total: { ...base.total, traces: of },
      clusters: [{ ...cluster, tally: { ...cluster.tally, traces } }],
    };
  };
  expect(compareMines(mine(110, 110 + 2442), mine(111, 111 + 29_114)).changes[0]?.gSquared).toBeCloseTo(270.72, 2);
});

test("a shape that the other side may have dropped is neither new nor gone", () => {
  const small = some("a", 2);
  const large = Array.from({ length: 2 }, () => ({ ...sketch("agent b(tool x, llm m)"), traceId: "large" }));
  expect(compareMines(mineOf([...small, ...large], 1), mineOf([...small, ...large]))).toMatchObject({
    unknown: 1,
    changes: [{ change: "same" }],
  });
});
