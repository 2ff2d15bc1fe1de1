import type { FieldExplanation, Finding, SpanExplanation } from "../trace/explain.ts";
import type { Paint } from "./paint.ts";
import { oneLine } from "./wording.ts";

const VALUE_MAX = 60;

/** How a span was recognised, a field a line: what it is, which dialect and which rule said so, and under it what lost. */
export function drawExplanation(
  { traceId, spanId, spanName, fields, isTransparent, whyTransparent }: SpanExplanation,
  paint: Paint,
): string {
  const width = Math.max(...fields.map(({ field }) => field.length), "transparent".length);
  const line = (field: string, text: string): string => `  ${field.padEnd(width)}  ${text}`;
  return [
    `span ${oneLine(spanId, 64)} ${paint.strong(oneLine(spanName, 80))} of trace ${oneLine(traceId, 64)}`,
    ...fields.flatMap((field) => fieldLines(field, line, paint)),
    line("transparent", `${isTransparent ? "yes" : "no"}: ${whyTransparent}`),
  ].join("\n");
}

function fieldLines(
  { field, lost, notTaken, ...finding }: FieldExplanation,
  line: (field: string, text: string) => string,
  paint: Paint,
): readonly string[] {
  const note = notTaken === undefined ? "" : paint.warn(`; not taken: ${notTaken}`);
  return [
    line(field, `${findingText(finding, paint)}${note}`),
    ...lost.map(({ why, ...other }) => line("", paint.dim(`lost: ${findingText(other)} (${why})`))),
  ];
}

function findingText({ value, dialect, rule }: Finding, paint?: Paint): string {
  const from = `by ${dialect === null ? rule : `${dialect}: ${rule}`}`;
  return `${oneLine(value, VALUE_MAX)}  ${paint === undefined ? from : paint.dim(from)}`;
}
