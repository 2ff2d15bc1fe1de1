import { type Mock, a2aAgentsOf, allMocks, mcpServersOf } from "../scenario/a2a.ts";
import { commandAgentsOf, isEndpoint, isForeign } from "../scenario/agent.ts";
import { whyNotOver } from "../scenario/fault-transport.ts";
import type { Mode, Scenario } from "../scenario/scenario.ts";
import type { McpServer } from "../scenario/server.ts";

/** Why a scenario cannot be run in that way; `undefined` where it can. */
export function whySkipped(scenario: Scenario, mode: Mode, transport: Scenario["transport"]): string | undefined {
  if (!scenario.modes.includes(mode)) return `it runs in ${scenario.modes.join(" and ")} only (modes)`;
  if (mode === "sim") return outsideOfSim(scenario);
  if (mode === "live") return outsideOfLive(scenario);
  const own = transport === "stdio" ? sharedState(scenario) : undefined;
  return own ?? whyNotOver(scenario, transport);
}

function outsideOfSim({ agents }: Scenario): string | undefined {
  const foreign = agents.find(isForeign);
  if (foreign === undefined) return undefined;
  return `agent ${foreign.name} does not run in this process (${foreign.adapter}), and sim has no other; use --mode wire`;
}

function outsideOfLive({ agents: [entry], faults }: Scenario): string | undefined {
  if (entry !== undefined && !isEndpoint(entry))
    return `agent ${entry.name}, whom the user talks to, is none that runs elsewhere (httpAgent, chatAgent, a2aEndpoint), and live speaks to no other`;
  return faults.length === 0 ? undefined : "its faults happen on Troupe's own wires, and live has none";
}

/** Over stdio a server belongs to the process that starts it: what two of them do would not meet in one state. */
function sharedState({ agents, servers }: Scenario): string | undefined {
  const own = agents.every(isForeign) ? [] : [servers];
  const ofPrograms = commandAgentsOf(agents).map(() => servers);
  const ofRemotes = a2aAgentsOf(allMocks(servers)).map((agent) => agent.servers);
  const users = (mock: Mock): number =>
    [...own, ...ofPrograms, ...ofRemotes].filter((list) => list.includes(mock)).length;
  const shared = mcpServersOf(allMocks(servers)).find((server) => users(server) > 1 && hasState(server));
  if (shared === undefined) return undefined;
  return `several processes share the state of server ${shared.name}, and over stdio each has one of its own; use --transport http`;
}

function hasState({ state }: McpServer): boolean {
  try {
    return state() !== undefined;
  } catch {
    // Why it throws, the run itself will say.
    return true;
  }
}
