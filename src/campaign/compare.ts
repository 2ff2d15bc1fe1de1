import type { Verdict } from "../check/verdict.ts";
import { type Flips, flipsOf } from "../check/flips.ts";
import { TroupeError } from "../core/errors.ts";
import { formReader } from "../shape/mine/form-reader.ts";
import type { RunResult, SuiteResult } from "./result.ts";
import { type SuiteRequest, runSuite } from "./suite.ts";

/** Two variants: scenarios of the same names, or agents that take the place of the scenarios' own. */
export interface ComparisonRequest extends Pick<
  SuiteRequest,
  "seeds" | "mode" | "jobs" | "onProgress" | "onOutput" | "signal"
> {
  readonly a: string;
  readonly b: string;
  /** The scenarios in which `a` and `b` are agents; none where they are scenarios themselves. */
  readonly cases: readonly string[];
}

/** What a variant came to over all pairs. */
export interface VariantSum {
  readonly name: string;
  readonly runs: number;
  readonly passed: number;
  readonly failed: number;
  readonly inconclusive: number;
  /** Different shapes among the runs: what `troupe mine` tells apart. */
  readonly shapes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars; null where no run states a cost. */
  readonly costUsd: number | null;
  readonly durationMs: number;
}

/** One run of a pair. */
export interface VariantRun {
  readonly verdict: Verdict;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
  readonly durationMs: number;
  /** The first thing that speaks against it; null where nothing does. */
  readonly cause: string | null;
}

export interface Pair {
  readonly scenario: string;
  readonly seed: number;
  readonly a: VariantRun;
  readonly b: VariantRun;
  readonly isSameShape: boolean;
  /** Which of the two alone passed; null where both or none did. */
  readonly flip: "lost" | "won" | null;
}

export interface Comparison {
  /** Failed where B failed at anything that A passed; inconclusive where a pair says nothing and none was lost. */
  readonly verdict: "passed" | "failed" | "inconclusive";
  readonly a: VariantSum;
  readonly b: VariantSum;
  readonly pairs: readonly Pair[];
  /** Over the pairs of which both runs passed or failed. */
  readonly flips: Flips;
  /** Scenarios that one variant alone has, and runs that were skipped or not played, a sentence each. */
  readonly unpaired: readonly string[];
}

/**
 * Runs both variants over the same scenarios and seeds, and compares them pair by pair.
 *
 * @throws TroupeError as `runSuite`, and `USAGE` where no scenario has a partner.
 */
export async function compareVariants(request: ComparisonRequest): Promise<Comparison> {
  const { a, b, cases, ...rest } = request;
  const detail = { hasDigests: false, hasTrees: true };
  const suiteOf = (variant: string): Promise<SuiteResult> =>
    runSuite({
      ...rest,
      checkDeterminism: false,
      detail,
      ...(cases.length > 0 ? { paths: cases, agents: [variant] } : { paths: [variant] }),
    });
  // One after the other: both at once would only share the same cores.
  const [first, second] = [await suiteOf(a), await suiteOf(b)];
  return comparisonOf({ name: a, suite: first }, { name: b, suite: second });
}

interface Variant {
  readonly name: string;
  readonly suite: SuiteResult;
}

/** Compares two suites that were played with the same seeds. */
export function comparisonOf(a: Variant, b: Variant): Comparison {
  const { pairs, unpaired } = pairRuns(a, b);
  const shapes = shapeReader();
  const compared = pairs.map(([x, y]): Pair => {
    const isDecided = [x, y].every(({ verdict }) => verdict === "passed" || verdict === "failed");
    const isFlip = isDecided && x.verdict !== y.verdict;
    return {
      scenario: x.scenario,
      seed: x.seed,
      a: variantRun(x),
      b: variantRun(y),
      isSameShape: shapes(x) === shapes(y),
      flip: !isFlip ? null : x.verdict === "passed" ? "lost" : "won",
    };
  });
  const decided = compared.filter((pair) => isDecisive(pair.a) && isDecisive(pair.b));
  const notRun = [a, b].filter(({ suite }) => suite.notRun > 0).map(({ name, suite }) => notRunWords(name, suite));
  const isOpen = decided.length < compared.length || decided.length === 0 || notRun.length > 0;
  return {
    verdict: compared.some(({ flip }) => flip === "lost") ? "failed" : isOpen ? "inconclusive" : "passed",
    a: sumOf(
      a.name,
      pairs.map(([x]) => x),
      shapes,
    ),
    b: sumOf(
      b.name,
      pairs.map(([, y]) => y),
      shapes,
    ),
    pairs: compared,
    flips: flipsOf(decided.map((pair) => [pair.a.verdict === "passed", pair.b.verdict === "passed"])),
    unpaired: [...unpaired, ...notRun],
  };
}

