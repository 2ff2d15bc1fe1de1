import { ROOT_CONTEXT, context, propagation } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { RealWorld } from "../../src/run/real-world.ts";
import { Stage } from "../../src/run/stage.ts";
import { LIMITS } from "../../src/scenario/scenario.ts";

prepareThread();

const named = { scenario: "orders", seed: 1, runId: "serve", startedBy: "" };
const identity = { ...named, limits: LIMITS, faults: [], spanFaults: [] };
const time = { epochUnixNano: 0n, waitsForAll: true };
const mock = { name: "orders", state: () => ({ calls: 0 }) };

function stateIn(stage: Stage, runId: string): unknown {
  const baggage = propagation.createBaggage({ "troupe.run.id": { value: runId } });
  return context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), () => stage.state(mock));
}

test("a mock that serves alone has a state for each run that asks it, and one for all who name none", () => {
  const stage = new Stage(identity, (heard) => new RealWorld(LIMITS, time, heard), { keeps: "nothing" });
  expect(stateIn(stage, "a")).toBe(stateIn(stage, "a"));
  expect(stateIn(stage, "a")).not.toBe(stateIn(stage, "b"));
  expect(stage.state(mock)).toBe(stage.state(mock));
});

test("it forgets the oldest of a thousand", () => {
  const stage = new Stage(identity, (heard) => new RealWorld(LIMITS, time, heard), { keeps: "nothing" });
  const first = stateIn(stage, "0");
  for (let run = 1; run <= 1000; run++) stateIn(stage, String(run));
  expect(stateIn(stage, "0")).not.toBe(first);
});

test("in a run there is one state, whatever the baggage says", () => {
  const stage = new Stage(identity, (heard) => new RealWorld(LIMITS, time, heard));
  expect(stateIn(stage, "a")).toBe(stateIn(stage, "b"));
});
