import type { Miss } from "../../recording/answering.ts";
import { quotedPath } from "../repeat.ts";
import type { ReplaySource } from "./cases.ts";

/** The command line that repeats the replay of one case. */
export function repeatReplay(
  { path }: Pick<ReplaySource, "path">,
  seed: number,
  { agents, miss }: { readonly agents: readonly string[]; readonly miss: Miss },
): string {
  const flags = [
    ...agents.map((spec) => ` --agent ${quotedPath(spec)}`),
    miss === "nearest" ? "" : ` --miss ${miss}`,
    seed === 1 ? "" : ` --seed ${seed}`,
  ];
  return `troupe replay ${quotedPath(path)}${flags.join("")}`;
}
