import { HOP_PROTOCOLS } from "../check/propagation/policy.ts";
import type { Run } from "../run/outcome.ts";
import type { Breaks } from "../run/execute.ts";
import { isForeign } from "../scenario/agent.ts";
import { CARRIER_MUTATIONS, type CarrierMutation } from "../scenario/fault.ts";
import { SPAN_MUTATIONS, type SpanMutation } from "../scenario/span-fault.ts";
import { type Mutation, MUTATIONS } from "../scenario/survivor.ts";
import { ATTR } from "../trace/conventions.ts";
import type { LedgerEntry } from "../trace/evidence.ts";
import { type Span, serviceOf } from "../trace/span.ts";
import { contextsOfSenders } from "../wire/faults/carrier.ts";
import { askerOf } from "../wire/faults/subject.ts";

/** A message that crossed with a carrier, as it is named to whoever breaks it. */
export interface MutatedHop extends Pick<LedgerEntry, "from" | "to" | "method" | "protocol"> {
  /** The how-manieth message of these parts it is, from 1. */
  readonly occurrence: number;
  /** What the callee's span is called; the method where none is known. */
  readonly label: string;
}

/** One thing that can be made to go wrong at a hop: what to put in, or why nothing can be. */
interface Mutant {
  readonly mutation: Mutation;
  readonly breaks: Breaks | null;
  /** Why it is not applicable; empty where it is. */
  readonly whyNot: string;
}

export interface HopMutants {
  readonly hop: MutatedHop;
  /** In the order of {@link MUTATIONS}. */
  readonly mutants: readonly Mutant[];
}

/** Which mutants of a run are wanted. */
export interface MutantChoice {
  readonly mutations: readonly Mutation[];
  /** Whether of messages with the same ends and the same method only the first is broken. */
  readonly isOncePerKind: boolean;
}

export const ALL_MUTANTS: MutantChoice = { mutations: MUTATIONS, isOncePerKind: false };

/**
 * All that can be made to go wrong in a run that went well, by hop, in the order in which their messages left.
 *
 * A hop here is each message that crossed with a carrier, also between two agents of one process: each holds one edge of the
 * tree. Of what somebody outside of Troupe sends, the carrier is not ours to break, so such a message is not among them.
 * O(n log n) for n messages and spans.
 */
export function mutantsOf(run: Run, { mutations, isOncePerKind }: MutantChoice): readonly HopMutants[] {
  const callees = new Callees(run);
  const beyond = hitByFaults(run);
  const countOf = counting();
  const contextBefore = contextsOfSenders();
  const ends = new Map(run.spans.map(({ spanId, endTimeUnixNano }) => [spanId, endTimeUnixNano]));
  return run.ledger.flatMap((entry) => {
    const { from, to, agent, method, message, timeUnixNano } = entry;
    if (!isAsking(entry)) return [];
    const context = contextIn(entry);
    const before = context === undefined ? undefined : contextBefore(askerOf(entry), context);
    const protocol = HOP_PROTOCOLS.find((one) => one === entry.protocol);
    const whyNot = beyond.get(message);
    // The API of a model has no spans; what lost its carrier to a fault had one when the rules of faults saw it.
    if (protocol === undefined || (context ?? whyNot) === undefined) return [];
    const place = { from, to, method, protocol };
    const occurrence = countOf(JSON.stringify(place));
    const rule = { ...place, ...(agent !== undefined && { agent }) };
    const fault = { ...rule, occurrence: countOf(JSON.stringify([rule, askerOf(entry)])) };
    if (context === undefined) return [];
    const endBefore = before === undefined ? undefined : ends.get(spanIdIn(before));
    // What is still at work is not stale: nobody could tell its context from the right one.
    const staleOf = endBefore !== undefined && endBefore < timeUnixNano ? ("message" as const) : ("run" as const);
    const callee = callees.take(entry, spanIdIn(context));
    if (isOncePerKind && occurrence > 1) return [];
    const hop = { ...place, occurrence, label: callee?.span.name ?? method };
    const ofCarrier = (mutation: CarrierMutation): Mutant => {
      if (whyNot !== undefined) return { mutation, breaks: null, whyNot };
      const spoiling = { ...fault, carrier: mutation };
      const breaks = { faults: [mutation === "stale" ? { ...spoiling, of: staleOf } : spoiling] };
      return { mutation, breaks, whyNot: "" };
    };
    const all = [...CARRIER_MUTATIONS.map(ofCarrier), ...SPAN_MUTATIONS.map((each) => ofSpan(each, callee))];
    return [{ hop, mutants: all.filter(({ mutation }) => mutations.includes(mutation)) }];
  });
}

