/**
 * What simulated code sees instead of the machine: timers, clocks, chance, and the network of `fetch`.
 *
 * Installed once per thread, before user modules load, since libraries capture these functions when they load. Each
 * patched function asks whose code runs: an actor's gets virtual answers, all other code the native ones.
 */
import { syncBuiltinESMExports } from "node:module";
import { patchChance } from "./chance.ts";
import { patchClocks } from "./clocks.ts";
import { virtual } from "./host.ts";
import { countUnlistedWork } from "./io-gate.ts";
import { patch } from "./patch.ts";
import { patchFetch, patchSpawn } from "./network.ts";
import { patchTimers } from "./timers.ts";

let isInstalled = false;

/** Patches this thread. Calling it again does nothing. */
export function installVirtualTime(): void {
  if (isInstalled) return;
  isInstalled = true;
  patchTimers();
  patchClocks();
  patchExit();
  patchChance();
  patchFetch();
  patchSpawn();
  countUnlistedWork();
  syncBuiltinESMExports();
}

/** Makes this a process in UTC, for a process that is Troupe's own: what a date prints as must not tell where it stands. */
export function useUtc(): void {
  process.env["TZ"] = "UTC";
}

/** Hears of rejections and errors that nobody handles; the listener runs in the async context of the code that failed. */
export function hearUncaught(listener: (error: unknown) => void): () => void {
  const restore = UNCAUGHT.map((event) => {
    // While a run listens, what nobody handles is its own failure and nobody else's.
    const others = process.rawListeners(event);
    process.removeAllListeners(event);
    process.on(event, listener);
    return (): void => {
      process.removeAllListeners(event);
      for (const other of others) process.on(event, other as (error: unknown) => void);
    };
  });
  return () => {
    for (const each of restore) each();
  };
}

const UNCAUGHT = ["unhandledRejection", "uncaughtException"] as const;

/** One agent's `process.exit` must not end the other runs of a suite: it fails the agent. */
function patchExit(): void {
  patch(process, "exit", (original) => (code) => {
    if (virtual() === undefined) return original(code);
    throw new Error(`it called process.exit(${code ?? ""}), which would end every run of this process`);
  });
}
