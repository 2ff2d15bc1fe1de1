import type { Pass } from "../match/pass.ts";
import type { TracesPlan } from "../match/program.ts";
import { Bag } from "./bag.ts";
import type { Candidate } from "./candidates.ts";
import type { Substitution } from "./edit.ts";
import { COSTS } from "./edit.ts";
import type { Failure, Finding } from "./finding.ts";
import type { ConditionWriter } from "./condition-writer.ts";
import type { Nearby } from "./nearness.ts";

/** Which bodies find too few traces, and which traces no body: of a body that finds none, why the nearest is not it. */
export function traceFaults(
  write: ConditionWriter,
  { pass, nearby, plan }: { readonly pass: Pass; readonly nearby: Nearby; readonly plan: TracesPlan },
): readonly (Finding | Failure)[] {
  const { bodies, group, isExact } = plan;
  const { traceRows, last, isTransparent } = pass.columns;
  const candidates = traceRows
    .map((row): Candidate => {
      const isSemantic = isTransparent.subarray(row + 1, (last[row] ?? row) + 1).includes(0);
      const leaves = [...bodies.keys()].filter((leaf) => {
        const body = bodies[leaf]?.body;
        return body !== undefined && pass.holds(row, body);
      });
      const isCounted = leaves.some((leaf) => bodies[leaf]?.source.count !== undefined);
      return { row, isChild: true, isObligatory: isCounted || (isExact && isSemantic), leaves };
    })
    // A trace without spans can only be what a body without demands is met by.
    .filter(({ row, leaves }) => leaves.length > 0 || (last[row] ?? row) > row);
  const substitution: Substitution = ({ row, leaves }, leaf) => {
    const body = bodies[leaf]?.body;
    if (body === undefined || leaves.includes(leaf)) return undefined;
    const nearness = nearby.ofTop(row, body);
    // A trace that has nothing of what is asked is no use to look into, unless it is all there is.
    if (nearness.cost === Infinity && candidates.length > 1) return undefined;
    return {
      cost: leaves.length > 0 ? COSTS.taken : Math.min(Math.round(nearness.cost * COSTS.near), COSTS.taken),
      nearness,
    };
  };
  const members = group.parts.map(({ count }, leaf) => ({ leaves: [leaf], ...count }));
  const bag = new Bag(members, substitution);
  for (const candidate of candidates) bag.offer(candidate);
  const edits = bag.edits();
  const told = new Set<number>();
  return edits.flatMap((edit) => {
    if (edit.type === "near") {
      const body = bodies[edit.leaf]?.body;
      return body === undefined ? [] : { row: edit.candidate.row, body };
    }
    if (edit.type === "missing") {
      const [leaf = 0] = edit.leaves;
      const body = bodies[leaf];
      if (body === undefined || told.has(leaf)) return [];
      told.add(leaf);
      const fitting = candidates.filter(({ leaves }) => leaves.includes(leaf)).length;
      return write.missingTrace(body, fitting);
    }
    return edit.type === "extra" ? write.extraTrace(plan, edit.candidate) : [];
  });
}
