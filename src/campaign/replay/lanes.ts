import { type JudgedChanges, judgeChanges } from "../../check/changes/changes.ts";
import type { WantedChange } from "../../check/changes/wanted.ts";
import { readWantedChanges } from "../../check/changes/wanted-text.ts";
import { faultSentence } from "../../core/errors.ts";
import type { Answered, Miss } from "../../recording/answering.ts";
import { sayingsIn } from "../../recording/case-files.ts";
import { type Frame, frameOf, framed, narrowed } from "../../recording/frame.ts";
import { partsOf } from "../../recording/recorded-case.ts";
import type { Recording } from "../../recording/recording.ts";
import { execute } from "../../run/execute.ts";
import { silentAgents } from "../../run/gathered.ts";
import type { SpansFrom } from "../../run/live/spans-from.ts";
import type { Run } from "../../run/outcome.ts";
import type { RealTools } from "../../run/real-tools.ts";
import { plan } from "../../scenario/plan.ts";
import { type Mode, type Scenario, defineScenario, user } from "../../scenario/scenario.ts";
import { diffTrees } from "../../shape/diff/diff.ts";
import type { DiffOperation } from "../../shape/diff/operations.ts";
import { isSaidAbove } from "../../shape/diff/operations.ts";
import { semanticNodes } from "../../trace/semantic.ts";
import { type Tree, buildTrees } from "../../trace/tree.ts";
import { type Substitute, withAgents } from "../agent-spec.ts";
import type { Compared, ReplayResult } from "./result.ts";
import { stepsOf, sumOf } from "./usage.ts";

/** A recording, and what is to be tried on it. */
export interface ReplayRequest {
  readonly name: string;
  readonly recording: Recording;
  /** The recording's file, or the trace that it was read from. */
  readonly file: string;
  readonly seed: number;
  readonly miss: Miss;
  readonly wanted: readonly WantedChange[];
  /** Agents that take the place of the recorded ones. */
  readonly agents: readonly Substitute[];
  /** The case's own scenario as its user left it, with its file; absent where it says nothing new. */
  readonly edited?: { readonly scenario: Scenario; readonly file: string };
  /** What may be called in the real world where `miss` is `live`. */
  readonly real?: RealTools;
  readonly mode: Mode;
  /** In `live`, where spans come from. */
  readonly spans?: SpansFrom;
  readonly repeat: string;
}

/**
 * Replays one recording: first the baseline lane, with everything recorded, the agents included; and where that gives the
 * recorded tree, the candidate lane, with the agents that are to be judged.
 *
 * @throws TroupeError `SHAPE_INVALID` for changes that a scenario declares wrongly; `SCENARIO_INVALID` and `RUN_REFUSED`
 *   for a candidate that cannot run.
 */
export async function replayCase(request: ReplayRequest): Promise<ReplayResult> {
  const { recording } = request;
  const recorded = buildTrees(recording.trajectory ?? []);
  const baseline = await baselineOf(request, recorded);
  const candidate = baseline.quarantine.length > 0 ? undefined : candidateOf(request);
  if (candidate === undefined) return resultOf(request, recorded, baseline);
  const { scenario, words, ...options } = candidate;
  const { mode, seed, miss, spans, real } = request;
  const live = { ...(spans === undefined ? {} : { spans }), ...(real === undefined ? {} : { real }) };
  const run = await execute(plan(scenario, seed), { mode, miss, ...options, ...live });
  const after = treesOf(run);
  const frame = narrowed(baseline.frame, after);
  // Without its spans nobody can tell what an agent did, and not that it did nothing.
  const isSilent =
    spans?.from === "none" ||
    (mode === "wire" && silentAgents(run.plan, run.spans).some((name) => wasAsked(run, after, name)));
  const compared = isSilent ? null : compare(recorded, after, frame);
  const wanted = [...request.wanted, ...readWantedChanges(scenario.expectChange, `${request.name}, expectChange`)];
  const judged = compared === null ? UNCHANGED : judgeChanges(compared.diff, { before: recorded, after }, wanted);
  return resultOf(request, recorded, {
    frame,
    after,
    compared,
    judged,
    answered: run.answered,
    failures: failuresOf(run),
    notes: run.notes,
    isWhole: !isSilent && run.missing.length === 0 && run.unsettled.length === 0,
    quarantine: [],
    candidate: words,
  });
}

function wasAsked({ plan: { entry } }: Run, after: readonly Tree[], agent: string): boolean {
  const isIn = (tree: Tree): boolean =>
    tree.nodes.some(({ meaning }) => meaning.kind === "agent" && meaning.name === agent);
  return entry.name === agent || after.some(isIn);
}

/** A case of which nothing could be replayed, and why. */
export function lostReplay(
  { name, ...rest }: Pick<ReplayRequest, "name" | "file" | "seed" | "repeat">,
  quarantine: readonly string[],
): ReplayResult {
  const nothing = sumOf([]);
  return {
    scenario: name,
    ...rest,
    mode: "sim",
    verdict: "inconclusive",
    quarantine,
    candidate: null,
    lacks: [],
    setAside: [],
    failures: [],
    notes: [],
    answered: [],
    judged: UNCHANGED,
    usage: { before: nothing, after: nothing, steps: [] },
    compared: null,
  };
}

interface Lane {
  readonly frame: Frame;
  readonly after: readonly Tree[];
  readonly compared: Compared | null;
  readonly judged: JudgedChanges;
  readonly answered: readonly Answered[];
  readonly failures: readonly string[];
  readonly notes: readonly string[];
  /** Whether every span that is known to exist has arrived. */
  readonly isWhole: boolean;
  readonly quarantine: readonly string[];
  readonly candidate: string | null;
}

