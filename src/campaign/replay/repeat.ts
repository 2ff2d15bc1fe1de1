import { quotedPath, spansFlags } from "../repeat.ts";
import type { ReplaySource } from "./cases.ts";
import type { ReplaySettings } from "./replay.ts";

/** The command line that repeats the replay of one case. */
export function repeatReplay(
  { path }: Pick<ReplaySource, "path">,
  seed: number,
  { agents, miss, spans, real }: Pick<ReplaySettings, "agents" | "miss" | "spans" | "real">,
): string {
  const flags = [
    ...agents.map((spec) => ` --agent ${quotedPath(spec)}`),
    spans === undefined ? "" : ` --mode live${spansFlags(spans)}`,
    miss === "nearest" ? "" : ` --miss ${miss}`,
    ...(real?.flags ?? []).map((flag) => ` ${quotedPath(flag)}`),
    seed === 1 ? "" : ` --seed ${seed}`,
  ];
  return `troupe replay ${quotedPath(path)}${flags.join("")}`;
}
