import type { PlayOptions } from "./play-run.ts";

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

/** A path as a POSIX shell takes it, and not for a flag or a comment. */
export function quotedPath(path: string): string {
  const operand = path.startsWith("-") ? `./${path}` : path;
  return /^[\w@%+=:,./-][\w@%+=:,./#-]*$/.test(operand) ? operand : `'${operand.replaceAll("'", `'\\''`)}'`;
}
