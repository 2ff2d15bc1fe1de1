import * as fc from "fast-check";
import { expect, test } from "vitest";
import { examine, findingsOf, mergeExamination, newExamination } from "../../../src/trace/health/examination.ts";
import {
  addValue,
  type Distribution,
  EXACT_MAX,
  mergeDistribution,
  newDistribution,
  percentilesOf,
} from "../../../src/trace/health/figures/distribution.ts";
import { type Figures, figuresOf } from "../../../src/trace/health/figures/figures.ts";
import { ERROR_MAX } from "../../../src/trace/buckets.ts";
import { firstChunkMs } from "../../../src/trace/first-chunk.ts";
import { NAMES_MAX, OTHERS } from "../../../src/trace/health/figures/tally.ts";
import type { Span } from "../../../src/trace/span.ts";
import { buildTrees } from "../../../src/trace/tree.ts";
import { agent, at, chat, span, tool, wildSpans } from "../spans.ts";

function distributionOf(values: readonly number[]): Distribution {
  const distribution = newDistribution();
  for (const value of values) addValue(distribution, value);
  return distribution;
}

const SHARES = [0.5, 0.95, 0.99] as const;

/** The smallest value that so large a share of all values does not exceed. */
function nearestRank(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1] ?? 0;
}

// What a double can hardly hold is taken for nothing.
const durations = fc.double({ min: 0, max: 1e7, noNaN: true }).map((value) => (value < 1e-300 ? 0 : value));

test("percentiles of few values are exact", () => {
  fc.assert(
    fc.property(fc.array(durations, { minLength: 1, maxLength: 200 }), (values) => {
      expect(percentilesOf(distributionOf(values), SHARES)).toEqual(SHARES.map((share) => nearestRank(values, share)));
    }),
  );
});

test("percentiles of many values are at most as far away as is stated", () => {
  const many = fc.array(durations, { minLength: EXACT_MAX + 1, maxLength: EXACT_MAX + 100, size: "max" });
  fc.assert(
    fc.property(many, (values) => {
      const distribution = distributionOf(values);
      expect(distribution.exact).toBeUndefined();
      for (const [index, found] of percentilesOf(distribution, SHARES).entries()) {
        const exact = nearestRank(values, SHARES[index] ?? 0);
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * ERROR_MAX * 1.000001);
      }
    }),
    { numRuns: 10 },
  );
});

test("a distribution says the same however its values were divided before they were merged", () => {
  const sizes = fc.constantFrom(3, 400, 900, 1500);
  fc.assert(
    fc.property(fc.tuple(sizes, sizes, fc.integer()), ([first, second, seed]) => {
      const value = (index: number): number => Math.abs(Math.sin(seed + index)) * 1e4;
      const values = Array.from({ length: first + second }, (_, index) => value(index));
      const [one, other] = [distributionOf(values.slice(0, first)), distributionOf(values.slice(first))];
      mergeDistribution(one, other);
      const whole = distributionOf(values);
      expect([one.count, one.max, percentilesOf(one, SHARES)]).toEqual([
        whole.count,
        whole.max,
        percentilesOf(whole, SHARES),
      ]);
    }),
    { numRuns: 30 },
  );
});

function figuresFrom(spans: readonly Span[]): Figures {
  const examination = newExamination();
  for (const tree of buildTrees(spans)) examine(examination, tree);
  return figuresOf(examination.tally);
}

test("traces that are looked at apart and merged say what they say together", () => {
  fc.assert(
    fc.property(wildSpans, wildSpans, (first, second) => {
      const trees = [
        ...buildTrees(first.map((each) => ({ ...each, traceId: `1${each.traceId}` }))),
        ...buildTrees(second.map((each) => ({ ...each, traceId: `2${each.traceId}` }))),
      ];
      const [whole, one, other] = [newExamination(), newExamination(), newExamination()];
      for (const tree of trees) {
        examine(whole, tree);
        examine(tree.traceId.startsWith("1") ? one : other, tree);
      }
      mergeExamination(one, other);
      expect(figuresOf(one.tally)).toEqual(figuresOf(whole.tally));
      expect(findingsOf(one)).toEqual(findingsOf(whole));
    }),
  );
});

const root = at(1n, "a", undefined, { ...agent("triage"), "tenant.id": "acme", "user.id": "u1" });
const priced = (start: bigint, id: string, cost: number, extra: Span["attributes"] = {}): Span =>
  at(start, id, "a", { ...chat(10, 5), "gen_ai.cost.total": cost, ...extra });

test("tokens and cost are added up by user, tenant, feature, prompt version and model, from the nearest span that says", () => {
  const { by, total } = figuresFrom([
    root,
    priced(2n, "b", 0.1, { "prompt.version": "v1", "feature.id": "search" }),
    priced(3n, "c", 0.2, { "prompt.version": "v2", "gen_ai.request.model": "large" }),
  ]);
  expect(total).toEqual({ calls: 2, inputTokens: 20, outputTokens: 10, costUsd: 0.3 });
  expect(by.user).toEqual([{ name: "u1", calls: 2, inputTokens: 20, outputTokens: 10, costUsd: 0.3 }]);
  expect(by.tenant.map(({ name }) => name)).toEqual(["acme"]);
  expect(by.promptVersion.map(({ name, costUsd }) => [name, costUsd])).toEqual([
    ["v2", 0.2],
    ["v1", 0.1],
  ]);
  expect(by.model.map(({ name }) => name)).toEqual(["large", "small"]);
});