function isDecisive({ verdict }: VariantRun): boolean {
  return verdict === "passed" || verdict === "failed";
}

function notRunWords(name: string, { notRun }: SuiteResult): string {
  return `${notRun} run${notRun === 1 ? "" : "s"} of ${name} ${notRun === 1 ? "was" : "were"} not played`;
}

/** Runs of one scenario and seed. Where each variant is a single scenario, these are partners whatever their names. */
function pairRuns(
  a: Variant,
  b: Variant,
): { readonly pairs: readonly (readonly [RunResult, RunResult])[]; readonly unpaired: readonly string[] } {
  const [first, second] = [namesIn(a.suite), namesIn(b.suite)];
  const isOneEach = first.size === 1 && second.size === 1;
  const keyOf = ({ scenario, seed }: RunResult): string => JSON.stringify([isOneEach ? "" : scenario, seed]);
  const partners = new Map(b.suite.runs.map((run) => [keyOf(run), run]));
  const unpaired = new Set<string>();
  const only = (names: ReadonlySet<string>, others: ReadonlySet<string>, variant: string): void => {
    for (const name of names) if (!isOneEach && !others.has(name)) unpaired.add(`only ${variant} has ${name}`);
  };
  only(first, second, a.name);
  only(second, first, b.name);
  const pairs = a.suite.runs.flatMap((run): readonly (readonly [RunResult, RunResult])[] => {
    const partner = partners.get(keyOf(run));
    if (partner === undefined) return [];
    const skipped = [run, partner].find(({ verdict }) => verdict === "skipped");
    if (skipped !== undefined) unpaired.add(`${run.scenario} was skipped: ${skipped.skipped}`);
    return skipped === undefined ? [[run, partner]] : [];
  });
  if (pairs.length > 0 || unpaired.size === 0) return { pairs, unpaired: [...unpaired] };
  throw new TroupeError("USAGE", {
    where: "troupe compare",
    what: `nothing can be compared: ${[...unpaired].join("; ")}`,
    mend: "Give two variants of the same scenarios, or two agents and the scenarios with --cases.",
  });
}

function namesIn({ runs }: SuiteResult): ReadonlySet<string> {
  return new Set(runs.map(({ scenario }) => scenario));
}

/** One word for the shape of a run: equal for runs that do the same. */
function shapeReader(): (run: RunResult) => string {
  const { formOf } = formReader(false);
  const known = new Map<RunResult, string>();
  return (run) => {
    const shape =
      known.get(run) ??
      run.trees
        .map((tree) => formOf(tree).digest)
        .toSorted()
        .join(" ");
    known.set(run, shape);
    return shape;
  };
}

function variantRun({ verdict, summary, durationMs, failures, expectations }: RunResult): VariantRun {
  const costs = summary.traces.flatMap(({ cost }) => cost ?? []);
  const unmet = expectations.find((one) => one.verdict === "failed" || one.verdict === "inconclusive");
  return {
    verdict,
    inputTokens: sum(summary.traces.map(({ tokens }) => tokens.input)),
    outputTokens: sum(summary.traces.map(({ tokens }) => tokens.output)),
    costUsd: costs.length === 0 ? null : dollars(sum(costs)),
    durationMs,
    cause:
      failures[0] ?? (unmet === undefined ? null : `${unmet.name}: ${unmet.mismatches[0]?.message ?? unmet.verdict}`),
  };
}

function sumOf(name: string, runs: readonly RunResult[], shapeOf: (run: RunResult) => string): VariantSum {
  const count = (verdict: Verdict): number => runs.filter((run) => run.verdict === verdict).length;
  const each = runs.map(variantRun);
  const costs = each.flatMap(({ costUsd }) => costUsd ?? []);
  return {
    name,
    runs: runs.length,
    passed: count("passed"),
    failed: count("failed"),
    inconclusive: count("inconclusive"),
    shapes: new Set(runs.map(shapeOf)).size,
    inputTokens: sum(each.map(({ inputTokens }) => inputTokens)),
    outputTokens: sum(each.map(({ outputTokens }) => outputTokens)),
    costUsd: costs.length === 0 ? null : dollars(sum(costs)),
    durationMs: sum(each.map(({ durationMs }) => durationMs)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function dollars(usd: number): number {
  return Number(usd.toFixed(12));
}