const UNCHANGED: JudgedChanges = { verdict: "passed", changes: [], unmet: [] };

const NOTHING: Lane = {
  frame: { around: new Set(), facts: new Set(), setAside: [] },
  after: [],
  compared: null,
  judged: UNCHANGED,
  answered: [],
  failures: [],
  notes: [],
  isWhole: true,
  quarantine: [],
  candidate: null,
};

/** The recording replayed with nothing but itself; or why that does not give what was recorded. */
async function baselineOf(request: ReplayRequest, recorded: readonly Tree[]): Promise<Lane> {
  const { recording, name, seed } = request;
  if (recorded.every(({ roots }) => semanticNodes(roots).length === 0))
    return { ...NOTHING, quarantine: ["it holds no tree of spans that a replay could be compared with"] };
  if (!recording.exchanges.some(({ kind }) => kind === "user"))
    return { ...NOTHING, quarantine: ["it holds no turn of a user, so that nobody speaks to the agents"] };
  const run = await execute(plan(recordedScenario(recording, name), seed), { miss: "fail" });
  const after = treesOf(run);
  const frame = frameOf(recorded, after);
  const compared = compare(recorded, after, frame);
  const failures = failuresOf(run);
  const differences = compared.diff.operations.filter((operation) => !isSaidAbove(operation));
  const quarantine = [
    ...failures.map((sentence) => `with everything recorded, ${sentence}`),
    ...differences
      .slice(0, DIFFERENCES_MAX)
      .map((operation) => `with everything recorded, ${differenceWords(operation)}`),
    ...(differences.length > DIFFERENCES_MAX ? [`and ${differences.length - DIFFERENCES_MAX} more differences`] : []),
  ];
  return { ...NOTHING, frame, after, compared, answered: run.answered, notes: run.notes, quarantine };
}

const DIFFERENCES_MAX = 5;

function differenceWords(operation: DiffOperation): string {
  if (operation.kind === "added") return `${operation.after.label} comes that was not recorded`;
  const { label } = operation.before;
  if (operation.kind === "removed") return `${label} does not come`;
  if (operation.kind === "renamed") return `${label} becomes ${operation.after.label}`;
  if (operation.kind !== "changed") return `${label} comes at another place`;
  return `${label} has another ${operation.changes.map(({ key }) => key).join(" and ")}`;
}

/** What is judged: a scenario, as a report names it, and the file from which the processes of `wire` load their part. */
interface Candidate {
  readonly words: string;
  readonly scenario: Scenario;
  readonly file?: string;
}

function candidateOf({ recording, name, edited, agents }: ReplayRequest): Candidate | undefined {
  if (edited === undefined && agents.length === 0) return undefined;
  const words = agents.length === 0 ? (edited?.file ?? "") : agents.map(({ spec }) => spec).join(", ");
  const scenario = withAgents(edited?.scenario ?? recordedScenario(recording, name), agents);
  return { words, scenario, ...(edited !== undefined && { file: edited.file }) };
}

/** The scenario that a recording is, with everything recorded. */
function recordedScenario(recording: Recording, name: string): Scenario {
  const script = sayingsIn(recording.exchanges).map((text) => user.says(text));
  return defineScenario({ name, ...partsOf(recording), script });
}

function compare(recorded: readonly Tree[], now: readonly Tree[], frame: Frame): Compared {
  const [before, after] = [framed(recorded, frame), framed(now, frame)];
  const { operations, ...rest } = diffTrees(before, after);
  return { before, after, diff: { ...rest, operations: operations.flatMap(spoken) } };
}

/** A change without what the recording says nothing of. */
function spoken(operation: DiffOperation): readonly DiffOperation[] {
  if (operation.kind !== "changed") return [operation];
  const changes = operation.changes.filter(({ from }) => from !== null);
  return changes.length === 0 ? [] : [{ ...operation, changes }];
}

/** Open spans are compared with the rest. */
function treesOf({ spans, openSpans }: Run): readonly Tree[] {
  return buildTrees([...spans, ...openSpans]);
}

function failuresOf({ failures, faults }: Run): readonly string[] {
  return [...failures, ...faults.map(faultSentence)];
}

function resultOf(request: ReplayRequest, recorded: readonly Tree[], lane: Lane): ReplayResult {
  const { name, file, seed, mode, recording, repeat } = request;
  const { quarantine, failures, judged, isWhole, compared, after, frame } = lane;
  const verdict =
    quarantine.length > 0 ? "inconclusive" : failures.length > 0 ? "failed" : isWhole ? judged.verdict : "inconclusive";
  const isQuiet = verdict === "passed" && judged.changes.length === 0;
  return {
    scenario: name,
    file,
    seed,
    mode: lane.candidate === null ? "sim" : mode,
    verdict,
    quarantine,
    candidate: lane.candidate,
    lacks: recording.lacks.map(({ what, consequence }) => `${what}: ${consequence}`),
    setAside: frame.setAside,
    failures,
    notes: lane.notes,
    answered: lane.answered,
    judged,
    usage: {
      before: sumOf(recorded),
      after: sumOf(after),
      steps: compared === null ? [] : stepsOf(compared.diff, recorded, after),
    },
    // What nobody draws need not cross between threads.
    compared: isQuiet ? null : compared,
    repeat,
  };
}
