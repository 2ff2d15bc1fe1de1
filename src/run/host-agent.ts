import { createA2aAgent } from "../mock/a2a-agent.ts";
import type { A2aAgent } from "../scenario/a2a.ts";
import { servingA2a } from "../telemetry/a2a-spans.ts";
import type { HttpEndpoint } from "../wire/http-exchange.ts";
import { Cast } from "./cast.ts";
import type { Peers } from "./peers.ts";
import { performRemote, remoteActor } from "./remote-turn.ts";
import type { Stage } from "./stage.ts";

/** A remote agent, in its own process, real or simulated, with the connections to what it uses itself. */
export function hostAgent(
  stage: Stage,
  agent: A2aAgent,
  at: { readonly url: string; readonly peers: Peers },
): { readonly endpoint: HttpEndpoint; readonly cast: Cast } {
  const { service } = remoteActor(stage, agent);
  const title = `agent ${agent.name}`;
  const company = { where: `remote ${title}`, title, agents: [], mocks: agent.servers, model: agent.model };
  const cast = new Cast(company, service, at.peers);
  const endpoint = createA2aAgent(agent, {
    url: at.url,
    clock: stage.world,
    perform: performRemote(stage, cast, agent),
    onFault: (error) => stage.failWith(`agent ${agent.name} failed:`, error),
  });
  const served = servingA2a(endpoint, service, agent.name);
  const kept: HttpEndpoint = (request) => {
    const replied = served(request);
    stage.keepInHand(replied);
    return replied;
  };
  return { endpoint: kept, cast };
}
