import { resolve } from "node:path";
import { didYouMean, nearestWord, TroupeError } from "../core/errors.ts";
import { type Agent, isForeign } from "../scenario/agent.ts";
import { isDefinition } from "../scenario/brand.ts";
import { type Endpoint, a2aEndpoint, chatAgent, commandAgent, httpAgent } from "../scenario/foreign-agent.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { ownVariables } from "../wire/own-environment.ts";
import { exists, scenariosIn, splitPath, YAML_FILE } from "./load.ts";
import { exportsOf, importModule } from "./import-module.ts";

/** Agents to be put in place of a scenario's own. */
export interface Substitute {
  readonly spec: string;
  /** By their names; one of another name takes the place of the first, to whom the user talks. */
  readonly agents: readonly Agent[];
  /** Whether it has no name of its own, and takes that of the agent whose place it takes. */
  readonly isNameless: boolean;
}

/**
 * What an agent is given as on a command line: `FILE#NAME` (an agent that a module exports, by the name of the export or
 * its own, or a scenario, whose agents are meant), `FILE` where that holds just one of these, a URL of an HTTP service,
 * `a2a:URL`, `chat:URL#MODEL` for OpenAI's Chat Completions, or a command, which works in the current folder, reads a JSON
 * line for each message from its standard input and answers with one.
 *
 * @throws TroupeError `SCENARIO_INVALID` where a file has no such agent, or several; `SCENARIO_LOAD` where it cannot load.
 */
export async function loadAgents(spec: string): Promise<Substitute> {
  const [, adapter, url = "", model = ""] = /^(?:(a2a|chat):)?(https?:\/\/[^#]*)(?:#(.*))?$/.exec(spec) ?? [];
  if (url !== "") return { spec, agents: [endpointAt(url, adapter, model)], isNameless: true };
  const { file, name } = splitPath(spec);
  if (exists(file)) return { spec, agents: await agentsIn(file, name), isNameless: false };
  if (!/\s/.test(spec.trim()) && /[#/\\.]/.test(spec)) throw unreadable(file);
  const command = { command: wordsOf(spec), over: "stdin", cwd: resolve(".") } as const;
  return { spec, agents: [commandAgent("agent", command)], isNameless: true };
}

/** Holds the key of an agent that is named by its URL alone, where it needs one. */
const KEY_VARIABLE = "TROUPE_AGENT_TOKEN";

function endpointAt(url: string, adapter: string | undefined, model: string): Endpoint {
  const options = { url, keyVariable: KEY_VARIABLE in ownVariables([KEY_VARIABLE]) ? KEY_VARIABLE : "" };
  if (adapter === "a2a") return a2aEndpoint("agent", options);
  if (adapter === undefined) return httpAgent("agent", options);
  if (model !== "") return chatAgent("agent", { ...options, model });
  const mend = "Write chat:URL#MODEL, as in chat:https://agent.staging.example/v1#support.";
  throw new TroupeError("USAGE", { where: `--agent chat:${url}`, what: "it names no model", mend });
}

/** A scenario with other agents: each takes the place of the one of its name, or of the first. */
export function withAgents(scenario: Scenario, substitutes: readonly Substitute[]): Scenario {
  if (substitutes.length === 0) return scenario;
  const agents = [...scenario.agents];
  for (const { agents: given, isNameless } of substitutes)
    for (const [index, one] of given.entries()) {
      const named = agents.findIndex(({ name }) => name === one.name);
      const first = agents[0];
      if (isNameless && first !== undefined) agents[0] = { ...one, name: first.name };
      else if (named !== -1) agents[named] = one;
      // The first of several stands for the first; the others are those that it knows.
      else if (index === 0) agents[0] = one;
      else agents.push(one);
    }
  const isElsewhere = agents.some(isForeign);
  return { ...scenario, agents, ...(isElsewhere && scenario.transport === "stdio" && { transport: "http" as const }) };
}

async function agentsIn(file: string, name: string | undefined): Promise<readonly Agent[]> {
  const exported = YAML_FILE.test(file)
    ? (await scenariosIn(file)).map((scenario) => [scenario.name, scenario] as const)
    : Object.entries(await importModule(file)).flatMap(namedIn);
  const known = exported.flatMap(([key, value]): readonly Named[] => {
    if (isDefinition(value, "agent")) return [{ names: [key, value.name], agents: [value as Agent] }];
    return isScenario(value) ? [{ names: [key, value.name], agents: value.agents }] : [];
  });
  // The name of an export goes before that of a definition, which several variants may share.
  const exact = known.filter(({ names: [key] }) => key === name);
  const named = exact.length > 0 ? exact : known.filter(({ names }) => names.some((one) => one === name));
  const found = name === undefined ? known : named;
  const distinct = found.filter(({ agents }, at) => found.findIndex((one) => one.agents[0] === agents[0]) === at);
  const [only] = distinct;
  if (only !== undefined && distinct.length === 1) return only.agents;
  const names = [...new Set(known.flatMap((one) => one.names))].filter((one) => one !== "default");
  const holds = names.length === 0 ? "It holds none: export one, made with agent()." : `It holds ${names.join(", ")}.`;
  const what =
    only !== undefined
      ? name === undefined
        ? "it holds several agents"
        : `several of its agents are called "${name}"`
      : `there is no agent${name === undefined ? "" : ` "${name}"`} in it${didYouMean(nearestWord(name ?? "", names))}`;
  throw new TroupeError("SCENARIO_INVALID", { where: file, what, mend: `${holds} Name one, as in ${file}#NAME.` });
}

interface Named {
  readonly names: readonly string[];
  readonly agents: readonly Agent[];
}

/** A CommonJS module's exports arrive under `default`. */
function namedIn([key, value]: [string, unknown]): readonly (readonly [string, unknown])[] {
  const isModule = key === "default" && !isDefinition(value, "agent") && !isScenario(value);
  if (!isModule) return [[key, value]];
  return exportsOf({ value }).length > 1 ? Object.entries(Object(value)) : [];
}

function isScenario(value: unknown): value is Scenario {
  return isDefinition(value, "scenario");
}

function unreadable(file: string): TroupeError {
  const mend = "Name a module as FILE#NAME, a URL, or a command with its arguments.";
  return new TroupeError("FILE_UNREADABLE", { where: file, what: "there is no such file", mend });
}

/** The words of a command; quotes keep blanks, and no shell reads them. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
