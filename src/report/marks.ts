import type { Mismatch, SpanPlace } from "../trace/mismatch.ts";
import type { Span } from "../trace/span.ts";
import { oneLine } from "./wording.ts";

/** Where mismatches show on a drawn forest: beside a span, as a line under a span, or as a line at the top. */
export interface Marks {
  readonly beside: ReadonlyMap<string, readonly string[]>;
  readonly under: ReadonlyMap<string, readonly string[]>;
  readonly top: readonly string[];
}

const EXPECTED_WIDTH = 90;

export function marksOf(mismatches: readonly Mismatch[]): Marks {
  const beside = new Map<string, string[]>();
  const under = new Map<string, string[]>();
  const top: string[] = [];
  for (const mismatch of mismatches) {
    const { found, under: parent } = mismatch;
    const isAbsent = mismatch.kind === "missing" || (mismatch.kind === "moved" && parent !== undefined);
    if (isAbsent) addOnce(parent === undefined ? top : listAt(under, keyOf(parent)), absentText(mismatch));
    if (found !== undefined && mismatch.kind !== "missing")
      addOnce(listAt(beside, keyOf(found)), BESIDE[mismatch.kind](mismatch));
    else if (!isAbsent && parent !== undefined) addOnce(listAt(under, keyOf(parent)), BESIDE[mismatch.kind](mismatch));
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
  changed: (mismatch) => `changed: ${differences(mismatch) ?? expectedText(mismatch)}`,
  missing: expectedText,
  "broken-trace": expectedText,
  "run-failed": expectedText,
};

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

function addOnce(list: string[], text: string): void {
  if (!list.includes(text)) list.push(text);
}
