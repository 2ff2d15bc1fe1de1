import * as z from "zod";
import { type MutationResult, type ScenarioMutation, mutationScore } from "../campaign/mutation.ts";
import { MUTATIONS } from "../scenario/survivor.ts";

const count = z.int().nonnegative();
const verdict = z.enum(["passed", "failed", "inconclusive", "skipped"]);
const mutation = z.enum(MUTATIONS);

const mutant = z.strictObject({
  mutation,
  outcome: z.enum(["caught", "survived", "accepted", "not-applicable", "without-effect"]),
  caughtBy: z
    .array(z.strictObject({ name: z.string().describe("empty for the run itself"), verdict }))
    .describe("what did not pass, in the order of the scenario"),
  why: z.string().describe("why it was accepted, was not applicable, or had no effect"),
});

const scenario = z.strictObject({
  scenario: z.string(),
  file: z.string().nullable(),
  seed: count,
  mode: z.enum(["sim", "wire", "live"]),
  verdict: verdict.describe("of the whole run; where it is not passed, nothing was broken"),
  skipped: z.string().nullable(),
  score: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe("caught, by caught, survived and accepted; null where there are none"),
  mutants: z.strictObject({
    caught: count,
    survived: count,
    accepted: count,
    notApplicable: count,
    withoutEffect: count,
  }),
  hops: z.array(
    z.strictObject({
      from: z.string(),
      to: z.string(),
      method: z.string(),
      protocol: z.string(),
      occurrence: count.describe("the how-manieth message of these parts, from 1"),
      label: z.string().describe("what the callee's span is called; the method where none is known"),
      mutants: z.array(mutant),
    }),
  ),
  expectations: z.array(
    z.strictObject({
      name: z.string(),
      caught: count,
      caughtAlone: count.describe("mutants that nothing else noticed"),
    }),
  ),
  stale: z
    .array(
      z.strictObject({
        mutation,
        from: z.string().optional(),
        to: z.string().optional(),
        method: z.string().optional(),
        why: z.string(),
      }),
    )
    .describe("survivors that the scenario accepts and that no mutant is any more"),
  repeat: z.string().describe("the command line that repeats it, with what survived alone where something did"),
});

/** The document of `troupe mutate --json`. */
export const mutationSchema = z.strictObject({
  version: z.string(),
  node: z.string(),
  scenarios: z.array(scenario),
  notRun: count.optional().describe("runs that were asked for and not played, because the command was stopped"),
});

export type MutationJson = z.infer<typeof mutationSchema>;

/** What `troupe mutate --json` prints. */
export function mutationJson({ version, node, scenarios, notRun }: MutationResult): MutationJson {
  return { version, node, scenarios: scenarios.map(scenarioJson), ...(notRun > 0 && { notRun }) };
}

function scenarioJson({
  whole,
  hops,
  expectations,
  stale,
  tally,
  repeat,
}: ScenarioMutation): MutationJson["scenarios"][number] {
  return {
    scenario: whole.scenario,
    file: whole.file,
    seed: whole.seed,
    mode: whole.mode,
    verdict: whole.verdict,
    skipped: whole.skipped,
    score: mutationScore(tally) ?? null,
    mutants: {
      caught: tally.caught,
      survived: tally.survived,
      accepted: tally.accepted,
      notApplicable: tally["not-applicable"],
      withoutEffect: tally["without-effect"],
    },
    hops: hops.map(({ hop, mutants }) => ({
      from: hop.from,
      to: hop.to,
      method: hop.method,
      protocol: hop.protocol,
      occurrence: hop.occurrence,
      label: hop.label,
      mutants: mutants.map(({ mutation: name, outcome, caughtBy, why }) => {
        return { mutation: name, outcome, caughtBy: [...caughtBy], why };
      }),
    })),
    expectations: expectations.map(({ name, caught, caughtAlone }) => ({ name, caught, caughtAlone })),
    stale: stale.map(({ mutation: name, from, to, method, why }) => ({
      mutation: name,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(method !== undefined && { method }),
      why,
    })),
    repeat,
  };
}
