import { AsyncResource } from "node:async_hooks";
import type { Clock } from "../../core/clock.ts";
import { canonicalJson } from "../../core/json.ts";
import { type Random, hash64, randomStream } from "../../core/random.ts";
import { type Direction, type MessageFault, directionOf } from "../../scenario/fault.ts";
import { isMcpLifecycle } from "../../trace/conventions.ts";
import type { FaultTally, FiredFault } from "../../trace/evidence.ts";
import { FaultLane } from "./lane.ts";
import type { FaultSubject } from "./subject.ts";

/** A fault that is to happen to one message. */
export interface ChosenFault {
  readonly fault: MessageFault;
  readonly subject: FaultSubject;
  /** Chance keyed by the message, for what the fault leaves open. */
  readonly random: Random;
  /** Puts down that it has happened. */
  readonly fire: (detail: string) => void;
}

/** What is to happen to a request, and to its reply, in the order of the scenario's list. */
export type ChosenFaults = Readonly<Record<Direction, readonly ChosenFault[]>>;

export interface FaultSurroundings {
  readonly seed: number;
  readonly clock: Clock;
  /** A timer of the actor whose code runs; returns what cancels it. */
  readonly setTimer: (delayNano: number, fire: () => void) => () => void;
  /** Has the end of the run wait for that. */
  readonly keepInHand: (work: Promise<void>) => void;
  /** After how long who asked over HTTP gives up, where no answer comes. */
  readonly limitMs: number;
}

/**
 * The faults of one run, in one of its processes: which message each of them hits, and which it has hit.
 *
 * Who asks decides, and counts what it asks; draws are keyed by what is asked and how often its agent has asked that, so
 * that a fault, or a message, more never shifts another's draw, and `wire` draws what `sim` does.
 */
export class WireFaults {
  readonly limitMs: number;
  readonly #faults: readonly (MessageFault & { readonly stream: string })[];
  readonly #surroundings: FaultSurroundings;
  readonly #counts = new Map<string, number>();
  readonly #timers = new Set<() => void>();
  readonly #lanes = new Map<string, FaultLane>();
  readonly #fired: FiredFault[] = [];
  readonly #fitting: number[];

  constructor(faults: readonly MessageFault[], surroundings: FaultSurroundings) {
    this.#faults = withStreams(faults);
    this.#surroundings = surroundings;
    this.#fitting = faults.map(() => 0);
    this.limitMs = surroundings.limitMs;
  }

  get tally(): FaultTally {
    return { fired: this.#fired, fitting: this.#fitting };
  }

  /** What is to happen to a message that is about to leave, and to its reply. */
  choose(subject: FaultSubject): ChosenFaults {
    const chosen: Record<Direction, ChosenFault[]> = { request: [], reply: [] };
    const asker = `${subject.from}/${subject.agent ?? ""}`;
    const { to, method, tool = "", content } = subject;
    const call = `${asker}>${to}/${method}/${tool}/${hash64(content)}`;
    const round = this.#count(call);
    for (const [index, fault] of this.#faults.entries()) {
      if (!fits(fault, subject)) continue;
      this.#fitting[index] = (this.#fitting[index] ?? 0) + 1;
      const occurrence = this.#count(`${index}/${asker}`);
      if (fault.occurrence !== undefined && fault.occurrence !== occurrence) continue;
      const random = randomStream(this.#surroundings.seed, `faults/${fault.stream}/${call}/${round}`);
      if (random.next() >= (fault.rate ?? 1)) continue;
      const direction = directionOf(fault);
      let isTold = false;
      const fire = (detail: string): void => {
        // A request that was sent twice has two replies, and what happens to both is one fault.
        if (!isTold) this.#fired.push(this.#firing(index, subject, { occurrence, detail }));
        isTold = true;
      };
      chosen[direction].push({ fault, subject, random, fire });
    }
    return chosen;
  }

  /** One direction of a hop over HTTP, where each message has a connection of its own. */
  lane({ from, to }: FaultSubject, direction: Direction): FaultLane {
    const key = `${from}>${to}/${direction}`;
    const known = this.#lanes.get(key) ?? new FaultLane();
    this.#lanes.set(key, known);
    return known;
  }

  /** Returns what cancels it. It fires in the async context in which it was set. */
  after(delayMs: number, fire: () => void): () => void {
    const fired = (): void => {
      this.#timers.delete(cancel);
      fire();
    };
    const cancel = this.#surroundings.setTimer(Math.round(delayMs * 1_000_000), AsyncResource.bind(fired));
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  /** Has the end of the run wait for that. */
  keepInHand(work: Promise<void>): void {
    this.#surroundings.keepInHand(work);
  }

  /**
   * The run does not end until as many replies have come as copies of a request have left, or their connection has
   * closed: who asked goes on with the first, and what the other end then does would be chance.
   *
   * @returns what hears of each reply, and of the end.
   */
  expect(count: number): (isOver: boolean) => void {
    let settle = (): void => {};
    this.keepInHand(new Promise((resolve) => (settle = resolve)));
    let left = count;
    return (isOver) => {
      left = isOver ? 0 : left - 1;
      if (left <= 0) settle();
    };
  }

  /** What is still to come will not: the run is over. */
  close(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  nowUnixNano(): bigint {
    return this.#surroundings.clock.nowUnixNano();
  }

  #count(key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }

  #firing(
    index: number,
    subject: FaultSubject,
    { occurrence, detail }: Pick<FiredFault, "occurrence" | "detail">,
  ): FiredFault {
    const { from, to, agent = null, method, tool = null, transport, message } = subject;
    const fault = this.#faults[index];
    if (fault === undefined) throw new Error(`BUG: no fault ${index}`);
    return {
      index,
      fault: fault.fault,
      from,
      to,
      agent,
      method,
      tool,
      direction: directionOf(fault),
      occurrence,
      transport,
      message,
      detail,
      timeUnixNano: this.nowUnixNano(),
    };
  }
}

/** Whether all that a rule states holds of a message. */
function fits(fault: MessageFault, subject: FaultSubject): boolean {
  const { from, to, agent, method, tool } = fault;
  if (fault.fault === "is-error" && subject.method !== "tools/call") return false;
  if (directionOf(fault) === "reply" && subject.method.startsWith("notifications/")) return false;
  if (method === undefined && isLifecycle(subject.method)) return false;
  return (
    (from === undefined || from === subject.from) &&
    (to === undefined || to === subject.to) &&
    (agent === undefined || agent === subject.agent) &&
    (method === undefined || method === subject.method) &&
    (tool === undefined || tool === subject.tool)
  );
}

/** What no agent asks for by itself: a handshake, a list, a notification, a card. */
function isLifecycle(method: string): boolean {
  return isMcpLifecycle(method) || method.startsWith("GET ");
}

/**
 * Each fault with the name of its chance: what it is and which messages it fits, and neither its place in the list nor
 * how likely it is, so that with a higher rate it hits what it hit before, and more.
 */
function withStreams(faults: readonly MessageFault[]): readonly (MessageFault & { readonly stream: string })[] {
  const seen = new Map<string, number>();
  return faults.map((fault) => {
    const { from, to, agent, method, tool } = fault;
    const name = canonicalJson([fault.fault, directionOf(fault), from, to, agent, method, tool]);
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return { ...fault, stream: `${name}/${count}` };
  });
}
