import { expect, test } from "vitest";
import { awaitSpans, strayNotes } from "../../src/run/exported.ts";
import type { Agent } from "../../src/scenario/agent.ts";
import { chatAgent, commandAgent, httpAgent } from "../../src/scenario/foreign-agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import type { Collector } from "../../src/telemetry/collector.ts";
import type { Span } from "../../src/trace/span.ts";
import { agent, spansOf } from "../check/traces.ts";

const [FIRST, SECOND] = [spansOf(agent("first")), spansOf(agent("second"))];

/** A collector to which a batch comes in each time that it is waited for, until it is stopped. */
function collectorOf(...batches: readonly (readonly Span[])[]): Collector & { readonly calls: readonly string[] } {
  const coming = [...batches];
  const calls: string[] = [];
  let arrived: Span[] = [];
  return {
    calls,
    url: "",
    urlOf: () => "",
    settled: () => {
      calls.push("settled");
      arrived.push(...(coming.shift() ?? []));
      return Promise.resolve();
    },
    stop: () => Promise.resolve(void calls.push("stop")),
    take: () => {
      const spans = arrived;
      arrived = [];
      return { spans, faults: [] };
    },
    takeRest: () => ({ spans: [], faults: [] }),
    close: () => Promise.resolve(),
  };
}

async function awaited(
  foreign: Agent,
  collector: Collector,
  spansMin: number,
): Promise<Record<"inTime" | "late", readonly string[]>> {
  const scenario = defineScenario({ name: "s", agents: [foreign], script: [user.says("Hi")] });
  const isWhole = (spans: readonly Span[]): boolean => spans.length >= spansMin;
  const { spans, late } = await awaitSpans(plan(scenario, 1), collector, { isWhole, traceIds: [] });
  return { inTime: spans.map(({ name }) => name), late: late.map(({ name }) => name) };
}

const PROGRAM = commandAgent("helper", { command: ["true"], over: "stdin" });
const SERVICES: readonly Agent[] = [
  httpAgent("desk", { url: "http://127.0.0.1:1" }),
  chatAgent("chat", { url: "http://127.0.0.1:1", model: "m" }),
];

test.each(SERVICES)("what comes of $name after the wait is late, and no part of the run's spans", async (service) => {
  const collector = collectorOf(FIRST, SECOND);
  expect(await awaited(service, collector, 2)).toEqual({
    inTime: ["invoke_agent first"],
    late: ["invoke_agent second"],
  });
  expect(collector.calls).toEqual(["settled", "settled", "stop"]);
});

test("nobody listens longer than the run needs", async () => {
  const collector = collectorOf(FIRST, SECOND);
  expect(await awaited(SERVICES[0] ?? PROGRAM, collector, 1)).toEqual({ inTime: ["invoke_agent first"], late: [] });
  expect(collector.calls).toEqual(["settled"]);
});

test("a program that has ended has nothing more to say", async () => {
  const collector = collectorOf(FIRST, SECOND);
  expect(await awaited(PROGRAM, collector, 2)).toEqual({ inTime: ["invoke_agent first"], late: [] });
  expect(collector.calls).toEqual(["settled", "stop"]);
});

test("what fits no run is noted by its services", () => {
  const notes = strayNotes({ spans: [...FIRST, ...SECOND], faults: ["too large", "too large"] });
  expect(notes).toEqual(["2 spans of agents arrived that fit no run", "too large"]);
});
