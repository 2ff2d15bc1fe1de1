import type { Mismatch } from "../trace/mismatch.ts";
import { isTransparent } from "../trace/semantic.ts";
import { serviceOf } from "../trace/span.ts";
import type { Anomaly, SpanNode, Tree } from "../trace/tree.ts";
import type { Marks } from "./marks.ts";
import { keyOf, marksOf } from "./marks.ts";
import type { Outline, OutlineLimits, Row } from "./outline.ts";
import { outlineOf } from "./outline.ts";
import type { Paint } from "./paint.ts";
import { PLAIN } from "./paint.ts";
import { counted, durationText, oneLine, thousands } from "./wording.ts";

export interface DrawOptions {
  readonly paint?: Paint;
  /** What to mark on the trees with `✗`. */
  readonly mismatches?: readonly Mismatch[];
  /** Draws every span down to 1,000 levels: nothing folded, no trace left out. */
  readonly isWhole?: boolean;
  /** How many traces there are, where not all of them are given. */
  readonly count?: number;
}

const USUAL: OutlineLimits = { spansMax: 200, depthMax: 60, isFolded: true };
const WHOLE: OutlineLimits = {
  spansMax: Number.POSITIVE_INFINITY,
  // Box lines grow with the depth: without a bound, a chain of 100,000 spans would take gigabytes.
  depthMax: 1000,
  isFolded: false,
};
/** How many traces are drawn of many. */
export const TRACES_MAX = 20;
const ANOMALIES_MAX = 20;
/** Anomalies that show beside their span; the others are about times, and would clutter the tree. */
const STRUCTURAL: ReadonlySet<string> = new Set(["orphan", "parent-cycle", "self-parent", "duplicate-id", "open"]);

/**
 * Draws trees as text, one span a line: kind, canonical name, service where it changes, duration, error, and `✗` where a
 * mismatch lies. Ends with each tree's anomalies, and with what was expected at the top of the forest and is missing.
 */
export function drawForest(trees: readonly Tree[], options: DrawOptions = {}): string {
  const { paint = PLAIN, mismatches = [], isWhole = false, count = trees.length } = options;
  const marks = marksOf(mismatches);
  const drawn = isWhole ? trees : firstAndMarked(trees, marks);
  const outlined = drawn.map((tree) => ({ tree, outline: outlineOf(tree, marks, isWhole ? WHOLE : USUAL) }));
  const blocks = outlined.map(({ tree, outline }) => drawTree(tree, outline, marks, { paint, isWhole }));
  if (drawn.length < count) {
    const total = counted(count, "trace");
    blocks.push(paint.warn(`drawn: ${drawn.length} of ${total}, the first and those with a mark`));
  }
  const outlines = outlined.map(({ outline }) => outline);
  const atEnd = [...marks.top, ...undrawnText(marks, outlines)];
  if (atEnd.length > 0) blocks.push(atEnd.map((text) => paint.bad(`✗ ${text}`)).join("\n"));
  return blocks.join("\n\n");
}

function firstAndMarked(trees: readonly Tree[], marks: Marks): readonly Tree[] {
  const traceIds = new Set([...marks.beside.keys(), ...marks.under.keys()].map((key) => key.split("/")[0]));
  const rest = trees.slice(TRACES_MAX).filter(({ traceId }) => traceIds.has(traceId));
  return [...trees.slice(0, TRACES_MAX), ...rest.slice(0, TRACES_MAX)];
}

function undrawnText(marks: Marks, outlines: readonly Outline[]): readonly string[] {
  const marked = new Set([...marks.beside.keys(), ...marks.under.keys()]);
  for (const { rows } of outlines)
    for (const { item } of rows) if (item.kind === "span") marked.delete(keyOf(item.node.span));
  if (marked.size === 0) return [];
  return [`${counted(marked.size, "mark lies", "marks lie")} on spans that are not drawn`];
}

