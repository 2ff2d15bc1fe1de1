import { ATTR } from "../../trace/conventions.ts";
import { type Span, serviceOf } from "../../trace/span.ts";

/** What spans lack of being all that there are. */
export interface Lack {
  /** Ids of parents that spans name and that are not there, sorted. */
  readonly parents: readonly string[];
  /** All that is lacking, a phrase each; empty for a closed tree. */
  readonly words: readonly string[];
}

/**
 * What a tree lacks of being *closed*: each message to an agent is continued by a span of somebody else's, every parent
 * that a span names is there, and every span has ended. That nothing more is to come no tree can say.
 *
 * @param own the runner's spans, in which the messages stand.
 * @param others what came of them elsewhere.
 */
export function lackOf(own: readonly Span[], others: readonly Span[]): Lack {
  const all = new Map([...own, ...others].map((span) => [span.spanId, span]));
  const continued = ancestorsOf(others, all);
  const lost = others.filter(({ parentSpanId }) => parentSpanId !== undefined && !all.has(parentSpanId));
  const parents = [...new Set(lost.flatMap(({ parentSpanId }) => parentSpanId ?? []))].toSorted();
  const open = others.filter(({ endTimeUnixNano }) => endTimeUnixNano === undefined);
  const words = own
    .filter((span) => isMessage(span) && !continued.has(span.spanId))
    .map(
      ({ attributes, traceId, spanId }) =>
        `nothing continues the message to agent ${JSON.stringify(attributes[ATTR.agentName])} (traceparent 00-${traceId}-${spanId}-01)`,
    );
  if (lost[0] !== undefined)
    words.push(`${count(parents.length, "parent")} of ${labelled(lost)} did not come: ${shown(parents)}`);
  if (open[0] !== undefined) words.push(`${labelled(open)} has not ended`);
  return { parents, words };
}

/** The ids of all spans that `spans` hang from. */
function ancestorsOf(spans: readonly Span[], all: ReadonlyMap<string, Span>): ReadonlySet<string> {
  const known = new Set<string>();
  for (const span of spans)
    for (let id = span.parentSpanId; id !== undefined && !known.has(id); id = all.get(id)?.parentSpanId) known.add(id);
  return known;
}

/** A failed one may have reached nobody. */
function isMessage({ attributes, status }: Span): boolean {
  const isCall = attributes[ATTR.harness] === true && attributes[ATTR.operation] === "invoke_agent";
  return isCall && status.code !== "error";
}

const SHOWN_MAX = 5;

function shown(ids: readonly string[]): string {
  return [...ids.slice(0, SHOWN_MAX), ...(ids.length > SHOWN_MAX ? ["…"] : [])].join(", ");
}

function labelled(spans: readonly Span[]): string {
  const [first] = spans;
  if (first === undefined) return "";
  const others = spans.length === 1 ? "" : ` and ${count(spans.length - 1, "other span")}`;
  return `${JSON.stringify(first.name)} (${serviceOf(first)})${others}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
