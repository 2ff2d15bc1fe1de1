import { randomInt } from "node:crypto";
import type { Fault } from "../core/errors.ts";

/** More seeds than this in one command would be a mistake, and a list that does not fit. */
const SEEDS_MAX = 1_000_000;

export interface SeedFlags {
  readonly seed: string | undefined;
  readonly seeds: string | undefined;
}

/**
 * The seeds that a command line asks for; seed 1 where it names none.
 *
 * Adds a fault when a seed is no integer from 0 to 2^53-1, a range is empty, or both flags are given.
 */
export function readSeeds({ seed, seeds }: SeedFlags, faults: Fault[], where = "troupe run"): readonly number[] {
  if (seed !== undefined && seeds !== undefined) {
    faults.push({ where, what: "--seed and --seeds are both given", mend: "Give one of them." });
  }
  if (seed === "random") return [randomInt(2 ** 48 - 1)];
  const one = readSeed(seed ?? "1");
  if (one === undefined) faults.push({ where, what: `--seed ${seed} is no seed`, mend: MEND_SEED });
  if (seeds === undefined) return one === undefined ? [] : [one];
  const [, from = "1", to = seeds] = /^(.*?)\.\.(.*)$/.exec(seeds) ?? [];
  const [first, last] = [readSeed(from), readSeed(to)];
  const mend = "Write --seeds N for 1 to N, or --seeds A..B with A up to B.";
  if (first === undefined || last === undefined)
    faults.push({ where, what: `--seeds ${seeds} is no range of seeds`, mend: `${mend} ${MEND_SEED}` });
  else if (last < first) faults.push({ where, what: `--seeds ${seeds} holds no seed`, mend });
  else if (last - first >= SEEDS_MAX) {
    const what = `--seeds ${seeds} is more than ${SEEDS_MAX} seeds`;
    faults.push({ where, what, mend: "Split it over several commands." });
  } else return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return [];
}

const MEND_SEED = "A seed is an integer from 0 to 9007199254740991.";

function readSeed(text: string): number | undefined {
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(seed) ? seed : undefined;
}
