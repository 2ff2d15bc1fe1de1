import type { MineComparison, ShapeChange } from "../shape/mine/compare.ts";
import { quantileNano } from "../shape/mine/durations.ts";
import type { Cluster, Mine } from "../shape/mine/mine.ts";
import type { Tally } from "../shape/mine/tally.ts";
import type { Paint } from "./paint.ts";
import { PLAIN } from "./paint.ts";
import { counted, durationText, oneLine, thousands } from "./wording.ts";

export interface MineTextOptions {
  readonly paint?: Paint;
  /** How many shapes are drawn. */
  readonly top: number;
}

/** The shapes of a mine as text, one block each: how often, what it costs, an example, the shape. */
export function drawMine(mine: Mine, { paint = PLAIN, top }: MineTextOptions): string {
  const { clusters, total, remainder } = mine;
  const shapes = counted(clusters.length, "shape");
  const order = clusters.length > 1 ? "; failing shapes first, then the rarer" : "";
  const blocks = [
    paint.dim(`${counted(total.traces, "trace")} in ${shapes}, ${thousands(total.failed)} failed${order}`),
    ...clusters.slice(0, top).map((cluster) => clusterText(cluster, total.traces, paint)),
  ];
  if (clusters.length > top) blocks.push(paint.warn(`drawn: ${thousands(top)} of ${shapes}`));
  if (remainder.traces > 0) blocks.push(remainderText(remainder, mine, paint));
  return blocks.join("\n\n");
}

/** What changed between two mines, one block a shape; the shapes that did not change are counted. */
export function drawComparison(comparison: MineComparison, { paint = PLAIN, top }: MineTextOptions): string {
  const { before, after, changes, unknown } = comparison;
  const changed = changes.filter(({ change }) => change !== "same");
  const blocks = [
    paint.dim(`${counted(before, "trace")} before, ${thousands(after)} now`),
    ...changed.slice(0, top).map((each) => changeText(each, comparison, paint)),
  ];
  if (changed.length > top) blocks.push(paint.warn(`drawn: ${thousands(top)} of ${counted(changed.length, "change")}`));
  blocks.push(paint.dim(`${counted(changes.length - changed.length, "shape is", "shapes are")} as frequent as before`));
  if (unknown > 0)
    blocks.push(paint.warn(`${counted(unknown, "shape")} may be among those that the other side did not keep`));
  return blocks.join("\n\n");
}

function clusterText({ key, shape, tally }: Cluster, of: number, paint: Paint): string {
  const often = `${thousands(tally.traces)} of ${counted(of, "trace")} (${percent(tally.traces, of)})`;
  const failed = tally.failed === 0 ? "" : paint.bad(failedText(tally));
  return [
    `${paint.strong(key)} ${often}${failed}`,
    `  ${measuresText(tally)}`,
    ...exampleLines(tally, paint),
    ...shapeLines(shape),
  ].join("\n");
}

function failedText({ failed, traces }: Tally): string {
  if (failed < traces) return `, ${thousands(failed)} failed`;
  return traces === 1 ? ", failed" : ", all failed";
}

function changeText(
  { change, cluster, before, after, isSignificant }: ShapeChange,
  of: MineComparison,
  paint: Paint,
): string {
  const stress = { new: paint.warn, gone: paint.warn, more: paint.strong, less: paint.strong, same: paint.dim }[change];
  const shares = `${percent(before, of.before)} → ${percent(after, of.after)}`;
  const doubt = isSignificant ? "" : paint.dim(", may be chance");
  return [
    `${stress(change)} ${cluster.key} ${thousands(before)} → ${counted(after, "trace")} (${shares})${doubt}`,
    ...exampleLines(cluster.tally, paint),
    ...shapeLines(cluster.shape),
  ].join("\n");
}

/** What a trace takes: averages, and percentiles of its duration. */
function measuresText({ traces, inputTokens, outputTokens, priced, costNanoUsd, durations }: Tally): string {
  const tokens = `${counted(Math.round(inputTokens / traces), "token")} in, ${thousands(Math.round(outputTokens / traces))} out`;
  const cost = priced === 0 ? [] : [`$${Number((costNanoUsd / 1e9 / priced).toPrecision(3))}`];
  const [p50 = "", p95 = ""] = [0.5, 0.95].map((share) => durationText(quantileNano(durations, share) / 1e6));
  const took = p50 === p95 ? [p50] : [`p50 ${p50}`, `p95 ${p95}`];
  return [...(inputTokens + outputTokens === 0 ? [] : [tokens]), ...cost, ...took].join(" · ");
}

function exampleLines({ example }: Tally, paint: Paint): readonly string[] {
  if (example === undefined) return [];
  return [paint.dim(`  e.g. ${oneLine(example.traceId, 64)} in ${oneLine(example.source, 100)}`)];
}

/** The lines of a shape without its header. */
function shapeLines(shape: string): readonly string[] {
  const lines = shape.trimEnd().split("\n");
  const body = lines.slice(lines.indexOf("trace:") + 1);
  return body.map((line) => `  ${line.slice(2)}`);
}

function remainderText(remainder: Tally, { limit }: Mine, paint: Paint): string {
  const traces = counted(remainder.traces, "trace");
  return [
    paint.warn(`remainder: ${traces} of larger shapes than the ${thousands(limit)} that are kept`),
    `  ${measuresText(remainder)}`,
    ...exampleLines(remainder, paint),
  ].join("\n");
}

/** With two digits, since rare shapes are the point. */
function percent(part: number, of: number): string {
  return of === 0 ? "0%" : `${Number(((part / of) * 100).toPrecision(2))}%`;
}
