import type { TextTransport } from "../decorated-transport.ts";
import { ConnectionFaults, type Subjects } from "./connection.ts";
import { type Fate, wholeAfterMs } from "./fate.ts";
import { type Carriage, FaultLane } from "./lane.ts";
import { readAfterFault } from "./text.ts";
import type { WireFaults } from "./wire-faults.ts";

/**
 * One end of a connection over which messages go in order, as over pipes and sockets, with a run's faults between it and
 * the wire. What they leave of a message that comes in, the SDK reads as it reads any line.
 */
export function faultyTransport(
  inner: TextTransport,
  faults: WireFaults | undefined,
  { end, subjects }: { readonly end: "client" | "server"; readonly subjects: Subjects },
): TextTransport {
  if (faults === undefined) return inner;
  const connection = new ConnectionFaults(faults, subjects);
  const fateOf = (to: "client" | "server", ...[message, text]: Parameters<ConnectionFaults["leaving"]>): Fate =>
    to === "server" ? connection.leaving(message, text) : connection.arriving(message, text);
  const far = end === "client" ? "server" : "client";
  const [there, back] = [new FaultyDirection(inner, faults), new FaultyDirection(inner, faults)];
  const outer: TextTransport = {
    start: () => inner.start(),
    close: () => inner.close(),
    send: (message, options, text = JSON.stringify(message)) =>
      there.cross(fateOf(far, message, text), (left) => inner.send(message, options, left)),
    setProtocolVersion: (version) => inner.setProtocolVersion?.(version),
  };
  inner.onmessage = (message, extra, text = JSON.stringify(message)) => {
    void back.cross(fateOf(end, message, text), (left) => {
      const read = left === text ? message : readAfterFault(left);
      if (read instanceof Error) outer.onerror?.(read);
      else outer.onmessage?.(read, extra, left);
    });
  };
  inner.onclose = () => {
    connection.close();
    there.close();
    back.close();
    outer.onclose?.();
  };
  inner.onerror = (error) => outer.onerror?.(error);
  return outer;
}

/** One direction, in which what is late holds up all that is behind it. */
class FaultyDirection {
  readonly #lane = new FaultLane();
  readonly #inner: TextTransport;
  readonly #faults: WireFaults;
  readonly #waiting: (() => void)[] = [];
  readonly #timers = new Set<() => void>();

  constructor(inner: TextTransport, faults: WireFaults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  /** Rejects as `arrive` does, where it runs at once. */
  cross(fate: Fate, arrive: (text: string) => Promise<void> | void): Promise<void> {
    let arrived: Promise<void> | void = undefined;
    const carriage: Carriage = {
      deliver: (carried, go) => this.#deliver(wholeAfterMs(carried), go),
      cut: () => void this.#inner.close(),
      refuse: () => {},
      lose: () => {},
      after: (delayMs, fire) => this.#after(delayMs, fire),
    };
    this.#lane.cross(fate, carriage, (left) => {
      arrived = arrive(left);
      // Of one that leaves late nobody waits to hear whether it could.
      arrived?.catch(() => {});
    });
    return Promise.resolve(arrived);
  }

  close(): void {
    for (const cancel of this.#timers) cancel();
    this.#waiting.length = 0;
  }

  #deliver(delayMs: number, go: () => void): void {
    if (this.#waiting.length === 0 && delayMs === 0) return go();
    this.#waiting.push(() => {
      this.#after(delayMs, () => {
        go();
        this.#waiting.shift();
        this.#waiting[0]?.();
      });
    });
    if (this.#waiting.length === 1) this.#waiting[0]?.();
  }

  #after(delayMs: number, fire: () => void): () => void {
    const cancel = this.#faults.after(delayMs, () => {
      this.#timers.delete(cancel);
      fire();
    });
    this.#timers.add(cancel);
    return () => {
      cancel();
      this.#timers.delete(cancel);
    };
  }
}
