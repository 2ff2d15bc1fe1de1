import { doesFail, type Health } from "../check/health/health.ts";
import type { RuleFindings } from "../trace/health/examination.ts";
import type { Figures, Percentiles, UseFigure } from "../trace/health/figures/figures.ts";
import type { Finding } from "../trace/health/rule.ts";
import { RULES } from "../trace/health/rules.ts";
import { PLAIN, type Paint } from "./paint.ts";
import { verdictSign } from "./verdict-sign.ts";
import { counted, durationText, oneLine, thousands } from "./wording.ts";

const FINDINGS_SHOWN = 5;
const ROWS_SHOWN = 8;
/** Routes that hardly anybody waits for are in the document only. */
const CRITICAL_SHOWN_FROM = 0.001;

/** How healthy traces are: what the rules found, which limits are not held, and the figures. */
export function healthText(health: Health, paint: Paint = PLAIN): string {
  const { rules, excesses, figures } = health;
  const found = rules.filter(({ count }) => count > 0);
  const limits = excesses.map(({ limit, seen, traceId }) => {
    const at = traceId === null ? "" : paint.dim(` (trace ${traceId})`);
    return `${paint.bad("✗")} ${paint.strong(limit)} ${oneLine(seen)}${at}`;
  });
  const blocks = [
    ...found.map((rule) => ruleText(rule, health, paint)),
    limits.join("\n"),
    figuresText(figures, paint),
    summaryLine(health, found, paint),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function ruleText(found: RuleFindings, { failOn }: Health, paint: Paint): string {
  const { rule, level, count, shown } = found;
  const sign = doesFail(found, failOn) ? paint.bad("✗") : level === "note" ? paint.dim("·") : paint.warn("!");
  const { reason, mend } = RULES.find(({ name }) => name === rule) ?? { reason: "", mend: "" };
  const rest = count - Math.min(shown.length, FINDINGS_SHOWN);
  return [
    `${sign} ${paint.strong(rule)} ${paint.dim(`${level}, ${counted(count, "finding")}`)}`,
    ...shown.slice(0, FINDINGS_SHOWN).map((finding) => `    ${findingText(finding, paint)}`),
    ...(rest > 0 ? [`    … and ${thousands(rest)} more`] : []),
    paint.dim(`    Why: ${reason}`),
    paint.dim(`    Mend: ${mend}`),
  ].join("\n");
}

function findingText({ file, traceId, spanId, label, seen }: Finding, paint: Paint): string {
  const subject = label === null ? "" : `${oneLine(label)}: `;
  const span = spanId === null ? "" : ` span ${spanId}`;
  const place = traceId === null ? "" : ` trace ${traceId}${span}`;
  return `${subject}${oneLine(seen)}${paint.dim(place + (file === null ? "" : ` ${file}`))}`;
}

function summaryLine({ verdict, excesses, figures }: Health, found: readonly RuleFindings[], paint: Paint): string {
  const sign = verdictSign(verdict, paint);
  const findings = found.length === 0 ? "no rule found anything" : `${counted(found.length, "rule")} found something`;
  const limits = excesses.length === 0 ? "" : `, ${counted(excesses.length, "limit is", "limits are")} not held`;
  return `${sign} health of ${counted(figures.traces, "trace")}: ${verdict}; ${findings}${limits}`;
}

function figuresText(figures: Figures, paint: Paint): string {
  if (figures.traces === 0) return "";
  const { total, traceDurationMs: time, slowestKind, costPerSuccessUsd } = figures;
  const each = costPerSuccessUsd === null ? "" : `, ${usd(costPerSuccessUsd)} a successful trace`;
  const lines = [
    `${paint.strong("figures")} ${counted(figures.traces, "trace")}, ${thousands(figures.successes)} successful, ${counted(figures.spans, "span")}, ${counted(figures.orphans, "orphan")}`,
    `  ${thousands(total.inputTokens)} tokens in, ${thousands(total.outputTokens)} out; cost ${usd(total.costUsd)}${each}`,
    `  a trace takes ${percentilesText(time)}${slowestKind === null ? "" : `; the slowest kind is ${slowestKind}`}`,
  ];
  const uses = Object.entries(figures.by).flatMap(([by, rows]) => useRows(by, rows));
  return [...lines, ...timeTable(figures), ...uses].join("\n");
}

function timeTable({ kinds, routes }: Figures): readonly string[] {
  const several = new Set(
    kinds.map(({ kind }) => kind).filter((kind) => routes.filter((route) => route.kind === kind).length > 1),
  );
  const shown = routes
    .filter(({ kind, criticalShare }) => several.has(kind) && criticalShare >= CRITICAL_SHOWN_FROM)
    .slice(0, ROWS_SHOWN);
  const rows = [...kinds, ...shown].map((time) => [
    `  ${time.kind}${time.route === null ? "" : ` ${oneLine(time.route, 40)}`}`,
    thousands(time.durationMs.count),
    ...cells(time.durationMs),
    ...(time.firstChunkMs === null ? ["", ""] : cells(time.firstChunkMs).slice(0, 2)),
    `${(time.criticalShare * 100).toFixed(1)} %`,
  ]);
  return table([["  kind, route", "spans", "p50", "p95", "p99", "first chunk", "p95", "critical"], ...rows]);
}

function cells({ p50, p95, p99 }: Percentiles): readonly string[] {
  return [p50, p95, p99].map((ms) => durationText(ms));
}

/** A table of one row that says nothing is left out. */
function useRows(by: string, uses: readonly UseFigure[]): readonly string[] {
  const isSilent = uses.length === 1 && uses[0]?.name.startsWith("(") === true;
  if (uses.length === 0 || isSilent) return [];
  const rows = uses
    .slice(0, ROWS_SHOWN)
    .map(({ name, calls, inputTokens, outputTokens, costUsd }) => [
      `  ${oneLine(name, 40)}`,
      thousands(calls),
      thousands(inputTokens),
      thousands(outputTokens),
      usd(costUsd),
    ]);
  const title = by.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const rest = uses.length > ROWS_SHOWN ? [`  … and ${thousands(uses.length - ROWS_SHOWN)} more`] : [];
  return [...table([[`  ${title}`, "calls", "tokens in", "out", "cost"], ...rows]), ...rest];
}

/** Columns of one width, the first to the left and the others to the right. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_head, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    "",
    ...rows.map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    ),
  ];
}

function percentilesText({ p50, p95, p99 }: Percentiles): string {
  return `${durationText(p50)} (p95 ${durationText(p95)}, p99 ${durationText(p99)})`;
}

/** `$0.0123`; four digits that count. */
function usd(cost: number | null): string {
  return cost === null ? "not stated" : `$${Number(cost.toPrecision(4))}`;
}
