import type { CarrierFault, CarrierMutation } from "../../scenario/fault.ts";
import type { CarrierFields } from "../../trace/evidence.ts";

/** A carrier after a fault; the same one where it was so before. `earlier` is the context that a stale one takes up, if any. */
export function spoilt(carrier: CarrierFields, fault: CarrierFault, earlier: string | undefined): CarrierFields {
  return MUTATIONS[fault.carrier](carrier, fault.of === "run" ? undefined : earlier);
}

/** Tells, of messages in the order in which they leave, the last context that who asks has sent before and that was another. */
export function contextsOfSenders(): (asker: string, now: string) => string | undefined {
  const known = new Map<string, { readonly latest: string; readonly before: string | undefined }>();
  return (asker, now) => {
    const last = known.get(asker);
    if (last?.latest === now) return last.before;
    known.set(asker, { latest: now, before: last?.latest });
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
