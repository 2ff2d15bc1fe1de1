import { mcpServersOf, allMocks } from "./a2a.ts";
import { type MessageFault, directionOf, isCarrierFault } from "./fault.ts";
import { A2A_METHODS } from "./fault-form.ts";
import type { Scenario } from "./scenario.ts";

/** Why a fault of a scenario cannot happen where MCP is spoken over that transport; `undefined` where all can. */
export function whyNotOver({ faults, servers }: Scenario, transport: Scenario["transport"]): string | undefined {
  const mcp = mcpServersOf(allMocks(servers)).map(({ name }) => name);
  for (const [index, fault] of faults.entries()) {
    if (isCarrierFault(fault)) continue;
    const lack = lackOf(fault, transport);
    if (lack !== undefined && mayHitMcp(fault, mcp))
      return `faults[${index}] (${fault.fault}) cannot happen to MCP over ${transport}: ${lack}`;
  }
  return undefined;
}

function mayHitMcp({ to, method }: MessageFault, servers: readonly string[]): boolean {
  if (method !== undefined && A2A_METHODS.includes(method)) return false;
  return to === undefined ? servers.length > 0 : servers.includes(to);
}

/** What a transport does not have that a fault needs. */
function lackOf(given: MessageFault, transport: Scenario["transport"]): string | undefined {
  const { fault } = given;
  if (fault === "http-status" && transport !== "http") return "it has no HTTP; use --transport http";
  if (fault === "duplicate" && transport === "http" && directionOf(given) === "reply")
    return "a request has one reply there; use --transport ws";
  if ((fault === "disconnect" || fault === "early-close") && transport === "stdio")
    return "with the pipe the server's process would end; use --transport ws";
  return undefined;
}
