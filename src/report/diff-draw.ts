import type { TreeDiff } from "../shape/diff/diff.ts";
import type { FactChange } from "../shape/diff/fact-changes.ts";
import { type DiffOperation, type Position, isSaidAbove } from "../shape/diff/operations.ts";
import { serviceOf } from "../trace/span.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";
import type { MergedNode, MergedTrace } from "./diff-outline.ts";
import { mergeTrees } from "./diff-outline.ts";
import type { Paint } from "./paint.ts";
import { PLAIN } from "./paint.ts";
import { counted, oneLine, thousands } from "./wording.ts";

export interface DrawDiffOptions {
  readonly paint?: Paint;
  /** Draws every span down to 1,000 levels, also the unchanged ones, and every difference. */
  readonly isWhole?: boolean;
}

interface Limits {
  readonly linesMax: number;
  readonly depthMax: number;
  /** A subtree of more spans that came or went is one line. */
  readonly clusterMax: number;
}

const USUAL: Limits = { linesMax: 200, depthMax: 60, clusterMax: 12 };
// Box lines grow with the depth: without a bound, a chain of 100,000 spans would take gigabytes.
const WHOLE: Limits = { linesMax: Infinity, depthMax: 1000, clusterMax: Infinity };

/**
 * Draws two forests as one: the trees as they are after, a mark in front of each line that differs. `+` came, `-` went, `~`
 * changed, `→` moved, at its new place and at its old one. Ends with a line that counts the differences.
 */
export function drawDiff(
  diff: TreeDiff,
  before: readonly Tree[],
  after: readonly Tree[],
  { paint = PLAIN, isWhole = false }: DrawDiffOptions = {},
): string {
  const limits = isWhole ? WHOLE : USUAL;
  const blocks: string[] = [];
  let lines = 0;
  let undrawn = 0;
  for (const trace of mergeTrees(diff, before, after)) {
    const isUnchanged = trace.roots.every((root) => root.isUnchanged);
    if (lines >= limits.linesMax) {
      undrawn++;
      continue;
    }
    const drawn = isUnchanged && !isWhole ? [] : linesOf(trace.roots, { paint, isWhole, limits });
    const room = limits.linesMax - lines;
    lines += drawn.length + 1;
    const rest = drawn.length - room;
    const cut = rest > 0 ? [paint.warn(`  … and ${counted(rest, "more line")}; --all draws them`)] : [];
    const unchanged = isUnchanged && !isWhole ? [`  … ${counted(sizeOf(trace.roots), "span")} unchanged`] : [];
    blocks.push([paint.dim(headerOf(trace)), ...unchanged.map(paint.dim), ...drawn.slice(0, room), ...cut].join("\n"));
  }
  if (undrawn > 0) blocks.push(paint.warn(`… and ${counted(undrawn, "more trace")}; --all draws them`));
  blocks.push(diffSummary(diff));
  return blocks.join("\n\n");
}

/** `2 added, 1 removed, 1 moved, 3 changed`, or that nothing differs. */
export function diffSummary({ operations, pairs }: TreeDiff): string {
  const told = operations.filter((operation) => !isSaidAbove(operation));
  if (told.length === 0) return `no difference in ${counted(pairs.length, "span")}`;
  const parts = KINDS.flatMap((kind) => {
    const some = told.filter((operation) => operation.kind === kind);
    const spans = some.reduce((sum, operation) => sum + ("size" in operation ? operation.size : 1), 0);
    if (some.length === 0) return [];
    return [`${thousands(some.length)} ${kind}${spans === some.length ? "" : ` (${counted(spans, "span")})`}`];
  });
  const silent = operations.length - told.length;
  return [...parts, ...(silent > 0 ? [`${thousands(silent)} more changed as a span above did`] : [])].join(", ");
}

const KINDS: readonly DiffOperation["kind"][] = ["added", "removed", "moved", "reordered", "renamed", "changed"];

