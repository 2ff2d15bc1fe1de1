import type {
  Body,
  Count,
  EventPattern,
  Item,
  ItemList,
  ListMode,
  NodePattern,
  Predicate,
  Shape,
  SinglePattern,
  TextTest,
  TraceBody,
  Unsaid,
  ValueTest,
} from "./pattern.ts";
import { isLeafEmpty } from "./pattern.ts";
import { isGlob, isPlainName, quoted, yamlScalar } from "./text/plain-text.ts";

const COLUMNS_MAX = 100;

/**
 * The shape as YAML text: its header, its own definitions, its traces. Reading it back gives the same structure, and
 * printing that gives the same text.
 */
export function printShape(shape: Shape): string {
  const lines: string[] = [];
  if (shape.title !== undefined) lines.push(`shape: ${yamlScalar(shape.title)}`);
  if (shape.children === "exactly") lines.push("children: exactly");
  printInclude(shape.include, lines);
  const own = shape.define.filter(({ from }) => from === undefined);
  if (own.length > 0) lines.push("define:");
  for (const { name, items } of own) {
    lines.push(`${indent(1)}${yamlScalar(name)}:`);
    printItems(items, 2, { mode: shape.children, isTree: false, around: shape.children }, lines);
  }
  const place: Place = { mode: shape.children, isTree: true, around: "contain" };
  if ("traces" in shape) printTraces(shape.traces, place, lines);
  else {
    const hasHeader = lines.length > 0;
    if (hasHeader) lines.push("trace:");
    printBody(shape.trace, hasHeader ? 1 : 0, place, lines);
  }
  return `${lines.join("\n")}\n`;
}

/** One item without what stands below it, as messages quote it. */
export function printItemLine(item: Item): string {
  if (item.type === "rest") return "...";
  if (item.type === "node") return printPattern(item, item.predicates);
  if (item.type === "reference") return `${item.isDeep ? "//" : ""}<${item.name}>${printCount(item.count)}`;
  return `${item.type}${printCount(item.count)}`;
}

/** The line that stands after `event:`. */
export function printEventLine({ name, predicates, count }: EventPattern): string {
  const words = name === undefined ? [] : [printText(name)];
  if (predicates.length > 0) words.push(printPredicates(predicates));
  return words.join(" ") + printCount(count);
}

/** `trace` with its count. */
export function printTraceLine({ count }: TraceBody): string {
  return `trace${printCount(count)}`;
}

export function printPredicate(predicate: Predicate): string {
  if ("value" in predicate) return `${predicate.key} ${predicate.op} ${printValue(predicate.value)}`;
  return predicate.op === "absent" ? `!${predicate.key}` : predicate.key;
}

/** A name or service as a line writes it, quoted where it would be read as something else. */
export function printText(test: TextTest): string {
  if (test.type === "regex") return `/${test.source}/${test.flags}`;
  return test.type === "glob" || (isPlainName(test.text) && !isGlob(test.text)) ? test.text : quoted(test.text);
}

function printInclude(include: readonly string[], lines: string[]): void {
  const [only, second] = include;
  if (only === undefined) return;
  if (second === undefined) lines.push(`include: ${yamlScalar(only)}`);
  else lines.push("include:", ...include.map((path) => `${indent(1)}- ${yamlScalar(path)}`));
}

/** Where a part is printed: `around` is the mode of the list that it stands in. */
interface Place extends Unsaid {
  readonly around: ListMode;
}

function printTraces(traces: readonly TraceBody[], place: Place, lines: string[]): void {
  lines.push("traces:");
  for (const body of traces) {
    lines.push(`${indent(1)}- ${printTraceLine(body)}:`);
    printBody(body, 3, place, lines);
  }
}

function printBody(body: Body, depth: number, place: Place, lines: string[]): void {
  printList(body.list, depth, place, lines);
  const sought = { ...place, isTree: false };
  for (const pattern of body.never) printSide("never", pattern, depth, sought, lines);
  for (const pattern of body.links) printSide("link", pattern, depth, sought, lines);
  for (const event of body.events) lines.push(`${indent(depth)}- event: ${yamlScalar(printEventLine(event))}`);
}

