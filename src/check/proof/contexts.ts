import type { CarrierFields } from "../../trace/evidence.ts";

/** The contexts that each request is made with. */
export const CONTEXT_KINDS = ["valid", "foreign", "sampled-out", "malformed", "absent"] as const;

/**
 * `valid`: a sampled traceparent. `foreign`: with it a tracestate of vendors that nobody knows, and baggage.
 * `sampled-out`: its flags say that nobody records it. `malformed`: no traceparent by the rules. `absent`: none at all.
 */
export type ContextKind = (typeof CONTEXT_KINDS)[number];

export interface ContextIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** The fields of a context. `variant` takes the malformed forms in turn. */
export function contextFields(kind: ContextKind, ids: ContextIds, variant: number): CarrierFields {
  return FIELDS[kind](ids, variant);
}

const FIELDS: Readonly<Record<ContextKind, (ids: ContextIds, variant: number) => CarrierFields>> = {
  valid: ({ traceId, spanId }) => ({ traceparent: `00-${traceId}-${spanId}-01` }),
  foreign: ({ traceId, spanId }) => ({
    traceparent: `00-${traceId}-${spanId}-01`,
    tracestate: `troupe=${spanId},acme@vendor=a:${traceId.slice(0, 8)}/b`,
    baggage: `troupe.proof=${spanId},city=M%C3%BCnchen`,
  }),
  "sampled-out": ({ traceId, spanId }) => ({ traceparent: `00-${traceId}-${spanId}-00` }),
  malformed: (ids, variant) => ({ traceparent: malformed(ids, variant) }),
  absent: () => ({}),
};

/** @see W3C Trace Context, "traceparent Header Field Values": each of these restarts the trace. */
function malformed({ traceId, spanId }: ContextIds, variant: number): string {
  const forms = [
    `00-${traceId}-${spanId}`,
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId.slice(0, 30)}zz-${spanId}-01`,
  ] as const;
  return forms[variant % forms.length] ?? forms[0];
}

/** The members of a `tracestate`, in order; the keys and values as they stand. */
function tracestateMembers(text: string): readonly string[] {
  return text
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
}

/** The members of `baggage` by key, decoded, their properties left out. */
function baggageMembers(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(",").flatMap((member) => {
    const [pair = ""] = member.split(";", 1);
    const at = pair.indexOf("=");
    return at === -1 ? [] : [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())] as const];
  });
  return new Map(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What of `given` is not in `found`, as half a sentence each: members of tracestate in their order, baggage by its values. */
export function losses(given: CarrierFields, found: CarrierFields): readonly string[] {
  const lost: string[] = [];
  const states = tracestateMembers(found["tracestate"] ?? "");
  let at = 0;
  for (const member of tracestateMembers(given["tracestate"] ?? "")) {
    const next = states.indexOf(member, at);
    if (next === -1) lost.push(`tracestate lost ${member}`);
    else at = next + 1;
  }
  const baggage = baggageMembers(found["baggage"] ?? "");
  for (const [key, value] of baggageMembers(given["baggage"] ?? "")) {
    const kept = baggage.get(key);
    if (kept === undefined) lost.push(`baggage lost ${key}`);
    else if (kept !== value)
      lost.push(`baggage changed ${key} from ${JSON.stringify(value)} to ${JSON.stringify(kept)}`);
  }
  return lost;
}
