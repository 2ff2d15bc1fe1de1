import { canonicalName } from "./dialects/canonical-name.ts";
import { NUMBER_FIELDS, TEXT_FIELDS, type NumberField, type TextField } from "./dialects/dialect.ts";
import { isHarness } from "./dialects/troupe.ts";
import { candidatesFor, fieldReader, type Candidate, type Fields } from "./dialects/fields.ts";
import { handoffOf, type HandoffEnds } from "./dialects/handoff.ts";
import { DIALECTS } from "./dialects/order.ts";
import type { Kind, Meaning } from "./kinds.ts";
import type { Attributes, Span } from "./span.ts";

const readFields = fieldReader(DIALECTS);
const UNFOLDINGS = DIALECTS.flatMap(({ unfold }) => unfold ?? []);
const KIND_RULES = DIALECTS.flatMap(({ name, kinds = [] }) => kinds.map((rule) => ({ dialect: name, ...rule })));

/** Kinds whose arguments and results are their own, and no chat messages. */
const CALLS: ReadonlySet<Kind> = new Set<Kind>(["tool", "handoff", "mcp.client", "mcp.server"]);
const METHODS: ReadonlySet<Kind> = new Set<Kind>([
  "tool",
  "mcp.client",
  "mcp.server",
  "mcp.lifecycle",
  "a2a.client",
  "a2a.server",
]);

/**
 * What a span says, normalised field by field: the kind may come from one dialect and the tokens from another.
 *
 * A handoff's source may be "" here, where the span does not name it; in a tree it is the nearest agent.
 */
export function meaningOf(span: Span): Meaning {
  const fields = readFields(unfolded(span));
  const { kind: own, dialect } = ownKindOf(span);
  const { name: ownName } = canonicalName(own, fields.text, span);
  const handoff = handoffOf(own, ownName, fields)?.ends;
  const kind = handoff === undefined ? own : "handoff";
  const name = handoff === undefined ? ownName : handoffName(handoff);
  const meaning: Draft = { kind, name, dialect, isHarness: isHarness(span.attributes) };
  takeFields(meaning, ownName, fields);
  if (handoff !== undefined) meaning.handoff = handoff;
  return meaning;
}

/** A meaning while it is put together; not spread from parts, since there is one for each span. */
type Draft = { -readonly [Key in keyof Meaning]: Meaning[Key] };

/** How a span came by its meaning. */
export interface Derivation {
  /** The kinds that rules give it, the one that won first; none where no dialect knows it. */
  readonly kinds: readonly KindFound[];
  /** From what its canonical name was made. */
  readonly nameFrom: string;
  /** What made it a handoff, where it is one in disguise or in the open. */
  readonly handoffBy: string | undefined;
  /** For each field that some attribute may hold: those attributes, best first; the first that is usable won. */
  readonly fields: readonly { readonly field: TextField | NumberField; readonly candidates: readonly Candidate[] }[];
  /** Where a dialect keeps what its table calls by a key that is no attribute of the span. */
  readonly unfoldedFrom: (dialect: string, key: string) => string | undefined;
}

/** How {@link meaningOf} came to what it says, by the same tables and rules. */
export function derivationOf(span: Span): Derivation {
  const attributes = unfolded(span);
  const fields = readFields(attributes);
  const { kind } = ownKindOf(span);
  const { name, from } = canonicalName(kind, fields.text, span);
  return {
    kinds: kindsOf(span),
    nameFrom: from,
    handoffBy: handoffOf(kind, name, fields)?.by,
    fields: [...TEXT_FIELDS, ...NUMBER_FIELDS].flatMap((field) => {
      const candidates = candidatesFor(field, DIALECTS, attributes);
      return candidates.length === 0 ? [] : [{ field, candidates }];
    }),
    unfoldedFrom: (dialect, key) => {
      const [attribute = ""] = key.split("#");
      return attribute in span.attributes ? undefined : DIALECTS.find((each) => each.name === dialect)?.unfold?.from;
    },
  };
}

/** The attributes of a span, and what dialects keep elsewhere in it. */
function unfolded(span: Span): Attributes {
  let attributes = span.attributes;
  for (const { attributesOf } of UNFOLDINGS) {
    const added = attributesOf(span);
    if (added !== undefined) attributes = { ...added, ...attributes };
  }
  return attributes;
}

/** The canonical name of a handoff. */
export function handoffName({ from, to }: HandoffEnds): string {
  return `${from} -> ${to}`;
}

const NO_RULE: KindFound = { kind: "span", dialect: "none", rule: "no dialect knows it" };

interface KindFound {
  readonly kind: Kind;
  readonly dialect: string;
  readonly rule: string;
}

/** What a span means by its dialect's own words, and which of its rules said so. */
function ownKindOf(span: Span): KindFound {
  for (const { dialect, rule, kindOf } of KIND_RULES) {
    const kind = kindOf(span);
    if (kind !== undefined) return { kind, dialect, rule };
  }
  return NO_RULE;
}

/** Every kind that some rule gives a span, in the order in which they are asked: the first wins. */
function kindsOf(span: Span): readonly KindFound[] {
  return KIND_RULES.flatMap(({ dialect, rule, kindOf }) => {
    const kind = kindOf(span);
    return kind === undefined ? [] : [{ kind, dialect, rule }];
  });
}

/** Why a span of a kind does not have what is found under a field's attributes; undefined where it has. */
export function whyNotTaken(field: TextField | NumberField, kind: Kind): string | undefined {
  if ((field === "arguments" || field === "result") && !CALLS.has(kind)) return "only calls have arguments and results";
  if (field === "payload" && kind !== "handoff") return "only handoffs have a payload";
  return field === "method" && !METHODS.has(kind) ? "only calls by a protocol have a method" : undefined;
}

function takeFields(meaning: Draft, ownName: string, { text, number }: Fields): void {
  const { kind } = meaning;
  const agent = text.agent ?? (kind === "agent" ? ownName : undefined);
  const tool = text.tool ?? (kind === "tool" ? ownName : undefined);
  if (agent !== undefined) meaning.agent = agent;
  if (tool !== undefined) meaning.tool = tool;
  for (const field of PLAIN_FIELDS) {
    const value = text[field];
    if (value !== undefined) meaning[field] = value;
  }
  for (const field of NUMBER_FIELDS) {
    const value = number[field];
    if (value !== undefined) meaning[field] = value;
  }
  if (kind === "agent" && text.handoffFrom !== undefined) meaning.handedOverBy = text.handoffFrom;
  const given = kind === "handoff" ? (text.payload ?? text.arguments) : text.arguments;
  if (given !== undefined && CALLS.has(kind)) meaning.arguments = given;
  if (text.result !== undefined && CALLS.has(kind)) meaning.result = text.result;
  if (text.method !== undefined && METHODS.has(kind)) meaning.method = text.method;
}

/** Fields that a meaning has as they are found. */
const PLAIN_FIELDS = [
  "model",
  "provider",
  "server",
  "finishReason",
  "toolCallId",
  "taskState",
  "session",
  "user",
] as const satisfies readonly (TextField & keyof Meaning)[];
