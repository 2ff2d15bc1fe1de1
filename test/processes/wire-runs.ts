/** Runs in both modes, for the tests of real processes. */
import { resolve } from "node:path";
import { judgeRun } from "../../src/campaign/judge-run.ts";
import { type LoadedScenario, loadScenarios } from "../../src/campaign/load.ts";
import type { RunResult } from "../../src/campaign/result.ts";
import type { WireTransport } from "../../src/run/control.ts";
import { type RunOptions, execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { plan } from "../../src/scenario/plan.ts";
import { shippedScenarios } from "../digests.ts";

export const TRANSPORTS: readonly WireTransport[] = ["stdio", "http", "ws"];

/** Whether these tests run in the long tier, which has cases that the others have not the time for. */
export const IS_LONG: boolean = process.env["TROUPE_TEST_TIER"] === "long";

prepareThread();

/** Which of two agents that share a connection opened it is chance. */
export const LIFECYCLE = /^(initialize|notifications\/.*|.*\/list)$/;

/** The shipped scenarios that run in real processes, each with its cases. */
export const shipped: readonly LoadedScenario[] = (await shippedScenarios()).filter(({ scenario }) =>
  scenario.modes.includes("wire"),
);

/** The scenarios of a file of `test/processes/fixtures`. */
export function fixture(name: string): Promise<readonly LoadedScenario[]> {
  return loadScenarios([`test/processes/fixtures/${name}.scenario.ts`]);
}

export function inSim({ scenario }: LoadedScenario, seed: number, options: RunOptions = {}): Promise<Run> {
  return execute(plan(scenario, seed), options);
}

export function inWire(
  { scenario, file }: LoadedScenario,
  seed: number,
  transport: WireTransport,
  options: RunOptions = {},
): Promise<Run> {
  return execute(plan(scenario, seed), { ...options, mode: "wire", transport, file: resolve(file) });
}

export function judged({ file, expectations }: LoadedScenario, run: Run): RunResult {
  return judgeRun(run, { file, expectations, repeat: "" });
}

/** What both modes must have in common: all that does not hang on time and chance. */
export function essence(loaded: LoadedScenario, run: Run): object {
  const { verdict, canonicalDigest, failures, expectations, hops, missing } = judged(loaded, run);
  const byWords = (one: string, other: string): number => (one < other ? -1 : 1);
  return {
    verdict,
    canonicalDigest,
    failures,
    missing,
    outcome: run.outcome,
    messages: run.messages,
    traces: [...new Set(run.spans.map(({ traceId }) => traceId))].toSorted(),
    expectations: expectations.map((one) => `${one.name} ${one.inverted} ${one.verdict}`),
    hops: hops
      // Which of two agents at work first needed the connection that they share is chance in both modes.
      .map(({ agent, ...hop }) => ({ ...hop, agent: LIFECYCLE.test(hop.method) ? null : agent }))
      .map(({ from, to, agent, method, carrier, verdict: of }) => `${from} ${to} ${agent} ${method} ${carrier} ${of}`)
      .toSorted(byWords),
  };
}
