import { mendOf } from "../check/propagation/propagation.ts";
import type { Hop } from "../trace/evidence.ts";
import type { Paint } from "./paint.ts";
import { PLAIN } from "./paint.ts";
import { counted, oneLine, thousands } from "./wording.ts";

/** What is said where traces are looked at that nobody saw being made. */
export const NO_LEDGER = "no hops are judged: a trace file has no ledger of what crossed between services";

/** Hops that are alike, in one row. */
interface HopRow {
  readonly hop: Hop;
  count: number;
}

const ROWS_MAX = 40;
const CELL_MAX = 60;

/** Equal hops counted: broken ones first, else in the order in which the first of each left. */
function rowsOf(hops: readonly Hop[]): readonly HopRow[] {
  const rows = new Map<string, HopRow>();
  for (const hop of hops) {
    const { detail: _, ...told } = hop;
    const key = JSON.stringify(told);
    const row = rows.get(key) ?? { hop, count: 0 };
    row.count++;
    rows.set(key, row);
  }
  return [...rows.values()].toSorted((a, b) => weightOf(a) - weightOf(b));
}

function weightOf({ hop: { verdict } }: HopRow): number {
  return verdict === "broken" ? 0 : 1;
}

/** The hops of a run as a table: how many, from, to, agent, method, transport, carrier, status and causes; under each that is broken what mends it. */
export function hopTable(hops: readonly Hop[], paint: Paint = PLAIN): string {
  if (hops.length === 0) return "";
  const rows = rowsOf(hops);
  const told = rows.slice(0, ROWS_MAX);
  const columns = columnsOf(hops);
  const cells = told.map((row) => cellsOf(row, columns));
  const widths = columns.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const lineOf = (row: readonly string[]): string =>
    `    ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  const lines = told.flatMap(({ hop }, index): readonly string[] => {
    const line = lineOf(cells[index] ?? []);
    if (hop.verdict === "whole") return [line];
    const { detail, causes } = hop;
    return [paint.bad(line), `       ${detail === null ? "" : `${oneLine(detail)}. `}${mendOf(causes)}`];
  });
  const rest = rows.length - told.length;
  return [
    `  ${titleOf(hops, paint)}`,
    paint.dim(lineOf(columns)),
    ...lines,
    ...(rest > 0 ? [`    … and ${counted(rest, "more row")}`] : []),
  ].join("\n");
}

/** `12 hops: 10 whole, 2 broken`. */
function titleOf(hops: readonly Hop[], paint: Paint): string {
  const broken = hops.filter(({ verdict }) => verdict === "broken").length;
  const title = counted(hops.length, "hop");
  if (broken === 0) return `${title}, all whole`;
  return paint.bad(`${title}: ${thousands(hops.length - broken)} whole, ${thousands(broken)} broken`);
}

const HEAD = ["", "from", "to", "agent", "method", "transport", "carrier", "status", "verdict", "causes"] as const;

type Column = (typeof HEAD)[number];

/** The status of HTTP has a column where there is one. */
function columnsOf(hops: readonly Hop[]): readonly Column[] {
  return hops.some(({ status }) => status !== null) ? HEAD : HEAD.filter((column) => column !== "status");
}

function cellsOf({ hop, count }: HopRow, columns: readonly Column[]): readonly string[] {
  const { from, to, agent, method, transport, carrier, status, verdict, causes } = hop;
  const words: Readonly<Record<Column, string>> = {
    "": `${thousands(count)}×`,
    from,
    to,
    agent: agent ?? "-",
    method,
    transport,
    carrier: carrier ?? "none",
    status: status === null ? "-" : String(status),
    verdict,
    causes: causes.join(" or "),
  };
  return columns.map((column) => oneLine(words[column], CELL_MAX));
}

/** The same as a table in Markdown, with what mends each; `code` writes what comes from outside so that it is read as text. */
export function hopMarkdown(hops: readonly Hop[], code: (text: string) => string): readonly string[] {
  if (hops.length === 0) return [];
  const rows = rowsOf(hops);
  const columns = columnsOf(hops);
  const told = rows.slice(0, ROWS_MAX);
  const lines = told.map((row) => {
    const [count = "", ...cells] = cellsOf(row, columns);
    const mend = row.hop.verdict === "whole" ? "" : mendOf(row.hop.causes);
    return `| ${[count, ...cells.map((cell) => (cell === "" ? "" : code(cell))), mend].join(" | ")} |`;
  });
  const rest = rows.length - told.length;
  return [
    `${titleOf(hops, PLAIN)}:`,
    "",
    `| ${[...columns, "mend"].join(" | ")} |`,
    `|${"---|".repeat(columns.length + 1)}`,
    ...lines,
    ...(rest > 0 ? ["", `… and ${counted(rest, "more row")}.`] : []),
    "",
  ];
}
