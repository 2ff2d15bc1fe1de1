import { shape } from "../../src/shape/builders/shape.ts";
import type { EventBuilder } from "../../src/shape/builders/events.ts";
import type { NodeBuilder, ReferenceBuilder } from "../../src/shape/builders/lines.ts";
import type { ItemBuilder, Part } from "../../src/shape/builders/parts.ts";
import type { Condition, NameArgument } from "../../src/shape/builders/arguments.ts";
import type {
  Body,
  Count,
  EventPattern,
  GroupType,
  Item,
  ListMode,
  NodePattern,
  Predicate,
  Reference,
  Shape,
  SinglePattern,
  TextTest,
  ValueTest,
} from "../../src/shape/pattern.ts";

const GROUPS = {
  "in-order": shape.inOrder,
  sequence: shape.sequence,
  "any-order": shape.anyOrder,
  parallel: shape.parallel,
  "one-of": shape.oneOf,
} as const satisfies Record<GroupType, unknown>;

/** The shape made once more, by calls of builders alone. */
export function rebuilt(given: Shape): Shape {
  const { title, children, define } = given;
  const header = {
    ...(title === undefined ? {} : { title }),
    children,
    define: Object.fromEntries(define.map(({ name, items }) => [name, items.map((item) => itemOf(item, children))])),
  };
  if ("trace" in given) return shape.of(header, ...partsOf(given.trace, children));
  return shape.traces(
    header,
    ...given.traces.map((body) => counted(shape.trace(...partsOf(body, children)), body.count)),
  );
}

function partsOf({ list, never, links, events }: Body, fallback: ListMode): readonly Part[] {
  const items = (list?.items ?? []).map((item) => itemOf(item, fallback));
  const isPlain = list?.mode === fallback && items.length > 0;
  return [
    ...(list === undefined || isPlain ? items : [shape[list.mode](...items)]),
    ...(never.length === 0 ? [] : [shape.never(...never.map((pattern) => singleOf(pattern, fallback)))]),
    ...links.map((pattern) => shape.link(singleOf(pattern, fallback))),
    ...events.map(eventOf),
  ];
}

function itemOf(item: Item, fallback: ListMode): ItemBuilder {
  if (item.type === "rest") return shape.rest();
  if (item.type === "node" || item.type === "reference") return singleOf(item, fallback);
  const group = GROUPS[item.type](...item.items.map((member) => itemOf(member, fallback)));
  return counted(group, item.count);
}

function singleOf(pattern: SinglePattern, fallback: ListMode): ItemBuilder<SinglePattern> {
  return pattern.type === "node" ? nodeOf(pattern, fallback) : referenceOf(pattern);
}

function nodeOf(
  { kind, name, service, predicates, count, isDeep, ...body }: NodePattern,
  fallback: ListMode,
): NodeBuilder {
  // In exactly, a line that says nothing of its children has to say so.
  const isOpen = body.list === undefined && fallback === "exactly";
  const parts = isOpen ? [shape.contain(), ...partsOf(body, fallback)] : partsOf(body, fallback);
  let made = name === undefined ? shape.kind(kind, ...parts) : shape.kind(kind, nameOf(name), ...parts);
  if (service !== undefined) made = made.at(nameOf(service));
  for (const predicate of predicates) made = made.where({ [predicate.key]: conditionOf(predicate) });
  return counted(isDeep ? made.anywhere() : made, count);
}

function referenceOf({ name, isDeep, count }: Reference): ReferenceBuilder {
  const made = shape.reference(name);
  return counted(isDeep ? made.anywhere() : made, count);
}

function eventOf({ name, predicates, count }: EventPattern): EventBuilder {
  let made = shape.event(name === undefined ? undefined : nameOf(name));
  for (const predicate of predicates) made = made.where({ [predicate.key]: conditionOf(predicate) });
  return counted(made, count);
}

function counted<T extends { readonly times: (min: number, max?: number) => T }>(made: T, count: Count | undefined): T {
  return count === undefined ? made : made.times(count.min, count.max);
}

function nameOf(test: TextTest): NameArgument {
  if (test.type === "regex") return new RegExp(test.source, test.flags);
  return test.type === "glob" ? test.text : shape.literal(test.text);
}

function conditionOf(predicate: Predicate): Condition {
  if (!("value" in predicate)) return { present: predicate.op === "present" };
  const { op, value } = predicate;
  if (op === "=") return value.type === "capture" ? shape.capture(value.name) : plainOf(value);
  if (op === "!=") return { not: plainOf(value) };
  return value.type === "word" ? { [op]: value.text } : plainOf(value);
}

function plainOf(value: ValueTest): NameArgument {
  if (value.type === "capture") throw new Error("a capture stands after = alone");
  return value.type === "word" ? value.text : nameOf(value);
}