function drawTree(
  tree: Tree,
  outline: Outline,
  marks: Marks,
  { paint, isWhole }: { readonly paint: Paint; readonly isWhole: boolean },
): string {
  const anomalies = anomaliesBySpan(tree.anomalies);
  const lines = [paint.dim(headerOf(tree, outline))];
  for (const row of outline.rows) lines.push(`${paint.dim(row.prefix)}${rowText(row, marks, anomalies, paint)}`);
  if (outline.omitted > 0) {
    const drawn = thousands(outline.spans - outline.omitted);
    const total = counted(outline.spans, "span");
    lines.push(paint.warn(`drawn: ${drawn} of ${total}, the first in tree order and those with a mark`));
  }
  return [...lines, ...anomalyLines(tree.anomalies, paint, isWhole ? tree.anomalies.length : ANOMALIES_MAX)].join("\n");
}

function headerOf({ traceId, roots, copies }: Tree, { spans, services }: Outline): string {
  const [root] = roots;
  const duration = roots.length === 1 && root !== undefined ? durationOf(root) : undefined;
  const where = services > 1 ? ` in ${counted(services, "service")}` : "";
  return `trace ${oneLine(traceId, 64)}: ${counted(spans + copies.length, "span")}${where}${duration === undefined ? "" : `, ${duration}`}`;
}

function rowText({ item }: Row, marks: Marks, anomalies: ReadonlyMap<string, string>, paint: Paint): string {
  if (item.kind === "mark") return paint.bad(`✗ ${item.text}`);
  if (item.kind === "omitted") return paint.warn(item.text);
  const { span } = item.node;
  const anomaly = anomalies.get(span.spanId);
  const beside = marks.beside.get(keyOf(span)) ?? [];
  const parts = [
    ...spanParts(item.node, paint),
    ...(item.folded === undefined ? [] : [paint.dim(item.folded)]),
    ...(anomaly === undefined ? [] : [paint.warn(`⚠ ${anomaly}`)]),
    ...beside.map((text) => paint.bad(`✗ ${text}`)),
  ];
  return parts.join(" ");
}

function spanParts(node: SpanNode, paint: Paint): readonly string[] {
  const { span, meaning, parent } = node;
  const service = serviceOf(span);
  const isNewService = service !== "" && (parent === undefined || serviceOf(parent.span) !== service);
  const duration = durationOf(node);
  const reason = span.status.message === undefined ? "" : `: ${oneLine(span.status.message, 60)}`;
  const stress = isTransparent(meaning) ? paint.dim : paint.strong;
  return [
    meaning.kind,
    ...(meaning.name === "" ? [] : [stress(oneLine(meaning.name, 80))]),
    ...(isNewService ? [paint.dim(`@${oneLine(service, 40)}`)] : []),
    ...(meaning.arguments === undefined ? [] : [paint.dim(oneLine(meaning.arguments, 48))]),
    ...(duration === undefined ? [] : [paint.dim(duration)]),
    ...(span.status.code === "error" ? [paint.bad(`error${reason}`)] : []),
  ];
}

function durationOf({ span }: SpanNode): string | undefined {
  if (span.endTimeUnixNano === undefined) return undefined;
  const nanoseconds = Number(span.endTimeUnixNano - span.startTimeUnixNano);
  return nanoseconds < 0 ? undefined : durationText(nanoseconds / 1e6);
}

function anomaliesBySpan(anomalies: readonly Anomaly[]): ReadonlyMap<string, string> {
  const bySpan = new Map<string, string>();
  for (const { kind, spanId } of anomalies) {
    const known = bySpan.get(spanId);
    if (STRUCTURAL.has(kind)) bySpan.set(spanId, known === undefined ? kind : `${known}, ${kind}`);
  }
  return bySpan;
}

function anomalyLines(anomalies: readonly Anomaly[], paint: Paint, max: number): readonly string[] {
  if (anomalies.length === 0) return [];
  const listed = anomalies.slice(0, max);
  const lines = listed.map(
    ({ kind, spanId, detail }) => `  ${paint.warn(`⚠ ${kind}`)} ${oneLine(spanId, 32)}: ${oneLine(detail, 160)}`,
  );
  const rest = anomalies.length - listed.length;
  return ["anomalies", ...lines, ...(rest > 0 ? [`  … and ${counted(rest, "more", "more")}`] : [])];
}
