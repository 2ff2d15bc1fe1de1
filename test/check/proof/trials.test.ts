import { expect, test } from "vitest";
import { contextFields } from "../../../src/check/proof/contexts.ts";
import type { Evidence, Finding, Trial } from "../../../src/check/proof/evidence.ts";
import { judgeTrials } from "../../../src/check/proof/trials.ts";
import { evidence, idsOf, onward, rooted, served, second, trial } from "./cases.ts";

type Question = "read" | "kept" | "passedOn" | "recorded";

/** What is found of the last of some trials. */
function found(question: Question, trials: readonly Trial[], given: Partial<Evidence> = {}): Finding {
  const last = judgeTrials("mcp-server", trials, evidence(given)).at(-1);
  if (last === undefined) throw new Error("nothing was judged");
  return last[question];
}

function short({ answer, causes }: Finding): string {
  return [answer, ...causes].join(" ");
}

const carrier = contextFields("valid", idsOf(1), 1);
const foreign = contextFields("foreign", idsOf(1), 1);

test("nothing is inferred from silence", () => {
  const [one] = judgeTrials("mcp-server", [trial(1)], evidence());
  const answers = [one?.read, one?.kept, one?.passedOn, one?.recorded].map((finding) => finding?.answer);
  expect(answers).toEqual(["cannot-tell", "cannot-tell", "cannot-tell", "cannot-tell"]);
});

test.for([
  ["a child of ours", [served(1)], "yes"],
  ["a root in the time of the request", [rooted(1)], "no not-extracted"],
  ["a root at another time", [rooted(5)], "cannot-tell"],
  [
    "a root that an SDK stamped in whole milliseconds",
    [rooted(1, { startTimeUnixNano: second(1) - 900_000n })],
    "no not-extracted",
  ],
  ["a span of our trace under a stranger", [served(1, { parentSpanId: "ffffffffffffffff" })], "no wrong-parent"],
  [
    "a root whose own child is told first",
    [rooted(1, { spanId: "d", parentSpanId: "e" }), rooted(1, { spanId: "e" })],
    "no not-extracted",
  ],
  ["a root of HTTP alone", [rooted(1, { attributes: { "http.request.method": "POST" } })], "cannot-tell"],
  ["a root that links to ours", [rooted(1, { links: [{ ...idsOf(1), attributes: {} }] })], "no wrong-parent"],
] as const)("with %s, whether a request was read is: %s", ([, spans, wanted]) => {
  expect(short(found("read", [trial(1)], { spans }))).toBe(wanted);
});

test("a span cannot be told by its time where the clocks may differ", () => {
  expect(short(found("read", [trial(1)], { spans: [rooted(1)], isSameClock: false }))).toBe("cannot-tell");
});

test("a span that says by what request it came is told by that, however its clock stands", () => {
  const ahead = rooted(1, { startTimeUnixNano: second(2) + 100n });
  expect(short(found("read", [trial(2), trial(1)], { spans: [ahead] }))).toBe("no not-extracted");
  expect(short(found("read", [trial(1), trial(2)], { spans: [ahead] }))).toBe("cannot-tell");
  const another = rooted(1, { startTimeUnixNano: second(60) });
  expect(short(found("read", [trial(1)], { spans: [another] }))).toBe("cannot-tell");
});

test("an answer that repeats our trace id shows that the context arrived", () => {
  const reply = { kind: "result", text: JSON.stringify(carrier) } as const;
  expect(short(found("read", [trial(1, "valid", { reply })]))).toBe("yes");
  expect(short(found("read", [trial(1, "valid", { reply })], { spans: [rooted(1)] }))).toBe("no not-extracted");
});

test("a request without a context may begin a trace, and may not continue that of another", () => {
  expect(short(found("read", [trial(1, "absent")], { spans: [rooted(1)] }))).toBe("not-due");
  const stale = served(2, { traceId: idsOf(1).traceId, parentSpanId: idsOf(1).spanId });
  expect(short(found("read", [trial(1), trial(2, "absent")], { spans: [served(1), stale] }))).toBe("no wrong-parent");
});

test("work that goes on after its answer is no span of the next request", () => {
  const late = served(2, { ...idsOf(1), spanId: "late", parentSpanId: served(1).spanId });
  expect(short(found("read", [trial(1), trial(2, "absent")], { spans: [served(1), late] }))).toBe("not-due");
});

test.for([
  ["taken up", [served(1), served(2)], "no wrong-parent"],
  ["left aside", [served(1), rooted(2)], "yes"],
  ["left aside by one that reads nothing", [rooted(1), rooted(2)], "cannot-tell"],
] as const)("a malformed traceparent that is %s", ([, spans, wanted]) => {
  expect(short(found("read", [trial(1), trial(2, "malformed")], { spans }))).toBe(wanted);
});

test("a malformed traceparent may not make a request fail that goes well otherwise", () => {
  const reply = { kind: "error", text: "{}" } as const;
  expect(short(found("read", [trial(1), trial(2, "malformed", { reply })]))).toBe("no bad-carrier");
  expect(short(found("read", [trial(1, "valid", { reply }), trial(2, "malformed", { reply })]))).toBe("cannot-tell");
});

