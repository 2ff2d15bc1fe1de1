/** Every reason for which Troupe refuses or gives up. Closed: a new reason is a new word here. */
export type TroupeErrorCode =
  | "USAGE" // the command line is wrong
  | "FILE_UNREADABLE" // a file is missing or cannot be read
  | "URL_UNREADABLE" // a URL or a trace store cannot be reached, or gives no trace
  | "FORMAT_UNKNOWN" // a trace file is in no format that Troupe reads
  | "TRACE_INVALID" // a trace file is in a known format but broken
  | "SHAPE_INVALID" // a shape has faults
  | "BUDGET_INVALID" // a health budget or a sampling policy has faults
  | "SCENARIO_INVALID" // a scenario, persona or mock server has faults
  | "SCENARIO_LOAD" // a scenario file throws while it loads
  | "RUN_REFUSED" // a run cannot start here and now
  | "BUG"; // Troupe itself is wrong

/** One fault in something a person wrote: where it is, what is wrong, how to mend it. */
export interface Fault {
  /** `file:line:column`, `file`, or a path into a definition. */
  readonly where: string;
  readonly what: string;
  readonly mend: string;
}

/** The one error class of Troupe. `faults` lists every fault found, never just the first. */
export class TroupeError extends Error {
  readonly code: TroupeErrorCode;
  readonly faults: readonly Fault[];

  constructor(code: TroupeErrorCode, faults: Fault | readonly Fault[], options?: ErrorOptions) {
    const list: readonly Fault[] = "what" in faults ? [faults] : faults;
    super(list.map(faultSentence).join("\n"), options);
    this.name = "TroupeError";
    this.code = code;
    this.faults = list;
  }
}

/** `where: what. mend` as one line. */
export function faultSentence({ where, what, mend }: Fault): string {
  return `${where}: ${sentence(what)} ${sentence(mend)}`;
}

function sentence(words: string): string {
  return /[.?!…]$/.test(words) ? words : `${words}.`;
}

/** Whether `value` is a {@link TroupeError}, also one of another copy of this module. */
export function isTroupeError(value: unknown): value is TroupeError {
  return value instanceof Error && value.name === "TroupeError" && "faults" in value;
}

/** The candidate nearest to `word` by edit distance, if it is near enough to be meant. */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `; did you mean "…"?`, or nothing where no word is near enough. */
export function didYouMean(nearest: string | undefined): string {
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}

/** Levenshtein distance; O(a·b) time, O(b) memory. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
