import type { EventPattern, NodePattern, Predicate, TextTest, ValueTest } from "../../src/shape/pattern.ts";
import { isTransparent } from "../../src/trace/semantic.ts";
import type { Attributes, AttributeValue } from "../../src/trace/span.ts";
import type { SpanNode } from "../../src/trace/tree.ts";
import type { Flaw } from "./oracle-flaws.ts";

/** The value of each capture in scope, as text. */
export type Bound = ReadonlyMap<string, string>;

const NAMED_TRANSPARENT = ["http", "span", "mcp.lifecycle", "workflow", "turn"];

/** Whether kind, name, service and predicates of a pattern hold for a span. */
export function fitsHead(node: SpanNode, pattern: NodePattern, bound: Bound, flaw?: Flaw): boolean {
  const { span, meaning } = node;
  const passes = isTransparent(meaning);
  if (pattern.kind === "any" ? passes : meaning.kind !== pattern.kind) return false;
  if (passes && !NAMED_TRANSPARENT.includes(pattern.kind)) return false;
  if (!fitsText(meaning.name, pattern.name)) return false;
  const service = span.resource["service.name"];
  if (!fitsText(typeof service === "string" ? service : "", pattern.service)) return false;
  const identity = { "span.id": span.spanId, "trace.id": span.traceId };
  return pattern.predicates.every((predicate) => fits({ ...span.attributes, ...identity }, predicate, bound, flaw));
}

/** Whether as many events of a span as the pattern says have its name and attributes. */
export function fitsEvents(node: SpanNode, pattern: EventPattern, bound: Bound, flaw?: Flaw): boolean {
  const { length } = node.span.events.filter((event) => {
    const isFit = pattern.predicates.every((predicate) => fits(event.attributes, predicate, bound, flaw));
    return isFit && fitsText(event.name, pattern.name);
  });
  const { min, max } = pattern.count ?? { min: 1, max: Infinity };
  return length >= min && length <= max;
}

function fitsText(text: string, test: TextTest | undefined): boolean {
  if (test === undefined) return true;
  if (test.type === "literal") return text === test.text;
  if (test.type === "regex") return new RegExp(test.source, test.flags).test(text);
  return new RegExp(`^${test.text.replaceAll("*", ".*")}$`, "s").test(text);
}

function fits(attributes: Attributes, predicate: Predicate, bound: Bound, flaw?: Flaw): boolean {
  const texts = textsOf(attributes[predicate.key]);
  const isPresent = attributes[predicate.key] !== undefined;
  if (!("value" in predicate)) return isPresent === (predicate.op === "present");
  if (predicate.op === "=" || predicate.op === "!=") {
    const isEqual = texts.some((text) => equals(text, predicate.value, bound, flaw));
    if (predicate.op === "=") return isEqual;
    return !isEqual && (isPresent || flaw === "unequal holds for an absent attribute");
  }
  const { op, value } = predicate;
  const limit = value.type === "word" ? Number(value.text) : NaN;
  return texts.filter(isNumber).some((text) => {
    if (op === "<") return Number(text) < limit;
    if (op === "<=") return Number(text) <= limit;
    return op === ">" ? Number(text) > limit : Number(text) >= limit;
  });
}

function equals(text: string, test: ValueTest, bound: Bound, flaw?: Flaw): boolean {
  if (test.type === "capture") {
    return flaw === "captures say nothing" || equals(text, { type: "word", text: bound.get(test.name) ?? "" }, bound);
  }
  if (test.type !== "word") return fitsText(text, test);
  return text === test.text || (isNumber(text) && isNumber(test.text) && Number(text) === Number(test.text));
}

/** What an attribute says, as text: one for each element of a list. */
export function textsOf(value: AttributeValue | undefined): readonly string[] {
  if (Array.isArray(value)) return (value as readonly AttributeValue[]).flatMap(textsOf);
  if (typeof value === "string") return [value];
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ? [String(value)] : [];
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}
