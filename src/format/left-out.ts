import type { TroupeError } from "../core/errors.ts";
import type { BrokenDocument } from "./documents.ts";
import type { TraceFaults } from "./faults.ts";

const NOTES_MAX = 20;

/** How much text of documents is read together: as small objects it takes ten times as much memory, and Node has 4 GB. */
export const TOGETHER_LENGTH_MAX = 250_000_000;

/** What of a text is not read. Of each sort the first places are kept and all are counted: a text may be all wrong. */
export interface LeftOut {
  readonly broken: Places<Omit<BrokenDocument, "text">>;
  readonly faulty: Places<{ readonly line: number; readonly first: string; readonly error: TroupeError }>;
  /** What stood among spans and is none, as sentences. */
  readonly noSpans: Places<string>;
  /** Lines of documents in no known format. */
  readonly unknown: Places<number>;
  /** Lines that are no JSON. */
  readonly others: Places<number>;
  /** Lines of documents that are read together, beyond what fits into one. */
  readonly beyond: Places<number>;
}

interface Places<T> {
  readonly first: T[];
  count: number;
}

export function nothingLeftOut(): LeftOut {
  const none = <T>(): Places<T> => ({ first: [], count: 0 });
  return { broken: none(), faulty: none(), noSpans: none(), unknown: none(), others: none(), beyond: none() };
}

export function leaveOut<T>(places: Places<T>, place: T): void {
  if (places.count++ < NOTES_MAX) places.first.push(place);
}

/** Leaves a document with faults out. */
export function leaveOutFaulty({ faulty }: LeftOut, line: number, faults: TraceFaults, file: string): void {
  if (faulty.count < NOTES_MAX) leaveOut(faulty, { line, first: faults.first, error: faults.error(file) });
  else faulty.count++;
}

/** Whether nothing is left out that may have been spans. */
export function isWhole({ broken, faulty, noSpans, beyond }: LeftOut): boolean {
  return [broken, faulty, noSpans, beyond].every(({ count }) => count === 0);
}

/** A sentence for each place, and one for all that are too many. */
export function leftOutNotes(left: LeftOut, file: string, more: readonly string[]): readonly string[] {
  const { broken, faulty, noSpans, unknown, others, beyond } = left;
  const notes = [
    ...broken.first.map(({ first, last, cause }) => {
      const [where, are] = first === last ? [`line ${first}`, "is"] : [`lines ${first} to ${last}`, "are"];
      return `${file}: ${where} could not be read and ${are} left out (${cause})`;
    }),
    ...faulty.first.map(({ line, first }) => `${file}: the document at line ${line} is left out; ${first}`),
    ...noSpans.first,
    ...unknown.first.map((line) => `${file}: the document at line ${line} is in no known trace format and is left out`),
    ...oneNote(others, (line, are) => `${file}: line ${line} ${are} no JSON and left out`),
    ...oneNote(beyond, (line, are) => `${file}: the document at line ${line} ${are} left out: ${TOGETHER}`),
    ...more,
  ];
  const unnamed = [broken, faulty, noSpans, unknown].reduce((sum, { first, count }) => sum + count - first.length, 0);
  if (notes.length + unnamed <= NOTES_MAX) return notes;
  const rest = notes.length + unnamed - (NOTES_MAX - 1);
  return [...notes.slice(0, NOTES_MAX - 1), `${file}: ${rest} more places are left out`];
}

const TOGETHER = `documents of its format are read together, and those before it are ${TOGETHER_LENGTH_MAX / 1e6} MB`;

function oneNote(places: Places<number>, note: (line: number, are: string) => string): readonly string[] {
  const [line] = places.first;
  if (line === undefined) return [];
  return [note(line, places.count === 1 ? "is" : `and ${places.count - 1} more are`)];
}
