import { resolve } from "node:path";
import { TroupeError, didYouMean, nearestWord } from "../core/errors.ts";
import type { FunctionAgent } from "../scenario/agent.ts";
import { isDefinition } from "../scenario/brand.ts";
import { readTextFileSync } from "../wire/files.ts";
import { importModule } from "./import-module.ts";
import { splitPath } from "./load.ts";

/** An agent of this process, and how another file imports it. */
export interface LoadedAgent {
  /** An absolute path. */
  readonly file: string;
  /** The name under which the file exports it. */
  readonly exported: string;
  readonly agent: FunctionAgent;
}

/**
 * Loads the agent that `file#name` names, by its own name or by that of its export.
 *
 * @throws TroupeError when the file cannot be read or loaded, and `SCENARIO_INVALID` when it exports no such agent.
 */
export async function loadAgent(path: string): Promise<LoadedAgent> {
  const { file, name = "" } = splitPath(path);
  // A file that is not there is no fault of one that loads.
  readTextFileSync(file);
  const agents = Object.entries(await importModule(file)).flatMap(([exported, value]) =>
    isAgent(value) ? [{ exported, agent: value }] : [],
  );
  const found = agents.find(({ exported, agent }) => agent.name === name || exported === name);
  if (found !== undefined) return { file: resolve(file), ...found };
  const names = agents.map(({ agent }) => agent.name);
  const what = `it exports no agent "${name}"${didYouMean(nearestWord(name, names))}`;
  const mend = names.length === 0 ? "Export one, as agent(…) makes it." : `It exports ${names.join(", ")}.`;
  throw new TroupeError("SCENARIO_INVALID", { where: file, what, mend });
}

function isAgent(value: unknown): value is FunctionAgent {
  return isDefinition(value, "agent") && !("adapter" in Object(value));
}
