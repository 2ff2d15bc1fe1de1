import type { Columns } from "./columns.ts";
import { Pass } from "./pass.ts";
import type { Pattern, Program } from "./program.ts";
import { closure, dependentsOf } from "./scopes.ts";

/** The most links to absent spans of which every combination is tried; beyond that the answer is left open. */
const TRIED_MAX = 4;

/**
 * A pass whose answer does not rest on what absent spans are; or one that says that it does.
 *
 * What a link to an absent span leads to may match or not. Where a match can only help, none and all of them are the
 * extremes and two passes decide; otherwise each combination is tried.
 */
export function decided(columns: Columns, program: Program): Pass {
  const none = new Pass(columns, program);
  const isMatch = none.isMatch;
  if (none.absent.size === 0 || none.undecided.length > 0) return none;
  const all = new Pass(columns, program, () => true);
  const isMatchWithAll = all.isMatch;
  if (all.undecided.length > 0) return all;
  if (isMatch === isMatchWithAll && (onlyHelps(program) || isSameForAll(columns, program, isMatch, none, all)))
    return none;
  const [first] = none.absent.values();
  if (first !== undefined) none.undecided.push({ reason: "link", ...first });
  return none;
}

function isSameForAll(columns: Columns, program: Program, isMatch: boolean, none: Pass, all: Pass): boolean {
  const keys = [...new Set([...none.absent.keys(), ...all.absent.keys()])];
  if (keys.length > TRIED_MAX) return false;
  for (let chosen = 1; chosen < 2 ** keys.length - 1; chosen++) {
    const assumed = new Set(keys.filter((_, index) => ((chosen >> index) & 1) === 1));
    const pass = new Pass(columns, program, (key) => assumed.has(key));
    if (pass.isMatch !== isMatch || pass.undecided.length > 0) return false;
    if ([...pass.absent.keys()].some((key) => !keys.includes(key))) return false;
  }
  return true;
}

/** Whether a link that matches can only make more match: what rests on it is never counted, forbidden or obligatory. */
function onlyHelps({ patterns, top, traces }: Program): boolean {
  const dependents = dependentsOf(patterns);
  const resting = closure(
    patterns.filter(({ body }) => body.links.length > 0),
    (pattern) => dependents.get(pattern) ?? [],
  );
  const isResting = (pattern: Pattern | undefined): boolean => pattern !== undefined && resting.has(pattern);
  if (traces !== undefined && (traces.isExact || traces.bodies.some(({ source }) => source.count !== undefined)))
    return false;
  const bodies = [top, ...(traces?.bodies.map(({ body }) => body) ?? []), ...patterns.map(({ body }) => body)];
  return bodies.every(({ list, never }) => {
    if (never.some((sought) => sought.patterns.some(isResting))) return false;
    return list === undefined || list.isOpen || !list.leaves.some(({ pattern }) => isResting(pattern));
  });
}
