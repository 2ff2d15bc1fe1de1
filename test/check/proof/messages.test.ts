import { expect, test } from "vitest";
import { contextFields } from "../../../src/check/proof/contexts.ts";
import type { Heard } from "../../../src/check/proof/evidence.ts";
import { judgeMessages } from "../../../src/check/proof/messages.ts";
import type { Span } from "../../../src/trace/span.ts";
import { idsOf, onward, served } from "./cases.ts";

const given = contextFields("foreign", idsOf(9), 0);
const own = contextFields("valid", { traceId: idsOf(1).traceId, spanId: served(1).spanId }, 0);

function answers(message: Heard, spans: readonly Span[] = []): readonly string[] {
  const [one] = judgeMessages([message], { given, spans });
  if (one === undefined) throw new Error("nothing was judged");
  return [one.read, one.kept, one.passedOn, one.recorded].map(({ answer, causes }) => [answer, ...causes].join(" "));
}

const call = (meta: Heard["carriers"]["meta"], header: Heard["carriers"]["header"] = {}): Heard =>
  onward(1, meta, { target: "echo", requestId: "1", transport: "stdio", carriers: { meta, header } });

test("a call that carries what its environment brought is whole", () => {
  expect(answers(call({ ...given, traceparent: `00-${idsOf(9).traceId}-${"7".repeat(16)}-01` }))).toEqual([
    "yes",
    "yes",
    "yes",
    "cannot-tell",
  ]);
});

test.for([
  ["nothing", call({}), "no not-injected"],
  ["the header alone", call({}, own), "no wrong-carrier"],
  ["a namespaced key", call({ "acme/traceparent": own["traceparent"] ?? "" }), "no bad-carrier"],
  ["a malformed value", call({ traceparent: "nonsense" }), "no bad-carrier"],
  ["a context of its own", call(own), "yes"],
  ["nothing, of the lifecycle", { ...call({}), method: "initialize" }, "not-due"],
  ["the header alone, of the lifecycle", { ...call({}, own), method: "initialize" }, "no wrong-carrier"],
  ["nothing, as an environment", { ...call({}), protocol: "environment" }, "not-due"],
] as const)("with %s, it passes a context on: %s", ([, message, wanted]) => {
  expect(answers(message)[2]).toBe(wanted);
});

test("what its environment brought may be left aside, but not changed", () => {
  expect(answers(call(own)).slice(0, 2)).toEqual(["not-due", "not-due"]);
  expect(answers(call({ ...given, tracestate: "acme=2" })).slice(0, 2)).toEqual(["yes", "no re-rooted"]);
});

test("the span that a message names has to be exported, and to tell of it", () => {
  const spans = [served(1, { spanKind: "client" })];
  expect(answers(call(own), spans)[3]).toBe("yes");
  expect(answers(call(own), [served(2)])[3]).toBe("no never-exported");
  expect(answers(call(given), spans)[3]).toBe("no");
  expect(answers(call({}), spans)[3]).toBe("cannot-tell");
});
