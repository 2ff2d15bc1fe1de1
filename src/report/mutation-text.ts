import {
  type HopResult,
  type MutantResult,
  type MutationResult,
  type ScenarioMutation,
  mutationScore,
  sumOf,
} from "../campaign/mutation.ts";
import { PLAIN, type Paint } from "./paint.ts";
import { runText } from "./text.ts";
import { counted, oneLine, thousands } from "./wording.ts";

/** What came of each mutant, by scenario and hop; what each expectation adds; and the score. */
export function mutationText(
  { scenarios, notRun }: MutationResult,
  { paint = PLAIN }: { readonly paint?: Paint } = {},
): string {
  const blocks = scenarios.map((scenario) => scenarioText(scenario, paint));
  if (notRun > 0) blocks.push(paint.warn(`stopped with ${thousands(notRun)} not run`));
  if (scenarios.length > 1)
    blocks.push(
      `${counted(scenarios.length, "scenario")}: ${tallyText(sumOf(scenarios.map(({ tally }) => tally)), paint)}`,
    );
  return blocks.join("\n\n");
}

function scenarioText(scenario: ScenarioMutation, paint: Paint): string {
  const { whole, hops, stale, tally, repeat } = scenario;
  if (whole.verdict !== "passed") {
    const why = `nothing was broken: ${whole.scenario} has to pass first`;
    return [runText(whole, { paint }), ...(whole.verdict === "skipped" ? [] : [paint.bad(why)])].join("\n\n");
  }
  const header = `${paint.strong(oneLine(whole.scenario))} ${paint.dim(`seed ${whole.seed} · ${whole.mode}`)}`;
  const staleLines = stale.map(
    (survivor) =>
      `  ${paint.warn(`stale: the scenario accepts ${survivorText(survivor)}, and no such mutant survives`)}`,
  );
  return [
    `${header}: ${counted(hops.length, "hop")}, ${tallyText(tally, paint)}`,
    ...hops.map((hop) => hopText(hop, whole.expectations.length, paint)),
    worthText(scenario),
    ...(staleLines.length === 0 ? [] : [staleLines.join("\n")]),
    ...(tally.survived === 0 ? [] : [`  repeat: ${paint.strong(repeat)}`]),
  ].join("\n\n");
}

/** `16 hops, 111 mutants: 109 caught, 2 survived, score 98.1 %`. */
function tallyText(tally: ScenarioMutation["tally"], paint: Paint): string {
  const { caught, survived, accepted, "without-effect": withoutEffect } = tally;
  const parts = [
    paint.good(`${thousands(caught)} caught`),
    ...(survived === 0 ? [] : [paint.bad(`${thousands(survived)} survived`)]),
    ...(accepted === 0 ? [] : [paint.warn(`${thousands(accepted)} accepted`)]),
    ...(withoutEffect === 0 ? [] : [paint.bad(`${thousands(withoutEffect)} without effect`)]),
  ];
  const score = mutationScore(tally);
  const mutants = counted(caught + survived + accepted + withoutEffect, "mutant");
  return `${mutants}: ${parts.join(", ")}${score === undefined ? "" : `, score ${percent(score)}`}`;
}

function hopText({ hop, mutants }: HopResult, expectations: number, paint: Paint): string {
  const { from, to, label, occurrence } = hop;
  const number = occurrence === 1 ? "" : paint.dim(` #${occurrence}`);
  const groups = new Map<string, { readonly mutant: MutantResult; readonly names: string[] }>();
  for (const mutant of mutants) {
    const key = JSON.stringify([mutant.outcome, mutant.caughtBy, mutant.why]);
    const alike = groups.get(key) ?? { mutant, names: [] };
    alike.names.push(mutant.mutation);
    groups.set(key, alike);
  }
  const lines = [...groups.values()].map(
    ({ mutant, names }) => `    ${outcomeText(mutant, names.join(", "), expectations, paint)}`,
  );
  return [`  ${oneLine(from)} -> ${oneLine(to)} ${oneLine(label)}${number}`, ...lines].join("\n");
}

/** Of mutants that came to the same: who noticed them, or why nobody did. */
function outcomeText(
  { outcome, caughtBy, why }: MutantResult,
  names: string,
  expectations: number,
  paint: Paint,
): string {
  const texts: Readonly<Record<MutantResult["outcome"], () => string>> = {
    caught: () => `${paint.good("✓")} ${names}: ${catchersText(caughtBy, expectations)}`,
    survived: () => paint.bad(`✗ ${names}: survived`),
    accepted: () => `${paint.warn("~")} ${names}: accepted, ${oneLine(why)}`,
    "not-applicable": () => paint.dim(`- ${names}: not applicable, ${oneLine(why)}`),
    "without-effect": () => paint.bad(`! ${names}: without effect, ${oneLine(why)}`),
  };
  return texts[outcome]();
}

/** Those that failed, which say the most; else those that could not decide. */
function catchersText(caughtBy: MutantResult["caughtBy"], expectations: number): string {
  const failed = caughtBy.filter(({ verdict }) => verdict === "failed");
  const told = failed.length > 0 ? failed : caughtBy;
  const isEvery = told.length > 1 && told.length === expectations;
  const names = isEvery ? "every expectation" : told.map(({ name }) => nameText(name)).join(", ");
  return failed.length > 0 ? names : `${names} (inconclusive)`;
}

function nameText(name: string): string {
  return name === "" ? "the run itself" : oneLine(name);
}

/** How many mutants each expectation noticed, and what the score would be without it. */
function worthText({ expectations, tally }: ScenarioMutation): string {
  const total = tally.caught + tally.survived + tally.accepted;
  const width = Math.max(0, ...expectations.map(({ name }) => oneLine(name).length));
  const lines = expectations.map(({ name, caught, caughtAlone }) => {
    const without =
      caughtAlone === 0
        ? ""
        : `, ${thousands(caughtAlone)} alone: without it ${percent((tally.caught - caughtAlone) / total)}`;
    return `    ${oneLine(name).padEnd(width)}  caught ${thousands(caught)}${without}`;
  });
  return ["  what each expectation adds", ...lines].join("\n");
}

function survivorText({ mutation, from, to, method }: ScenarioMutation["stale"][number]): string {
  const parts = [
    from === undefined ? "" : ` from ${from}`,
    to === undefined ? "" : ` to ${to}`,
    method === undefined ? "" : ` ${method}`,
  ];
  return oneLine(`${mutation}${parts.join("")}`);
}

/** Rounded down, so that only all of them are 100 %. */
function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}
