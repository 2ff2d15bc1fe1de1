import type { Columns } from "./columns.ts";
import { eachChild } from "./columns.ts";
import type { List } from "./program.ts";

/** Spans that fit the same leaves of a list and are obligatory alike: interchangeable but for their start and end. */
export interface LetterType {
  readonly leaves: readonly number[];
  /** For each leaf of the list, 1 if it is one of `leaves`. */
  readonly fits: Uint8Array;
  readonly isObligatory: boolean;
  /** Whether they end when they start. Only told apart where the list asks for ends. */
  readonly isInstant: boolean;
}

/** The spans that a list speaks of, by start. A block is a run of equal starts. */
export interface Letters {
  /** All types that the list has met so far, under this row and others. */
  readonly types: readonly LetterType[];
  readonly rows: readonly number[];
  /** For each of `rows`, its type. */
  readonly typeOf: readonly number[];
  readonly blocks: readonly { readonly from: number; readonly to: number }[];
  /** Obligatory spans that fit nothing. */
  readonly stranded: readonly number[];
  /** How many spans were looked at to find them. */
  readonly looked: number;
  /** When each span of the columns starts and ends. */
  readonly times: Pick<Columns, "start" | "end">;
}

/** What is known of the rows below the one in question. */
export interface Known {
  readonly columns: Columns;
  /** Whether a row matches the pattern of that number. */
  readonly has: (row: number, pattern: number) => boolean;
  /** All that is known of a row as one number: equal for rows that match the same patterns. */
  readonly signature: (row: number) => number;
  /** The rows below `row` that match a sought pattern, at most `limit` of them, the nearest in preorder last. */
  readonly below: (row: number, pattern: number, limit: number) => readonly number[];
  /** The letter types of a list, which are the same under every row. */
  readonly typesOf: (list: List) => TypeTable;
}

/** The letters of `list` under `row`; `limit` bounds how many candidates each `//` offers. */
export function lettersOf(list: List, row: number, known: Known, limit: number): Letters {
  const { columns } = known;
  const { start } = columns;
  const rows: number[] = [];
  const typeOf: number[] = [];
  const stranded: number[] = [];
  const table = known.typesOf(list);
  let looked = 0;
  let isSorted = true;
  let latest = -Infinity;
  const meet = (span: number, isChild: boolean): void => {
    looked++;
    const type = table.typeOf(span, isChild);
    if (type === STRANDED) stranded.push(span);
    if (type < 0) return;
    rows.push(span);
    typeOf.push(type);
    const time = start[span] ?? 0;
    isSorted &&= time >= latest;
    latest = time;
  };
  if (!list.isAllDeep) {
    eachChild(columns, row, (child, isPassed) => {
      if (!isPassed || list.namesTransparent) meet(child, true);
    });
  }
  const met = new Set<number>();
  for (const { pattern, isDeep } of list.hasDeep ? list.leaves : []) {
    if (pattern === undefined || !isDeep) continue;
    for (const span of known.below(row, pattern.id, limit)) {
      if (met.has(span) || (!list.isAllDeep && isMetAsChild(list, span, row, columns))) continue;
      met.add(span);
      meet(span, false);
    }
  }
  const found = isSorted ? { rows, typeOf } : sorted(rows, typeOf, start);
  return { types: table.types, ...found, blocks: blocksOf(found.rows, start), stranded, looked, times: columns };
}

function isMetAsChild({ namesTransparent }: List, span: number, row: number, columns: Columns): boolean {
  if (columns.isTransparent[span] === 1 && !namesTransparent) return false;
  let above = columns.parent[span] ?? 0;
  while (above > row && columns.isTransparent[above] === 1) above = columns.parent[above] ?? 0;
  return above === row;
}

const IGNORED = -1;
const STRANDED = -2;

function sorted(
  rows: readonly number[],
  typeOf: readonly number[],
  start: Float64Array,
): Pick<Letters, "rows" | "typeOf"> {
  const order = Uint32Array.from(rows.keys());
  order.sort((a, b) => {
    const [first, second] = [rows[a] ?? 0, rows[b] ?? 0];
    return (start[first] ?? 0) - (start[second] ?? 0) || first - second;
  });
  return {
    rows: Array.from(order, (index) => rows[index] ?? 0),
    typeOf: Array.from(order, (index) => typeOf[index] ?? 0),
  };
}

/** Sorts spans into letter types. Looks at each leaf once for each set of patterns that spans match, not for each span. */
export class TypeTable {
  readonly types: LetterType[] = [];
  readonly #list: List;
  readonly #known: Known;
  /** By signature and standing: the type and 3 more, so that 0 is free to mean that nothing is known yet. */
  readonly #bySignature: number[] = [];
  readonly #byFit = new Map<string, number>();

  constructor(list: List, known: Known) {
    this.#list = list;
    this.#known = known;
  }

  /** The type of a span, `IGNORED` if the list has nothing to do with it, `STRANDED` if it must be placed and cannot. */
  typeOf(span: number, isChild: boolean): number {
    const { columns, signature } = this.#known;
    const isPassed = columns.isTransparent[span] === 1;
    const isInstant = this.#list.isTimed && columns.start[span] === columns.end[span];
    const key = signature(span) * 8 + (isChild ? 4 : 0) + (isPassed ? 2 : 0) + (isInstant ? 1 : 0);
    const known = this.#bySignature[key] ?? 0;
    if (known !== 0) return known - 3;
    const type = this.#fit(span, isChild, isPassed, isInstant);
    while (this.#bySignature.length <= key) this.#bySignature.push(0);
    this.#bySignature[key] = type + 3;
    return type;
  }

  #fit(span: number, isChild: boolean, isPassed: boolean, isInstant: boolean): number {
    const leaves: number[] = [];
    const rests: number[] = [];
    let isCounted = false;
    for (const [leaf, { pattern, isDeep, isCounted: counts }] of this.#list.leaves.entries()) {
      if (pattern === undefined) rests.push(leaf);
      else if ((isChild || isDeep) && this.#known.has(span, pattern.id)) {
        leaves.push(leaf);
        isCounted ||= counts;
      }
    }
    if (!isCounted && isChild && !isPassed) leaves.push(...rests);
    const isObligatory = isCounted || (this.#list.source.mode === "exactly" && isChild && !isPassed);
    if (leaves.length === 0) return isObligatory ? STRANDED : IGNORED;
    return this.#intern(leaves, isObligatory, isInstant);
  }

  #intern(leaves: readonly number[], isObligatory: boolean, isInstant: boolean): number {
    const key = `${isObligatory}:${isInstant}:${leaves.join(",")}`;
    const known = this.#byFit.get(key);
    if (known !== undefined) return known;
    this.#byFit.set(key, this.types.length);
    const fits = new Uint8Array(this.#list.leaves.length);
    for (const leaf of leaves) fits[leaf] = 1;
    return this.types.push({ leaves, fits, isObligatory, isInstant }) - 1;
  }
}

function blocksOf(rows: readonly number[], start: Float64Array): Letters["blocks"] {
  const blocks: { from: number; to: number }[] = [];
  let time = -Infinity;
  let last = { from: 0, to: 0 };
  for (const [index, row] of rows.entries()) {
    const starts = start[row] ?? 0;
    if (index > 0 && starts === time) last.to = index + 1;
    else blocks.push((last = { from: index, to: index + 1 }));
    time = starts;
  }
  return blocks;
}
