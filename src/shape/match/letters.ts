import type { Columns } from "./columns.ts";
import { eachChild } from "./columns.ts";
import type { List } from "./program.ts";

/** Spans that fit the same leaves of a list and are obligatory alike: interchangeable but for their start. */
export interface LetterType {
  readonly leaves: readonly number[];
  readonly isObligatory: boolean;
}

/** The spans that a list speaks of, by start. A block is a run of equal starts. */
export interface Letters {
  readonly types: readonly LetterType[];
  readonly rows: readonly number[];
  /** For each of `rows`, its type. */
  readonly typeOf: readonly number[];
  readonly blocks: readonly { readonly from: number; readonly to: number }[];
  /** Obligatory spans that fit nothing. */
  readonly stranded: readonly number[];
}

/** What is known of the rows below the one in question. */
export interface Known {
  readonly columns: Columns;
  readonly has: (row: number, pattern: number) => boolean;
  /** All that is known of a row as one text: equal for rows that match the same patterns. */
  readonly signature: (row: number) => string;
  /** The rows below `row` that match a sought pattern, nearest first in preorder, at most `limit`. */
  readonly below: (row: number, pattern: number, limit: number) => readonly number[];
}

/** The letters of `list` under `row`; `limit` bounds how many candidates each `//` offers. */
export function lettersOf(list: List, row: number, known: Known, limit: number): Letters {
  const { columns } = known;
  const found: { row: number; type: number }[] = [];
  const stranded: number[] = [];
  const interned = new TypeTable(list, known);
  const met = new Set<number>();
  const meet = (span: number, isChild: boolean): void => {
    const type = interned.typeOf(span, isChild);
    if (type === STRANDED) stranded.push(span);
    else if (type !== IGNORED) found.push({ row: span, type });
  };
  eachChild(columns, row, (child, isPassed) => {
    if (isPassed && !list.namesTransparent) return;
    if (list.hasDeep) met.add(child);
    meet(child, true);
  });
  if (list.hasDeep) {
    for (const { pattern, isDeep } of list.leaves) {
      if (pattern === undefined || !isDeep) continue;
      for (const span of known.below(row, pattern.id, limit)) {
        if (met.has(span)) continue;
        met.add(span);
        meet(span, false);
      }
    }
  }
  const { start } = columns;
  found.sort((a, b) => (start[a.row] ?? 0) - (start[b.row] ?? 0) || a.row - b.row);
  const rows = found.map((letter) => letter.row);
  return {
    types: interned.types,
    rows,
    typeOf: found.map(({ type }) => type),
    blocks: blocksOf(rows, start),
    stranded,
  };
}

const IGNORED = -1;
const STRANDED = -2;

/** Sorts spans into letter types. Looks at each leaf once for each set of patterns that spans match, not for each span. */
class TypeTable {
  readonly types: LetterType[] = [];
  readonly #list: List;
  readonly #known: Known;
  readonly #bySignature = new Map<string, number>();
  readonly #byFit = new Map<string, number>();

  constructor(list: List, known: Known) {
    this.#list = list;
    this.#known = known;
  }

  /** The type of a span, `IGNORED` if the list has nothing to do with it, `STRANDED` if it must be placed and cannot. */
  typeOf(span: number, isChild: boolean): number {
    const isPassed = this.#known.columns.isTransparent[span] === 1;
    // For short lists the signature would cost more than it saves.
    if (this.#list.leaves.length < SHORT) return this.#fit(span, isChild, isPassed);
    const signature = `${isChild ? "c" : ""}${isPassed ? "t" : ""}${this.#known.signature(span)}`;
    const known = this.#bySignature.get(signature);
    if (known !== undefined) return known;
    const type = this.#fit(span, isChild, isPassed);
    this.#bySignature.set(signature, type);
    return type;
  }

  #fit(span: number, isChild: boolean, isPassed: boolean): number {
    const leaves: number[] = [];
    let isCounted = false;
    for (const [leaf, { pattern, isDeep, isCounted: counts }] of this.#list.leaves.entries()) {
      if (pattern === undefined || (!isChild && !isDeep) || !this.#known.has(span, pattern.id)) continue;
      leaves.push(leaf);
      isCounted ||= counts;
    }
    if (!isCounted && isChild && !isPassed) {
      for (const [leaf, { pattern }] of this.#list.leaves.entries()) if (pattern === undefined) leaves.push(leaf);
    }
    const isObligatory = isCounted || (this.#list.source.mode === "exactly" && isChild && !isPassed);
    if (leaves.length === 0) return isObligatory ? STRANDED : IGNORED;
    return this.#intern(leaves, isObligatory);
  }

  #intern(leaves: readonly number[], isObligatory: boolean): number {
    const key = `${isObligatory}:${leaves.join(",")}`;
    const known = this.#byFit.get(key);
    if (known !== undefined) return known;
    this.#byFit.set(key, this.types.length);
    return this.types.push({ leaves, isObligatory }) - 1;
  }
}

const SHORT = 16;

function blocksOf(rows: readonly number[], start: Float64Array): Letters["blocks"] {
  const blocks: { from: number; to: number }[] = [];
  for (const [index, row] of rows.entries()) {
    const last = blocks.at(-1);
    if (last !== undefined && start[rows[last.from] ?? 0] === start[row]) last.to = index + 1;
    else blocks.push({ from: index, to: index + 1 });
  }
  return blocks;
}
