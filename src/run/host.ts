import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { createMcpServer } from "../mock/mcp-server.ts";
import { type McpServer, statesLatency } from "../scenario/server.ts";
import type { Actor } from "../telemetry/actor.ts";
import { serving } from "../telemetry/mcp-spans.ts";
import { type McpConnection, peerOf } from "./peers.ts";
import type { Stage } from "./stage.ts";

/** Whose code a mock server's is. */
export function serverActor(stage: Stage, { name }: McpServer): Actor {
  return stage.actor(`server/${name}`, name);
}

/** Serves one connection to a mock server, in the server's own process, real or simulated. Runs as the server's actor. */
export function hostServer(stage: Stage, server: McpServer, connection: McpConnection): Transport {
  const { service } = serverActor(stage, server);
  const mock = createMcpServer(server, {
    seed: stage.identity.seed,
    clock: stage.world,
    pause: (nano) => stage.world.pause(nano, statesLatency(server)),
    state: () => stage.state(server),
    onFault: (sentence) => stage.fail(sentence),
  });
  const served = serving(connection.transport, service, peerOf(server, connection));
  void mock.connect(served);
  return served;
}
