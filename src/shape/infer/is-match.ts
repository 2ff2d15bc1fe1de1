import type { Forest } from "../../trace/tree.ts";
import { decided } from "../match/absent-links.ts";
import { columnsOf } from "../match/columns.ts";
import { programOf } from "../match/program.ts";
import type { Shape } from "../pattern.ts";
import { sharedShape } from "../shared.ts";

/** Whether traces match a shape, as `matchShape` says, but without the work of saying why not. */
export function isMatch(shape: Shape, forests: readonly Forest[]): boolean {
  const columns = columnsOf(forests, "traces" in shape);
  const pass = decided(columns, programOf(sharedShape(shape), columns));
  return pass.undecided.length === 0 && pass.isMatch;
}
