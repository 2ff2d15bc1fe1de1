import { parse } from "csv-parse/sync";
import { LineCounter, isNode, isSeq, parseDocument } from "yaml";
import * as z from "zod";
import { type Fault, TroupeError, didYouMean, nearestWord } from "../core/errors.ts";
import type { Persona } from "./persona.ts";
import { textOrPattern } from "./policy.ts";

/**
 * One row of a dataset: who, in which situation, with which outcome.
 *
 * `outcome` is what the persona wants to hear, text or `/pattern/flags`; the case passes when it has heard it.
 */
export interface Case {
  /** The name of one of the scenario's `personas`. */
  readonly persona: string;
  readonly situation: string;
  readonly outcome: string;
  /** `file:line`, for a case that was read; no part of its meaning. */
  readonly at?: string;
}

/** A file of cases, relative to the scenario file: `.csv` with a header, or `.json` with a list. */
export interface Dataset {
  readonly dataset: string;
}

export function dataset(path: string): Dataset {
  return { dataset: path };
}

const COLUMNS = ["persona", "situation", "outcome"] as const;
const MEND_CASE = `A case has ${COLUMNS.join(", ")}, each a text.`;
const MEND_CSV = `Write a header "${COLUMNS.join(",")}", then one case a line; a text with a comma or a line break in double quotes.`;

/**
 * Reads a dataset's text, JSON when the file's name ends so, else CSV (RFC 4180, with a header line). Columns and fields
 * beyond the three are for the reader alone. With `personas`, each case has to name one of them.
 *
 * @throws TroupeError `SCENARIO_INVALID` with every fault of the file, each at its line, in the order of the lines.
 */
export function parseCases(text: string, file: string, personas?: readonly Persona[]): readonly Case[] {
  const faults: Fault[] = [];
  const source: Source = { text: text.replace(/^\uFEFF/, ""), file, faults };
  const rows = file.toLowerCase().endsWith(".json") ? jsonRows(source) : csvRows(source);
  if (rows.length === 0 && faults.length === 0)
    faults.push({ where: file, what: "there is no case in it", mend: "Add one, or remove the dataset." });
  const cases = rows.flatMap(({ cells, at }) => {
    const { persona, situation, outcome } = cells;
    if (isText(persona) && isText(situation) && isText(outcome))
      return [{ persona: persona.trim(), situation: situation.trim(), outcome: outcome.trim(), at }];
    for (const name of COLUMNS.filter((column) => !isText(cells[column])))
      faults.push({ where: at, what: cellFault(cells, name), mend: MEND_CASE });
    return [];
  });
  if (personas !== undefined)
    for (const given of cases) {
      const actor = personaOfCase(given, personas, given.at);
      if ("what" in actor) faults.push(actor);
    }
  if (faults.length > 0)
    throw new TroupeError(
      "SCENARIO_INVALID",
      faults.toSorted((a, b) => lineOf(a) - lineOf(b)),
    );
  return cases;
}

function lineOf({ where }: Fault): number {
  return Number(/:(\d+)$/.exec(where)?.[1] ?? 0);
}

interface Source {
  readonly text: string;
  readonly file: string;
  readonly faults: Fault[];
}

