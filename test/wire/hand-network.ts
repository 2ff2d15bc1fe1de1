import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import type { HrTime } from "@opentelemetry/api";
import { VIRTUAL_EPOCH_UNIX_NANO } from "../../src/core/clock.ts";
import { seededSpanIds } from "../../src/core/ids.ts";
import { randomStream } from "../../src/core/random.ts";
import { type Actor, currentActor, runAs } from "../../src/telemetry/actor.ts";
import { type Service, openService } from "../../src/telemetry/service.ts";
import { Ledger, asWritten } from "../../src/wire/ledger.ts";
import type { Wire } from "../../src/wire/simulated.ts";

const clean = AsyncLocalStorage.snapshot();

/** A network of two actors that delivers one message at a time, in the order of sending, as the simulation would. */
export class HandNetwork {
  readonly client: Actor;
  readonly server: Actor;
  readonly ledger: Ledger;
  /** Each message on its way, as `lane -> actor`. */
  readonly sent: string[] = [];
  readonly wire: Wire;
  #nano = 0;
  #queue: { readonly actor: Actor; readonly arrive: () => void }[] = [];

  constructor(rewrite: Wire["rewrite"] = asWritten) {
    this.client = this.#actor("agent/billing", "shop");
    this.server = this.#actor("agent/risk", "risk");
    this.ledger = new Ledger({ nowUnixNano: () => VIRTUAL_EPOCH_UNIX_NANO + BigInt(this.#nano) });
    const deliver = (lane: string, to: string, arrive: () => void): void => {
      this.sent.push(`${lane} -> ${to}`);
      this.#queue.push({ actor: to === this.server.name ? this.server : this.client, arrive });
    };
    this.wire = { network: { deliver }, ledger: this.ledger, rewrite };
  }

  /** The actor whose code runs, as the caller of a fetch is named. */
  readonly current = (): string => currentActor()?.name ?? "nobody";

  /** Runs `work` as the client, and delivers until it has settled and nothing is on its way. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const state = { isSettled: false };
    const settle = (): void => void (state.isSettled = true);
    const result = runAs(this.client, work);
    result.then(settle, settle);
    // Two rounds of the loop are enough for all that streams do between two messages.
    for (let idle = 0; idle < 1000 && (!state.isSettled || this.#queue.length > 0); idle++) {
      await new Promise((resolve) => void setImmediate(resolve));
      if (this.deliverOne()) idle = 0;
    }
    if (!state.isSettled) throw new Error("nothing is on its way, and the work has not ended");
    return await result;
  }

  /** Delivers the next message; says whether there was one. */
  deliverOne(): boolean {
    const next = this.#queue.shift();
    if (next === undefined) return false;
    clean(() => new AsyncResource("event").runInAsyncScope(() => runAs(next.actor, next.arrive)));
    return true;
  }

  #actor(name: string, service: string): Actor {
    const clock = { nowUnixNano: () => VIRTUAL_EPOCH_UNIX_NANO + BigInt(this.#nano) };
    const [random, ids] = [randomStream(1, `random/${name}`), randomStream(1, `ids/${name}`)];
    return { name, service: this.#service(service), clock, random, ids };
  }

  #service(name: string): Service {
    const hrTime = (): HrTime => [Number(VIRTUAL_EPOCH_UNIX_NANO / 1_000_000_000n), this.#nano];
    const tick = (): HrTime => {
      this.#nano++;
      return hrTime();
    };
    return openService(name, seededSpanIds(1, name), { hrTime, tick });
  }
}