function headerOf({ before, after, roots }: MergedTrace): string {
  const [from, to] = [before, after].map((id) => (id === undefined ? undefined : oneLine(id, 64)));
  if (to === undefined) return `trace ${from}, only before: ${counted(sizeOf(roots), "span")}`;
  if (from === undefined) return `trace ${to}, only after: ${counted(sizeOf(roots), "span")}`;
  return from === to ? `trace ${from}` : `trace ${from} → ${to}`;
}

function sizeOf(nodes: readonly MergedNode[]): number {
  return nodes.reduce((sum, { size }) => sum + size, 0);
}

interface Drawing {
  readonly paint: Paint;
  readonly isWhole: boolean;
  readonly limits: Limits;
}

type Item = { readonly node: MergedNode } | { readonly text: string };

function linesOf(roots: readonly MergedNode[], drawing: Drawing): readonly string[] {
  const { paint, limits } = drawing;
  const lines: string[] = [];
  const stack: { readonly item: Item; readonly prefix: string; readonly below: string; readonly depth: number }[] = [];
  const push = (items: readonly Item[], lead: string, depth: number): void => {
    for (const [index, item] of [...items.entries()].toReversed()) {
      const isLast = index === items.length - 1;
      const prefix = depth === 0 ? "" : `${lead}${isLast ? "└─ " : "├─ "}`;
      stack.push({ item, prefix, below: depth === 0 ? "" : `${lead}${isLast ? "   " : "│  "}`, depth });
    }
  };
  push(itemsOf(roots, drawing), "", 0);
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    const { item, prefix, below, depth } = row;
    if ("text" in item) {
      lines.push(`  ${paint.dim(prefix)}${item.text}`);
      continue;
    }
    const { node } = item;
    const [mark, stress] = markOf(node, paint);
    const isFolded = node.size > limits.clusterMax && isOneSided(node);
    const size = isFolded ? [paint.dim(`(${counted(node.size, "span")})`)] : [];
    lines.push(`${stress(mark)} ${paint.dim(prefix)}${[spanText(node, stress, paint), ...size].join(" ")}`);
    if (isFolded || node.children.length === 0) continue;
    if (depth < limits.depthMax) push(itemsOf(node.children, drawing), below, depth + 1);
    else push([{ text: paint.warn(`… ${counted(node.size - 1, "span")} deeper down`) }], below, depth + 1);
  }
  return lines;
}

/** Siblings with nothing to say are counted in place. */
function itemsOf(nodes: readonly MergedNode[], { isWhole, paint }: Drawing): readonly Item[] {
  const items: Item[] = [];
  let quiet = 0;
  const close = (): void => {
    if (quiet > 0) items.push({ text: paint.dim(`… ${counted(quiet, "span")} unchanged`) });
    quiet = 0;
  };
  for (const node of nodes) {
    if (node.isUnchanged && !isWhole) quiet += node.size;
    else {
      close();
      items.push({ node });
    }
  }
  close();
  return items;
}

function isOneSided(node: MergedNode): boolean {
  return (node.before === undefined) !== (node.after === undefined) && sameSide(node);
}

/** Whether all of a subtree came, or all of it went. */
function sameSide(node: MergedNode): boolean {
  const stack = [...node.children];
  for (let child = stack.pop(); child !== undefined; child = stack.pop()) {
    if ((child.before === undefined) !== (node.before === undefined) || child.isOldPlace) return false;
    if ((child.after === undefined) !== (node.after === undefined)) return false;
    for (const each of child.children) stack.push(each);
  }
  return true;
}

type Stress = (text: string) => string;

function markOf({ before, after, operations }: MergedNode, paint: Paint): readonly [mark: string, stress: Stress] {
  if (before === undefined) return ["+", paint.good];
  if (after === undefined) return ["-", paint.bad];
  if (operations.some(({ kind }) => kind === "moved" || kind === "reordered")) return ["→", paint.warn];
  return operations.every(isSaidAbove) ? [" ", (text) => text] : ["~", paint.warn];
}

