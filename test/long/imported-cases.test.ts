/**
 * Cases out of traces, run again by their stand-ins: of every shipped scenario in every form that traces come in, and of
 * other people's traces, where those are there.
 */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isTroupeError } from "../../src/core/errors.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { readTraceFile } from "../../src/format/read.ts";
import { recordedConversation } from "../../src/recording/conversation.ts";
import type { Exchange } from "../../src/recording/exchange.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { execute } from "../../src/run/execute.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario } from "../../src/scenario/scenario.ts";
import { diffTrees } from "../../src/shape/diff/diff.ts";
import { canonicalText } from "../../src/trace/canonical.ts";
import { type Tree, buildTrees } from "../../src/trace/tree.ts";
import { readTraceSources } from "../../src/wire/trace-sources.ts";
import { replayCase } from "../../src/campaign/replay/lanes.ts";
import { shippedScenarios } from "../digests.ts";
import { asJaeger, asLangfuse, asOpenInference } from "../recording/conversions.ts";
import { recordingOf, replayed } from "../recording/round-trip.ts";

const SEEDS = 100;
const scenarios = await shippedScenarios();

const FORMS = [
  ["OTLP", writeOtlpJson],
  ["Jaeger", asJaeger],
  ["Langfuse", asLangfuse],
  ["OpenInference", (spans) => writeOtlpJson(asOpenInference(spans))],
] as const satisfies readonly (readonly [string, (spans: Parameters<typeof asOpenInference>[0]) => string])[];

test.for(FORMS)(
  "every scenario for every seed comes back out of its traces in the form of %s",
  async ([form, write]) => {
    const wrong: string[] = [];
    let count = 0;
    for (const { scenario, path } of scenarios)
      for (let seed = 1; seed <= SEEDS; seed++) {
        const run = await execute(plan(scenario, seed));
        const trees = buildTrees(readTraceFile(write(run.spans), "trace").spans);
        const { problems, differences } = await comparison(trees, seed);
        count++;
        if (problems.length + differences > 0)
          wrong.push(`${path} ${scenario.name} ${seed}: ${differences}, ${problems.join()}`);
      }
    process.stdout.write(`${form}: ${count} runs, ${count - wrong.length} came back\n`);
    expect(wrong).toEqual([]);
  },
);

interface Comparison {
  readonly problems: readonly string[];
  /** How many operations make of the trees that were read those that came back. */
  readonly differences: number;
  /** Whether the canonical tree is that of the recording's, to the byte. */
  readonly isCanonical: boolean;
  readonly recording: Recording;
  readonly exchanges: readonly Exchange[];
}

async function comparison(trees: readonly Tree[], seed = 1): Promise<Comparison> {
  const recording = recordingOf(trees);
  const again = await replayed(recording, seed);
  return {
    problems: again.problems,
    differences: diffTrees(trees, again.trees).operations.length,
    isCanonical: again.canonical === canonicalText(buildTrees(recording.trajectory ?? [])),
    recording,
    exchanges: recording.exchanges,
  };
}

const DATA = join(import.meta.dirname, "../../../shared/data");
const FOLDERS = [
  "langfuse",
  "strands-evals",
  "monocle",
  "agent-prism",
  "openai-native-traces",
  "openinference",
  "frameworks",
  "agentevals",
  "logfire-mcp",
  "phoenix",
  "inspect_ai",
  "trail_skeleton",
];

interface Row {
  readonly folder: string;
  traces: number;
  withoutWork: number;
  same: number;
  differing: number;
  failed: number;
  quarantined: number;
  questions: number;
  words: number;
  answers: number;
}

test.skipIf(!existsSync(DATA))("other people's traces make cases that come back", async () => {
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const folder of FOLDERS) {
    const row = {
      folder,
      traces: 0,
      withoutWork: 0,
      same: 0,
      differing: 0,
      failed: 0,
      quarantined: 0,
      questions: 0,
      words: 0,
      answers: 0,
    };
    for (const file of filesIn(join(DATA, folder)))
      for (const tree of await treesIn(file)) await addTrace(row, tree, `${folder}/${file.slice(DATA.length)}`, notes);
    rows.push(row);
  }
  rows.push(await tauBench(notes));
  process.stdout.write(`${tableOf(rows)}\n${notes.join("\n")}\n`);
  expect(rows.reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
  expect(rows.reduce((sum, { same }) => sum + same, 0)).toBeGreaterThan(150);
});

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

async function treesIn(file: string): Promise<readonly Tree[]> {
  try {
    return buildTrees((await readTraceSources([file])).spans);
  } catch (error) {
    if (isTroupeError(error)) return [];
    throw error;
  }
}

async function addTrace(row: Row, tree: Tree, where: string, notes: string[]): Promise<void> {
  row.traces++;
  let compared: Comparison;
  try {
    compared = await comparison([tree]);
  } catch (error) {
    if (!isTroupeError(error) || !error.message.includes("no span of it is work")) throw error;
    row.withoutWork++;
    return;
  }
  const { problems, differences, isCanonical, exchanges, recording } = compared;
  const quarantine = await quarantineOf(recording);
  if (quarantine.length > 0) {
    row.quarantined++;
    notes.push(`${where} ${tree.traceId}: in quarantine, ${quarantine.join("; ")}`);
  }
  if (problems.length > 0) row.failed++;
  else if (differences === 0 && isCanonical) row.same++;
  else row.differing++;
  if (problems.length > 0 || !isCanonical || differences > 0)
    notes.push(
      `${where} ${tree.traceId}: ${differences} differences${isCanonical ? "" : ", not canonical"} ${problems.join()}`,
    );
  for (const { missing = [] } of exchanges) {
    row.questions++;
    if (!missing.includes("question") && !missing.includes("arguments")) row.words++;
    if (!missing.includes("answer") && !missing.includes("result")) row.answers++;
  }
}

/** Why a replay would judge no candidate on it. */
async function quarantineOf(recording: Recording): Promise<readonly string[]> {
  const file = "trace.recording.json";
  const how = { seed: 1, miss: "nearest", mode: "sim", repeat: "" } as const;
  return (await replayCase({ name: "again", file, recording, wanted: [], agents: [], ...how })).quarantine;
}

/** Chats and no traces: held again by the recorded conversation, and then imported from what that left. */
async function tauBench(notes: string[]): Promise<Row> {
  const row = {
    folder: "tau-bench",
    traces: 0,
    withoutWork: 0,
    same: 0,
    differing: 0,
    failed: 0,
    quarantined: 0,
    questions: 0,
    words: 0,
    answers: 0,
  };
  const runs = JSON.parse(readFileSync(join(DATA, "tau-bench/derived/gpt-4o-airline.tasks00-24.json"), "utf8"));
  for (const { traj } of runs) {
    const scenario = defineScenario({ name: "airline", ...recordedConversation("airline", traj) });
    const { spans } = await execute(plan(scenario, 1));
    for (const tree of buildTrees(spans)) await addTrace(row, tree, "tau-bench", notes);
  }
  return row;
}

function tableOf(rows: readonly Row[]): string {
  const head = [
    "folder",
    "traces",
    "without work",
    "the same tree",
    "another tree",
    "failed",
    "in quarantine",
    "exchanges",
    "with the question",
    "with the answer",
  ];
  const lines = rows.map((row) => Object.values(row));
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
