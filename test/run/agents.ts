import type { WireFault } from "../../src/scenario/fault.ts";
import type { Turn } from "../../src/scenario/agent.ts";
import { agent } from "../../src/scenario/agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import type { ScenarioDefinition } from "../../src/scenario/scenario.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import { execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";

export interface Given extends Partial<ScenarioDefinition> {
  readonly seed?: number;
  /** What goes wrong besides what the definition states. */
  readonly breaks?: readonly WireFault[];
}

/** Runs a scenario whose first agent is the given one and whose user says one thing. */
export function runOf(definition: Given): Promise<Run> {
  const { seed = 1, breaks = [], ...given } = definition;
  const scenario = defineScenario({ name: "test", agents: [], script: [user.says("Hello")], ...given });
  return execute(plan(scenario, seed), { breaks: { faults: breaks } });
}

/** What `work` gives when an agent called "solo" does it, and the run it was part of. */
export async function inAgent<T>(
  work: (turn: Turn) => T | Promise<T>,
  given: Given = {},
): Promise<{ readonly value: T; readonly run: Run }> {
  const results: T[] = [];
  const solo = agent("solo", async (turn) => {
    results.push(await work(turn));
    return "done";
  });
  const run = await runOf({ ...given, agents: [solo, ...(given.agents ?? [])] });
  const [value] = results;
  if (results.length === 0 || run.failures.length > 0)
    throw new Error(`the agent failed: ${[...run.failures, ...run.faults.map(({ what }) => what)].join("; ")}`);
  return { value: value as T, run };
}

/** How many nanoseconds of virtual time `work` takes, with what it gives. */
export async function timed<T>(work: () => T | Promise<T>): Promise<{ readonly nano: number; readonly value: T }> {
  const before = process.hrtime.bigint();
  const value = await work();
  return { nano: Number(process.hrtime.bigint() - before), value };
}

/** How often a timer of one millisecond fires while `work` is under way: 0 when virtual time stands still. */
export async function ticksDuring<T>(work: () => Promise<T>): Promise<{ readonly ticks: number; readonly value: T }> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const value = await work();
  clearInterval(timer);
  return { ticks, value };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