function spanText({ before, after, isOldPlace, operations }: MergedNode, stress: Stress, paint: Paint): string {
  const node = isOldPlace ? before : (after ?? before);
  if (node === undefined) return "";
  const isNew = operations.some(({ kind }) => kind === "renamed");
  const old = isNew && before !== undefined && node !== before ? `${nameText(before, node)} → ` : "";
  const own = before === undefined || after === undefined || isOldPlace;
  const name = oneLine(node.meaning.name, NAME_WIDTH);
  const isTold = isOldPlace || operations.some(isOfArguments);
  const details = operations.flatMap((operation) => detailsOf(operation, isOldPlace));
  const parts = [
    own
      ? stress(`${node.meaning.kind}${name === "" ? "" : ` ${name}`}`)
      : `${node.meaning.kind} ${old}${paint.strong(name)}`,
    ...(isNewService(node) ? [paint.dim(`@${oneLine(serviceOf(node.span), 40)}`)] : []),
    ...(node.meaning.arguments === undefined || isTold ? [] : [paint.dim(oneLine(node.meaning.arguments, 48))]),
  ];
  const text = parts.join(" ").trimEnd();
  return details.length === 0 ? text : `${text}: ${stress(details.join("; "))}`;
}

const NAME_WIDTH = 80;

function isOfArguments(operation: DiffOperation): boolean {
  return operation.kind === "changed" && operation.changes.some(({ key }) => key === "arguments");
}

/** What a span was called, with its kind where that is another one now. */
function nameText({ meaning }: SpanNode, now: SpanNode): string {
  const name = oneLine(meaning.name, NAME_WIDTH);
  return meaning.kind === now.meaning.kind ? name : `(${meaning.kind} ${name})`;
}

function isNewService({ span, parent }: SpanNode): boolean {
  const service = serviceOf(span);
  return service !== "" && (parent === undefined || serviceOf(parent.span) !== service);
}

function detailsOf(operation: DiffOperation, isOldPlace: boolean): readonly string[] {
  if (operation.kind === "changed") return operation.changes.filter(({ isInherited }) => !isInherited).map(changeText);
  if (operation.kind === "reordered")
    return [`was child ${operation.from.index + 1}, is child ${operation.to.index + 1}`];
  if (operation.kind === "moved")
    return [isOldPlace ? `moved to ${positionText(operation.to)}` : `moved from ${positionText(operation.from)}`];
  if (operation.kind === "renamed" || operation.around.length === 0) return [];
  if (operation.kind === "removed") return ["what is below stays"];
  return [`put around ${counted(operation.around.length, "span")}`];
}

function positionText({ under, traceId }: Position): string {
  return under === undefined ? `the top of trace ${oneLine(traceId, 64)}` : oneLine(under.label, 60);
}

const VALUE_WIDTH = 40;

function changeText({ key, from, to }: Pick<FactChange, "key" | "from" | "to">): string {
  const name = oneLine(key, 60);
  if (from === null) return `${name} ${oneLine(to ?? "", VALUE_WIDTH)} is new`;
  if (to === null) return `${name} ${oneLine(from, VALUE_WIDTH)} is gone`;
  const [first, second] = differing(from, to);
  return `${name} ${first} → ${second}`;
}

/** Two values on one line each, cut to where they begin to differ. */
function differing(from: string, to: string): readonly [string, string] {
  let same = 0;
  while (same < from.length && from[same] === to[same]) same++;
  const start = Math.max(from.length, to.length) <= VALUE_WIDTH ? 0 : Math.max(0, same - 12);
  const cut = (text: string): string => oneLine(`${start > 0 ? "…" : ""}${text.slice(start)}`, VALUE_WIDTH);
  return [cut(from), cut(to)];
}
