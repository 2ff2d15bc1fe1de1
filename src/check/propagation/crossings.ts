import type { LedgerEntry } from "../../trace/evidence.ts";
import { type ReadCarrier, contextIn, readCarrier } from "./carrier.ts";
import type { Traceparent } from "./trace-context.ts";

/** One message with what each end wrote of it; an end that Troupe does not own wrote nothing. */
export interface Crossing {
  readonly message: LedgerEntry;
  readonly sent: LedgerEntry | undefined;
  readonly received: LedgerEntry | undefined;
  /** The carrier as it set out; where nobody wrote that down, as it came. */
  readonly left: ReadCarrier;
  /** The carrier as it came, where both ends were written down. */
  readonly came: ReadCarrier | undefined;
  /** What answered it, as far as an answer was written down. */
  readonly reply: LedgerEntry | undefined;
  /** How often it came: a fault may deliver a message twice. */
  readonly deliveries: number;
  /** Whether the callee writes down what reaches it, so that what it did not write did not reach it. */
  readonly isCalleeOwn: boolean;
  /** The context that reached the callee, as far as is known; undefined where a receiver could read none. */
  readonly context: Traceparent | undefined;
}

/**
 * A model's API continues nobody's trace: there is no span of its that a carrier could have reached. A line carries no
 * context: the program that reads it had it from its environment.
 */
const WITHOUT_HOPS: ReadonlySet<LedgerEntry["protocol"]> = new Set(["model", "line"]);

/** The requests and notifications that crossed from one service to another, in the order in which they left. */
export function crossingsOf(ledger: readonly LedgerEntry[]): readonly Crossing[] {
  const ends = new Map<string, { sent?: LedgerEntry; received?: LedgerEntry; deliveries: number }>();
  const replies = new Map<string, LedgerEntry>();
  const keepers = new Set<string>();
  for (const entry of ledger) {
    if (WITHOUT_HOPS.has(entry.protocol) || entry.from === entry.to) continue;
    if (entry.end === "received") keepers.add(keeperOf(entry));
    if (entry.role === "reply") {
      // What its sender wrote of it goes before what came of that.
      if (entry.end === "sent" || !replies.has(entry.message)) replies.set(entry.message, entry);
      continue;
    }
    const known = ends.get(entry.message) ?? { deliveries: 0 };
    ends.set(entry.message, known);
    known[entry.end] ??= entry;
    if (entry.end === "received") known.deliveries++;
  }
  return [...ends.values()].flatMap(({ sent, received, deliveries }) => {
    const message = sent ?? received;
    if (message === undefined) return [];
    const reply = replies.get(replyOf(message));
    const left = readCarrier(message.carrier, message.protocol);
    const came =
      sent === undefined || received === undefined ? undefined : readCarrier(received.carrier, message.protocol);
    const context = contextIn((received ?? message).carrier, message.protocol);
    const isCalleeOwn = keepers.has(keeperOf(message));
    return [{ message, sent, received, left, came, reply, deliveries, isCalleeOwn, context }];
  });
}

function keeperOf({ to, protocol }: LedgerEntry): string {
  return `${to}\n${protocol}`;
}

/** What the ledger calls the reply to a message. */
function replyOf({ message, from, to }: LedgerEntry): string {
  return `${to}>${from}${message.slice(`${from}>${to}`.length).replace("#", "#re:")}`;
}
