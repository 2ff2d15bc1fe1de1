import { eachChild } from "../match/columns.ts";
import type { Pass } from "../match/pass.ts";
import type { Wanted } from "./finding.ts";

/** How many spans that match are compared by their distance. */
const CANDIDATES_MAX = 64;

/**
 * The span nearest in the tree that fully matches what is missing and stands where the list does not look, unless the
 * shape asks for it there.
 */
export function elsewhere(pass: Pass, { row, list, patterns }: Wanted, taken: ReadonlySet<number>): number | undefined {
  const { parent, size } = pass.columns;
  const inScope = new Set<number>();
  eachChild(pass.columns, row, (child) => inScope.add(child));
  const isDeep = list.leaves.some(
    (leaf) => leaf.isDeep && leaf.pattern !== undefined && patterns.includes(leaf.pattern),
  );
  const scopeEnd = isDeep ? (pass.columns.last[row] ?? row) : row;
  const stepsUp = new Map<number, number>();
  for (let above = row; above !== -1; above = parent[above] ?? -1) stepsUp.set(above, stepsUp.size);
  let best: number | undefined;
  let shortest = Infinity;
  let looked = 0;
  for (let other = 1; other < size && looked < CANDIDATES_MAX; other++) {
    if (!patterns.some(({ id }) => pass.has(other, id))) continue;
    if (inScope.has(other) || (other > row && other <= scopeEnd) || stepsUp.has(other) || taken.has(other)) continue;
    if (isAtHome(pass, other)) continue;
    looked++;
    let distance = 0;
    let above = other;
    while (!stepsUp.has(above)) [above, distance] = [parent[above] ?? 0, distance + 1];
    distance += stepsUp.get(above) ?? 0;
    if (distance < shortest) [best, shortest] = [other, distance];
  }
  return best;
}

/** Whether some pattern that the span above fits by its own line lists a span like this one. */
function isAtHome(pass: Pass, row: number): boolean {
  const { columns, program } = pass;
  let above = columns.parent[row] ?? 0;
  while (above !== 0 && columns.isTransparent[above] === 1) above = columns.parent[above] ?? 0;
  const bodies =
    above === 0
      ? [program.top]
      : (program.patternsOf[columns.label[above] ?? -1] ?? [])
          .filter((pattern) => pass.fitsTests(above, pattern))
          .map(({ body }) => body);
  return bodies.some(({ list }) => {
    return list?.leaves.some(({ pattern }) => pattern !== undefined && pass.has(row, pattern.id)) === true;
  });
}
