import type { Verdict } from "../check/verdict.ts";
import type { Mutation, Survivor } from "../scenario/survivor.ts";
import type { HopMutants, MutantChoice, MutatedHop } from "./mutants.ts";
import type { Progress, RunResult, SuiteResult } from "./result.ts";
import { repeatMutation } from "./repeat.ts";
import { type SuiteRequest, runSuite } from "./suite.ts";
import type { Breakage, ScenarioName } from "./thread-messages.ts";

/** What came of one mutant. */
export interface MutantResult {
  readonly mutation: Mutation;
  /**
   * `accepted`: it survived, and the scenario says why that is right. `without-effect`: what was put in never took effect,
   * which is Troupe's own fault.
   */
  readonly outcome: "caught" | "survived" | "accepted" | "not-applicable" | "without-effect";
  /** The expectations that did not pass, in the order of the scenario; "" for the run itself, which did not come to its end. */
  readonly caughtBy: readonly { readonly name: string; readonly verdict: Verdict }[];
  /** Why it was accepted, was not applicable, or had no effect. */
  readonly why: string;
}

export interface HopResult {
  readonly hop: MutatedHop;
  readonly mutants: readonly MutantResult[];
}

/** What an expectation adds to the others. */
interface ExpectationWorth {
  readonly name: string;
  /** Mutants with which it did not pass. */
  readonly caught: number;
  /** Those of them that nothing else noticed. */
  readonly caughtAlone: number;
}

/** How many mutants came to what. */
export type MutantTally = Readonly<Record<MutantResult["outcome"], number>>;

/** A scenario, broken in every way. */
export interface ScenarioMutation {
  /** The run that was broken. Where it did not pass, nothing was. */
  readonly whole: RunResult;
  readonly hops: readonly HopResult[];
  readonly expectations: readonly ExpectationWorth[];
  /** Survivors that the scenario accepts and that no mutant is any more. */
  readonly stale: readonly Survivor[];
  readonly tally: MutantTally;
  /** The command line that repeats it, with what survived alone where something did. */
  readonly repeat: string;
}

/** The share of mutants that were noticed; `undefined` where there was none. One that is accepted was not noticed either. */
export function mutationScore({ caught, survived, accepted }: MutantTally): number | undefined {
  const mutants = caught + survived + accepted;
  return mutants === 0 ? undefined : caught / mutants;
}

/** What several came to together. */
export function sumOf(tallies: readonly MutantTally[]): MutantTally {
  const sum = (outcome: keyof MutantTally): number => tallies.reduce((total, tally) => total + tally[outcome], 0);
  return {
    caught: sum("caught"),
    survived: sum("survived"),
    accepted: sum("accepted"),
    "not-applicable": sum("not-applicable"),
    "without-effect": sum("without-effect"),
  };
}

export interface MutationResult extends Pick<SuiteResult, "version" | "node" | "faults" | "notRun"> {
  readonly scenarios: readonly ScenarioMutation[];
}

export interface MutationRequest extends Pick<
  SuiteRequest,
  "paths" | "mode" | "transport" | "jobs" | "onOutput" | "signal"
> {
  readonly seed: number;
  readonly choice: MutantChoice;
  readonly onProgress?: (progress: Progress) => void;
}

/** A whole run, what can be made to go wrong in it, and what came of that, in the same order. */
interface Campaign {
  readonly whole: RunResult;
  readonly named: ScenarioName;
  readonly hops: readonly HopMutants[];
  readonly played: (readonly [RunResult, Breakage])[];
}

/**
 * Runs each scenario once, and then once with each thing that can be made to go wrong, and tells which of them its
 * expectations notice. The result does not depend on the number of threads.
 *
 * @throws TroupeError when anything in the paths cannot be loaded; nothing has run then.
 */