test("a call that several layers repeat is added up once", () => {
  const layer = at(2n, "b", "a", chat(10, 5));
  expect(figuresFrom([root, layer, at(3n, "c", "b", chat(10, 5))]).total).toMatchObject({ calls: 1, inputTokens: 10 });
});

test("an e-mail address for a user is not shown, and still tells users apart", () => {
  const users = ["ann@example.org", "bob@example.org"].flatMap((user, index) => [
    { ...at(1n, "a", undefined, { ...agent("triage"), "user.id": user }), traceId: `t${index}` },
    { ...at(2n, "b", "a", chat(1, 1)), traceId: `t${index}` },
  ]);
  const names = figuresFrom(users).by.user.map(({ name }) => name);
  expect(names).toEqual([expect.stringMatching(/^\[email\] \w{8}$/), expect.stringMatching(/^\[email\] \w{8}$/)]);
  expect(new Set(names).size).toBe(2);
});

test("the cost of a successful trace is what all traces cost, over those that succeeded", () => {
  const trace = (traceId: string, given: Partial<Span>): Span[] => [
    span("a", undefined, { traceId, attributes: agent("triage"), ...given }),
    span("b", "a", { traceId, attributes: { ...chat(1, 1), "gen_ai.cost.total": 0.5 } }),
  ];
  const failed = trace("t1", { status: { code: "error" } });
  const left = trace("t2", { attributes: { ...agent("triage"), "troupe.outcome": "out of patience" } });
  const said = trace("t3", { attributes: { ...agent("triage"), "troupe.outcome": "script over" } });
  expect(figuresFrom([...failed, ...left, ...said])).toMatchObject({ traces: 3, successes: 1, costPerSuccessUsd: 1.5 });
  expect(figuresFrom(failed).costPerSuccessUsd).toBeNull();
});

test("an error on the way that was dealt with makes no trace a failure", () => {
  const spans = [
    root,
    at(2n, "b", "a", tool("find")),
    { ...at(3n, "c", "a", tool("find")), status: { code: "error" as const } },
  ];
  expect(figuresFrom(spans).successes).toBe(1);
});

test("times are told by kind and by route, and the slowest kind is none that holds others", () => {
  const timed = (id: string, ms: number, attributes: Span["attributes"]): Span =>
    span(id, "a", { startTimeUnixNano: 0n, endTimeUnixNano: BigInt(ms) * 1_000_000n, attributes });
  const { kinds, routes, slowestKind } = figuresFrom([
    span("a", undefined, { startTimeUnixNano: 0n, endTimeUnixNano: 900_000_000n, attributes: agent("triage") }),
    timed("b", 100, tool("find")),
    timed("c", 300, tool("book")),
    timed("d", 200, { ...chat(1, 1), "gen_ai.response.time_to_first_chunk": 0.05 }),
  ]);
  expect(kinds.map(({ kind, durationMs: { p50, p95 } }) => [kind, p50, p95])).toEqual([
    ["agent", 900, 900],
    ["llm", 200, 200],
    ["tool", 100, 300],
  ]);
  expect(kinds.find(({ kind }) => kind === "llm")?.firstChunkMs?.p50).toBe(50);
  expect(routes.map(({ kind, route }) => `${kind} ${route}`)).toContain("tool book");
  expect(slowestKind).toBe("tool");
});

const AT_1250_MS = { timeUnixNano: 1_250_000_000n, attributes: {} };

test.for([
  ["OpenTelemetry", { attributes: { "gen_ai.response.time_to_first_chunk": 0.25 } }],
  ["the AI SDK", { attributes: { "ai.response.msToFirstChunk": 250 } }],
  ["LiveKit", { attributes: { "lk.response.ttft": "0.25" } }],
  ["Langfuse", { attributes: { "langfuse.observation.completion_start_time": "1970-01-01T00:00:01.250Z" } }],
  ["LangSmith", { attributes: { first_token_time: "1970-01-01 00:00:01.250" } }],
  ["the AI SDK, by an event", { events: [{ name: "ai.stream.firstChunk", ...AT_1250_MS }] }],
  ["OpenInference", { events: [{ name: "First Token Stream Event", ...AT_1250_MS }] }],
] as const)("the time to the first chunk is read as %s writes it", ([, given]) => {
  expect(firstChunkMs(span("a", undefined, { startTimeUnixNano: 1_000_000_000n, ...given }))).toBe(250);
});

test("names beyond the limit are added up together, and nothing is lost", () => {
  const spans = Array.from({ length: NAMES_MAX + 50 }, (_, index) => [
    span("a", undefined, { traceId: `t${index}`, attributes: { ...agent("triage"), "user.id": `u${index}` } }),
    span("b", "a", { traceId: `t${index}`, attributes: chat(1, 1) }),
  ]).flat();
  const { user } = figuresFrom(spans).by;
  expect(user.length).toBe(NAMES_MAX + 1);
  expect(user.find(({ name }) => name === OTHERS)?.calls).toBe(50);
});
