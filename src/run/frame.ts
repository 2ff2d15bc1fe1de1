import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { type Actor, runAs } from "../telemetry/actor.ts";

/** Runs `work` in a frame without any async context, which was taken when this module loaded. */
export const outsideOfAll: <T>(work: () => T) => T = AsyncLocalStorage.snapshot();

/** On Node 20 what code enters for good, as with `enterWith`, stays in the resource it ran in; so each has its own. */
export function inFreshResource<T>(actor: Actor, work: () => T): T {
  return new AsyncResource("troupe").runInAsyncScope(() => runAs(actor, work));
}
