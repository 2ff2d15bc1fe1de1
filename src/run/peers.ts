import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { A2aAgent, Mock } from "../scenario/a2a.ts";
import type { McpServer } from "../scenario/server.ts";
import type { McpPeer } from "../telemetry/mcp-spans.ts";
import type { Fetch } from "../wire/http-exchange.ts";
import type { WireTransport } from "./control.ts";
import type { MockEndpoints } from "./endpoints.ts";

/** The near end of a connection to a mock server, as it comes: nothing makes spans for it yet. */
export interface McpConnection {
  readonly transport: Transport;
  /** As `network.transport` and `network.protocol.name` say it. */
  readonly networkTransport: "inproc" | "pipe" | "tcp";
  readonly networkProtocol?: "http" | "websocket";
}

/** What spans say of a connection over real wires. */
export function networkOf(transport: WireTransport): Omit<McpConnection, "transport"> {
  if (transport === "stdio") return { networkTransport: "pipe" };
  return { networkTransport: "tcp", networkProtocol: transport === "ws" ? "websocket" : "http" };
}

/** What spans say of the other end of a connection. */
export function peerOf(server: McpServer, { transport, ...network }: McpConnection): McpPeer {
  return { server: server.name, ...network, session: () => transport.sessionId };
}

/** Where a remote agent answers, and what gets there. */
interface A2aReach {
  readonly url: string;
  readonly fetch: Fetch;
}

/** How the agents of one service reach the services that they use. */
export interface Peers {
  connect(server: McpServer): Promise<McpConnection>;
  reach(agent: A2aAgent): Promise<A2aReach>;
  /** Where the API of their model answers, without a path. */
  models(): Promise<string>;
  /** How clients of their own reach these mocks. */
  endpoints(mocks: readonly Mock[]): Promise<MockEndpoints>;
}

function nobody(): never {
  throw new Error("BUG: an agent of this process where there are none");
}

/** Of a run without agents of this process. */
export const NO_PEERS: Peers = { connect: nobody, reach: nobody, models: nobody, endpoints: nobody };
