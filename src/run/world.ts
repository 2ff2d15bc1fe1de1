import type { Clock } from "../core/clock.ts";
import type { Actor } from "../telemetry/actor.ts";
import type { SpanClock } from "../telemetry/service.ts";

/** Where a run takes place: its time, and how what one actor sends reaches another. */
export interface World extends Clock, SpanClock {
  /** Nanoseconds since the run began. */
  readonly nowNano: number;
  /** Delivers a message: `arrive` runs later as `actor`, in a clean async context, in order within the lane. */
  deliver(lane: string, actor: Actor, arrive: () => void, latencyNano: readonly [min: number, max: number]): void;
  /**
   * Simulated time passes for the calling actor. `isStated` says whether somebody wrote how much, or whether it is what
   * mocks take unless they are told. It ends at once when the signal aborts.
   */
  pause(delayNano: number, isStated: boolean, signal?: AbortSignal): Promise<void>;
  /** A timer of the calling actor; returns what cancels it. */
  setTimer(delayNano: number, fire: () => void): () => void;
  /** A timer that alone does not keep the run going; returns what cancels it. */
  setDeadline(delayNano: number, actor: Actor, fire: () => void): () => void;
  /** Runs until `main` has settled and nothing that it sent is under way. */
  run<T>(actor: Actor, main: () => Promise<T>): Promise<T>;
  /** What is worth knowing of how it went, though it fails nothing; `label` is how a sentence calls an actor. */
  notes(label: (actor: string) => string): readonly string[];
}

/** Hears of errors that an actor's callback threw, or a promise of its was rejected with, and nobody caught. */
export type UncaughtListener = (actor: string, error: unknown) => void;
