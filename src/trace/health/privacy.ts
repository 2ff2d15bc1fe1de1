import { type Detection, detectSensitive, type Sensitivity } from "../redaction.ts";
import type { Attributes, AttributeValue } from "../span.ts";
import type { SpanNode } from "../tree.ts";
import { many, type Rule, ruleOf, type Sighting } from "./rule.ts";
import type { TraceView } from "./view.ts";

/** What must not stand in a trace. */
export const PRIVACY_RULES: readonly Rule[] = [
  ruleOf({
    name: "secret-in-attribute",
    level: "error",
    reason: "Traces are read by many and kept for long: whoever reads this one can use the key.",
    mend: "Revoke the key, and redact it before spans are exported, in the instrumentation or in the collector.",
    thresholds: {},
    find: (trace) => sightings(trace, "secret"),
  }),
  ruleOf({
    name: "personal-data-in-attribute",
    level: "warning",
    reason: "Personal data in traces is stored, copied and kept beyond what its owners were told.",
    mend: "Do not record what people wrote, or redact it before spans are exported.",
    thresholds: {},
    find: (trace) => sightings(trace, "personal"),
  }),
];

/** What is sensitive in a trace, looked for once for both rules. */
const detectedIn = new WeakMap<TraceView, readonly Detected[]>();

interface Detected extends Pick<Detection, "sensitivity" | "what"> {
  readonly node: SpanNode;
  readonly at: string;
  count: number;
}

/** One sighting for each kind and attribute of a trace, at the first span that has it; never the thing itself. */
function sightings(trace: TraceView, sensitivity: Sensitivity): readonly Sighting[] {
  const detected = detectedIn.get(trace) ?? detect(trace);
  detectedIn.set(trace, detected);
  return detected
    .filter((found) => found.sensitivity === sensitivity)
    .map(({ node, what, at, count }) => {
      const others = count === 1 ? "" : `, as on ${many(count - 1, "other span")}`;
      return { node, seen: `${at} holds ${what}${others}` };
    });
}

function detect({ nodes }: TraceView): readonly Detected[] {
  const detected = new Map<string, Detected>();
  for (const node of nodes)
    for (const [at, text] of textsOf(node)) {
      const kinds = new Map(detectSensitive(text).map((found) => [found.kind, found]));
      for (const [kind, { sensitivity, what }] of kinds) {
        const known = detected.get(`${kind} ${at}`);
        if (known === undefined) detected.set(`${kind} ${at}`, { node, sensitivity, what, at, count: 1 });
        else known.count++;
      }
    }
  return [...detected.values()];
}

/** Shorter texts hold nothing that any pattern finds. */
const LENGTH_MIN = 6;

function* textsOf({ span }: SpanNode): Generator<readonly [at: string, text: string]> {
  yield ["the span's name", span.name];
  if (span.status.message !== undefined) yield ["the span's status", span.status.message];
  yield* textsIn(span.attributes, "");
  for (const { name, attributes } of span.events) yield* textsIn(attributes, `event ${name}: `);
}

/** Texts of attributes, also those inside of lists and objects, under the key of the whole. Numbers are measures. */
function* textsIn(attributes: Attributes, prefix: string): Generator<readonly [at: string, text: string]> {
  for (const key in attributes) {
    const stack: (readonly [name: string, value: AttributeValue])[] = [[key, attributes[key] ?? null]];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const [name, value] = next;
      if (typeof value === "string") {
        const text = isNamedSecret(name) ? `${name}=${value}` : value;
        if (text.length >= LENGTH_MIN) yield [prefix + key, text];
      } else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array))
        for (const [inner, member] of Object.entries<AttributeValue>(value))
          stack.push([Array.isArray(value) ? name : inner, member]);
    }
  }
}

/** An attribute that is called a password needs nothing in its value to tell it. */
function isNamedSecret(key: string): boolean {
  return /(?:^|[._-])(?:password|passwd|passphrase|client_secret|secret_key|api_?key|(?:access|auth|refresh)_token)$/i.test(
    key,
  );
}
