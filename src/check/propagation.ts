import type { CarrierFields, Cause, Hop, LedgerEntry } from "../trace/evidence.ts";
import type { Mismatch } from "../trace/mismatch.ts";
import { serviceOf } from "../trace/span.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";
import { CAUSES } from "./causes.ts";
import type { CheckExpectation } from "./expectation.ts";
import { checkOf } from "./expectation.ts";
import { nodesOf, placeOf } from "./place.ts";
import { readTraceparent } from "./traceparent.ts";

/** One message with what each end wrote of it; an end that Troupe does not own wrote nothing. */
interface Crossing {
  readonly message: LedgerEntry;
  readonly sent: CarrierFields | undefined;
  readonly received: CarrierFields | undefined;
}

const CARRIER_LABELS = {
  mcp: "params._meta",
  a2a: "traceparent",
  "in-process": "envelope",
  http: "traceparent",
  environment: "TRACEPARENT",
  model: "traceparent",
  line: "",
} as const satisfies Record<LedgerEntry["protocol"], string>;

/**
 * A model's API continues nobody's trace: there is no span of its that a carrier could have reached. A line carries no
 * context: the program that reads it had it from its environment.
 */
const WITHOUT_HOPS: ReadonlySet<LedgerEntry["protocol"]> = new Set(["model", "line"]);

/** Trace context survived every hop of the run. Without a ledger, as for a trace file, it cannot be decided. */
export function propagation(): CheckExpectation {
  return checkOf("propagation", ({ ledger, trees }) => {
    const judged = judgeCrossings(ledger, trees);
    if (judged.length === 0) {
      const message = "nothing is known to have crossed between services, so there is no hop to judge";
      return [{ kind: "undecided", expectedAt: "propagation", expected: "every hop whole", message }];
    }
    const broken = judged.filter(({ hop }) => hop.verdict === "broken");
    const bySpanId = new Map(broken.length === 0 ? [] : nodesOf(trees).map((node) => [node.span.spanId, node]));
    return broken.map(({ hop, carrier }): Mismatch => {
      const caller = typeof carrier === "string" ? undefined : bySpanId.get(carrier.spanId);
      return {
        kind: "broken-trace",
        expectedAt: "propagation",
        expected: `${hop.method} to arrive @${hop.to}`,
        message: hopSentence(hop),
        ...(caller !== undefined && { under: placeOf(caller) }),
      };
    });
  });
}

/** What broke on a hop, as one sentence with its mend. */
export function hopSentence({ from, to, method, causes }: Hop): string {
  const reasons = causes.map((cause) => `${CAUSES[cause].what} (${cause}). ${CAUSES[cause].mend}`);
  return `${from} -> ${to} ${method}: ${reasons.join(" ")}`;
}

/**
 * Judges each request and notification that crossed between two services, in the order in which they left.
 *
 * A hop is whole when the callee has a span whose parent is the span named in the carrier. O(n log n) for n ledger entries
 * and spans; each span of the callee explains at most one broken hop.
 */
export function judgeHops(ledger: readonly LedgerEntry[], trees: readonly Tree[]): readonly Hop[] {
  return judgeCrossings(ledger, trees).map(({ hop }) => hop);
}

interface JudgedCrossing {
  readonly hop: Hop;
  readonly carrier: Carrier;
}

type Carrier = ReturnType<typeof readTraceparent>;

/** A run's hops are asked for by its report and by `propagation()`. */
const judged = new WeakMap<
  readonly Tree[],
  { readonly ledger: readonly LedgerEntry[]; readonly crossings: readonly JudgedCrossing[] }
>();

function judgeCrossings(ledger: readonly LedgerEntry[], trees: readonly Tree[]): readonly JudgedCrossing[] {
  const known = judged.get(trees);
  if (known?.ledger === ledger) return known.crossings;
  const crossings = judgeNow(ledger, trees);
  judged.set(trees, { ledger, crossings });
  return crossings;
}

