import { redactText } from "../redaction.ts";
import type { SpanNode } from "../tree.ts";
import type { TraceView } from "./view.ts";

/** How bad it is, in the words of SARIF; worst first. */
export const LEVELS = ["error", "warning", "note"] as const;

export type Level = (typeof LEVELS)[number];

/** What a rule saw: at which span (none: in the whole trace), and in which words. */
export interface Sighting {
  readonly node?: SpanNode;
  readonly seen: string;
}

/** Numbers that a budget may change. */
export type Thresholds = Readonly<Record<string, number>>;

/** What a team states about its own traces: which attributes the spans of a kind, or of `any` kind, have to carry. */
export type RequiredAttributes = Readonly<Record<string, readonly string[]>>;

/** One thing that can be wrong with a trace. Data, and a pure function from one trace to what is wrong in it. */
export interface Rule<Name extends string = string> {
  /** Kebab-case; what budgets and reports call it. */
  readonly name: string;
  readonly level: Level;
  /** Why it matters, as one sentence. */
  readonly reason: string;
  /** How to put it right, as one sentence. */
  readonly mend: string;
  /** With their defaults, units last in their names. */
  readonly thresholds: Readonly<Record<Name, number>>;
  find(trace: TraceView, thresholds: Readonly<Record<Name, number>>, required: RequiredAttributes): readonly Sighting[];
}

/** Holds a rule to its own thresholds. */
export function ruleOf<Name extends string>(rule: Rule<Name>): Rule {
  return rule;
}

/** One thing that is wrong, as reports tell it. What is sensitive in it is replaced: it may come from span names. */
export interface Finding {
  readonly rule: string;
  readonly level: Level;
  /** Where the trace was read from; null where that is not known. */
  readonly file: string | null;
  /** Null for what is wrong with all traces together. */
  readonly traceId: string | null;
  /** Null for what is wrong with the whole trace. */
  readonly spanId: string | null;
  /** `kind name` of the span, as a shape would write it. */
  readonly label: string | null;
  readonly seen: string;
}

const LABEL_MAX = 120;
const SEEN_MAX = 400;

/** Where a trace is, and where it was read from. */
export interface TracePlace {
  readonly traceId: string | null;
  readonly file: string | null;
}

export function findingOf(
  rule: string,
  level: Level,
  { traceId, file }: TracePlace,
  { node, seen }: Sighting,
): Finding {
  const span =
    node === undefined
      ? { spanId: null, label: null }
      : { spanId: node.span.spanId, label: shown(labelOf(node), LABEL_MAX) };
  return { rule, level, file, traceId, ...span, seen: shown(seen, SEEN_MAX) };
}

/** `kind name`. */
export function labelOf({ meaning: { kind, name } }: SpanNode): string {
  return name === "" ? kind : `${kind} ${name}`;
}

/** Redacted before it is cut: half a secret is not recognised. */
function shown(text: string, max: number): string {
  const redacted = redactText(text);
  return redacted.length <= max ? redacted : `${redacted.slice(0, max - 1)}…`;
}

/** `3 spans`, `1 span`. */
export function many(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}

/** `33 %`, with a decimal below 10. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} %`;
}

/** `1.5 s`, `20 ms`. */
export function milliseconds(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toPrecision(3))} s` : `${Number(ms.toPrecision(3))} ms`;
}
