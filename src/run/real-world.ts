import type { Limits } from "../scenario/scenario.ts";
import { type Actor, currentActor } from "../telemetry/actor.ts";
import type { Fetch } from "../wire/http-exchange.ts";
import { SystemClock, after, soon } from "../wire/system-clock.ts";
import { inFreshResource, outsideOfAll } from "./frame.ts";
import { pausing } from "./pausing.ts";
import { hearUncaught } from "./virtual-time/install.ts";
import type { UncaughtListener, World } from "./world.ts";

export interface RealTime {
  /** When the monotonic clock stood at 0, which the processes of a run have to agree on. */
  readonly epochUnixNano: bigint;
  /** Whether also those times are waited out that nobody stated. */
  readonly waitsForAll: boolean;
}

/**
 * The machine's time, and messages that arrive as soon as the event loop comes round.
 *
 * What a definition states, such as `turn.pause` and `latencyMs`, is waited out. What mocks take unless they are told is
 * waited for only where somebody would give up waiting: below that it changes nothing but times, which real processes do
 * not repeat anyway.
 */
export class RealWorld extends SystemClock implements World {
  readonly #patienceNano: number;
  readonly #onUncaught: UncaughtListener;
  readonly #network: (url: URL) => Fetch | undefined;
  #beganUnixNano: bigint;

  constructor(
    { requestMs, replyMs }: Pick<Limits, "requestMs" | "replyMs">,
    { epochUnixNano, waitsForAll }: RealTime,
    onUncaught: UncaughtListener,
    network: (url: URL) => Fetch | undefined = () => undefined,
  ) {
    super(epochUnixNano);
    this.#patienceNano = waitsForAll ? 0 : Math.min(requestMs, replyMs) * 1_000_000;
    this.#onUncaught = onUncaught;
    this.#network = network;
    this.#beganUnixNano = this.nowUnixNano();
  }

  get nowNano(): number {
    return Number(this.nowUnixNano() - this.#beganUnixNano);
  }

  deliver(_lane: string, actor: Actor, arrive: () => void): void {
    outsideOfAll(() =>
      soon(() => {
        try {
          inFreshResource(actor, arrive);
        } catch (error) {
          this.#onUncaught(actor.name, error);
        }
      }),
    );
  }

  pause(delayNano: number, isStated: boolean, signal?: AbortSignal): Promise<void> {
    if (!isStated && delayNano < this.#patienceNano) return Promise.resolve();
    return pausing((fire) => after(delayNano / 1_000_000, fire), signal);
  }

  setTimer(delayNano: number, fire: () => void): () => void {
    // Node cuts to whole milliseconds, and nothing may fire before it is due.
    return after(Math.ceil(delayNano / 1_000_000), fire);
  }

  setDeadline(delayNano: number, actor: Actor, fire: () => void): () => void {
    return outsideOfAll(() => after(delayNano / 1_000_000, () => inFreshResource(actor, fire)));
  }

  fetchOf(url: URL): Fetch | undefined {
    return this.#network(url);
  }

  async run<T>(actor: Actor, main: () => Promise<T>): Promise<T> {
    // What the processes took to start is no part of it.
    this.#beganUnixNano = this.nowUnixNano();
    const forget = hearUncaught((error) => this.#onUncaught(currentActor()?.name ?? actor.name, error));
    try {
      return await outsideOfAll(() => inFreshResource(actor, main));
    } finally {
      forget();
    }
  }

  notes(): readonly string[] {
    return [];
  }
}
