import { type Fault, didYouMean, nearestWord } from "../core/errors.ts";
import { type Mock, a2aAgentsOf, allMocks, isA2aAgent, mcpServersOf } from "./a2a.ts";
import { type Agent, commandAgentsOf, isEndpoint, isForeign } from "./agent.ts";
import { type CarrierFault, type WireFault, directionOf, isCarrierFault } from "./fault.ts";
import { A2A_METHODS, MCP_METHODS } from "./fault-form.ts";
import type { Scenario } from "./scenario.ts";

type Parts = Pick<Scenario, "agents" | "servers" | "faults">;

/** What a scenario's faults name and the scenario does not have, or has in a form that cannot fail like that. */
export function faultNameFaults(scenario: Parts, where: string): readonly Fault[] {
  return scenario.faults.flatMap((fault, index) => {
    const at = `${where}, faults[${index}]`;
    if (isCarrierFault(fault) && BESIDE_MOCKS.has(fault.protocol ?? "mcp"))
      return [...namesBeside(fault, scenario, at)];
    return scenario.servers.length === 0 ? [{ where: at, ...NOTHING_ASKED }] : [...namesIn(fault, scenario, at)];
  });
}

/** Protocols in which no mock is asked. */
const BESIDE_MOCKS: ReadonlySet<string> = new Set([
  "in-process",
  "http",
  "environment",
] satisfies CarrierFault["protocol"][]);
const OWN_SERVICES: readonly string[] = ["troupe", "agents"];

/** Of what agents, programs and the user tell each other. */
function* namesBeside({ protocol, from, to, agent }: CarrierFault, { agents }: Parts, where: string): Generator<Fault> {
  const outside = agents.filter(isForeign).map(({ name }) => name);
  const receivers = protocol === "in-process" ? OWN_SERVICES : outside;
  if (receivers.length === 0) yield { where: `${where}.protocol`, ...nothingOutside(protocol) };
  yield* unknown(`${where}.from`, "service that sends", from, OWN_SERVICES);
  yield* unknown(`${where}.to`, "service that is told", to, receivers);
  yield* unknown(
    `${where}.agent`,
    "agent",
    agent,
    agents.map(({ name }) => name),
  );
}

function nothingOutside(protocol: CarrierFault["protocol"]): Omit<Fault, "where"> {
  const what = `no agent runs outside of Troupe here, so nothing crosses in ${protocol}`;
  return { what, mend: "Write another protocol, or leave the fault out." };
}

const NOTHING_ASKED = {
  what: "nothing is asked over MCP or A2A here, so no message can be hit",
  mend: "List a server or a remote agent, or leave the fault out.",
} as const;

function* namesIn(fault: WireFault, { agents, servers }: Parts, where: string): Generator<Fault> {
  const mocks = allMocks(servers);
  const remotes = a2aAgentsOf(mocks).map(({ name }) => name);
  const { from, to, agent, tool } = fault;
  const callee = mocks.find(({ name }) => name === to);
  const elsewhere = agents.find((one) => isEndpoint(one) && (one.name === from || one.name === agent));
  if (elsewhere !== undefined) yield outOfReach(elsewhere, where);
  else {
    const programs = commandAgentsOf(agents).map(({ name }) => name);
    yield* unknown(`${where}.from`, "service that asks", from, ["agents", ...programs, ...remotes]);
    yield* unknown(`${where}.agent`, "agent", agent, [...agents.map(({ name }) => name), ...remotes]);
  }
  yield* unknown(
    `${where}.to`,
    "server or remote agent",
    to,
    mocks.map(({ name }) => name),
  );
  if (callee !== undefined) yield* unlike(fault, callee, where);
  const asked = callee === undefined ? mocks : [callee];
  if (callee === undefined || !isA2aAgent(callee))
    yield* unknown(
      `${where}.tool`,
      "tool",
      tool,
      mcpServersOf(asked).flatMap(({ tools }) => Object.keys(tools)),
    );
}

function* unknown(where: string, what: string, name: string | undefined, known: readonly string[]): Generator<Fault> {
  if (name === undefined || known.includes(name)) return;
  const hint = didYouMean(nearestWord(name, known));
  const mend = `Known: ${known.join(", ") || "none"}. Add it, or correct the name.`;
  yield { where, what: `there is no ${what} "${name}"${hint}`, mend };
}

/** Who was there before the run has never heard of where its mocks listen. */
function outOfReach({ name }: Agent, where: string): Fault {
  return {
    where,
    what: `agent ${name} is there already and asks nothing of the mocks of a run, so none of its messages can be hit`,
    mend: "Name an agent that runs in Troupe or that it starts, or leave the fault out.",
  };
}

function* unlike(fault: WireFault, callee: Mock, where: string): Generator<Fault> {
  const { method, tool } = fault;
  const [words, methods] = isA2aAgent(callee)
    ? [`agent ${callee.name} is asked over A2A`, A2A_METHODS]
    : [`server ${callee.name} is asked over MCP`, MCP_METHODS];
  if (method !== undefined && !methods.includes(method))
    yield { where: `${where}.method`, what: `${words}, which has no ${method}`, mend: `Known: ${methods.join(", ")}.` };
  if (isCarrierFault(fault) && fault.protocol === (isA2aAgent(callee) ? "mcp" : "a2a"))
    yield { where: `${where}.protocol`, what: `${words}, and not over ${fault.protocol}`, mend: "Leave it out." };
  if (!isA2aAgent(callee)) return;
  const mend = "Name a server in `to`, or leave it out.";
  if (tool !== undefined) yield { where: `${where}.tool`, what: `${words}, which has no tools`, mend };
  if (isCarrierFault(fault)) return;
  if (fault.fault === "is-error") yield { where, what: `${words}, which has no isError`, mend: "Write rpc-error." };
  else if (fault.fault === "duplicate" && directionOf(fault) === "reply") yield { where, ...ONE_REPLY };
}

const ONE_REPLY = {
  what: "over HTTP a request has one reply, which cannot come twice",
  mend: "Duplicate the request, or leave the fault out.",
} as const;
