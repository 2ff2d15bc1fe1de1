import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { type A2aClient, openA2aClient } from "../mock/a2a-client.ts";
import { sharedValidator } from "../mock/schema-validator.ts";
import { type A2aAgent, type Mock, a2aAgentsOf, mcpServersOf } from "../scenario/a2a.ts";
import type { Agent } from "../scenario/agent.ts";
import type { Model } from "../scenario/model.ts";
import type { McpServer } from "../scenario/server.ts";
import { carryingFetch } from "../telemetry/a2a-spans.ts";
import { type McpPeer, calling } from "../telemetry/mcp-spans.ts";
import type { Service } from "../telemetry/service.ts";
import { type Environment, endpointsOf, mockEndpointsOf } from "./endpoints.ts";
import type { ForeignAgents } from "./foreign/agents.ts";
import { type Peers, peerOf } from "./peers.ts";

/** An open connection to a mock server. */
export interface McpSession {
  readonly client: Client;
  readonly peer: McpPeer;
}

/** What the agents of one service know: each other, the mocks that they use, their model. */
export interface Company {
  /** Where its definition stands, as a fault says it. */
  readonly where: string;
  /** Whose it is, as a sentence says it: `the scenario`, `agent risk`. */
  readonly title: string;
  readonly agents: readonly Agent[];
  readonly mocks: readonly Mock[];
  readonly model: Model;
}

/** The agents of one service at work: their company, and the connections that they share, opened when first needed. */
export class Cast {
  readonly company: Company;
  readonly service: Service;
  readonly #peers: Peers;
  readonly #foreign: ForeignAgents | undefined;
  readonly #sessions = new Map<string, Promise<McpSession>>();
  readonly #remotes = new Map<string, Promise<A2aClient>>();

  constructor(company: Company, service: Service, peers: Peers, foreign?: ForeignAgents) {
    this.company = company;
    this.service = service;
    this.#peers = peers;
    this.#foreign = foreign;
  }

  /**
   * The server of that name in the company, whatever definition an agent has of it: in `wire` the name is all there is.
   *
   * @throws McpError when the server does not answer within `timeoutMs`.
   */
  session(server: McpServer, timeoutMs: number): Promise<McpSession> {
    const { name } = server;
    return kept(this.#sessions, name, () => {
      const own = mcpServersOf(this.company.mocks).find((one) => one.name === name) ?? server;
      const opened = this.#connect(own, timeoutMs);
      // What has ended is opened anew by whoever needs it next.
      const forget = (): void => {
        if (this.#sessions.get(name) === opened) this.#sessions.delete(name);
      };
      opened.then(
        ({ client }) => (client.onclose = forget),
        () => {},
      );
      return opened;
    });
  }

  /** The environment in which SDK clients of an agent find what the scenario has in place of the world. */
  async environment(agent: string): Promise<Environment> {
    return {
      ...endpointsOf({ models: await this.#peers.models(), agent }),
      ...mockEndpointsOf(await this.#peers.endpoints(this.company.mocks)),
    };
  }

  /** The agents that do not run in this process. */
  get foreign(): ForeignAgents {
    if (this.#foreign === undefined) throw new Error("BUG: nobody has started the agents that run elsewhere");
    return this.#foreign;
  }

  /** `inTime` bounds how long the agent may take to show its card. */
  remote(agent: A2aAgent, inTime: (reach: () => Promise<A2aClient>) => Promise<A2aClient>): Promise<A2aClient> {
    const own = a2aAgentsOf(this.company.mocks).find(({ name }) => name === agent.name) ?? agent;
    return kept(this.#remotes, agent.name, () => inTime(() => this.#reach(own)));
  }

  async #connect(server: McpServer, timeoutMs: number): Promise<McpSession> {
    const connection = await this.#peers.connect(server);
    const peer = peerOf(server, connection);
    const client = new Client(
      { name: this.service.name, version: "1.0.0" },
      { jsonSchemaValidator: sharedValidator() },
    );
    const options = { timeout: timeoutMs };
    try {
      await client.connect(calling(connection.transport, this.service, peer), options);
      if (client.getServerCapabilities()?.tools !== undefined) await client.listTools({}, options);
    } catch (error) {
      await client.close();
      throw error;
    }
    return { client, peer };
  }

  async #reach(agent: A2aAgent): Promise<A2aClient> {
    const { url, fetch } = await this.#peers.reach(agent);
    return await openA2aClient(url, carryingFetch(fetch), agent.name);
  }

  /** Closes every connection that was opened. */
  async close(): Promise<void> {
    for (const session of await Promise.allSettled(this.#sessions.values()))
      if (session.status === "fulfilled") await session.value.client.close();
  }
}

/** What is being opened or stands open; what could not be opened may be tried again. */
function kept<T>(known: Map<string, Promise<T>>, name: string, open: () => Promise<T>): Promise<T> {
  const found = known.get(name) ?? open();
  known.set(name, found);
  found.catch(() => {
    if (known.get(name) === found) known.delete(name);
  });
  return found;
}
