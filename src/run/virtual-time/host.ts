import type { Clock } from "../../core/clock.ts";
import type { Fetch } from "../../wire/http-exchange.ts";
import { currentActor } from "../../telemetry/actor.ts";

/** A simulation as the clock of its actors: nanoseconds since its start, and timers in the lane of the actor that asks. */
export interface VirtualHost extends Reaching {
  readonly nowNano: number;
  /** Whether the run has ended: nothing that is due later comes any more. */
  readonly isOver: boolean;
  /** Runs `fire` after `delayNano`, in the caller's lane; returns what cancels it. */
  setTimer(delayNano: number, fire: () => void): () => void;
}

/** A world that answers some requests itself, or hears them. */
interface Reaching extends Clock {
  /** What makes requests to that address for the actor that asks; `undefined` where the network does as it is. */
  fetchOf(url: URL): Fetch | undefined;
}

/** The machine's own functions, as they were before anything was patched. */
export const native = {
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  clearTimeout: globalThis.clearTimeout,
  Date: globalThis.Date,
  performanceNow: performance.now.bind(performance),
} as const;

/** The simulation of the actor whose code runs. Code that outlives its run still asks its own, where nothing happens any more. */
export function virtual(): VirtualHost | undefined {
  const clock = currentActor()?.clock;
  return clock !== undefined && isVirtualHost(clock) ? clock : undefined;
}

/** What makes requests to that address for the actor whose code runs, in whatever world; `undefined` where the network does. */
export function fetchFor(url: URL): Fetch | undefined {
  const clock = currentActor()?.clock;
  return clock !== undefined && isReaching(clock) ? clock.fetchOf(url) : undefined;
}

function isReaching(clock: Clock): clock is Reaching {
  return "fetchOf" in clock;
}

function isVirtualHost(clock: Clock): clock is VirtualHost {
  return "isOver" in clock;
}
