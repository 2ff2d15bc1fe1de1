import type {
  Body,
  Count,
  Group,
  Item,
  ListMode,
  NodePattern,
  Predicate,
  Shape,
  TextTest,
  ValueTest,
} from "./pattern.ts";

const COLUMNS_MAX = 100;

/** The shape as YAML text. Reading it back gives the same structure, and printing that gives the same text. */
export function printShape(shape: Shape): string {
  const lines: string[] = [];
  if (shape.title !== undefined) lines.push(`shape: ${yamlScalar(shape.title, isPlainTitle)}`);
  if (shape.children === "exactly") lines.push("children: exactly");
  const hasHeader = lines.length > 0;
  if (hasHeader) lines.push("trace:");
  printBody(shape.trace, hasHeader ? 1 : 0, shape.children, lines);
  return `${lines.join("\n")}\n`;
}

/** One item without what stands below it, as messages quote it. */
export function printItemLine(item: Item): string {
  if (item.type === "rest") return "...";
  if (item.type === "node") return printPattern(item, item.predicates);
  return `${item.type}${printCount(item.count)}`;
}

export function printPredicate(predicate: Predicate): string {
  if ("value" in predicate) return `${predicate.key} ${predicate.op} ${printValue(predicate.value)}`;
  return predicate.op === "absent" ? `!${predicate.key}` : predicate.key;
}

/** A name or service as a line writes it, quoted where it would be read as something else. */
export function printText(test: TextTest): string {
  if (test.type === "regex") return `/${test.source}/${test.flags}`;
  return test.type === "glob" || isPlainName(test.text) ? test.text : quote(test.text);
}

/** Whether unquoted text would be read back as this very name. */
function isPlainName(text: string): boolean {
  return !text.includes("*") && isPlainGlob(text);
}

/** Whether a text may stand unquoted where a glob may: nothing in it ends a name. */
export function isPlainGlob(text: string): boolean {
  return (
    /^[^\s"/@{]/.test(text) &&
    !/[\p{Cc}\u2028\u2029\uFEFF]| [@{ ]| $|(?:^| )x\d+(?:\.\.\S*)?$/u.test(text) &&
    text.trim() === text
  );
}

/** Whether unquoted text would be read back as this very value. */
export function isPlainValue(text: string): boolean {
  return /^[^\s"/$=<>!,}]/.test(text) && !/[\p{Cc}\u2028\u2029\uFEFF,}]/u.test(text) && text.trim() === text;
}

function printBody(body: Body, depth: number, fallback: ListMode, lines: string[]): void {
  if (body.list !== undefined) {
    const { mode, items } = body.list;
    if (mode === fallback && items.length > 0) printItems(items, depth, fallback, lines);
    else if (items.length === 0) lines.push(`${indent(depth)}- ${mode}: []`);
    else {
      lines.push(`${indent(depth)}- ${mode}:`);
      printItems(items, depth + 2, fallback, lines);
    }
  }
  for (const pattern of body.never) {
    const line = printItemLine(pattern);
    const isShort = pattern.list === undefined && pattern.never.length === 0 && line.length <= COLUMNS_MAX;
    lines.push(`${indent(depth)}- never:${isShort ? ` ${yamlScalar(line, isPlainLine)}` : ""}`);
    if (!isShort) printNode(pattern, depth + 2, fallback, lines);
  }
}

function printItems(items: readonly Item[], depth: number, fallback: ListMode, lines: string[]): void {
  for (const item of items) {
    if (item.type === "node") printNode(item, depth, fallback, lines);
    else if (item.type === "rest") lines.push(`${indent(depth)}- ...`);
    else printGroup(item, depth, fallback, lines);
  }
}

function printGroup(group: Group, depth: number, fallback: ListMode, lines: string[]): void {
  lines.push(`${indent(depth)}- ${printItemLine(group)}:`);
  printItems(group.items, depth + 2, fallback, lines);
}

function printNode(pattern: NodePattern, depth: number, fallback: ListMode, lines: string[]): void {
  const line = printPattern(pattern, pattern.predicates);
  const isLong = pattern.predicates.length > 0 && indent(depth).length + 2 + line.length > COLUMNS_MAX;
  const text = yamlScalar(isLong ? printPattern(pattern, []) : line, isPlainLine);
  const hasBody = isLong || pattern.list !== undefined || pattern.never.length > 0;
  lines.push(`${indent(depth)}- ${text}${hasBody ? ":" : ""}`);
  if (isLong) {
    lines.push(`${indent(depth + 2)}- where:`);
    for (const predicate of pattern.predicates) {
      lines.push(`${indent(depth + 4)}- ${yamlScalar(printPredicate(predicate), isPlainLine)}`);
    }
  }
  printBody(pattern, depth + 2, fallback, lines);
}

function printPattern(pattern: NodePattern, predicates: readonly Predicate[]): string {
  const words = [`${pattern.isDeep ? "//" : ""}${pattern.kind}`];
  if (pattern.name !== undefined) words.push(printText(pattern.name));
  if (pattern.service !== undefined) words.push(`@${printService(pattern.service)}`);
  if (predicates.length > 0) words.push(`{${predicates.map(printPredicate).join(", ")}}`);
  return words.join(" ") + printCount(pattern.count);
}

function printService(test: TextTest): string {
  return test.type === "literal" && /\s/.test(test.text) ? quote(test.text) : printText(test);
}

function printCount(count: Count | undefined): string {
  if (count === undefined) return "";
  if (count.min === count.max) return ` x${count.min}`;
  return ` x${count.min}..${count.max === Infinity ? "*" : count.max}`;
}

function printValue(value: ValueTest): string {
  if (value.type === "literal") return quote(value.text);
  return value.type === "regex" ? printText(value) : value.text;
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\uFEFF]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function yamlScalar(text: string, isPlain: (text: string) => boolean): string {
  if (/[\p{Cc}\u2028\u2029\uFEFF]/u.test(text)) return quote(text);
  return isPlain(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

// YAML cuts a plain scalar at ": " and " #"; a line of ours starts with a kind, so its first character is harmless.
function isPlainLine(text: string): boolean {
  return !/: | #|:$/.test(text) && /^(?:\/\/)?[a-z]/.test(text);
}

function isPlainTitle(text: string): boolean {
  return /^[\p{L}\p{N}]/u.test(text) && !/: | #|:$|^\s|\s$/.test(text);
}

function indent(depth: number): string {
  return "  ".repeat(depth);
}
