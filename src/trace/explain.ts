import { derivationOf, whyNotTaken, type Derivation } from "./dialects.ts";
import type { NumberField, TextField } from "./dialects/dialect.ts";
import { evaluationsOf } from "./evaluations.ts";
import { firstChunksOf } from "./first-chunk.ts";
import { conversationsOf, messageText, type Direction } from "./messages.ts";
import { isTransparent, transparencyReason } from "./semantic.ts";
import type { SpanNode } from "./tree.ts";

/** What one rule says of a field. */
export interface Finding {
  readonly value: string;
  /** The dialect whose table has the rule; null where it is none's. */
  readonly dialect: string | null;
  /** The attribute that it is read from, or where it comes from in words. */
  readonly rule: string;
}

/** One field of a span, and how it was recognised. */
export interface FieldExplanation extends Finding {
  readonly field: string;
  /** What other rules say of it, and why they did not win. */
  readonly lost: readonly (Finding & { readonly why: string })[];
  /** Why the span does not have the field, though attributes that may hold it are there. */
  readonly notTaken?: string;
}

export interface SpanExplanation {
  readonly traceId: string;
  readonly spanId: string;
  /** What the span itself is called. */
  readonly spanName: string;
  readonly isTransparent: boolean;
  readonly whyTransparent: string;
  readonly fields: readonly FieldExplanation[];
}

/** By which rule each field of a span was recognised, out of the tables that recognise it. */
export function explainSpan(node: SpanNode): SpanExplanation {
  const { span, meaning } = node;
  const derivation = derivationOf(span);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    spanName: span.name,
    isTransparent: isTransparent(meaning),
    whyTransparent: transparencyReason(meaning),
    fields: [
      kindField(node, derivation),
      { field: "name", value: meaning.name, dialect: null, rule: nameRule(node, derivation), lost: [] },
      ...handoffField(node, derivation),
      ...derivation.fields.flatMap((found) => attributeField(node, found, derivation)),
      ...agentAtWork(node),
      ...messagesField(node, "input"),
      ...messagesField(node, "output"),
      ...evaluationFields(node),
      ...firstChunkField(node),
    ],
  };
}

const LATER = "another rule is asked first";

function kindField({ meaning }: SpanNode, { kinds, handoffBy }: Derivation): FieldExplanation {
  const rules = kinds.map(({ kind, dialect, rule }): Finding => ({ value: kind, dialect, rule }));
  const [first, ...others] = rules;
  const lost = others.map((other) => ({ ...other, why: LATER }));
  if (first === undefined)
    return { field: "kind", value: meaning.kind, dialect: null, rule: "no dialect knows it", lost };
  if (first.value === meaning.kind) return { field: "kind", ...first, lost };
  const why = "a handoff that is written as something else is still one";
  return {
    field: "kind",
    value: meaning.kind,
    dialect: null,
    rule: handoffBy ?? "",
    lost: [{ ...first, why }, ...lost],
  };
}

function nameRule({ meaning }: SpanNode, { nameFrom }: Derivation): string {
  return meaning.handoff === undefined ? nameFrom : "who hands off to whom";
}

function handoffField({ meaning }: SpanNode, { handoffBy = "" }: Derivation): readonly FieldExplanation[] {
  const { handoff, handedOverBy } = meaning;
  if (handoff !== undefined) {
    const value = `${handoff.from} -> ${handoff.to}`;
    return [{ field: "handoff", value, dialect: null, rule: handoffBy, lost: [] }];
  }
  if (handedOverBy === undefined) return [];
  const value = `${handedOverBy} -> ${meaning.name}`;
  return [{ field: "handoff", value, dialect: null, rule: "the field handoffFrom of an agent", lost: [] }];
}

function attributeField(
  { meaning }: SpanNode,
  { field, candidates }: Derivation["fields"][number],
  { unfoldedFrom }: Derivation,
): readonly FieldExplanation[] {
  const findings = candidates.map(({ dialect, key, read }) => {
    const from = unfoldedFrom(dialect, key);
    return { value: String(read ?? ""), dialect, rule: from === undefined ? key : `${key}, out of ${from}`, read };
  });
  const winner = findings.find(({ read }) => read !== undefined);
  if (winner === undefined) return [];
  const lost = findings
    .filter((finding) => finding !== winner)
    .map(({ read, ...rest }) => ({ ...rest, why: read === undefined ? "its value is not usable" : LATER }));
  const { read: _read, ...finding } = winner;
  const notTaken = whyNotTaken(field, meaning.kind);
  return [{ field: labelOf(field), ...finding, lost, ...(notTaken !== undefined && { notTaken }) }];
}

/** `thing` is a word of the tables only. */
function labelOf(field: TextField | NumberField): string {
  return field === "thing" ? "subject" : field;
}

/** Whose doing the span is, where that is another agent than it names. */
function agentAtWork({ owner }: SpanNode): readonly FieldExplanation[] {
  if (owner === undefined) return [];
  return [{ field: "agent at work", value: owner, dialect: null, rule: "the nearest agent above it", lost: [] }];
}

function messagesField({ span, meaning }: SpanNode, direction: Direction): readonly FieldExplanation[] {
  const findings = conversationsOf(span, meaning.kind, direction).map(({ messages, dialect, rule }): Finding => ({
    value: messages.map(messageText).join("\n"),
    dialect,
    rule,
  }));
  const [first, ...others] = findings;
  if (first === undefined) return [];
  return [{ field: `${direction} messages`, ...first, lost: others.map((other) => ({ ...other, why: LATER })) }];
}

function firstChunkField({ span }: SpanNode): readonly FieldExplanation[] {
  const [first, ...others] = firstChunksOf(span).map(({ ms, ...found }): Finding => ({ value: `${ms} ms`, ...found }));
  if (first === undefined) return [];
  return [{ field: "time to first chunk", ...first, lost: others.map((other) => ({ ...other, why: LATER })) }];
}

function evaluationFields({ span }: SpanNode): readonly FieldExplanation[] {
  return evaluationsOf(span).map(({ name, score, label, explanation, dialect, rule }) => {
    const said = [score === undefined ? [] : [String(score)], label ?? [], explanation ?? []].flat().join(", ");
    return { field: "evaluation", value: `${name}: ${said}`, dialect, rule, lost: [] };
  });
}
