import type { Mutation } from "../scenario/survivor.ts";
import type { PlayOptions } from "./play-run.ts";
import type { RunResult } from "./result.ts";

/** The command line that repeats a run; `path` names its scenario. */
export function repeatLine(path: string, seed: number, options: PlayOptions): string {
  const { mode, transport, hasPreload, checkDeterminism } = options;
  const flags = [
    mode === "sim" ? "" : ` --mode ${mode}`,
    transport === undefined ? "" : ` --transport ${transport}`,
    hasPreload === false ? " --no-preload" : "",
    checkDeterminism ? " --check-determinism" : "",
  ];
  return `troupe run ${quotedPath(path)} --seed ${seed}${flags.join("")}`;
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
