import { virtual } from "./host.ts";
import { patch } from "./patch.ts";

/** Patches this thread's global `fetch`: where the simulation knows the address, it answers, without a socket. */
export function patchFetch(): void {
  patch(globalThis, "fetch", (original) => (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    const simulated = URL.canParse(address) ? virtual()?.fetchOf(new URL(address)) : undefined;
    return (simulated ?? original)(input, init);
  });
}
