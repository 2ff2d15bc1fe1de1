import type { A2aAgent } from "../scenario/a2a.ts";
import type { Model } from "../scenario/model.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { McpServer } from "../scenario/server.ts";
import { currentActor } from "../telemetry/actor.ts";
import { a2aName } from "../wire/a2a-exchange.ts";
import type { Fetch, HttpEndpoint } from "../wire/http-exchange.ts";
import { simulatedFetch } from "../wire/simulated-fetch.ts";
import { type Wire, simulatedConnection } from "../wire/simulated.ts";
import type { Cast } from "./cast.ts";
import { modelName } from "../mock/model-api/handler.ts";
import { hostAgent } from "./host-agent.ts";
import { hostModel, modelActor } from "./host-model.ts";
import { hostServer, serverActor } from "./host.ts";
import type { A2aReach, McpConnection, Peers } from "./peers.ts";
import { remoteActor } from "./remote-turn.ts";
import { NETWORK_NANO, type Stage, actorLabel } from "./stage.ts";

/** Where SDK clients find their model: an address that no network has. */
const MODELS_URL = "http://models.invalid";

/** Mock servers and remote agents in this process, reached through the simulated network, set up when first needed. */
export class SimulatedPeers {
  readonly #stage: Stage;
  readonly #outside: Scenario["network"];
  readonly #wire: Wire;
  /** The models of services, and what answers for those that were asked. */
  readonly #models = new Map<string, Model>();
  readonly #fetches = new Map<string, Fetch>();
  readonly #agents = new Map<string, { readonly endpoint: HttpEndpoint; readonly cast: Cast }>();

  constructor(stage: Stage, outside: Scenario["network"]) {
    this.#stage = stage;
    this.#outside = outside;
    const { ledger, rewrite, wireFaults: faults, world } = stage;
    const [min, max] = NETWORK_NANO;
    const network = {
      deliver: (lane: string, to: string, arrive: () => void, lateNano = 0) =>
        world.deliver(lane, stage.knownActor(to), arrive, [min + lateNano, max + lateNano]),
    };
    this.#wire = { network, ledger, rewrite, faults };
  }

  /** The peers of one service's agents, who have that model. */
  of(service: string, model: Model): Peers {
    this.#models.set(service, model);
    return {
      connect: (server) => Promise.resolve(this.#connect(service, server)),
      reach: (agent) => Promise.resolve(this.#reach(service, agent)),
      models: () => Promise.resolve(MODELS_URL),
    };
  }

  /** What answers a request of the actor whose code runs; `undefined` where the real network does. */
  fetchOf({ origin }: URL): Fetch | undefined {
    const { name, service } = currentActor() ?? nobody();
    if (origin === MODELS_URL) return this.#fetchModel(service.name);
    if (this.#outside === "open") return undefined;
    this.#stage.fail(`${actorLabel(name)} asked for ${origin}, and the scenario's network is closed`);
    return () => Promise.reject(new TypeError("fetch failed", { cause: new Error("the network is closed") }));
  }

  #fetchModel(service: string): Fetch | undefined {
    const model = this.#models.get(service);
    const known = this.#fetches.get(service);
    if (model === undefined || known !== undefined) return known;
    const callee = { service: model.name, actor: modelActor(this.#stage, model).name, name: modelName };
    const caller = { service, current: currentActorName };
    const made = simulatedFetch(this.#wire, caller, callee, hostModel(this.#stage, model));
    this.#fetches.set(service, made);
    return made;
  }

  #connect(service: string, server: McpServer): McpConnection {
    const far = serverActor(this.#stage, server);
    const ends = simulatedConnection(this.#wire, this.#stage.connection(service, server.name), {
      client: currentActorName(),
      server: far.name,
      current: currentActorName,
    });
    const networkTransport = "inproc";
    // Set up as the server and not as the agent whose turn this is, or its context would live on in the server.
    const setUp = (): void => void hostServer(this.#stage, server, { transport: ends.server, networkTransport });
    this.#stage.world.deliver(`connect/${service}>${server.name}`, far, setUp, [0, 0]);
    return { transport: ends.client, networkTransport };
  }

  #reach(service: string, agent: A2aAgent): A2aReach {
    const far = remoteActor(this.#stage, agent);
    const url = "http://agent.invalid";
    const endpoint: HttpEndpoint = (request) => {
      // The first request sets it up, as the agent whose request this is.
      const known =
        this.#agents.get(agent.name) ?? hostAgent(this.#stage, agent, { url, peers: this.of(agent.name, agent.model) });
      this.#agents.set(agent.name, known);
      return known.endpoint(request);
    };
    const caller = { service, current: currentActorName };
    return {
      url,
      fetch: simulatedFetch(this.#wire, caller, { service: agent.name, actor: far.name, name: a2aName }, endpoint),
    };
  }

  async close(): Promise<void> {
    for (const { cast } of this.#agents.values()) await cast.close();
  }
}

function currentActorName(): string {
  return (currentActor() ?? nobody()).name;
}

function nobody(): never {
  throw new Error("BUG: a message of nobody");
}
