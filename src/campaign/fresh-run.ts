/** A process of its own for one run: `fresh-run FILE#SCENARIO SEED` sends its parent the run's events, or why there are none. */
import { isTroupeError } from "../core/errors.ts";
import { execute } from "../run/execute.ts";
import { prepareThread } from "../run/prepare-thread.ts";
import { useUtc } from "../run/virtual-time/install.ts";
import { plan } from "../scenario/plan.ts";
import { type FreshRun, eventsOf } from "./determinism.ts";
import { loadScenarios } from "./load.ts";

const [path = "", seed = ""] = globalThis.process.argv.slice(2);

async function freshRun(): Promise<FreshRun> {
  useUtc();
  prepareThread();
  try {
    const [loaded] = await loadScenarios([path], () => {}, true);
    if (loaded === undefined) throw new Error(`BUG: no scenario ${path}`);
    return { events: eventsOf(await execute(plan(loaded.scenario, Number(seed)))) };
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    return { events: [], refusal: error.message };
  }
}

// What code under test left open must not keep the process alive once the parent has heard.
globalThis.process.once("disconnect", () => globalThis.process.exit());
// Not over standard output, where code under test may write.
globalThis.process.send?.(await freshRun());
