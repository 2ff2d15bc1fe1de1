import { currentActor, currentAgent } from "../../telemetry/actor.ts";
import { withContext } from "../../telemetry/fetch-context.ts";
import { carryOverStdio } from "../../telemetry/preload/hops.ts";
import { ASKER_HEADER, askerHeader } from "../../wire/asker.ts";
import { fetchFor } from "./host.ts";
import { patch } from "./patch.ts";

/** Where mocks listen that are real processes. */
const LOOPBACK = "127.0.0.1";

/**
 * Patches this thread's global `fetch`: where the simulation knows the address, it answers, without a socket; where a run in
 * real processes does, it writes down what leaves. What code under test sends to a mock takes its context along, as under
 * `troupe/register`, and says which agent asks; what leaves this machine does neither.
 */
export function patchFetch(): void {
  patch(globalThis, "fetch", (original) => (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    if (currentActor() === undefined || !URL.canParse(address)) return original(input, init);
    const url = new URL(address);
    const known = fetchFor(url);
    if (known !== undefined) return known(input, withContext(input, init));
    return original(input, url.hostname === LOOPBACK ? withAsker(input, withContext(input, init)) : init);
  });
}

/** With a header that says who asks, where an agent does. */
function withAsker(input: string | URL | Request, init: RequestInit | undefined): RequestInit | undefined {
  const [from, agent] = [currentActor()?.service.name, currentAgent()];
  if (from === undefined || agent === undefined) return init;
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  headers.set(ASKER_HEADER, askerHeader({ from, agent }));
  return { ...init, headers };
}

/** Has what code under test tells an MCP server that it has started itself take its context along, as under `troupe/register`. */
export function patchSpawn(): void {
  carryOverStdio(() => currentActor() !== undefined);
}