interface Row {
  readonly cells: Readonly<Record<string, unknown>>;
  /** `file:line`. */
  readonly at: string;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

function cellFault(cells: Row["cells"], name: string): string {
  const value = cells[name];
  if (typeof value === "string") return `"${name}" is empty`;
  if (value !== undefined) return `"${name}" is ${JSON.stringify(value)}, not a text`;
  const nearest = nearestWord(
    name,
    Object.keys(cells).filter((key) => !COLUMNS.some((column) => column === key)),
  );
  return `"${name}" is missing${nearest === undefined ? "" : `; is "${nearest}" meant for it?`}`;
}

const recordsSchema = z.array(
  z.object({ record: z.array(z.string()), raw: z.string(), info: z.object({ lines: z.number() }) }),
);

function csvRows({ text, file, faults }: Source): readonly Row[] {
  // One kind of line end: csv-parse counts a CRLF inside quotes as two lines, and a case is the same on every system.
  const options = { info: true, raw: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
  const records = attempt(
    () => recordsSchema.parse(parse(text.replace(/\r\n?/g, "\n"), options)),
    (cause) => faults.push(csvFault(cause, file)),
  );
  const lines = (records ?? []).map(({ record, raw, info }) => ({
    record,
    at: `${file}:${info.lines - (raw.trim().split("\n").length - 1)}`,
  }));
  const [header, ...rest] = lines;
  if (header === undefined) return [];
  const missing = COLUMNS.filter((name) => !header.record.includes(name));
  for (const name of missing) {
    const what = cellFault(Object.fromEntries(header.record.map((key) => [key, ""])), name);
    faults.push({ where: header.at, what: `the column ${what}`, mend: MEND_CSV });
  }
  if (missing.length > 0) return [];
  return rest.flatMap(({ record, at }) => {
    const [width, due] = [record.length, header.record.length];
    if (width === due)
      return [{ at, cells: Object.fromEntries(record.map((cell, i) => [header.record[i] ?? "", cell])) }];
    faults.push({ where: at, what: `it has ${width} cells, and the header has ${due}`, mend: MEND_CSV });
    return [];
  });
}

function csvFault(cause: unknown, file: string): Fault {
  const line = typeof cause === "object" && cause !== null && "lines" in cause ? `:${String(cause.lines)}` : "";
  return { where: `${file}${line}`, what: `it is no CSV: ${sentence(cause)}`, mend: MEND_CSV };
}

function jsonRows({ text, file, faults }: Source): readonly Row[] {
  const mend = 'Write [{ "persona": …, "situation": …, "outcome": … }, …].';
  if (text.trim() === "") return [];
  const list = attempt(
    (): unknown => JSON.parse(text),
    (cause) =>
      faults.push({ where: `${file}${jsonPlace(cause, text)}`, what: `it is no JSON: ${sentence(cause)}`, mend }),
  );
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    faults.push({ where: `${file}:1`, what: "it is no list", mend });
    return [];
  }
  const lines = linesOfItems(text);
  return list.flatMap((cells: unknown, index): readonly Row[] => {
    const at = `${file}:${lines[index] ?? 1}`;
    if (isRecord(cells)) return [{ cells, at }];
    faults.push({ where: at, what: `case ${index + 1} is no object`, mend: MEND_CASE });
    return [];
  });
}

/** The line on which each item of a JSON list begins: JSON is YAML, and the YAML reader knows places. */
function linesOfItems(text: string): readonly number[] {
  const lineCounter = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter, uniqueKeys: false, prettyErrors: false });
  if (!isSeq(contents)) return [];
  return contents.items.map((item) => (isNode(item) ? lineCounter.linePos(item.range?.[0] ?? 0).line : 1));
}

/** V8 names the place only in some of its messages. */
function jsonPlace(cause: unknown, text: string): string {
  const position = /at position (\d+)/.exec(sentence(cause))?.[1];
  if (position !== undefined) return `:${text.slice(0, Number(position)).split("\n").length}`;
  return /end of JSON input/.test(sentence(cause)) ? `:${text.trimEnd().split("\n").length}` : "";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function attempt<T>(work: () => T, onError: (cause: unknown) => void): T | undefined {
  try {
    return work();
  } catch (cause) {
    onError(cause);
    return undefined;
  }
}

function sentence(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
}

/** The persona that acts out a case. Faults name the place in the dataset. */
export function personaOfCase(given: Case, personas: readonly Persona[], where: string): Persona | Fault {
  const known = personas.find(({ name }) => name === given.persona);
  if (known === undefined) {
    const names = personas.map(({ name }) => name);
    return {
      where,
      what: `there is no persona "${given.persona}"${didYouMean(nearestWord(given.persona, names))}`,
      mend: `Known: ${names.join(", ") || "none"}. Add it to the scenario's \`personas\`, or correct the name.`,
    };
  }
  try {
    const satisfiedBy = textOrPattern(given.outcome);
    const { changesGoal } = known.traits;
    // The outcome is what counts in the end, also for a persona that changes its mind on the way.
    const traits = changesGoal === undefined ? {} : { changesGoal: { ...changesGoal, satisfiedBy } };
    return { ...known, situation: given.situation, satisfiedBy, traits: { ...known.traits, ...traits } };
  } catch (cause) {
    return { where, what: `the outcome is no pattern: ${sentence(cause)}`, mend: "Correct the regular expression." };
  }
}
