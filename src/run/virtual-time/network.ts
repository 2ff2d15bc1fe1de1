import { currentActor } from "../../telemetry/actor.ts";
import { withContext } from "../../telemetry/fetch-context.ts";
import { carryOverStdio } from "../../telemetry/preload/hops.ts";
import { fetchFor } from "./host.ts";
import { patch } from "./patch.ts";

/** Where mocks listen that are real processes. */
const LOOPBACK = "127.0.0.1";

/**
 * Patches this thread's global `fetch`: where the simulation knows the address, it answers, without a socket; where a run in
 * real processes does, it writes down what leaves. What code under test sends to a mock takes its context along, as under
 * `troupe/register`; what leaves this machine does not.
 */
export function patchFetch(): void {
  patch(globalThis, "fetch", (original) => (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    if (currentActor() === undefined || !URL.canParse(address)) return original(input, init);
    const url = new URL(address);
    const known = fetchFor(url);
    if (known !== undefined) return known(input, withContext(input, init));
    return original(input, url.hostname === LOOPBACK ? withContext(input, init) : init);
  });
}

/** Has what code under test tells an MCP server that it has started itself take its context along, as under `troupe/register`. */
export function patchSpawn(): void {
  carryOverStdio(() => currentActor() !== undefined);
}
