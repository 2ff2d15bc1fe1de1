import { expect, test } from "vitest";
import { hopSentence, propagation } from "../../../src/check/propagation/propagation.ts";
import { judgeHops } from "../../../src/check/propagation/hops.ts";
import type { CarrierFields, Hop, LedgerEntry } from "../../../src/trace/evidence.ts";
import type { Tree } from "../../../src/trace/tree.ts";
import type { Draft } from "../traces.ts";
import { agent, mcpServer, tool, TRACE_ID, treesOf } from "../traces.ts";

const CALLER = "00000000000000ca";
const CARRIER = { traceparent: `00-${TRACE_ID}-${CALLER}-01` };

interface Ends {
  readonly sent?: CarrierFields;
  readonly received?: CarrierFields;
  readonly message?: string;
}

function ledgerOf({ sent = CARRIER, received = sent, message = "orders#1" }: Ends = {}): readonly LedgerEntry[] {
  const entry = {
    message,
    from: "agents",
    to: "orders",
    agent: "triage",
    protocol: "mcp",
    transport: "sim",
    method: "tools/call",
    role: "request",
    timeUnixNano: 0n,
    text: "{}",
  } as const;
  return [
    { ...entry, end: "sent", carrier: sent },
    { ...entry, end: "received", carrier: received },
  ];
}

function hopsOf(ledger: readonly LedgerEntry[], trees: readonly Tree[]): readonly Hop[] {
  return judgeHops({ ledger, trees, isComplete: true });
}

/** A caller whose call is the span in the carrier, and what the callee exported under it and beside it. */
function hopOf(ends: Ends, under: readonly Draft[], beside: readonly Draft[] = []): Hop | undefined {
  const caller = agent("triage", [tool("lookup", {}, under, { id: CALLER })]);
  return hopsOf(ledgerOf(ends), treesOf(caller, ...beside))[0];
}

const answered = mcpServer("tools/call", "lookup", "orders");

test("a hop is whole when the callee has a span under the span in the carrier", () => {
  expect(hopOf({}, [answered])).toEqual({
    from: "agents",
    to: "orders",
    agent: "triage",
    method: "tools/call",
    transport: "sim",
    carrier: "params._meta",
    status: null,
    verdict: "whole",
    causes: [],
    detail: null,
  });
});

test("a message without a traceparent was not injected, and names no carrier", () => {
  const hop = hopOf({ sent: {} }, [], [mcpServer("tools/call", "lookup", "orders")]);
  expect(hop).toMatchObject({ carrier: null, verdict: "broken", causes: ["not-injected"] });
});

test.each<readonly [string, readonly LedgerEntry["end"][], string]>([
  ["from the start", ["sent", "received"], "duplicated: "],
  ["on its way", ["received"], "duplicated on the way: "],
])("a carrier that stands in the text twice %s is bad, whatever a reader makes of it", (_, ends, words) => {
  const repeated = ["_meta"];
  const ledger = ledgerOf().map((entry) => (ends.includes(entry.end) ? { ...entry, repeated } : entry));
  const caller = agent("triage", [tool("lookup", {}, [answered], { id: CALLER })]);
  expect(hopsOf(ledger, treesOf(caller))[0]).toMatchObject({
    causes: ["bad-carrier"],
    detail: `${words}_meta in the message's JSON, of which a reader takes one`,
  });
});

test.each([
  ["in upper case", { traceparent: CARRIER.traceparent.toUpperCase() }],
  ["namespaced", { "acme/traceparent": CARRIER.traceparent }],
  ["under a key in the wrong case", { TraceParent: CARRIER.traceparent }],
  ["with a span id of zeros", { traceparent: `00-${TRACE_ID}-${"0".repeat(16)}-01` }],
  ["with a trace id of zeros", { traceparent: `00-${"0".repeat(32)}-${CALLER}-01` }],
])("a carrier %s is bad", (_, sent) => {
  expect(hopOf({ sent }, [answered])).toMatchObject({ verdict: "broken", causes: ["bad-carrier"] });
});

test("a carrier that arrives changed was re-rooted on the way", () => {
  const received = { traceparent: `00-${TRACE_ID}-00000000000000bb-01` };
  expect(hopOf({ received }, [], [{ ...answered, parentId: "00000000000000bb" }])?.causes).toEqual(["re-rooted"]);
});

