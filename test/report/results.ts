import type { RunResult, SuiteResult } from "../../src/campaign/result.ts";
import type { ExpectationResult, Verdict } from "../../src/check/verdict.ts";
import type { FiredFault } from "../../src/trace/evidence.ts";
import type { Mismatch } from "../../src/trace/mismatch.ts";
import { summarize } from "../../src/trace/summary.ts";
import { agent, handoff, llm, mcpServer, tool, treesOf } from "../check/traces.ts";

const BILLING = "00000000000000b1";

/** A customer's refund: triage looks the order up and hands off, billing forgets to refund. */
export const REFUND = treesOf(
  agent("triage", [
    llm("sim-model", 120, 30),
    tool("lookup_order", { id: "A-17" }, [
      mcpServer("initialize", "", "orders"),
      mcpServer("tools/list", "", "orders"),
      mcpServer("tools/call", "lookup_order", "orders"),
    ]),
    handoff("triage", "billing", [agent("billing", [tool("get_invoice", { order: "A-17" })], { id: BILLING })]),
  ]),
);

export const MISSING_REFUND: Mismatch = {
  kind: "missing",
  expectedAt: "refund.shape.yaml:7:13",
  expected: "tool refund",
  message: "tool refund is missing under agent billing",
  under: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: BILLING, label: "agent billing" },
};

/** An answer that came late. */
export const LATE: FiredFault = {
  index: 0,
  fault: "delay",
  from: "agents",
  to: "orders",
  agent: "triage",
  method: "tools/call",
  tool: "lookup_order",
  direction: "reply",
  occurrence: 2,
  transport: "sim",
  message: "agents>orders#3",
  detail: "350 ms",
  timeUnixNano: 0n,
};

export function expectation(
  verdict: Verdict,
  mismatches: readonly Mismatch[] = [],
  name = "oneTrace",
): ExpectationResult {
  return { name, verdict, inverted: false, mismatches };
}

export function runOf(changes: Partial<RunResult> = {}): RunResult {
  const trees = changes.trees ?? REFUND;
  return {
    scenario: "refund-handoff",
    file: "scenarios/refund-handoff.scenario.ts",
    seed: 7,
    mode: "sim",
    verdict: "passed",
    skipped: null,
    failures: [],
    notes: [],
    spansDigest: "5d1f",
    canonicalDigest: "c0de",
    durationMs: 1234,
    summary: { traces: trees.map((tree) => summarize(tree)) },
    trees,
    messages: [],
    expectations: [expectation("passed")],
    hops: [],
    faults: [],
    missing: [],
    repeat: "troupe run scenarios/refund-handoff.scenario.ts --seed 7",
    ...changes,
  };
}

export const FAILED = runOf({
  verdict: "failed",
  expectations: [expectation("passed"), expectation("failed", [MISSING_REFUND], "refund.shape.yaml")],
});

export function suiteOf(...runs: readonly RunResult[]): SuiteResult {
  const verdict = runs.some((run) => run.verdict === "failed") ? "failed" : "passed";
  return { version: "0.1.0", node: "v20.20.2", verdict, faults: [], runs, notRun: 0 };
}
