import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { Service } from "./service.ts";

/** Someone who acts: an agent, the persona with its runner, a server. Code is known by the actor it runs for. */
export interface Actor {
  /** `agent/triage`, `server/orders`, `persona/alice`; also its lane in the simulation. */
  readonly name: string;
  readonly service: Service;
  readonly clock: Clock;
  /** What `Math.random` is answered from while this actor runs. */
  readonly random: Random;
  /** What the ids and bytes of `crypto` are answered from. */
  readonly ids: Random;
}

/**
 * An AsyncLocalStorage of its own and not a key of OpenTelemetry's context: user code that runs something under
 * `ROOT_CONTEXT` is still the same actor's code.
 */
const storage = new AsyncLocalStorage<Actor>();

/** Whose code runs now; `undefined` outside every run. */
export function currentActor(): Actor | undefined {
  return storage.getStore();
}

export function runAs<T>(actor: Actor, work: () => T): T {
  return storage.run(actor, work);
}

/** The agent whose code runs now. */
export function currentAgent(): string | undefined {
  const name = currentActor()?.name;
  return name?.startsWith(AGENT) === true ? name.slice(AGENT.length) : undefined;
}

/** The actor's name of an agent. */
export function agentActorName(agent: string): string {
  return `${AGENT}${agent}`;
}

const AGENT = "agent/";
