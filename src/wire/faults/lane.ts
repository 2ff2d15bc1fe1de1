import { AsyncResource } from "node:async_hooks";
import type { Fate, HttpAnswer } from "./fate.ts";

/** What carries a message in one direction. */
export interface Carriage {
  /** Runs `arrive` when its time has come, behind all that went before where the direction has an order. */
  readonly deliver: (fate: Fate, arrive: () => void) => void;
  /** Ends the connection. */
  readonly cut: (isMidway: boolean) => void;
  /** Has HTTP answer in place of the callee. */
  readonly refuse: (answer: HttpAnswer) => void;
  /** Nobody will ever hear of it. */
  readonly lose: () => void;
  /** Returns what cancels it. */
  readonly after: (delayMs: number, fire: () => void) => () => void;
}

/** One direction of a hop or connection, in which messages may overtake each other, and end for good. */
export class FaultLane {
  #isHung = false;
  readonly #held = new Set<() => void>();

  /** Carries a message to its fate; `arrive` may run once, twice or never. */
  cross(fate: Fate, { deliver, cut, refuse, lose, after }: Carriage, arrive: (text: string) => void): void {
    const { end, text, withinMs } = fate;
    if (this.#isHung) return lose();
    this.#isHung = end === "hung";
    if (end === "lost" || end === "hung") return lose();
    if (end === "cut" || end === "cut-midway") return cut(end === "cut-midway");
    if (end !== "arrives") return refuse(end);
    const go = (): void => {
      for (let copy = 0; copy < fate.copies; copy++) deliver(fate, () => arrive(text));
    };
    if (withinMs !== undefined) return this.#hold(go, withinMs, after);
    go();
    for (const release of this.#held) release();
  }

  #hold(go: () => void, withinMs: number, after: Carriage["after"]): void {
    // In the context of who sent it, whoever overtakes it.
    const release = AsyncResource.bind((): void => {
      cancel();
      this.#held.delete(release);
      go();
    });
    const cancel = after(withinMs, release);
    this.#held.add(release);
  }
}
