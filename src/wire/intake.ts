import type { Refusal } from "../format/otlp-exchange.ts";
import { after } from "./system-clock.ts";

/** Bounds on what comes in from programs that nobody here has written. */
export interface IntakeLimits {
  /** The most bytes of one request, as it is sent and once it is unpacked. */
  readonly bodyBytesMax: number;
  /** The most bytes of all requests that have begun and are not answered. */
  readonly bytesInHandMax: number;
  /** How long a request may take to come in. */
  readonly bodyMs: number;
  /** How many requests may come in a second; as many may come at once. */
  readonly requestsPerSecondMax: number;
  /** How many connections may be open at once, over HTTP. */
  readonly connectionsMax: number;
}

const MIB = 1024 * 1024;

const LIMITS: IntakeLimits = {
  bodyBytesMax: 64 * MIB,
  bytesInHandMax: 256 * MIB,
  bodyMs: 30_000,
  requestsPerSecondMax: 10_000,
  connectionsMax: 1_024,
};

/** How time passes where requests come in. */
export interface IntakeTime {
  readonly nowMs: () => number;
  readonly after: (delayMs: number, fire: () => void) => () => void;
}

const MACHINE_TIME: IntakeTime = { nowMs: () => performance.now(), after };

/** Says of what comes in over any transport whether there is room for it. */
export class Intake {
  readonly limits: IntakeLimits;
  readonly time: IntakeTime;
  #bytesInHand = 0;
  #allowance: number;
  #allowedAtMs: number;

  constructor(limits: Partial<IntakeLimits> = {}, time: IntakeTime = MACHINE_TIME) {
    this.limits = { ...LIMITS, ...limits };
    this.time = time;
    this.#allowance = this.limits.requestsPerSecondMax;
    this.#allowedAtMs = time.nowMs();
  }

  /** Counts a request; what it gives is why there is none to come now. */
  admit(): Refusal | undefined {
    const { requestsPerSecondMax } = this.limits;
    const nowMs = this.time.nowMs();
    const gained = ((nowMs - this.#allowedAtMs) / 1000) * requestsPerSecondMax;
    this.#allowance = Math.min(requestsPerSecondMax, this.#allowance + gained);
    this.#allowedAtMs = nowMs;
    if (this.#allowance < 1)
      return { refused: "too-many", message: `more than ${requestsPerSecondMax} requests a second came in` };
    this.#allowance--;
    return undefined;
  }

  /** Makes room for bytes of a request that already has `had`, or says why there is none. */
  hold(bytes: number, had: number): Refusal | undefined {
    const { bodyBytesMax, bytesInHandMax } = this.limits;
    if (had + bytes > bodyBytesMax) return tooLarge(bodyBytesMax);
    if (this.#bytesInHand + bytes > bytesInHandMax)
      return { refused: "unavailable", message: `more than ${bytesInHandMax} bytes of requests are in hand` };
    this.#bytesInHand += bytes;
    return undefined;
  }

  letGo(bytes: number): void {
    this.#bytesInHand -= bytes;
  }
}

export function tooLarge(bodyBytesMax: number): Refusal {
  return {
    refused: "too-large",
    message: `the request is larger than ${bodyBytesMax} bytes; send fewer spans at once (OTEL_BSP_MAX_EXPORT_BATCH_SIZE)`,
  };
}