test("the silence that flags ask for is told only beside a sampled request that had a span", () => {
  expect(short(found("read", [trial(1), trial(2, "sampled-out")], { spans: [served(1)] }))).toBe("yes");
  expect(short(found("read", [trial(1), trial(2, "sampled-out")], { spans: [rooted(1)] }))).toBe("cannot-tell");
  expect(short(found("read", [trial(1), trial(2, "sampled-out")], { spans: [served(1), rooted(2)] }))).toBe(
    "no not-extracted",
  );
});

test("of two contexts that of params._meta counts, and the header alone is nothing that MCP reads", () => {
  const both = trial(1, "valid", { place: "both" });
  const { traceId, spanId } = idsOf(1, "header");
  const ofHeader = served(1, { traceId, parentSpanId: spanId });
  expect(short(found("read", [both], { spans: [served(1)] }))).toBe("yes");
  expect(short(found("read", [both], { spans: [ofHeader] }))).toBe("no wrong-carrier");
  expect(short(found("read", [trial(1, "valid", { place: "header" })], { spans: [rooted(1)] }))).toBe("not-due");
  expect(short(found("read", [trial(1, "valid", { place: "header" })], { spans: [ofHeader] }))).toBe("yes");
});

test("of an A2A agent the header counts, and a span of HTTP in a trace of its own is a broken one", () => {
  const asked = trial(1, "valid", { place: "header", method: "SendMessage" });
  const attributes = { "http.request.method": "POST" };
  const root = rooted(1, { attributes });
  const [lost] = judgeTrials("a2a", [asked], evidence({ due: "header", spans: [root] }));
  expect(lost && short(lost.read)).toBe("no not-extracted");
  const { traceId, spanId } = idsOf(1, "header");
  const child = served(1, { traceId, parentSpanId: spanId, attributes });
  const [whole] = judgeTrials("a2a", [asked], evidence({ due: "header", spans: [child] }));
  expect(whole && [short(whole.read), short(whole.recorded)]).toEqual(["yes", "yes"]);
});

test.for([
  ["our trace, under another span", { traceparent: `00-${idsOf(1).traceId}-${"9".repeat(16)}-01` }, "yes"],
  ["nothing", {}, "no not-injected"],
  ["a trace of its own", { traceparent: `00-${"9".repeat(32)}-${"9".repeat(16)}-01` }, "no re-rooted"],
  ["a namespaced key", { "acme/traceparent": carrier["traceparent"] ?? "" }, "no bad-carrier"],
] as const)("what goes on with %s is passed on: %s", ([, meta, wanted]) => {
  expect(short(found("passedOn", [trial(1)], { downstream: [onward(1, meta)] }))).toBe(wanted);
});

test("over MCP the header alone passes nothing on, and over HTTP it does", () => {
  const inHeader = { carriers: { meta: {}, header: carrier } };
  expect(short(found("passedOn", [trial(1)], { downstream: [onward(1, {}, inHeader)] }))).toBe("no wrong-carrier");
  const downstream = [onward(1, {}, { ...inHeader, protocol: "http", method: "POST /" })];
  expect(short(found("passedOn", [trial(1)], { downstream }))).toBe("yes");
});

test("a lifecycle need not pass a context on where work does", () => {
  const downstream = [onward(1, {}, { method: "initialize" }), onward(1, carrier)];
  expect(short(found("passedOn", [trial(1)], { downstream }))).toBe("yes");
  expect(short(found("passedOn", [trial(1)], { downstream: downstream.slice(0, 1) }))).toBe("no not-injected");
});

test.for([
  ["all of it", foreign, "yes"],
  ["a vendor's member before it", { ...foreign, tracestate: `new=1,${foreign["tracestate"]}` }, "yes"],
  [
    "its baggage encoded otherwise",
    { ...foreign, baggage: `city=M%c3%bcnchen,more=1,troupe.proof=${idsOf(1).spanId}` },
    "yes",
  ],
  ["no tracestate", { ...foreign, tracestate: "" }, "no re-rooted"],
  [
    "the tracestate in another order",
    { ...foreign, tracestate: foreign["tracestate"]?.split(",").toReversed().join(",") ?? "" },
    "no re-rooted",
  ],
  ["one baggage member changed", { ...foreign, baggage: `city=Paris,troupe.proof=${idsOf(1).spanId}` }, "no re-rooted"],
] as const)("with %s sent on, the context is kept: %s", ([, meta, wanted]) => {
  expect(short(found("kept", [trial(1, "foreign")], { downstream: [onward(1, meta)] }))).toBe(wanted);
});

test("a span shows the tracestate, and says nothing of baggage", () => {
  const traceState = foreign["tracestate"] ?? "";
  const kept = found("kept", [trial(1, "foreign")], { spans: [served(1, { traceState })] });
  expect([kept.answer, kept.why]).toEqual([
    "yes",
    "trace id, tracestate; baggage cannot be told, as nothing went on that continues it",
  ]);
  expect(short(found("kept", [trial(1, "foreign")], { spans: [served(1)] }))).toBe("no re-rooted");
});
