import { readBudget } from "../../src/check/health/budget.ts";
import { type Health, judgeHealth } from "../../src/check/health/health.ts";
import { examine, newExamination } from "../../src/trace/health/examination.ts";
import { activeRules } from "../../src/trace/health/rules.ts";
import type { Tree } from "../../src/trace/tree.ts";
import { agent, llm, tool, treesOf } from "../check/traces.ts";

/** Cuts what looks real in two, so that no scanner takes this file for a leak. */
const CUT: string = "";

export const SECRET = `AKIA${CUT}Q3EGRZ7WQJ4XKPLM`;

/** A trace that calls one tool four times with a key in its arguments, beside an orphan. */
export const TROUBLED: readonly Tree[] = treesOf(
  agent("triage", [
    llm("small", 100, 10),
    ...Array.from({ length: 4 }, () => tool("find", { key: SECRET })),
    tool("book", {}, [], { parentId: "00000000000000ff" }),
  ]),
);

export const SOUND: readonly Tree[] = treesOf(agent("triage", [llm("small", 100, 10)]));

/** How healthy trees are by a budget. */
export function health(trees: readonly Tree[], budgetText = ""): Health {
  const budget = readBudget(budgetText, "budget.yaml");
  const examination = newExamination({ rules: activeRules(budget.rules), required: budget.required });
  for (const tree of trees) examine(examination, tree, "traces/day 1.json");
  return judgeHealth(examination, budget, true);
}