test("a callee whose span is a root did not extract", () => {
  const root = { ...answered, traceId: "ffffffffffffffffffffffffffffffff" };
  expect(hopOf({}, [], [root])?.causes).toEqual(["not-extracted"]);
});

test("a callee whose span hangs elsewhere has the wrong parent", () => {
  const caller = agent("triage", [answered, tool("lookup", {}, [], { id: CALLER })]);
  expect(hopsOf(ledgerOf(), treesOf(caller))[0]?.causes).toEqual(["wrong-parent"]);
});

test("a callee without a span never exported", () => {
  expect(hopOf({}, [])?.causes).toEqual(["never-exported"]);
});

test("a callee without a span was sampled out when the carrier says so", () => {
  expect(hopOf({ sent: { traceparent: `00-${TRACE_ID}-${CALLER}-00` } }, [])?.causes).toEqual(["sampled-out"]);
});

test("one stray span of the callee explains one broken hop, and the next is explained by its own", () => {
  const ledger = [...ledgerOf({ sent: {} }), ...ledgerOf({ message: "orders#2" })];
  const stray = { ...answered, traceId: "ffffffffffffffffffffffffffffffff" };
  const caller = agent("triage", [tool("lookup", {}, [], { id: CALLER })]);
  const causes = hopsOf(ledger, treesOf(caller, stray)).map((hop) => hop.causes);
  expect(causes).toEqual([["not-injected"], ["never-exported"]]);
});

test("a reply and a message within one process are no hops", () => {
  const [entry] = ledgerOf();
  if (entry === undefined) throw new Error("the ledger is empty");
  expect(
    hopsOf(
      [
        { ...entry, role: "reply" },
        { ...entry, protocol: "in-process", to: entry.from },
      ],
      [],
    ),
  ).toEqual([]);
});

test("a message of which only the callee's end was written is judged by what arrived", () => {
  const received = ledgerOf().filter(({ end }) => end === "received");
  const caller = agent("triage", [tool("lookup", {}, [answered], { id: CALLER })]);
  expect(hopsOf(received, treesOf(caller))[0]?.verdict).toBe("whole");
});

test("propagation has failed for each hop that is not whole, and says how to mend it", () => {
  const trees = treesOf(agent("triage", [tool("lookup", {}, [], { id: CALLER })]));
  const found = propagation().judge({ trees, ledger: ledgerOf({ sent: {} }), isComplete: true });
  expect(found.map(({ kind, message }) => [kind, message])).toEqual([
    [
      "broken-trace",
      "agents -> orders tools/call: the caller sent no trace context (not-injected). " +
        "Inject the active context into the carrier before sending.",
    ],
  ]);
});

test("propagation of a trace file is undecided, since nothing is known of its wires", () => {
  const found = propagation().judge({ trees: treesOf(agent("a")), ledger: [], isComplete: true });
  expect(found.map(({ kind }) => kind)).toEqual(["undecided"]);
});

test("a hop's sentence names the cause by its word", () => {
  const hop = hopOf({}, []);
  expect(hop === undefined ? "" : hopSentence(hop)).toContain("(never-exported)");
});

test("a broken hop points at the caller's span, where the carrier names one", () => {
  const trees = treesOf(agent("triage", [tool("lookup", {}, [], { id: CALLER })]));
  const subject = { trees, isComplete: true };
  const [lost] = propagation().judge({ ...subject, ledger: ledgerOf() });
  expect(lost).toMatchObject({ under: { spanId: CALLER }, expected: "tools/call to arrive @orders" });
  const [unsent] = propagation().judge({ ...subject, ledger: ledgerOf({ sent: {} }) });
  expect(unsent).not.toHaveProperty("under");
});

test("of several stray spans the first to have started explains the first broken hop", () => {
  const ledger = [...ledgerOf(), ...ledgerOf({ message: "orders#2" })];
  const root = { ...answered, traceId: "ffffffffffffffffffffffffffffffff" };
  const caller = agent("triage", [answered, tool("lookup", {}, [], { id: CALLER })]);
  expect(hopsOf(ledger, treesOf(root, caller)).map(({ causes }) => causes)).toEqual([
    ["not-extracted"],
    ["wrong-parent"],
  ]);
  expect(hopsOf(ledger, treesOf(caller, root)).map(({ causes }) => causes)).toEqual([
    ["wrong-parent"],
    ["not-extracted"],
  ]);
});

