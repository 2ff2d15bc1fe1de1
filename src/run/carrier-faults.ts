import type { CarrierFault, CarrierMutation } from "../scenario/carrier-fault.ts";
import type { CarrierFields, FiredFault } from "../trace/evidence.ts";
import { type CarrierRewrite, asWritten } from "../wire/ledger.ts";

type Hop = Parameters<CarrierRewrite>[1];

/** What spoils the carriers that the faults choose, and leaves all others as they are. `onFired` hears of each that changed. */
export function spoiling(
  faults: readonly CarrierFault[],
  onFired: (fired: Omit<FiredFault, "timeUnixNano">) => void,
): CarrierRewrite {
  if (faults.length === 0) return asWritten;
  const choosers = faults.map((fault, index) => ({ fault, index, occurrenceOf: choosing(fault) }));
  const contextBefore = contextsOfSenders();
  return (fields, hop) => {
    const { traceparent } = fields;
    if (traceparent === undefined) return asWritten(fields, hop);
    const before = contextBefore(hop.from, traceparent);
    const chosen = choosers.flatMap(({ occurrenceOf, ...rest }) => {
      const occurrence = occurrenceOf(hop);
      return occurrence === undefined ? [] : [{ ...rest, occurrence }];
    });
    const spoil = (carrier: CarrierFields, { fault, index, occurrence }: (typeof chosen)[number]): CarrierFields => {
      const spoilt = MUTATIONS[fault.mutation](carrier, fault.of === "run" ? undefined : before);
      if (spoilt["traceparent"] !== carrier["traceparent"])
        onFired({ ...placeOf(hop), index, fault: "carrier", occurrence, detail: fault.mutation });
      return spoilt;
    };
    const sent = chosen.filter(({ fault }) => fault.by !== "intermediary").reduce(spoil, fields);
    return { sent, arriving: chosen.filter(({ fault }) => fault.by === "intermediary").reduce(spoil, sent) };
  };
}

/**
 * The how-manieth a message is of those that a fault is about, and `undefined` for one that it is not about. Each is asked
 * about once, in the order in which they leave.
 */
function choosing({
  fault: _fault,
  mutation: _mutation,
  of: _of,
  by: _by,
  occurrence,
  ...parts
}: CarrierFault): (hop: Hop) => number | undefined {
  const counts = new Map<string, number>();
  return (hop) => {
    if (!Object.entries(parts).every(([key, value]) => Reflect.get(hop, key) === value)) return undefined;
    const count = (counts.get(hop.from) ?? 0) + 1;
    counts.set(hop.from, count);
    return occurrence === undefined || occurrence === count ? count : undefined;
  };
}

function placeOf(hop: Hop): Omit<FiredFault, "index" | "fault" | "occurrence" | "detail" | "timeUnixNano"> {
  const { from, to, agent, method, transport, message } = hop;
  return { from, to, agent: agent ?? null, method, tool: null, direction: "request", transport, message };
}

/** Tells, of messages in the order in which they leave, the last context that a sender has sent before and that was another. */
export function contextsOfSenders(): (sender: string, now: string) => string | undefined {
  const known = new Map<string, { readonly latest: string; readonly before: string | undefined }>();
  return (sender, now) => {
    const last = known.get(sender);
    if (last?.latest === now) return last.before;
    known.set(sender, { latest: now, before: last?.latest });
    return last?.latest;
  };
}

type Mutate = (carrier: CarrierFields, earlier: string | undefined) => CarrierFields;

const MUTATIONS: Readonly<Record<CarrierMutation, Mutate>> = {
  dropped: () => ({}),
  namespaced: (carrier) => renamed(carrier, (key) => `io.example.${key}`),
  // In headers and environments the key may be in any case, so the ids are too.
  "upper-cased": (carrier) =>
    renamed(
      withContext(carrier, (text) => text.toUpperCase()),
      (key) => key.toUpperCase(),
    ),
  malformed: (carrier) => withContext(carrier, (text) => text.slice(0, -10)),
  stale: (carrier, earlier) => withContext(carrier, (text) => earlier ?? otherContext(text)),
  duplicated: (carrier) => withContext(carrier, (text) => `${text}, ${otherContext(text)}`),
  "flags-cleared": (carrier) => withContext(carrier, (text) => text.replace(/-[\da-f]{2}$/, "-00")),
};

function renamed(carrier: CarrierFields, rename: (key: string) => string): CarrierFields {
  return Object.fromEntries(Object.entries(carrier).map(([key, value]) => [rename(key), value]));
}

function withContext(carrier: CarrierFields, change: (traceparent: string) => string): CarrierFields {
  const { traceparent } = carrier;
  return traceparent === undefined ? carrier : { ...carrier, traceparent: change(traceparent) };
}

/** A context of no span of this run: both ids turned by a digit. */
function otherContext(traceparent: string): string {
  const [version, traceId = "", spanId = "", flags] = traceparent.split("-");
  const [otherTrace, otherSpan] = [traceId, spanId].map((id) => id.slice(1) + id.slice(0, 1));
  return [version, otherTrace, otherSpan, flags].join("-");
}
