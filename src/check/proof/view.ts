import { ATTR } from "../../trace/conventions.ts";
import type { AttributeValue, Span } from "../../trace/span.ts";
import type { Traceparent } from "../propagation/trace-context.ts";
import type { Evidence, Heard, Trial } from "./evidence.ts";
import { contextIn, workOf } from "./onward.ts";

/** A trial with what belongs to it. */
export interface View {
  readonly trial: Trial;
  readonly evidence: Evidence;
  /** What the carrier that the peer has to read says; absent where it says nothing valid. */
  readonly sent: Traceparent | undefined;
  /** Spans that are children of ours. */
  readonly children: readonly Span[];
  /** Spans of our trace, children or not. */
  readonly inTrace: readonly Span[];
  /** Spans that link to ours. */
  readonly linked: readonly Span[];
  /** Spans of the trace of the other carrier, where there are two. */
  readonly inOther: readonly Span[];
  /** Spans of the trace of a traceparent that is none. */
  readonly taken: readonly Span[];
  /** The same request with a valid context; absent where there was none. */
  readonly twin: Trial | undefined;
  /** Spans that began in the trial's time, in a trace of their own or under another trial's span. */
  readonly strays: readonly Span[];
  /** What the peer sent on in the trial's time. */
  readonly onward: readonly Heard[];
}

/** The evidence of each trial. O(n log n) for n spans and messages. */
export function viewsOf(trials: readonly Trial[], evidence: Evidence): readonly View[] {
  const index = indexOf(trials, evidence);
  return trials.map((trial) => viewOf(trial, evidence, index));
}

/** The evidence by what it is looked up by. Lists are in the order of time. */
interface Index {
  /** Requests with a valid context, by what they are. */
  readonly valid: ReadonlyMap<string, Trial>;
  readonly byTrace: ReadonlyMap<string, readonly Span[]>;
  readonly byLink: ReadonlyMap<string, readonly Span[]>;
  /** Whose trial's trace it is. */
  readonly owners: ReadonlyMap<string, Trial>;
  /** Spans with which the peer was entered, and which do not say by what request: their parent is none of its own. */
  readonly entries: readonly Span[];
  /** Those that do. */
  readonly byRequest: ReadonlyMap<string, readonly Span[]>;
  readonly downstream: readonly Heard[];
}

function indexOf(trials: readonly Trial[], { spans, downstream }: Evidence): Index {
  const sorted = spans.toSorted((a, b) => order(a.startTimeUnixNano, b.startTimeUnixNano));
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const entries = sorted.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId));
  const requests = new Set(trials.map(({ method, requestId }) => requestKey(method, requestId)));
  const keysOf = ({ attributes }: Span): readonly string[] => {
    const key = requestKey(attributes[ATTR.mcpMethod] ?? attributes[ATTR.a2aMethod], attributes[ATTR.jsonrpcRequestId]);
    return key !== "" && requests.has(key) ? [key] : [];
  };
  return {
    valid: new Map(trials.flatMap((trial) => (trial.context === "valid" ? [[nameOf(trial), trial]] : []))),
    byTrace: grouped(sorted, ({ traceId }) => [traceId]),
    byLink: grouped(sorted, ({ links }) => links.map(({ spanId }) => spanId)),
    owners: new Map(trials.flatMap((trial) => traceIdsOf(trial).map((traceId) => [traceId, trial] as const))),
    entries: entries.filter((span) => keysOf(span).length === 0),
    byRequest: grouped(entries, keysOf),
    downstream: downstream.toSorted((a, b) => order(a.timeUnixNano, b.timeUnixNano)),
  };
}

/** What tells one request of a connection from another, however the clocks stand. */
function requestKey(method: AttributeValue | undefined, requestId: AttributeValue | undefined): string {
  if (typeof method !== "string" || requestId === undefined || typeof requestId === "object") return "";
  return `${method}#${requestId}`;
}

function nameOf({ method, target, place }: Trial): string {
  return JSON.stringify([method, target, place]);
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function grouped(spans: readonly Span[], keysOf: (span: Span) => readonly string[]): ReadonlyMap<string, Span[]> {
  const groups = new Map<string, Span[]>();
  for (const span of spans)
    for (const key of keysOf(span)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [span]);
      else group.push(span);
    }
  return groups;
}

function viewOf(trial: Trial, evidence: Evidence, index: Index): View {
  const sent = sentBy(trial, evidence);
  const other = trial.place === "both" ? contextIn(trial.carriers.header) : undefined;
  const inTrace = sent === undefined ? [] : (index.byTrace.get(sent.traceId) ?? []);
  return {
    trial,
    evidence,
    sent,
    inTrace,
    children: inTrace.filter(({ parentSpanId }) => parentSpanId === sent?.spanId),
    linked: sent === undefined ? [] : (index.byLink.get(sent.spanId) ?? []),
    inOther: other === undefined ? [] : (index.byTrace.get(other.traceId) ?? []),
    taken: trial.context !== "malformed" ? [] : traceIdsOf(trial).flatMap((id) => index.byTrace.get(id) ?? []),
    twin: index.valid.get(nameOf(trial)),
    strays: (evidence.isSameClock ? startedIn(trial, index) : []).filter((span) => isStray(span, trial, index.owners)),
    onward: workOf(within(index.downstream, ({ timeUnixNano }) => timeUnixNano, trial)),
  };
}

/** Spans that a trial's request entered the peer by: what they say of it comes before when they began. */
function startedIn(trial: Trial, { byRequest, entries }: Index): readonly Span[] {
  const named = byRequest.get(requestKey(trial.method, trial.requestId)) ?? [];
  // Another client may have counted up to the same id, at another time.
  const near = named.filter(
    ({ startTimeUnixNano: start }) => start > trial.startUnixNano - NEAR_NANO && start < trial.endUnixNano + NEAR_NANO,
  );
  return [...near, ...within(entries, ({ startTimeUnixNano }) => startTimeUnixNano + LATE_NANO, trial)];
}

/** How far the clock of a process may stand apart from that of another. */
const NEAR_NANO = 1_000_000_000n;

/** Those of a list in the order of time that are within a trial's. */
function within<T>(
  list: readonly T[],
  timeOf: (item: T) => bigint,
  { startUnixNano, endUnixNano }: Trial,
): readonly T[] {
  const first = (from: bigint): number => {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const item = list[middle];
      if (item !== undefined && timeOf(item) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return list.slice(first(startUnixNano), first(endUnixNano));
}

/** SDKs stamp a start in whole milliseconds, cut off, and so up to one too early. */
const LATE_NANO = 1_500_000n;

/** In a trace that is no trial's, or right under what another trial sent; work that goes on after an answer is neither. */
function isStray(span: Span, trial: Trial, owners: ReadonlyMap<string, Trial>): boolean {
  const owner = owners.get(span.traceId);
  if (owner === undefined) return true;
  if (owner === trial) return trial.context === "malformed";
  const { meta, header } = owner.carriers;
  return [meta, header].some((fields) => contextIn(fields)?.spanId === span.parentSpanId);
}

/** Also those of traceparents that are none: a peer may take them up. */
function traceIdsOf({ carriers: { meta, header } }: Trial): readonly string[] {
  return [meta, header].flatMap(({ traceparent = "" }) => /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1] ?? []);
}

function sentBy({ place, carriers }: Trial, { due }: Evidence): View["sent"] {
  return contextIn(due === "_meta" && place !== "header" ? carriers.meta : carriers.header);
}
