import { ALL_MUTANTS } from "../campaign/mutants.ts";
import { type MutationRequest, type MutationResult, sumOf } from "../campaign/mutation.ts";
import { type Fault, TroupeError, didYouMean, faultSentence, nearestWord } from "../core/errors.ts";
import { type ExitCode, exitCodeOf, worstExitCode } from "../report/exit-code.ts";
import { jsonText } from "../report/json.ts";
import { mutationJson } from "../report/mutation-json.ts";
import { mutationText } from "../report/mutation-text.ts";
import { thousands } from "../report/wording.ts";
import { MUTATIONS } from "../scenario/survivor.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { readJobs, readMode } from "./run-flags.ts";
import { readSeeds } from "./seeds.ts";
import type { Terminal } from "./terminal.ts";
import { readTransport } from "./transport.ts";
import { watched } from "./watched.ts";

type MutateArguments = Arguments<(typeof COMMANDS)["mutate"]>;
type MutationRunner = (request: MutationRequest) => Promise<MutationResult>;

/** `troupe mutate`: breaks each hop of each scenario in turn, and tells what its expectations notice. */
export async function mutate(
  args: MutateArguments,
  terminal: Terminal,
  runMutation: MutationRunner = runCampaignMutation,
): Promise<ExitCode> {
  const { request, survivorsMax } = readMutateFlags(args);
  const { out, err } = terminal;
  if (args.value("seed") === "random") err.print(`seed ${request.seed}`);
  const startedMs = performance.now();
  const { result, stopCode } = await watched(terminal, ({ onProgress, ...watch }) =>
    // That a broken run fails is what is wanted.
    runMutation({ ...request, ...watch, onProgress: (state) => onProgress({ ...state, unmet: 0 }) }),
  );
  if (args.has("json")) out.print(jsonText(mutationJson(result)).trimEnd());
  else out.print(mutationText(result, out));
  err.print(err.paint.dim(paceText(result, performance.now() - startedMs)));
  for (const fault of result.faults) err.print(faultSentence(fault));
  return stopCode ?? exitCodeOfMutation(result, survivorsMax);
}

/** What took no effect is Troupe's own failure; what did not run whole has failed as a run does. */
function exitCodeOfMutation({ scenarios, faults }: MutationResult, survivorsMax: number): ExitCode {
  const { survived, "without-effect": withoutEffect } = sumOf(scenarios.map(({ tally }) => tally));
  return worstExitCode([
    ...scenarios.map(({ whole }) => exitCodeOf(whole.verdict)),
    ...(withoutEffect > 0 ? ([3] as const) : []),
    ...(faults.length > 0 ? ([2] as const) : []),
    ...(survived > survivorsMax ? ([1] as const) : []),
  ]);
}

function paceText({ scenarios }: MutationResult, tookMs: number): string {
  const { caught, survived, accepted } = sumOf(scenarios.map(({ tally }) => tally));
  const runs = scenarios.length + caught + survived + accepted;
  const took = `${thousands(runs)} runs in ${(tookMs / 1000).toFixed(1)} s`;
  return `${took}, ${thousands(Math.round((runs / tookMs) * 1000))} a second with the start`;
}

interface MutateFlags {
  readonly request: Omit<MutationRequest, "signal" | "onProgress" | "onOutput">;
  readonly survivorsMax: number;
}

/** @throws TroupeError `USAGE` with every fault of the flags. */
function readMutateFlags({ operands, value, values, has }: MutateArguments): MutateFlags {
  const where = "troupe mutate";
  const faults: Fault[] = [];
  const mode = readMode(where, value("mode"), ["sim", "wire"], faults);
  const word = value("transport");
  const transport = readTransport(`${where} --transport ${word}`, word, faults);
  if (transport !== undefined && mode === "sim")
    faults.push({ where, what: "sim mode has no transports", mend: "Add --mode wire, or leave out --transport." });
  const [seed = 1] = readSeeds({ seed: value("seed"), seeds: undefined }, faults);
  const jobs = readJobs(where, value("jobs"), faults);
  const only = values("only");
  for (const name of only.filter((each) => !MUTATIONS.some((mutation) => mutation === each)))
    faults.push({
      where: `${where} --only ${name}`,
      what: `there is no mutation "${name}"${didYouMean(nearestWord(name, MUTATIONS))}`,
      mend: `Known: ${MUTATIONS.join(", ")}.`,
    });
  const allowed = value("survivors") ?? "0";
  if (!/^\d{1,9}$/.test(allowed))
    faults.push({ where, what: `--survivors ${allowed} is no number`, mend: "Write how many mutants may survive." });
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  const mutations = only.length === 0 ? ALL_MUTANTS.mutations : MUTATIONS.filter((each) => only.includes(each));
  const request = {
    paths: operands,
    seed,
    mode,
    choice: { mutations, isOncePerKind: has("once-per-kind") },
    ...(transport === undefined ? {} : { transport }),
    ...(jobs === undefined ? {} : { jobs }),
  };
  return { request, survivorsMax: Number(allowed) };
}

/** What starts threads loads only now. */
async function runCampaignMutation(request: MutationRequest): Promise<MutationResult> {
  const { runMutation } = await import("../campaign/mutation.ts");
  return runMutation(request);
}
