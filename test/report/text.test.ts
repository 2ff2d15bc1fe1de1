import { expect, test } from "vitest";
import { firstCause } from "../../src/report/cause.ts";
import { runText, suiteText } from "../../src/report/text.ts";
import type { Hop } from "../../src/trace/evidence.ts";
import type { Mismatch } from "../../src/trace/mismatch.ts";
import { expectation, FAILED, MISSING_REFUND, runOf, suiteOf, LATE } from "./results.ts";

const BROKEN_HOP: Hop = {
  from: "agents",
  to: "orders",
  agent: "triage",
  method: "tools/call",
  transport: "sim",
  carrier: null,
  status: null,
  verdict: "broken",
  causes: ["not-injected"],
  detail: null,
};
const TOO_MANY: Mismatch = { kind: "too-many", expectedAt: "calls", expected: "x1", message: "called 3 times" };
const BROKEN: Mismatch = { kind: "broken-trace", expectedAt: "oneTrace", expected: "one root", message: "two roots" };

test("the report of a failed run reads from the cause over the tree to the line that repeats it", () => {
  expect(runText(FAILED)).toBe(
    `
✗ failed refund-handoff seed 7 · sim · 9 spans · 1.23 s · scenarios/refund-handoff.scenario.ts
  first cause: refund.shape.yaml:7:13: tool refund is missing under agent billing

  trace 0af7651916cd43dd8448eb211c80319c: 9 spans in 2 services, 17 ms
  agent triage @agents 17 ms
  ├─ llm sim-model 1 ms
  ├─ tool lookup_order {"id":"A-17"} 7 ms (2 mcp.lifecycle)
  │  └─ mcp.server tools/call lookup_order @orders 1 ms
  └─ handoff triage -> billing 5 ms
     └─ agent billing 3 ms
        ├─ tool get_invoice {"order":"A-17"} 1 ms
        └─ ✗ missing: tool refund

  ✗ refund.shape.yaml
      refund.shape.yaml:7:13: tool refund is missing under agent billing
  ✓ oneTrace

  repeat: troupe run scenarios/refund-handoff.scenario.ts --seed 7`.trimStart(),
  );
});

test("a run that passed is one line", () => {
  expect(runText(runOf())).toBe(
    "✓ passed refund-handoff seed 7 · sim · 9 spans · 1.23 s · scenarios/refund-handoff.scenario.ts",
  );
});

test("a run that passed is drawn when the full report is asked for", () => {
  const text = runText(runOf(), { isFull: true });
  expect(text).toContain("agent triage @agents");
  expect(text).toContain("✓ oneTrace");
});

test("a skipped run says why, and is not drawn", () => {
  const text = runText(runOf({ verdict: "skipped", skipped: "needs Node 22", trees: [] }), { isFull: true });
  expect(text).toBe(
    "- skipped refund-handoff seed 7 · sim · skipped: needs Node 22 · scenarios/refund-handoff.scenario.ts",
  );
});

test("notes show also when the run passed", () => {
  expect(runText(runOf({ notes: ["triage read a file"] }))).toContain("\n  note: triage read a file");
});

test("why the run did not come to its end is the first cause", () => {
  const run = runOf({ ...FAILED, failures: ["deadlock: triage waits for billing"] });
  expect(firstCause(run)).toBe("deadlock: triage waits for billing");
  expect(runText(run)).toContain("  the run did not come to its end\n    deadlock: triage waits for billing");
});

test("a broken hop is the first cause of what is missing", () => {
  expect(firstCause(runOf({ ...FAILED, hops: [BROKEN_HOP] }))).toContain("(not-injected)");
});

test("a broken hop is no cause of too many calls", () => {
  const run = runOf({ verdict: "failed", expectations: [expectation("failed", [TOO_MANY])], hops: [BROKEN_HOP] });
  expect(firstCause(run)).toBe("oneTrace: called 3 times");
});

test("a broken hop that the scenario states is no cause", () => {
  const meant = { ...expectation("passed", [BROKEN], "propagation"), inverted: true };
  const run = runOf({ ...FAILED, expectations: [meant, ...FAILED.expectations], hops: [BROKEN_HOP] });
  expect(firstCause(run)).toContain("tool refund is missing");
});

test("a failed expectation is a cause before an inconclusive one", () => {
  const expectations = [expectation("inconclusive", [BROKEN], "first"), expectation("failed", [TOO_MANY], "second")];
  expect(firstCause(runOf({ verdict: "failed", expectations }))).toBe("second: called 3 times");
});

test("mismatches that mustFail wanted are not marked on the tree", () => {
  const wanted = { ...expectation("failed", [MISSING_REFUND]), inverted: true };
  expect(runText(runOf({ verdict: "failed", expectations: [wanted] }))).not.toContain("✗ missing");
});

test("an expectation with many mismatches tells twenty, and how many more there are", () => {
  const many = Array.from({ length: 25 }, (_, index) => ({ ...TOO_MANY, message: `call ${index}` }));
  const text = runText(runOf({ verdict: "failed", expectations: [expectation("failed", many)] }));
  expect(text.match(/^ {6}call /gm)).toHaveLength(20);
  expect(text).toContain("… and 5 more");
});

test("hops, faults and missing spans of a failed run are told", () => {
  const text = runText(runOf({ ...FAILED, hops: [BROKEN_HOP], faults: [LATE], missing: ["00aa"] }));
  expect(text).toContain(
    `  1 hop: 0 whole, 1 broken
        from    to      agent   method      transport  carrier  verdict  causes
    1×  agents  orders  triage  tools/call  sim        none     broken   not-injected
       Inject the active context into the carrier before sending.`,
  );
  expect(text).toContain(
    "  faults put in\n    delay 350 ms: reply tools/call lookup_order of triage to orders, occurrence 2",
  );
  expect(text).toContain("  spans that never arrived\n    00aa");
});

test("a fault in what is said to an agent names who said it, and the agent", () => {
  const handoff = { method: "handoff", tool: null, from: "agents", to: "agents", agent: "billing" } as const;
  const dropped = { ...LATE, ...handoff, fault: "carrier", detail: "dropped", direction: "request" } as const;
  expect(runText(runOf({ ...FAILED, faults: [dropped] }))).toContain(
    "carrier dropped: request handoff of agents to billing, occurrence 2",
  );
});

test("the suite's summary counts each verdict, and repeats what did not pass", () => {
  expect(suiteText(suiteOf(FAILED, runOf(), runOf({ verdict: "skipped", skipped: "no" })))).toBe(
    "3 runs: 1 failed, 1 passed, 1 skipped\n  ✗ troupe run scenarios/refund-handoff.scenario.ts --seed 7",
  );
});

test("a suite without runs says that nothing ran", () => {
  expect(suiteText(suiteOf())).toBe("0 runs: nothing ran");
});

test("a place that the sentence begins with already is said once", () => {
  const placed = { ...MISSING_REFUND, message: `${MISSING_REFUND.expectedAt}: expected tool refund` };
  const run = runOf({ verdict: "failed", expectations: [expectation("failed", [placed])] });
  expect(firstCause(run)).toBe("refund.shape.yaml:7:13: expected tool refund");
});
