import type { Mismatch, SpanPlace } from "../trace/mismatch.ts";
import type { Span } from "../trace/span.ts";
import { oneLine } from "./wording.ts";

/** Where mismatches show on a drawn forest: beside a span, as a line under a span, or as a line at the top. */
export interface Marks {
  readonly beside: ReadonlyMap<string, readonly string[]>;
  readonly under: ReadonlyMap<string, readonly Note[]>;
  readonly top: readonly string[];
}

/** A line under a span, after the child of that key or at the end. */
export interface Note {
  readonly text: string;
  readonly after?: string;
}

const EXPECTED_WIDTH = 90;

export function marksOf(mismatches: readonly Mismatch[]): Marks {
  const beside = new Map<string, string[]>();
  const under = new Map<string, Note[]>();
  const top: string[] = [];
  for (const mismatch of mismatches) {
    const { found, under: parent } = mismatch;
    const isAbsent = mismatch.kind === "missing" || (mismatch.kind === "moved" && parent !== undefined);
    if (parent === undefined && isAbsent) addOnce(top, absentText(mismatch));
    if (parent !== undefined && isAbsent) {
      const after = mismatch.after === undefined ? {} : { after: keyOf(mismatch.after) };
      addNote(under, keyOf(parent), { text: absentText(mismatch), ...after });
    }
    if (mismatch.kind === "missing") continue;
    // What a span links to is not at fault, but the span that does not link.
    const at = mismatch.kind === "no-link" ? parent : found;
    if (at !== undefined) addOnce(listAt(beside, keyOf(at)), BESIDE[mismatch.kind](mismatch));
    else if (!isAbsent && parent !== undefined) {
      addNote(under, keyOf(parent), {
        text: `${BESIDE[mismatch.kind](mismatch)}: ${oneLine(mismatch.expected, EXPECTED_WIDTH)}`,
      });
    }
  }
  return { beside, under, top };
}

/** Equal for a span and for a place that names it. */
export function keyOf({ traceId, spanId }: SpanPlace | Span): string {
  return `${traceId}/${spanId}`;
}

function absentText({ expected, found, kind }: Mismatch): string {
  // A span of another kind is the nearest only for want of a better one.
  const isTelling = kind === "missing" && found !== undefined && kindOf(found.label) === kindOf(expected);
  const nearest = isTelling ? ` (nearest: ${oneLine(found.label, 60)})` : "";
  return `missing: ${oneLine(expected, EXPECTED_WIDTH)}${nearest}`;
}

function kindOf(label: string): string | undefined {
  return label.replace(/^\/\//, "").split(" ")[0];
}

const expectedText = ({ expected }: Mismatch): string => `expected ${oneLine(expected, EXPECTED_WIDTH)}`;

const BESIDE: Readonly<Record<Mismatch["kind"], (mismatch: Mismatch) => string>> = {
  extra: () => "extra",
  "out-of-order": () => "out of order",
  "not-overlapping": () => "does not overlap",
  "too-many": () => "too many",
  forbidden: () => "forbidden",
  undecided: () => "undecided",
  moved: () => "moved to here",
  "no-link": ({ expected }) => `no link to ${oneLine(expected, EXPECTED_WIDTH)}`,
  changed: changedText,
  missing: expectedText,
  "broken-trace": expectedText,
  "run-failed": expectedText,
};

/** A span of another kind or name is not changed but stands for the one that was expected. */
function changedText(mismatch: Mismatch): string {
  const isOther = mismatch.failed?.every(({ key }) => key === "kind" || key === "name") ?? true;
  return isOther ? expectedText(mismatch) : `changed: ${differences(mismatch) ?? expectedText(mismatch)}`;
}

function differences({ failed = [] }: Mismatch): string | undefined {
  return failed.length === 0 ? undefined : failed.map((difference) => differenceText(difference, 40)).join("; ");
}

type Difference = NonNullable<Mismatch["failed"]>[number];

/** `args.amount expected <= 50, got 80`; a predicate that names its key says it once. */
export function differenceText({ key, expected, got }: Difference, width: number): string {
  const wanted = oneLine(expected.startsWith(`${key} `) ? expected.slice(key.length + 1) : expected, width);
  return `${key} expected ${wanted}, got ${oneLine(got, width)}`;
}

function listAt(lists: Map<string, string[]>, key: string): string[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

function addNote(notes: Map<string, Note[]>, key: string, note: Note): void {
  const known = notes.get(key);
  if (known === undefined) notes.set(key, [note]);
  else if (!known.some(({ text, after }) => text === note.text && after === note.after)) known.push(note);
}

function addOnce(list: string[], text: string): void {
  if (!list.includes(text)) list.push(text);
}
