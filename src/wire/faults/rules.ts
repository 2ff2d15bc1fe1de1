import { canonicalJson } from "../../core/json.ts";
import { type Random, hash64, randomStream } from "../../core/random.ts";
import { type WireFault, directionOf, faultLabel, isCarrierFault } from "../../scenario/fault.ts";
import { isMcpLifecycle } from "../../trace/conventions.ts";
import { type FaultSubject, askerOf } from "./subject.ts";

/** A fault with its place in the scenario's list. */
export interface PlacedFault<Fault> {
  readonly fault: Fault;
  readonly index: number;
}

/** A fault that hits one message. */
export interface Hit<Fault> extends PlacedFault<Fault> {
  /** The how-manieth it is of the messages that the fault's rule fits, counted from 1 for each agent that asks. */
  readonly occurrence: number;
  /** Chance keyed by the message, for what the fault leaves open. */
  readonly random: Random;
}

/**
 * Which messages faults hit, by rule and by chance.
 *
 * Who asks decides, and counts what it asks; draws are keyed by what is asked and how often its agent has asked that, so
 * that a fault, or a message, more never shifts another's draw, and `wire` draws what `sim` does.
 */
export class FaultRules<Fault extends WireFault> {
  readonly #faults: readonly (PlacedFault<Fault> & { readonly stream: string })[];
  readonly #seed: number;
  readonly #counts = new Map<string, number>();
  readonly #fitting = new Map<number, number>();
  readonly #unknown = new Map<number, number>();

  constructor(faults: readonly PlacedFault<Fault>[], seed: number) {
    this.#faults = withStreams(faults);
    this.#seed = seed;
  }

  get areNone(): boolean {
    return this.#faults.length === 0;
  }

  /** How many messages the rule of the fault at that place of the scenario's list has fitted. */
  fitting(index: number): number {
    return this.#fitting.get(index) ?? 0;
  }

  /** How many messages more it might have fitted, were it known which agent asks. */
  unknown(index: number): number {
    return this.#unknown.get(index) ?? 0;
  }

  /** The faults that hit a message, in the order of the list. Each message is asked about once, when it leaves. */
  hits(subject: FaultSubject): readonly Hit<Fault>[] {
    const asker = askerOf(subject);
    const { to, method, tool = "", content } = subject;
    const call = `${asker}>${to}/${method}/${tool}/${hash64(content)}`;
    const round = this.#count(call);
    return this.#faults.flatMap(({ fault, index, stream }) => {
      if (!fits(fault, subject)) {
        if (subject.isUnknown === true && fits(fault, { ...subject, from: fault.from ?? "", agent: fault.agent }))
          this.#unknown.set(index, this.unknown(index) + 1);
        return [];
      }
      this.#fitting.set(index, this.fitting(index) + 1);
      const occurrence = this.#count(`${index}/${asker}`);
      if (fault.occurrence !== undefined && fault.occurrence !== occurrence) return [];
      const random = randomStream(this.#seed, `faults/${stream}/${call}/${round}`);
      return random.next() < (fault.rate ?? 1) ? [{ fault, index, occurrence, random }] : [];
    });
  }

  #count(key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }
}

/** Whether all that a rule states holds of a message. */
function fits(fault: WireFault, subject: FaultSubject): boolean {
  const { from, to, agent, method, tool } = fault;
  if (isCarrierFault(fault) ? !isAbout(fault.protocol, subject) : !isPossible(fault, subject)) return false;
  if (method === undefined && isLifecycle(subject.method)) return false;
  return (
    (from === undefined || from === subject.from) &&
    (to === undefined || to === subject.to) &&
    (agent === undefined || agent === subject.agent) &&
    (method === undefined || method === subject.method) &&
    (tool === undefined || tool === subject.tool)
  );
}

function isAbout(wanted: FaultSubject["protocol"] | undefined, { protocol }: FaultSubject): boolean {
  return wanted === undefined ? protocol === "mcp" || protocol === "a2a" : wanted === protocol;
}

function isPossible(fault: Parameters<typeof directionOf>[0], { method }: FaultSubject): boolean {
  if (fault.fault === "is-error" && method !== "tools/call") return false;
  return directionOf(fault) !== "reply" || !method.startsWith("notifications/");
}

/** What no agent asks for by itself: a handshake, a list, a notification, a card. */
function isLifecycle(method: string): boolean {
  return isMcpLifecycle(method) || method.startsWith("GET ");
}

/**
 * Each fault with the name of its chance: what it is and which messages it fits, and neither its place in the list nor
 * how likely it is, so that with a higher rate it hits what it hit before, and more.
 */
function withStreams<Fault extends WireFault>(
  faults: readonly PlacedFault<Fault>[],
): readonly (PlacedFault<Fault> & { readonly stream: string })[] {
  const seen = new Map<string, number>();
  return faults.map(({ fault, index }) => {
    const { from, to, agent, method, tool } = fault;
    const direction = isCarrierFault(fault) ? "request" : directionOf(fault);
    const name = canonicalJson([faultLabel(fault), direction, from, to, agent, method, tool]);
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return { fault, index, stream: `${name}/${count}` };
  });
}