test("a span that continues one message explains no other", () => {
  const other = { traceparent: `00-${TRACE_ID}-00000000000000cb-01` };
  const ledger = [...ledgerOf(), ...ledgerOf({ message: "orders#2", sent: other })];
  const calls = [tool("lookup", {}, [answered], { id: CALLER }), tool("lookup", {}, [], { id: "00000000000000cb" })];
  const causes = hopsOf(ledger, treesOf(agent("triage", calls))).map((hop) => hop.causes);
  expect(causes).toEqual([[], ["never-exported"]]);
});

test("a request to a model's API is no hop to be judged, whatever it carried", () => {
  const caller = agent("triage", [tool("lookup", {}, [], { id: CALLER })]);
  const ledger = [...ledgerOf(), ...ledgerOf({ sent: {} })].map((entry) => ({ ...entry, protocol: "model" as const }));
  expect(hopsOf(ledger, treesOf(caller))).toEqual([]);
});

/** A message of which only the caller's end, or only the callee's, was written down. */
function oneEnd(end: "sent" | "received", carrier: CarrierFields = CARRIER): readonly LedgerEntry[] {
  return ledgerOf({ sent: carrier }).filter((entry) => entry.end === end);
}

const calling = (under: readonly Draft[] = []): Draft =>
  agent("triage", [tool("lookup", {}, under, { id: CALLER }), tool("other", {}, [], { id: "00000000000000cb" })]);
const OTHER_TRACE = "ffffffffffffffffffffffffffffffff";
const UNSAMPLED = { traceparent: `00-${TRACE_ID}-${CALLER}-00` };
const viaGateway: Draft = {
  name: "route",
  attributes: {},
  service: "gateway",
  under: [answered],
};

test.each<readonly [string, readonly LedgerEntry[], readonly Draft[], boolean, Hop["causes"]]>([
  ["continues the trace", oneEnd("sent"), [calling([answered])], true, []],
  ["continues it below a gateway's span", oneEnd("sent"), [calling([viaGateway])], true, []],
  [
    "has a root",
    oneEnd("sent"),
    [calling(), { ...answered, traceId: OTHER_TRACE }],
    true,
    ["not-extracted", "re-rooted"],
  ],
  [
    "hangs under another span of the caller",
    oneEnd("sent"),
    [agent("triage", [answered]), calling()],
    true,
    ["wrong-parent"],
  ],
  [
    "hangs under a span that nobody has",
    oneEnd("sent"),
    [calling(), { ...answered, traceId: OTHER_TRACE, parentId: "00000000000000ee" }],
    true,
    ["wrong-parent", "re-rooted"],
  ],
  ["has no span, and none can come", oneEnd("sent"), [calling()], true, ["never-exported"]],
  ["has no span, and one may come", oneEnd("sent"), [calling()], false, ["never-exported", "late"]],
  [
    "has no span of a trace that is not sampled",
    oneEnd("sent", UNSAMPLED),
    [calling()],
    true,
    ["sampled-out", "never-exported"],
  ],
])("a foreign callee that %s: what is known rules out all else", (_, ledger, drafts, isComplete, causes) => {
  expect(judgeHops({ ledger, trees: treesOf(...drafts), isComplete })[0]?.causes).toEqual(causes);
});

test.each<readonly [string, readonly LedgerEntry[], readonly Draft[], Hop["causes"]]>([
  ["sent context", oneEnd("received"), [calling([answered])], []],
  ["sent none", oneEnd("received", {}), [calling(), answered], ["not-injected", "re-rooted"]],
  [
    "sent it in the header",
    oneEnd("received", {}).map((entry) => ({ ...entry, beside: CARRIER })),
    [calling(), answered],
    ["wrong-carrier"],
  ],
  [
    "namespaced it",
    oneEnd("received", { "acme/traceparent": CARRIER.traceparent }),
    [calling(), answered],
    ["bad-carrier"],
  ],
  ["lost its own span", oneEnd("received"), [agent("triage"), { ...answered, parentId: CALLER }], ["never-exported"]],
  [
    "lost its own span, of a trace that it has no other of",
    oneEnd("received"),
    [{ ...answered, parentId: CALLER }],
    ["re-rooted", "never-exported"],
  ],
])("a foreign caller that %s: what is known rules out all else", (_, ledger, drafts, causes) => {
  expect(hopsOf(ledger, treesOf(...drafts))[0]?.causes).toEqual(causes);
});

