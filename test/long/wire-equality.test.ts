/** Every shipped scenario for 50 seeds over each transport: the same trees, verdicts and trace ids as in `sim`. */
import { expect, test } from "vitest";
import { TRANSPORTS, essence, inSim, inWire, shipped } from "../processes/wire-runs.ts";

const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

test.for(TRANSPORTS)(
  "every scenario is the same over %s as in sim, for 50 seeds",
  { timeout: 1_200_000 },
  async (transport) => {
    const different: string[] = [];
    let compared = 0;
    for (const loaded of shipped)
      for (const seed of SEEDS) {
        const sim = JSON.stringify(essence(loaded, await inSim(loaded, seed)));
        const wire = JSON.stringify(essence(loaded, await inWire(loaded, seed, transport)));
        compared++;
        if (sim !== wire) different.push(`${loaded.path} seed ${seed}: ${sim} and not ${wire}`);
      }
    expect(different).toEqual([]);
    expect(compared).toBe(shipped.length * SEEDS.length);
  },
);
