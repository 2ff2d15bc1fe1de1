import { type A2aAgent, type Mock, isA2aAgent } from "../scenario/a2a.ts";
import type { Model } from "../scenario/model.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { McpServer } from "../scenario/server.ts";
import { currentActor, currentAgent } from "../telemetry/actor.ts";
import { a2aName } from "../wire/a2a-exchange.ts";
import type { Fetch, HttpEndpoint } from "../wire/http-exchange.ts";
import { MCP_OVER_HTTP, mcpEndpoint } from "../wire/mcp-endpoint.ts";
import { type FetchCaller, simulatedFetch } from "../wire/simulated-fetch.ts";
import { type Wire, simulatedConnection } from "../wire/simulated.ts";
import type { Cast, Company } from "./cast.ts";
import { modelName } from "../mock/model-api/handler.ts";
import { listeningMocks } from "./endpoints.ts";
import { hostAgent } from "./host-agent.ts";
import { hostModel, modelActor } from "./host-model.ts";
import { hostServer, serverActor } from "./host.ts";
import type { McpConnection, Peers } from "./peers.ts";
import { remoteActor } from "./remote-turn.ts";
import { NETWORK_NANO, type Stage, actorLabel } from "./stage.ts";

/** Where SDK clients find their model: an address that no network has, as those of the mocks. */
const MODELS_URL = "http://models.invalid";

/** What the agents of one service have around them. */
type Around = Pick<Company, "model" | "mocks">;

/** Mock servers and remote agents in this process, reached through the simulated network, set up when first needed. */
export class SimulatedPeers {
  readonly #stage: Stage;
  readonly #outside: Scenario["network"];
  readonly #wire: Wire;
  /** By service and origin, how the code of a service asks what answers there. */
  readonly #fetches = new Map<string, () => Fetch>();
  readonly #origins = new Map<Mock, string>();
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

  /** The peers of one service's agents, who have that model and those mocks. */
  of(service: string, { model, mocks }: Around): Peers {
    const answers = (origin: string, make: () => Fetch): void =>
      void this.#fetches.set(`${service} ${origin}`, once(make));
    answers(MODELS_URL, () => this.#fetchModel(service, model));
    for (const mock of mocks)
      answers(this.#originOf(mock), () =>
        isA2aAgent(mock) ? this.#fetchAgent(callerOf(service), mock) : this.#fetchServer(service, mock),
      );
    return {
      connect: (server) => Promise.resolve(this.#connect(service, server)),
      reach: (agent) => {
        // Troupe's own client says for whom it asks, where that is known in `wire` too.
        const caller = { service, current: currentActorName };
        return Promise.resolve({ url: this.#urlOf(agent), fetch: this.#fetchAgent(caller, agent) });
      },
      models: () => Promise.resolve(MODELS_URL),
      endpoints: (used) => Promise.resolve(listeningMocks(used, (mock) => this.#urlOf(mock))),
    };
  }

  /** What answers a request of the actor whose code runs; `undefined` where the real network does. */
  fetchOf({ origin }: URL): Fetch | undefined {
    const { name, service } = currentActor() ?? nobody();
    const known = this.#fetches.get(`${service.name} ${origin}`);
    if (known !== undefined) return known();
    if (this.#outside === "open") return undefined;
    this.#stage.fail(`${actorLabel(name)} asked for ${origin}, and the scenario's network is closed`);
    return () => Promise.reject(new TypeError("fetch failed", { cause: new Error("the network is closed") }));
  }

  #urlOf(mock: Mock): string {
    return isA2aAgent(mock) ? this.#originOf(mock) : `${this.#originOf(mock)}/mcp`;
  }

  /** A host for each mock, with as much of its name as a host may have. */
  #originOf(mock: Mock): string {
    const known = this.#origins.get(mock);
    if (known !== undefined) return known;
    const words =
      mock.name
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-|-$/g, "") || "mock";
    const taken = new Set(this.#origins.values());
    let origin = `http://${words}.invalid`;
    for (let number = 2; taken.has(origin); number++) origin = `http://${words}-${number}.invalid`;
    this.#origins.set(mock, origin);
    return origin;
  }

  #fetchModel(service: string, model: Model): Fetch {
    const callee = { service: model.name, actor: modelActor(this.#stage, model).name, name: modelName };
    return simulatedFetch(this.#wire, callerOf(service), callee, hostModel(this.#stage, model));
  }

  #fetchServer(service: string, server: McpServer): Fetch {
    const far = serverActor(this.#stage, server);
    const network = { networkTransport: "inproc", networkProtocol: "http" } as const;
    const endpoint = mcpEndpoint((transport) => void hostServer(this.#stage, server, { transport, ...network }));
    const callee = { service: server.name, actor: far.name, ...MCP_OVER_HTTP };
    return simulatedFetch(this.#wire, callerOf(service), callee, endpoint);
  }

  #fetchAgent(caller: FetchCaller, agent: A2aAgent): Fetch {
    const far = remoteActor(this.#stage, agent);
    const endpoint: HttpEndpoint = (request) => {
      // The first request sets it up, as the agent whose request this is.
      const known = this.#agents.get(agent.name) ?? this.#hosted(agent);
      this.#agents.set(agent.name, known);
      return known.endpoint(request);
    };
    const callee = { service: agent.name, actor: far.name, name: a2aName };
    return simulatedFetch(this.#wire, caller, callee, endpoint);
  }

  #hosted(agent: A2aAgent): { readonly endpoint: HttpEndpoint; readonly cast: Cast } {
    const peers = this.of(agent.name, { model: agent.model, mocks: agent.servers });
    return hostAgent(this.#stage, agent, { url: this.#urlOf(agent), peers });
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

  async close(): Promise<void> {
    for (const { cast } of this.#agents.values()) await cast.close();
  }
}

/** Who asks with a client of an agent's own. */
function callerOf(service: string): FetchCaller {
  return { service, current: currentActorName, agent: currentAgent };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function currentActorName(): string {
  return (currentActor() ?? nobody()).name;
}

function nobody(): never {
  throw new Error("BUG: a message of nobody");
}
