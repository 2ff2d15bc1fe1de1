import { expect, test } from "vitest";
import { readTraceparent } from "../../src/check/propagation/trace-context.ts";
import { spoiling } from "../../src/run/carrier-faults.ts";
import { CARRIER_MUTATIONS, type CarrierFault } from "../../src/scenario/carrier-fault.ts";
import type { CarrierFields, FiredFault } from "../../src/trace/evidence.ts";

type Fired = Omit<FiredFault, "timeUnixNano">;

const HOP = {
  from: "agents",
  to: "orders",
  method: "tools/call",
  protocol: "mcp",
  transport: "sim",
  message: "agents>orders#1",
} as const;
const [TRACE, SPAN] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
const CARRIER = { traceparent: `00-${TRACE}-${SPAN}-01`, baggage: "a=b" };
const LATER = { ...CARRIER, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };

/** What becomes of each carrier, and what was heard of. */
function spoilt(
  faults: readonly CarrierFault[],
  carriers: readonly CarrierFields[],
): { readonly arriving: readonly CarrierFields[]; readonly sent: readonly CarrierFields[]; fired: Fired[] } {
  const fired: Fired[] = [];
  const rewrite = spoiling(faults, (one) => fired.push(one));
  const both = carriers.map((carrier) => rewrite(carrier, HOP));
  return { sent: both.map(({ sent }) => sent), arriving: both.map(({ arriving }) => arriving), fired };
}

test("without a fault every carrier passes as it is", () => {
  const { sent, arriving, fired } = spoilt([], [CARRIER]);
  expect([sent[0], arriving[0], fired]).toEqual([CARRIER, CARRIER, []]);
  expect(sent[0]).toBe(CARRIER);
});

test.for([
  ["dropped", {}],
  ["namespaced", { "io.example.traceparent": CARRIER.traceparent, "io.example.baggage": "a=b" }],
  ["upper-cased", { TRACEPARENT: CARRIER.traceparent.toUpperCase(), BAGGAGE: "a=b" }],
  ["malformed", { traceparent: `00-${TRACE}-b7ad6b71692`.slice(0, 45), baggage: "a=b" }],
  ["flags-cleared", { ...CARRIER, traceparent: `00-${TRACE}-${SPAN}-00` }],
] as const)("a carrier that is %s", ([mutation, expected]) => {
  expect(spoilt([{ fault: "carrier", mutation }], [CARRIER]).sent).toEqual([expected]);
});

test("a duplicated carrier holds a second context, of no span of the run", () => {
  const { traceparent = "" } = spoilt([{ fault: "carrier", mutation: "duplicated" }], [CARRIER]).sent[0] ?? {};
  const [own, other = ""] = traceparent.split(", ");
  expect(own).toBe(CARRIER.traceparent);
  expect(readTraceparent(other)).toMatchObject({ isSampled: true });
  expect(other).not.toContain(TRACE);
});

test("a stale carrier is that of the sender's message before, whose context is another", () => {
  const { sent } = spoilt([{ fault: "carrier", mutation: "stale", occurrence: 3 }], [CARRIER, LATER, LATER]);
  expect(sent[2]).toEqual(CARRIER);
});

test("the first message's stale carrier is of an earlier run", () => {
  const { traceparent = "" } = spoilt([{ fault: "carrier", mutation: "stale" }], [CARRIER]).sent[0] ?? {};
  expect(readTraceparent(traceparent)).toMatchObject({ isSampled: true });
  expect(traceparent).not.toContain(TRACE);
});

test.for(CARRIER_MUTATIONS)("what an intermediary has %s left its sender whole", (mutation) => {
  const own = spoilt([{ fault: "carrier", mutation }], [CARRIER]);
  const between = spoilt([{ fault: "carrier", mutation, by: "intermediary" }], [CARRIER]);
  expect(between.sent).toEqual([CARRIER]);
  expect(between.arriving).toEqual(own.sent);
  expect(own.arriving).toEqual(own.sent);
});

test("a fault takes the messages of which every stated part holds", () => {
  const rewrite = spoiling([{ fault: "carrier", mutation: "dropped", to: "orders", method: "tools/call" }], () => {});
  expect(rewrite(CARRIER, HOP).sent).toEqual({});
  expect(rewrite(CARRIER, { ...HOP, to: "payments" }).sent).toBe(CARRIER);
  expect(rewrite(CARRIER, { ...HOP, method: "tools/list" }).sent).toBe(CARRIER);
});

test("a number takes only the how-manieth message of its sender, and messages without a carrier do not count", () => {
  const { sent } = spoilt(
    [{ fault: "carrier", mutation: "dropped", from: "agents", occurrence: 2 }],
    [{}, CARRIER, CARRIER, CARRIER],
  );
  expect(sent).toEqual([{}, CARRIER, {}, CARRIER]);
});

test("what changed a carrier is heard of, and what left it as it was is not", () => {
  const clear = { fault: "carrier", mutation: "flags-cleared", occurrence: 1 } as const;
  expect(spoilt([clear], [CARRIER]).fired).toEqual([
    {
      index: 0,
      fault: "carrier",
      from: "agents",
      to: "orders",
      agent: null,
      method: "tools/call",
      tool: null,
      direction: "request",
      occurrence: 1,
      transport: "sim",
      message: "agents>orders#1",
      detail: "flags-cleared",
    },
  ]);
  expect(spoilt([clear], [{ traceparent: CARRIER.traceparent.replace(/01$/, "00") }]).fired).toEqual([]);
});
