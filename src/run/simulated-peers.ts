import type { A2aEndpoint } from "../mock/a2a-agent.ts";
import type { A2aAgent } from "../scenario/a2a.ts";
import type { McpServer } from "../scenario/server.ts";
import { currentActor } from "../telemetry/actor.ts";
import { simulatedFetch } from "../wire/simulated-fetch.ts";
import { type Wire, simulatedConnection } from "../wire/simulated.ts";
import type { Cast } from "./cast.ts";
import { hostAgent } from "./host-agent.ts";
import { hostServer, serverActor } from "./host.ts";
import type { A2aReach, McpConnection, Peers } from "./peers.ts";
import { remoteActor } from "./remote-turn.ts";
import { NETWORK_NANO, type Stage } from "./stage.ts";

/** Mock servers and remote agents in this process, reached through the simulated network, set up when first needed. */
export class SimulatedPeers {
  readonly #stage: Stage;
  readonly #wire: Wire;
  readonly #agents = new Map<string, { readonly endpoint: A2aEndpoint; readonly cast: Cast }>();

  constructor(stage: Stage) {
    this.#stage = stage;
    const { ledger, rewrite, world } = stage;
    const network = {
      deliver: (lane: string, to: string, arrive: () => void) =>
        world.deliver(lane, stage.knownActor(to), arrive, NETWORK_NANO),
    };
    this.#wire = { network, ledger, rewrite };
  }

  /** The peers of one service's agents. */
  of(service: string): Peers {
    return {
      connect: (server) => Promise.resolve(this.#connect(service, server)),
      reach: (agent) => Promise.resolve(this.#reach(service, agent)),
    };
  }

  #connect(service: string, server: McpServer): McpConnection {
    const far = serverActor(this.#stage, server);
    const ends = simulatedConnection(
      this.#wire,
      { client: service, server: server.name },
      { client: currentActorName(), server: far.name, current: currentActorName },
    );
    const networkTransport = "inproc";
    // Set up as the server and not as the agent whose turn this is, or its context would live on in the server.
    const setUp = (): void => void hostServer(this.#stage, server, { transport: ends.server, networkTransport });
    this.#stage.world.deliver(`connect/${service}>${server.name}`, far, setUp, [0, 0]);
    return { transport: ends.client, networkTransport };
  }

  #reach(service: string, agent: A2aAgent): A2aReach {
    const far = remoteActor(this.#stage, agent);
    const url = "http://agent.invalid";
    const endpoint: A2aEndpoint = (request) => {
      // The first request sets it up, as the agent whose request this is.
      const known = this.#agents.get(agent.name) ?? hostAgent(this.#stage, agent, { url, peers: this.of(agent.name) });
      this.#agents.set(agent.name, known);
      return known.endpoint(request);
    };
    const caller = { service, current: currentActorName };
    return { url, fetch: simulatedFetch(this.#wire, caller, { service: agent.name, actor: far.name }, endpoint) };
  }

  async close(): Promise<void> {
    for (const { cast } of this.#agents.values()) await cast.close();
  }
}

function currentActorName(): string {
  const actor = currentActor();
  if (actor === undefined) throw new Error("BUG: a message of nobody");
  return actor.name;
}
