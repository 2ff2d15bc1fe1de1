import { expect, test } from "vitest";
import { agent, at, chat, SERVICES, span, tool } from "../spans.ts";
import { seenBy } from "./findings.ts";

const WHOLE = [at(1n, "a", undefined, agent("triage")), at(2n, "b", "a", chat(1, 1)), at(3n, "c", "a", tool("find"))];

test("orphan-rate counts the spans whose parent is not there, and is silent on a whole trace", () => {
  expect(seenBy("orphan-rate", WHOLE)).toEqual([]);
  expect(seenBy("orphan-rate", [...WHOLE, at(4n, "d", "gone")])).toEqual([
    "d: 1 of 4 spans (25 %) name 1 parent that the trace does not hold",
  ]);
});

test("orphan-rate lets as many go as its threshold says, and 0 is a threshold", () => {
  const spans = [...WHOLE, at(4n, "d", "gone")];
  expect(seenBy("orphan-rate", spans, { rateMax: 0.25 })).toEqual([]);
  expect(seenBy("orphan-rate", spans, { rateMax: 0.24 })).toHaveLength(1);
  expect(seenBy("orphan-rate", spans, { rateMax: 0 })).toHaveLength(1);
});

test("missing-root tells a trace without a span at its beginning", () => {
  expect(seenBy("missing-root", WHOLE)).toEqual([]);
  expect(seenBy("missing-root", [at(1n, "b", "gone", chat(1, 1))])).toEqual([
    "b: the trace has no root (1 span); this span is the first at its top",
  ]);
});

test("split-trace names every root beside the first", () => {
  expect(seenBy("split-trace", WHOLE)).toEqual([]);
  expect(seenBy("split-trace", [...WHOLE, at(9n, "z", undefined, agent("billing"))])).toEqual([
    "z: a second root in the trace, beside agent triage",
  ]);
});

const calling = { "mcp.method.name": "tools/call", ...tool("find") };
const near = (traceId: string, start: bigint): ReturnType<typeof span>[] => [
  span(`${traceId}-agent`, undefined, { traceId, startTimeUnixNano: start, attributes: agent("triage") }),
  span(`${traceId}-call`, `${traceId}-agent`, {
    traceId,
    startTimeUnixNano: start,
    endTimeUnixNano: start + 1_000_000n,
    attributes: tool("find"),
  }),
];
const far = (traceId: string, start: bigint, parent?: string): ReturnType<typeof span> =>
  span(`${traceId}-answer`, parent, {
    traceId,
    startTimeUnixNano: start,
    spanKind: "server",
    attributes: calling,
    resource: SERVICES.orders,
  });

test("split-trace finds the two ends of a call in two traces", () => {
  expect(seenBy("split-trace", [...near("t1", 10n), far("t2", 20n)])).toEqual([
    "t2-answer: it answers tool find of trace t1 (span t1-call), and begins a trace of its own",
  ]);
});

test("split-trace pairs each call once, and only one that was open when the answer began", () => {
  const spans = [...near("t1", 10n), far("t2", 20n), far("t3", 30n)];
  expect(seenBy("split-trace", spans)).toHaveLength(1);
  expect(seenBy("split-trace", [...near("t1", 10n), far("t2", 3_600_000_000_000n)])).toEqual([]);
});

test("split-trace is silent where the answer is in the trace of the call, or is linked to it", () => {
  expect(seenBy("split-trace", [...near("t1", 10n), { ...far("t1", 20n, "t1-call") }])).toEqual([]);
  const linked = { ...far("t2", 20n), links: [{ traceId: "t1", spanId: "t1-call", attributes: {} }] };
  expect(seenBy("split-trace", [...near("t1", 10n), linked])).toEqual([]);
});

test("split-trace keeps the calls of two conversations apart", () => {
  const [root, call] = near("t1", 10n);
  if (root === undefined || call === undefined) throw new Error("no call");
  const mine = { ...call, attributes: { ...call.attributes, "gen_ai.conversation.id": "one" } };
  const theirs = { ...far("t2", 20n), attributes: { ...calling, "gen_ai.conversation.id": "two" } };
  expect(seenBy("split-trace", [root, mine, theirs])).toEqual([]);
});

test("unsampled-parent names where a call enters while nothing of the calling side was recorded", () => {
  expect(seenBy("unsampled-parent", [far("t2", 20n, "remote")])).toEqual([
    "t2-answer: it was called by span remote, of which, as of all its side, nothing is recorded",
  ]);
  expect(seenBy("missing-root", [far("t2", 20n, "remote")])).toEqual([]);
  expect(seenBy("unsampled-parent", [...WHOLE, at(4n, "d", "gone")])).toEqual([]);
});

test("where a span's flags say whether its parent is in another process, they count and not its kind", () => {
  const [remote, local] = [0x300, 0x100];
  expect(seenBy("unsampled-parent", [span("b", "gone", { flags: remote })])).toHaveLength(1);
  expect(seenBy("unsampled-parent", [{ ...far("t2", 20n, "gone"), flags: local }])).toEqual([]);
  expect(seenBy("missing-root", [{ ...far("t2", 20n, "gone"), flags: local }])).toHaveLength(1);
});

test("duplicate-export counts the copies, and takes no two spans of one id for them", () => {
  const [root = at(1n, "a", undefined), ...rest] = WHOLE;
  expect(seenBy("duplicate-export", [root, ...rest, root, root])).toEqual([
    "a: 1 span came again 2 times, equal to the last byte",
  ]);
  expect(seenBy("duplicate-export", [...WHOLE, { ...root, resource: SERVICES.orders }])).toEqual([]);
});