test("a callee that continues the context of HTTP's headers reads the wrong carrier", () => {
  const beside = { traceparent: `00-${OTHER_TRACE}-00000000000000ee-01` };
  const ledger = ledgerOf().map((entry) => (entry.end === "received" ? { ...entry, beside } : entry));
  const [hop] = hopsOf(ledger, treesOf(calling(), { ...answered, traceId: OTHER_TRACE, parentId: "00000000000000ee" }));
  expect(hop).toMatchObject({ causes: ["wrong-carrier"], detail: expect.stringContaining("HTTP's headers") });
});

test("a message that never reached a callee of Troupe's was not exported, and it is said why", () => {
  const ledger = [
    ...ledgerOf({ message: "orders#1" }),
    ...oneEnd("sent").map((entry) => ({ ...entry, message: "orders#2" })),
  ];
  const hops = hopsOf(ledger, treesOf(calling([answered])));
  expect(hops.map(({ causes, detail }) => [causes, detail])).toEqual([
    [[], null],
    [["never-exported"], "the message did not reach it"],
  ]);
});

test("a message that came twice is one hop, and both spans of it are its own", () => {
  const [sent, received] = ledgerOf();
  if (sent === undefined || received === undefined) throw new Error("the ledger is empty");
  const lost = ledgerOf({ message: "orders#2", sent: { traceparent: `00-${TRACE_ID}-00000000000000cb-01` } });
  const hops = hopsOf([sent, received, received, ...lost], treesOf(calling([answered, answered])));
  expect(hops.map(({ causes }) => causes)).toEqual([[], ["never-exported"]]);
});

test.each([
  ["TRACEPARENT", []],
  ["traceparent", ["bad-carrier"]],
  ["ACME_TRACEPARENT", ["bad-carrier"]],
])("in an environment the key is in capitals: %s", (key, causes) => {
  const entry = { protocol: "environment", method: "start", role: "notification" } as const;
  const ledger = ledgerOf({ sent: { TRACEPARENT: CARRIER.traceparent }, received: { [key]: CARRIER.traceparent } });
  const child = agent("triage", [], { service: "orders" });
  const hops = hopsOf(
    ledger.map((one) => ({ ...one, ...entry })),
    treesOf(calling(causes.length === 0 ? [child] : []), ...(causes.length === 0 ? [] : [child])),
  );
  expect(hops.map((hop) => hop.causes)).toEqual([causes]);
});

test("a call's span that carries another method's request is a stale context", () => {
  const listing = { name: "tools/list", attributes: { "mcp.method.name": "tools/list" }, spanKind: "client" } as const;
  const [hop] = hopsOf(ledgerOf(), treesOf(agent("triage", [{ ...listing, id: CALLER, under: [answered] }])));
  // What lists are is lifecycle; what reads is a call.
  expect(hop?.causes).toEqual([]);
  const reading = {
    name: "resources/read",
    attributes: { "mcp.method.name": "resources/read" },
    spanKind: "client",
  } as const;
  const [stale] = hopsOf(ledgerOf(), treesOf(agent("triage", [{ ...reading, id: CALLER, under: [answered] }])));
  expect(stale).toMatchObject({ causes: ["bad-carrier"], detail: expect.stringContaining("stale") });
});

test("of ten thousand messages, half of them broken, each is judged by itself", () => {
  const count = 10_000;
  const ids = Array.from({ length: count }, (_, index) => (index + 1_000_000).toString(16).padStart(16, "0"));
  const ledger = ids.flatMap((id, index) =>
    ledgerOf({ message: `agents>orders#${index}`, sent: { traceparent: `00-${TRACE_ID}-${id}-01` } }),
  );
  const calls = ids.map((id, index) => tool("lookup", {}, index % 2 === 0 ? [answered] : [], { id }));
  const roots = ids.filter((_, index) => index % 4 === 1).map(() => ({ ...answered, traceId: OTHER_TRACE }));
  const hops = hopsOf(ledger, treesOf(agent("triage", calls), ...roots));
  const counts = new Map<string, number>();
  for (const { causes } of hops) counts.set(causes.join(), (counts.get(causes.join()) ?? 0) + 1);
  expect(Object.fromEntries(counts)).toEqual({ "": 5_000, "not-extracted": 2_500, "never-exported": 2_500 });
});
