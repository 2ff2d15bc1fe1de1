import { createModelApi, modelName } from "../mock/model-api/handler.ts";
import { type Model, statesTiming } from "../scenario/model.ts";
import type { Actor } from "../telemetry/actor.ts";
import type { Door } from "../wire/door.ts";
import { listenEndpoint, recordedEndpoint } from "../wire/http-endpoint.ts";
import type { HttpEndpoint } from "../wire/http-exchange.ts";
import type { Listening } from "../wire/loopback.ts";
import { LIMITS } from "../scenario/scenario.ts";
import { EPOCH_UNIX_NANO } from "../wire/system-clock.ts";
import { inFreshResource } from "./frame.ts";
import { RealWorld } from "./real-world.ts";
import type { Stage } from "./stage.ts";

/** Whose code a mock model's is. It makes no spans: a model's API continues nobody's trace. */
export function modelActor(stage: Stage, { name }: Model): Actor {
  return stage.actor(`model/${name}`, name);
}

/** A mock model's API for the agents of one service. Runs as the model's actor. */
export function hostModel(stage: Stage, model: Model): HttpEndpoint {
  return createModelApi(model, {
    seed: stage.identity.seed,
    clock: stage.world,
    pause: (nano, signal) => stage.world.pause(nano, statesTiming(model), signal),
    onFault: (sentence) => stage.fail(sentence),
  });
}

/**
 * Serves a mock model's API on 127.0.0.1; port 0 takes a free one.
 *
 * @throws TroupeError `USAGE` when the port is taken.
 */
export async function listenModel(stage: Stage, model: Model, port: number): Promise<Listening> {
  const host = hostModel(stage, model);
  const actor = modelActor(stage, model);
  const endpoint = recordedEndpoint((request) => inFreshResource(actor, () => host(request)), {
    ledger: stage.ledger,
    service: model.name,
    name: modelName,
  });
  return await listenEndpoint({ port, endpoint: () => endpoint });
}

/** A mock model's API as one that serves it alone wants it. */
export interface ModelServing {
  readonly seed: number;
  readonly door: Door;
  /** Hears of each request for which the model has no answer. */
  readonly onFault: (sentence: string) => void;
}

/**
 * Serves a mock model's API to any client, outside of every run.
 *
 * @throws TroupeError `USAGE` when it cannot listen there.
 */
export async function serveModel(model: Model, { seed, door, onFault }: ModelServing): Promise<Listening> {
  const world = new RealWorld(LIMITS, { epochUnixNano: EPOCH_UNIX_NANO, waitsForAll: true }, () => undefined);
  const pause = (nano: number, signal: AbortSignal): Promise<void> => world.pause(nano, true, signal);
  const endpoint = createModelApi(model, { seed, clock: world, pause, onFault });
  return await listenEndpoint({ ...door, endpoint: () => endpoint });
}
