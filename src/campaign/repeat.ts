import { SPANS, type SpansFrom } from "../run/live/spans-from.ts";
import type { Mutation } from "../scenario/survivor.ts";
import type { PlayOptions } from "./play-run.ts";
import type { RunResult } from "./result.ts";

/** The command line that repeats a run; `path` names its scenario. */
export function repeatLine(path: string, seed: number, options: PlayOptions): string {
  const { mode, transport, hasPreload, checkDeterminism, spans } = options;
  const flags = [
    mode === "sim" ? "" : ` --mode ${mode}`,
    spans === undefined ? "" : spansFlags(spans),
    transport === undefined ? "" : ` --transport ${transport}`,
    hasPreload === false ? " --no-preload" : "",
    checkDeterminism ? " --check-determinism" : "",
  ];
  return `troupe run ${quotedPath(path)} --seed ${seed}${flags.join("")}`;
}

/** The flags that say where the spans of a run in `live` come from. */
export function spansFlags({ from, waitMs, quietMs }: SpansFrom): string {
  const seconds = (flag: string, ms: number, usual: number): string => (ms === usual ? "" : ` --${flag} ${ms / 1000}`);
  const wait = seconds("spans-wait", waitMs, SPANS.waitMs);
  return ` --spans ${quotedPath(from)}${wait}${seconds("spans-quiet", quietMs, SPANS.quietMs)}`;
}

/** The command line that breaks a run again in some of the ways, in all where none is named. */
export function repeatMutation(
  path: string,
  { seed, mode }: Pick<RunResult, "seed" | "mode">,
  { mutations, transport }: { readonly mutations: readonly Mutation[]; readonly transport: PlayOptions["transport"] },
): string {
  const flags = [
    mode === "sim" ? "" : ` --mode ${mode}`,
    transport === undefined ? "" : ` --transport ${transport}`,
    ...mutations.map((mutation) => ` --only ${mutation}`),
  ];
  return `troupe mutate ${quotedPath(path)} --seed ${seed}${flags.join("")}`;
}

/** A path as a POSIX shell takes it, and not for a flag or a comment. */
export function quotedPath(path: string): string {
  const operand = path.startsWith("-") ? `./${path}` : path;
  return /^[\w@%+=:,./-][\w@%+=:,./#-]*$/.test(operand) ? operand : `'${operand.replaceAll("'", `'\\''`)}'`;
}