export async function runMutation({ seed, choice, ...request }: MutationRequest): Promise<MutationResult> {
  const campaigns: Campaign[] = [];
  /** Whose each of the broken runs is, in their order: they follow the whole ones. */
  const owners: Campaign[] = [];
  let told = 0;
  let names: readonly ScenarioName[] = [];
  const followUps: NonNullable<SuiteRequest["followUps"]> = (run, breakage) => {
    const named = names[campaigns.length];
    if (named === undefined) {
      owners[told++]?.played.push([run, breakage]);
      return [];
    }
    const hops = run.verdict === "passed" ? breakage.mutants : [];
    const campaign = { whole: run, named, hops, played: [] };
    campaigns.push(campaign);
    const all = hops.flatMap(({ mutants }) => mutants.flatMap(({ breaks }) => breaks ?? []));
    owners.push(...all.map(() => campaign));
    return all;
  };
  const suite = await runSuite({
    ...request,
    seeds: [seed],
    checkDeterminism: false,
    detail: { hasDigests: false, hasTrees: false, mutants: choice },
    onLoaded: (scenarios) => (names = scenarios),
    followUps,
  });
  const { version, node, faults, notRun } = suite;
  return { version, node, faults, notRun, scenarios: campaigns.map((each) => judged(each, choice, request.transport)) };
}

function judged(
  { whole, named, hops, played }: Campaign,
  { mutations }: MutantChoice,
  transport: MutationRequest["transport"],
): ScenarioMutation {
  const { survivors, path } = named;
  const rest = played.values();
  const accepting = new Set<Survivor>();
  const results = hops.map(({ hop, mutants }): HopResult => {
    const ofHop = mutants.flatMap(({ mutation, breaks, whyNot }): readonly MutantResult[] => {
      if (breaks === null) return [{ mutation, outcome: "not-applicable", caughtBy: [], why: whyNot }];
      const next = rest.next();
      // Where the command was stopped, the last ones were not played.
      if (next.done === true) return [];
      const result = resultOf(mutation, next.value);
      const known = survivors.find((survivor) => isMeant(survivor, mutation, hop));
      if (result.outcome !== "survived" || known === undefined) return [result];
      accepting.add(known);
      return [{ ...result, outcome: "accepted", why: known.why }];
    });
    return { hop, mutants: ofHop };
  });
  const isStale = (survivor: Survivor): boolean => mutations.includes(survivor.mutation) && !accepting.has(survivor);
  return {
    whole,
    hops: results,
    expectations: worthOf(whole, played),
    stale: hops.length === 0 ? [] : survivors.filter(isStale),
    tally: sumOf(results.flatMap(({ mutants }) => mutants.map(({ outcome }) => ({ ...NONE, [outcome]: 1 })))),
    repeat: repeatMutation(path, whole, { mutations: survivedIn(results), transport }),
  };
}

const NONE: MutantTally = { caught: 0, survived: 0, accepted: 0, "not-applicable": 0, "without-effect": 0 };

function survivedIn(hops: readonly HopResult[]): readonly Mutation[] {
  const survived = hops.flatMap(({ mutants }) => mutants.filter(({ outcome }) => outcome === "survived"));
  return [...new Set(survived.map(({ mutation }) => mutation))];
}

function resultOf(mutation: Mutation, [run, { hits }]: Campaign["played"][number]): MutantResult {
  const caughtBy = unmetIn(run).map((index) => ({
    name: run.expectations[index]?.name ?? "",
    verdict: run.expectations[index]?.verdict ?? run.verdict,
  }));
  if (hits === 0) {
    const why = run.failures[0] ?? "nothing that it was put into came by";
    return { mutation, outcome: "without-effect", caughtBy: [], why };
  }
  return { mutation, outcome: caughtBy.length === 0 ? "survived" : "caught", caughtBy, why: "" };
}

/** The places of the expectations that did not pass; -1 for the run itself, where it went wrong apart from them. */
function unmetIn({ expectations, failures, verdict }: RunResult): readonly number[] {
  const unmet = expectations.flatMap((each, index) => (each.verdict === "passed" ? [] : [index]));
  const isOwn = failures.length > 0 || (verdict !== "passed" && unmet.length === 0);
  return isOwn ? [...unmet, -1] : unmet;
}

function worthOf({ expectations }: RunResult, played: Campaign["played"]): readonly ExpectationWorth[] {
  const caught = played.flatMap(([run, { hits }]) => (hits === 0 ? [] : [unmetIn(run)]));
  return expectations.map(({ name }, index) => {
    const own = caught.filter((unmet) => unmet.includes(index));
    return { name, caught: own.length, caughtAlone: own.filter((unmet) => unmet.length === 1).length };
  });
}

function isMeant(survivor: Survivor, mutation: Mutation, hop: MutatedHop): boolean {
  const { from = hop.from, to = hop.to, method = hop.method } = survivor;
  return survivor.mutation === mutation && from === hop.from && to === hop.to && method === hop.method;
}