function counting(): (key: string) => number {
  const counts = new Map<string, number>();
  return (key) => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  };
}

/** Why the carrier of a message is not there to be broken: what the scenario's own faults have done to it already. */
function hitByFaults({ ledger, tallies }: Run): ReadonlyMap<string, string> {
  const arrived = new Set(ledger.flatMap(({ end, message }) => (end === "received" ? [message] : [])));
  const hit = new Map<string, string>();
  for (const { fault, direction, message } of tallies.flatMap(({ fired }) => fired))
    if (fault === "carrier") hit.set(message, "a fault of the scenario spoils its carrier");
    else if (direction === "request" && !arrived.has(message))
      hit.set(message, "a fault of the scenario keeps the message from arriving");
  return hit;
}

function isAsking({ end, role, isTold = false }: LedgerEntry): boolean {
  return end === "sent" && role !== "reply" && !isTold;
}

/** The context with which a message left; that of an environment stands in capitals. */
function contextIn({ carrier }: LedgerEntry): string | undefined {
  return carrier["traceparent"] ?? carrier["TRACEPARENT"];
}

function spanIdIn(traceparent: string): string {
  return traceparent.split("-")[2] ?? "";
}

function ofSpan(mutation: SpanMutation, callee: Callee | undefined): Mutant {
  const whyNot = whyNotSpan(mutation, callee);
  if (callee === undefined || whyNot !== "") return { mutation, breaks: null, whyNot };
  const { span, occurrence } = callee;
  return { mutation, breaks: { spans: [{ mutation, service: serviceOf(span), name: span.name, occurrence }] }, whyNot };
}

function whyNotSpan(mutation: SpanMutation, callee: Callee | undefined): string {
  if (callee === undefined) return "no span of the callee continues it";
  if (!callee.isOurs) return "the callee's spans are its own";
  if (mutation === "ended-early" && !callee.hasChildren) return "nothing hangs below the callee's span";
  if (mutation === "error-as-ok" && callee.span.status.code !== "error") return "nothing failed there";
  return "";
}

/** The span with which a callee takes a message up. */
interface Callee {
  readonly span: Span;
  /** The how-manieth it is of its service's spans of that name, from 1 as they start. */
  readonly occurrence: number;
  readonly hasChildren: boolean;
  readonly isOurs: boolean;
}

/** The spans of a run that continue a carrier, each of one message. */
class Callees {
  /** By parent, service and the method that they name, where they name one; the first to have started comes last. */
  readonly #untaken = new Map<string, Span[]>();
  readonly #parents = new Set<string>();
  readonly #occurrences = new Map<Span, number>();
  readonly #strangers: ReadonlySet<string>;

  constructor({ spans, plan }: Run) {
    this.#strangers = new Set(plan.scenario.agents.filter(isForeign).map(({ name }) => name));
    const counts = new Map<string, number>();
    const started = spans.toSorted((a, b) => Number(a.startTimeUnixNano - b.startTimeUnixNano));
    for (const span of started) {
      const key = `${serviceOf(span)}\n${span.name}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      this.#occurrences.set(span, count);
    }
    for (const span of started.toReversed()) {
      const { parentSpanId, attributes } = span;
      if (parentSpanId === undefined) continue;
      this.#parents.add(parentSpanId);
      const method = attributes[ATTR.mcpMethod] ?? attributes[ATTR.a2aMethod];
      const key = [parentSpanId, serviceOf(span), typeof method === "string" ? method : ""].join("\n");
      const same = this.#untaken.get(key) ?? [];
      same.push(span);
      this.#untaken.set(key, same);
    }
  }

  /** The first span that takes the message up and has taken up no other. */
  take({ to, method }: LedgerEntry, parent: string): Callee | undefined {
    const span =
      this.#untaken.get([parent, to, method].join("\n"))?.pop() ??
      this.#untaken.get([parent, to, ""].join("\n"))?.pop();
    if (span === undefined) return undefined;
    const occurrence = this.#occurrences.get(span) ?? 1;
    return { span, occurrence, hasChildren: this.#parents.has(span.spanId), isOurs: !this.#strangers.has(to) };
  }
}
