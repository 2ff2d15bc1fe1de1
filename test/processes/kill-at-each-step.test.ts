/** A run whose child is killed leaves what there was of it; every step of all scenarios and transports is in `test/long`. */
import { afterAll, expect, test } from "vitest";
import { killAtEachStep } from "./kill-at-each-step.ts";
import { MARK, newMark } from "./machine.ts";
import { inWire, shipped } from "./wire-runs.ts";

const mark = newMark();
process.env[MARK] = mark;
afterAll(() => {
  delete process.env[MARK];
});

const OPTIONS = { timeout: 300_000 };

function named(name: string): (typeof shipped)[number] {
  const found = shipped.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}

test("a server that is killed at any step leaves a readable result, and the next run is whole", OPTIONS, async () => {
  const request = { transport: "stdio", mark, victims: [undefined], isEvery: true } as const;
  const kills = await killAtEachStep(named("recorded-airline"), named("tool-loop"), request);
  expect(kills).toBeGreaterThanOrEqual(7);
});

test("so does a remote agent that another asks, and the server of that, a child of a child", OPTIONS, async () => {
  const chain = named("delegation-chain");
  // Its children wait for another run over HTTP: of each name there are now two, and only one is in the run.
  await inWire(chain, 1, "http");
  const request = { transport: "stdio", mark, victims: ["archivist", "archive"], isEvery: false } as const;
  const kills = await killAtEachStep(chain, named("tool-loop"), request);
  expect(kills).toBeGreaterThanOrEqual(2);
});