function judgeNow(ledger: readonly LedgerEntry[], trees: readonly Tree[]): readonly JudgedCrossing[] {
  const crossings = pairEnds(ledger);
  const callees = calleeSpans(trees);
  const arrivals = crossings.map((crossing) => whoArrived(crossing, callees));
  const strays = straysOf(callees.entries, new Set(arrivals));
  return crossings.map((crossing, index) => {
    const { message } = crossing;
    const carrier = readTraceparent(crossing.sent ?? crossing.received ?? {});
    const cause = arrivals[index] === undefined ? causeOf(crossing, carrier, strays) : undefined;
    const hop: Hop = {
      from: message.from,
      to: message.to,
      agent: message.agent ?? null,
      method: message.method,
      transport: message.transport,
      carrier: carrier === "absent" ? null : CARRIER_LABELS[message.protocol],
      verdict: cause === undefined ? "whole" : "broken",
      causes: cause === undefined ? [] : [cause],
    };
    return { hop, carrier };
  });
}

/** Entries into a service that continue no carrier, by service and method; the first to have started comes last. */
function straysOf(
  entries: readonly SpanNode[],
  arrived: ReadonlySet<SpanNode | undefined>,
): ReadonlyMap<string, SpanNode[]> {
  const strays = new Map<string, SpanNode[]>();
  const lastFirst = entries.toSorted((a, b) => Number(b.span.startTimeUnixNano - a.span.startTimeUnixNano));
  for (const node of lastFirst) if (!arrived.has(node)) listIn(strays, entryKey(node)).push(node);
  return strays;
}

function pairEnds(ledger: readonly LedgerEntry[]): readonly Crossing[] {
  const crossings = new Map<string, Crossing>();
  for (const entry of ledger) {
    if (entry.role === "reply" || WITHOUT_HOPS.has(entry.protocol) || entry.from === entry.to) continue;
    const known = crossings.get(entry.message);
    // A message that a fault delivered twice is still one hop: the first of each end counts.
    if (known?.[entry.end] !== undefined) continue;
    const { message = entry, sent, received } = known ?? {};
    const { end, carrier } = entry;
    const crossing = end === "sent" ? { message, sent: carrier, received } : { message, sent, received: carrier };
    crossings.set(entry.message, crossing);
  }
  return [...crossings.values()];
}

interface CalleeSpans {
  /** Spans by service and the parent that they name. */
  readonly byParent: ReadonlyMap<string, readonly SpanNode[]>;
  /** Spans at which a service is entered: no parent, or one that is not of the same service. */
  readonly entries: readonly SpanNode[];
}

function calleeSpans(trees: readonly Tree[]): CalleeSpans {
  const byParent = new Map<string, SpanNode[]>();
  const entries: SpanNode[] = [];
  for (const node of nodesOf(trees)) {
    const { span, parent } = node;
    const service = serviceOf(span);
    if (parent !== undefined && serviceOf(parent.span) === service) continue;
    entries.push(node);
    if (span.parentSpanId !== undefined)
      listIn(byParent, `${service}\n${span.traceId}\n${span.parentSpanId}`).push(node);
  }
  return { byParent, entries };
}

/** The callee's span that continues the carrier as it was sent. */
function whoArrived({ message, sent, received }: Crossing, { byParent }: CalleeSpans): SpanNode | undefined {
  const carrier = readTraceparent(sent ?? received ?? {});
  if (typeof carrier === "string") return undefined;
  const children = byParent.get(`${message.to}\n${carrier.traceId}\n${carrier.spanId}`);
  return children?.find(({ meaning }) => meaning.method === undefined || meaning.method === message.method);
}

function causeOf(
  { message, sent, received }: Crossing,
  carrier: Carrier,
  strays: ReadonlyMap<string, SpanNode[]>,
): Cause {
  // Taken whatever the cause, so that a later message cannot be blamed for this one's span.
  const stray = (strays.get(`${message.to}\n${message.method}`) ?? strays.get(`${message.to}\n`))?.pop();
  if (carrier === "absent") return "not-injected";
  if (carrier === "bad") return "bad-carrier";
  if (sent !== undefined && received !== undefined && sent["traceparent"] !== received["traceparent"])
    return "re-rooted";
  if (stray !== undefined) return stray.span.parentSpanId === undefined ? "not-extracted" : "wrong-parent";
  return carrier.isSampled ? "never-exported" : "sampled-out";
}

function entryKey({ span, meaning }: SpanNode): string {
  return `${serviceOf(span)}\n${meaning.method ?? ""}`;
}

function listIn(lists: Map<string, SpanNode[]>, key: string): SpanNode[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
