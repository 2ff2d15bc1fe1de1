import { fileURLToPath } from "node:url";
import type { ChildRequest } from "./child.ts";

/** Of this file, and so of all of Troupe's: `.ts` where it runs from its sources. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf("."));
const LOADER = EXTENSION === ".ts" ? ["--conditions=troupe-source", "--import", import.meta.resolve("tsx")] : [];

/** How to start this very `troupe` with other words, in this process's environment and `env`, and in UTC. */
export function ownProgram(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Pick<ChildRequest, "command" | "args" | "env"> {
  const main = fileURLToPath(new URL(`../cli/main${EXTENSION}`, import.meta.url));
  const inherited = Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  return {
    command: process.execPath,
    args: [...LOADER, main, ...words],
    env: { ...Object.fromEntries(inherited), ...env, TZ: "UTC" },
  };
}
