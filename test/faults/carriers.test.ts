/** What becomes of carriers that faults choose: as their sender writes them, and as they arrive. */
import { expect, test } from "vitest";
import { readTraceparent } from "../../src/check/propagation/trace-context.ts";
import { CARRIER_MUTATIONS, type CarrierFault } from "../../src/scenario/fault.ts";
import type { CarrierFields, FiredFault } from "../../src/trace/evidence.ts";
import type { Written } from "../../src/wire/ledger.ts";
import { WireFaults } from "../../src/wire/faults/wire-faults.ts";

const HOP: Omit<Written, "carrier"> = {
  from: "agents",
  to: "orders",
  agent: "triage",
  method: "tools/call",
  protocol: "mcp",
  transport: "sim",
  role: "request",
  message: "agents>orders#1",
  text: JSON.stringify({ params: { name: "find", arguments: {}, _meta: { traceparent: "" } } }),
};
const [TRACE, SPAN] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
const CARRIER = { traceparent: `00-${TRACE}-${SPAN}-01`, baggage: "a=b" };
const LATER = { ...CARRIER, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };

function opened(faults: readonly CarrierFault[], seed = 1): WireFaults {
  const clock = { nowUnixNano: () => 0n };
  return new WireFaults(faults, { seed, clock, setTimer: () => () => {}, keepInHand: () => {}, limitMs: 1000 });
}

/** What becomes of the carrier of one message. */
function rewritten(
  faults: WireFaults,
  carrier: CarrierFields,
  hop: Partial<Written> = {},
): ReturnType<WireFaults["rewrite"]> {
  return faults.rewrite(carrier, { ...HOP, ...hop, carrier });
}

/** What becomes of each carrier, and what was heard of. */
function spoilt(
  faults: readonly CarrierFault[],
  carriers: readonly CarrierFields[],
): {
  readonly arriving: readonly CarrierFields[];
  readonly sent: readonly CarrierFields[];
  fired: readonly FiredFault[];
} {
  const open = opened(faults);
  const both = carriers.map((carrier) => rewritten(open, carrier));
  return {
    sent: both.map(({ sent }) => sent),
    arriving: both.map(({ arriving }) => arriving),
    fired: open.tally.fired,
  };
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
  expect(spoilt([{ carrier: mutation }], [CARRIER]).sent).toEqual([expected]);
});

test("a duplicated carrier holds a second context, of no span of the run", () => {
  const { traceparent = "" } = spoilt([{ carrier: "duplicated" }], [CARRIER]).sent[0] ?? {};
  const [own, other = ""] = traceparent.split(", ");
  expect(own).toBe(CARRIER.traceparent);
  expect(readTraceparent(other)).toMatchObject({ isSampled: true });
  expect(other).not.toContain(TRACE);
});

test("a stale carrier is that of the sender's message before, whose context is another", () => {
  const { sent } = spoilt([{ carrier: "stale", occurrence: 3 }], [CARRIER, LATER, LATER]);
  expect(sent[2]).toEqual(CARRIER);
});

test("the first message's stale carrier is of an earlier run", () => {
  const { traceparent = "" } = spoilt([{ carrier: "stale" }], [CARRIER]).sent[0] ?? {};
  expect(readTraceparent(traceparent)).toMatchObject({ isSampled: true });
  expect(traceparent).not.toContain(TRACE);
});

test.for(CARRIER_MUTATIONS)("what an intermediary has %s left its sender whole", (mutation) => {
  const own = spoilt([{ carrier: mutation }], [CARRIER]);
  const between = spoilt([{ carrier: mutation, by: "intermediary" }], [CARRIER]);
  expect(between.sent).toEqual([CARRIER]);
  expect(between.arriving).toEqual(own.sent);
  expect(own.arriving).toEqual(own.sent);
});

test("a fault takes the messages of which every stated part holds", () => {
  const open = opened([{ carrier: "dropped", to: "orders", tool: "find" }]);
  expect(rewritten(open, CARRIER).sent).toEqual({});
  expect(rewritten(open, CARRIER, { to: "payments" }).sent).toBe(CARRIER);
  expect(rewritten(open, CARRIER, { method: "tools/list" }).sent).toBe(CARRIER);
});

test("a number takes only the how-manieth message of its sender, and messages without a carrier do not count", () => {
  const { sent } = spoilt([{ carrier: "dropped", from: "agents", occurrence: 2 }], [{}, CARRIER, CARRIER, CARRIER]);
  expect(sent).toEqual([{}, CARRIER, {}, CARRIER]);
});

test("what changed a carrier is heard of, and what left it as it was is not", () => {
  const clear = { carrier: "flags-cleared", occurrence: 1 } as const;
  expect(spoilt([clear], [CARRIER]).fired).toEqual([
    {
      index: 0,
      fault: "carrier",
      from: "agents",
      to: "orders",
      agent: "triage",
      method: "tools/call",
      tool: "find",
      direction: "request",
      occurrence: 1,
      transport: "sim",
      message: "agents>orders#1",
      detail: "flags-cleared",
      timeUnixNano: 0n,
    },
  ]);
  expect(spoilt([clear], [{ traceparent: CARRIER.traceparent.replace(/01$/, "00") }]).fired).toEqual([]);
});

test.for<readonly [string, CarrierFault, Partial<Written>, boolean]>([
  ["nothing, for what an agent asks", { carrier: "dropped" }, {}, true],
  ["nothing, and a remote agent is asked", { carrier: "dropped" }, { protocol: "a2a", method: "SendMessage" }, true],
  ["nothing, and a handshake is spared", { carrier: "dropped" }, { method: "initialize" }, false],
  ["a handshake by its name", { carrier: "dropped", method: "initialize" }, { method: "initialize" }, true],
  [
    "nothing, and what agents of one process say is spared",
    { carrier: "dropped" },
    { protocol: "in-process", method: "handoff" },
    false,
  ],
  [
    "the protocol, and what agents of one process say is hit",
    { carrier: "dropped", protocol: "in-process" },
    { protocol: "in-process", method: "handoff" },
    true,
  ],
])("a rule looks at %s", ([, fault, hop, isHit]) => {
  expect(rewritten(opened([fault]), CARRIER, hop).sent).toEqual(isHit ? {} : CARRIER);
});

test("chance hits about as many as it says, and with a higher rate what it hit before, and more", () => {
  const hits = (rate: number): readonly boolean[] => {
    const open = opened([{ carrier: "dropped", rate }]);
    return Array.from({ length: 800 }, () => rewritten(open, CARRIER).sent !== CARRIER);
  };
  const [few, many] = [hits(0.2), hits(0.3)];
  const count = few.filter(Boolean).length;
  expect(count).toBeGreaterThan(110);
  expect(count).toBeLessThan(210);
  expect(few.every((isHit, index) => !isHit || many[index])).toBe(true);
});