function printList(list: ItemList | undefined, depth: number, place: Place, lines: string[]): void {
  const isEmptyUnsaid = isLeafEmpty(place, place.around);
  if (list === undefined) {
    if (isEmptyUnsaid) lines.push(`${indent(depth)}- contain: []`);
    return;
  }
  const { mode, items } = list;
  const below = { ...place, around: mode };
  if (items.length === 0) {
    if (mode === "contain" || !isEmptyUnsaid) lines.push(`${indent(depth)}- ${mode}: []`);
  } else if (mode === place.mode) printItems(items, depth, below, lines);
  else {
    lines.push(`${indent(depth)}- ${mode}:`);
    printItems(items, depth + 2, below, lines);
  }
}

function printSide(word: string, pattern: SinglePattern, depth: number, place: Place, lines: string[]): void {
  const line = printItemLine(pattern);
  const isShort = pattern.type === "reference" || (!hasBody(pattern) && line.length <= COLUMNS_MAX);
  lines.push(`${indent(depth)}- ${word}:${isShort ? ` ${yamlScalar(line)}` : ""}`);
  if (!isShort) printNode(pattern, depth + 2, place, lines);
}

function hasBody({ list, never, links, events }: Body): boolean {
  return list !== undefined || never.length > 0 || links.length > 0 || events.length > 0;
}

function printItems(items: readonly Item[], depth: number, place: Place, lines: string[]): void {
  for (const item of items) {
    if (item.type === "node") printNode(item, depth, place, lines);
    else if ("items" in item) {
      lines.push(`${indent(depth)}- ${printItemLine(item)}:`);
      printItems(item.items, depth + 2, place, lines);
    } else lines.push(`${indent(depth)}- ${printItemLine(item)}`);
  }
}

function printNode(pattern: NodePattern, depth: number, place: Place, lines: string[]): void {
  const line = printPattern(pattern, pattern.predicates);
  const isLong = pattern.predicates.length > 0 && indent(depth).length + 2 + line.length > COLUMNS_MAX;
  const at = lines.push("") - 1;
  if (isLong) {
    lines.push(`${indent(depth + 2)}- where:`);
    for (const predicate of pattern.predicates) {
      lines.push(`${indent(depth + 4)}- ${yamlScalar(printPredicate(predicate))}`);
    }
  }
  printBody(pattern, depth + 2, place, lines);
  const text = yamlScalar(isLong ? printPattern(pattern, []) : line);
  lines[at] = `${indent(depth)}- ${text}${lines.length > at + 1 ? ":" : ""}`;
}

function printPattern(pattern: NodePattern, predicates: readonly Predicate[]): string {
  const words = [`${pattern.isDeep ? "//" : ""}${pattern.kind}`];
  if (pattern.name !== undefined) words.push(printText(pattern.name));
  if (pattern.service !== undefined) words.push(`@${printService(pattern.service)}`);
  if (predicates.length > 0) words.push(printPredicates(predicates));
  return words.join(" ") + printCount(pattern.count);
}

function printPredicates(predicates: readonly Predicate[]): string {
  return `{${predicates.map(printPredicate).join(", ")}}`;
}

function printService(test: TextTest): string {
  return test.type === "literal" && /\s/.test(test.text) ? quoted(test.text) : printText(test);
}

function printCount(count: Count | undefined): string {
  if (count === undefined) return "";
  if (count.min === count.max) return ` x${count.min}`;
  return ` x${count.min}..${count.max === Infinity ? "*" : count.max}`;
}

function printValue(value: ValueTest): string {
  if (value.type === "capture") return `$${value.name}`;
  if (value.type === "literal") return quoted(value.text);
  return value.type === "regex" ? printText(value) : value.text;
}

function indent(depth: number): string {
  return "  ".repeat(depth);
}
