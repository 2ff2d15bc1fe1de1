import type { LedgerEntry } from "../../trace/evidence.ts";
import { type ReadCarrier, contextIn, readCarrierOf } from "./carrier.ts";
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
  /** The status of HTTP that came back to the caller; as it left, where nobody wrote down how it came. */
  readonly status: number | undefined;
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

/** The requests and notifications that crossed between services, or came back to theirs, in the order in which they left. */
export function crossingsOf(ledger: readonly LedgerEntry[]): readonly Crossing[] {
  const messages = new Map<string, Ends>();
  const replies = new Map<string, LedgerEntry>();
  const statuses = new Map<string, number>();
  const keepers = new Map<string, Set<LedgerEntry["protocol"]>>();
  for (const entry of ledger) {
    const { end, from, to, protocol, message, role } = entry;
    // What a service tells itself crosses nothing in process; over a wire, as an agent that asks itself, it does.
    if (WITHOUT_HOPS.has(protocol) || (from === to && protocol === "in-process")) continue;
    if (end === "received") keepers.set(to, (keepers.get(to) ?? new Set()).add(protocol));
    if (role === "reply") {
      // What its sender wrote of it goes before what came of that.
      if (end === "sent" || !replies.has(message)) replies.set(message, entry);
      if (entry.status !== undefined && (end === "received" || !statuses.has(message)))
        statuses.set(message, entry.status);
      continue;
    }
    const ends = messages.get(message) ?? { sent: undefined, received: undefined, deliveries: 0 };
    messages.set(message, ends);
    ends[end] ??= entry;
    if (end === "received") ends.deliveries++;
  }
  const crossings: Crossing[] = [];
  for (const ends of messages.values()) {
    const message = ends.sent ?? ends.received;
    if (message === undefined) continue;
    const isCalleeOwn = keepers.get(message.to)?.has(message.protocol) === true;
    const answer = message.role === "request" ? replyOf(message) : "";
    const known = { reply: replies.get(answer), status: statuses.get(answer), isCalleeOwn };
    crossings.push(crossingOf(message, ends, known));
  }
  return crossings;
}

interface Ends {
  sent: LedgerEntry | undefined;
  received: LedgerEntry | undefined;
  deliveries: number;
}

function crossingOf(
  message: LedgerEntry,
  { sent, received, deliveries }: Ends,
  known: Pick<Crossing, "reply" | "status" | "isCalleeOwn">,
): Crossing {
  const { protocol } = message;
  const left = readCarrierOf(message);
  const came = sent === undefined || received === undefined ? undefined : carrierCame(left, sent, received);
  const last = came ?? left;
  const context = last.state === "valid" ? last.context : contextIn((received ?? message).carrier, protocol);
  return { message, sent, received, left, came, deliveries, context, ...known };
}

/** In a simulation most carriers are one and the same at both ends, and need to be read only once. */
function carrierCame(left: ReadCarrier, sent: LedgerEntry, received: LedgerEntry): ReadCarrier {
  const isSame = sent.carrier === received.carrier && sent.repeated === received.repeated;
  return isSame ? left : readCarrierOf(received);
}

/** What the ledger calls the reply to a message. */
function replyOf({ message, from, to }: LedgerEntry): string {
  return `${to}>${from}${message.slice(from.length + to.length + 1).replace("#", "#re:")}`;
}
