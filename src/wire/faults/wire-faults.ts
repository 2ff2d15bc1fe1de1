import { AsyncResource } from "node:async_hooks";
import type { Clock } from "../../core/clock.ts";
import type { Random } from "../../core/random.ts";
import {
  type CarrierFault,
  type Direction,
  type MessageFault,
  type WireFault,
  directionOf,
  isCarrierFault,
} from "../../scenario/fault.ts";
import type { CarrierFields, FaultTally, FiredFault } from "../../trace/evidence.ts";
import { type CarrierRewrite, asWritten } from "../ledger.ts";
import { contextsOfSenders, spoilt } from "./carrier.ts";
import { FaultLane } from "./lane.ts";
import { FaultRules, type Hit, type PlacedFault } from "./rules.ts";
import { type FaultSubject, askerOf, subjectOf } from "./subject.ts";

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
 * The faults of one run, in one of its processes: what they do to the messages that leave it, to those of strangers that
 * reach it, and to what both carry, and which have happened.
 */
export class WireFaults {
  readonly limitMs: number;
  readonly rewrite: CarrierRewrite;
  readonly #surroundings: FaultSurroundings;
  readonly #ofMessages: FaultRules<MessageFault>;
  readonly #ofCarriers: FaultRules<CarrierFault>;
  readonly #count: number;
  readonly #timers = new Set<() => void>();
  readonly #lanes = new Map<string, FaultLane>();
  readonly #fired: FiredFault[] = [];

  constructor(faults: readonly WireFault[], surroundings: FaultSurroundings) {
    const { seed, limitMs } = surroundings;
    const placed = faults.map((fault, index) => ({ fault, index }));
    const isOfCarrier = (one: PlacedFault<WireFault>): one is PlacedFault<CarrierFault> => isCarrierFault(one.fault);
    const isOfMessage = (one: PlacedFault<WireFault>): one is PlacedFault<MessageFault> => !isCarrierFault(one.fault);
    this.#ofMessages = new FaultRules(placed.filter(isOfMessage), seed);
    this.#ofCarriers = new FaultRules(placed.filter(isOfCarrier), seed);
    this.#count = faults.length;
    this.#surroundings = surroundings;
    this.limitMs = limitMs;
    this.rewrite = this.#ofCarriers.areNone ? asWritten : this.#spoiling();
  }

  get tally(): FaultTally {
    const [messages, carriers] = [this.#ofMessages, this.#ofCarriers];
    const indices = Array.from({ length: this.#count }, (_, index) => index);
    return {
      fired: this.#fired,
      fitting: indices.map((index) => messages.fitting(index) + carriers.fitting(index)),
      unknown: indices.map((index) => messages.unknown(index) + carriers.unknown(index)),
    };
  }

  /** What is to happen to a message that is about to leave, and to its reply. */
  choose(subject: FaultSubject): ChosenFaults {
    const chosen: Record<Direction, ChosenFault[]> = { request: [], reply: [] };
    for (const hit of this.#ofMessages.hits(subject)) {
      const { fault, random } = hit;
      const direction = directionOf(fault);
      let isTold = false;
      const fire = (detail: string): void => {
        // A request that was sent twice has two replies, and what happens to both is one fault.
        if (!isTold) this.#tell(hit, subject, { fault: fault.fault, direction, detail });
        isTold = true;
      };
      chosen[direction].push({ fault, subject, random, fire });
    }
    return chosen;
  }

  /** Spoils the carriers of the messages that the rules choose; one without context cannot go wrong, and does not count. */
  #spoiling(): CarrierRewrite {
    const contextBefore = contextsOfSenders();
    return (fields, entry) => {
      const { traceparent } = fields;
      if (traceparent === undefined) return asWritten(fields, entry);
      const before = contextBefore(askerOf(entry), traceparent);
      const subject = subjectOf(entry);
      const hits = this.#ofCarriers.hits(subject);
      const spoil = (carrier: CarrierFields, hit: Hit<CarrierFault>): CarrierFields => {
        const changed = spoilt(carrier, hit.fault, before);
        if (changed["traceparent"] !== carrier["traceparent"])
          this.#tell(hit, subject, { fault: "carrier", direction: "request", detail: hit.fault.carrier });
        return changed;
      };
      const sent = hits.filter(({ fault }) => fault.by !== "intermediary").reduce(spoil, fields);
      return { sent, arriving: hits.filter(({ fault }) => fault.by === "intermediary").reduce(spoil, sent) };
    };
  }

  #tell(
    { index, occurrence }: Hit<WireFault>,
    { from, to, agent, method, tool, transport, message }: FaultSubject,
    what: Pick<FiredFault, "fault" | "direction" | "detail">,
  ): void {
    const hop = { from, to, agent: agent ?? null, method, tool: tool ?? null, transport, message };
    this.#fired.push({ index, ...what, ...hop, occurrence, timeUnixNano: this.nowUnixNano() });
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
}
