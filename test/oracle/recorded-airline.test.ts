import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { passHatK } from "../../src/check/pass-hat-k.ts";
import { canonicalJson } from "../../src/core/json.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { recordedConversation } from "../../src/recording/conversation.ts";
import { execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario } from "../../src/scenario/scenario.ts";
import type { AnyTool } from "../../src/scenario/server.ts";

/** Recorded by others and not ours to copy: where the file is absent, these tests are skipped. */
const DATA = join(import.meta.dirname, "../../../shared/data/tau-bench/derived/gpt-4o-airline.tasks00-24.json");
const isAbsent = !existsSync(DATA);
if (isAbsent) console.warn(`${DATA} is not here; what other people recorded is not run, and its tests are skipped`);

const SCRIPT = join(import.meta.dirname, "recorded-calls.mjs");

const call = z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) });
const message = z.object({
  role: z.string(),
  content: z.string().nullable(),
  tool_calls: z.array(call).optional(),
  tool_call_id: z.string().optional(),
});
const recordedRun = z.object({ task_id: z.int(), trial: z.int(), reward: z.number(), traj: z.array(message) });
type RecordedRun = z.output<typeof recordedRun>;
type ChatMessage = z.output<typeof message>;

const text = isAbsent ? "[]" : readFileSync(DATA, "utf8");
const recorded = z.array(recordedRun).parse(JSON.parse(text));

const differences = z.object({ spans: z.array(z.string()), ledger: z.array(z.string()) });
const verdicts = z.record(z.string(), z.object({ recorded: z.int(), calls: differences, results: differences }));

const home = mkdtempSync(join(tmpdir(), "troupe-recorded-"));
afterAll(() => rmSync(home, { recursive: true }));

function scenarioOf({ task_id: task, trial, traj }: RecordedRun): ReturnType<typeof defineScenario> {
  return defineScenario({ name: `airline-${task}-${trial}`, ...recordedConversation("airline", traj) });
}

/** Exports a run for the script, as `{index}.{label}`. */
function write(folder: string, name: string, { spans, ledger }: Run): void {
  writeFileSync(join(folder, `${name}.spans.json`), writeOtlpJson(spans));
  writeFileSync(join(folder, `${name}.ledger.json`), canonicalJson(ledger));
}

/** What the independent script says of each exported run of a folder, held against the recordings in a file. */
async function compared(recording: string, folder: string): Promise<z.output<typeof verdicts>> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, recording, folder], { maxBuffer: 2 ** 26 });
  return verdicts.parse(JSON.parse(stdout));
}

function folderOf(name: string): string {
  const folder = join(home, name);
  mkdirSync(folder);
  return folder;
}

interface Called {
  readonly owner: ChatMessage;
  readonly call: z.output<typeof call>;
  readonly result: ChatMessage;
}

/** Every call with its result, which is the next one with its id: the data use some ids more than once. */
function callsOf(traj: readonly ChatMessage[]): readonly Called[] {
  return traj.flatMap((owner, at) =>
    (owner.tool_calls ?? []).map((one) => {
      const result = traj.slice(at).find(({ tool_call_id: answered }) => answered === one.id);
      if (result === undefined) throw new Error(`call ${one.id} has no recorded result`);
      return { owner, call: one, result };
    }),
  );
}

const sameCall = ({ call: { function: a } }: Called, { call: { function: b } }: Called): boolean =>
  a.name === b.name && canonicalJson(JSON.parse(a.arguments)) === canonicalJson(JSON.parse(b.arguments));

/** Takes out a call with its result, and the whole message where it was nothing but that call. */
function drop(run: RecordedRun, at: number): boolean {
  const gone = callsOf(run.traj)[at];
  if (gone === undefined) return false;
  gone.owner.tool_calls = gone.owner.tool_calls?.filter((one) => one !== gone.call);
  const isEmpty = gone.owner.tool_calls?.length === 0;
  run.traj = run.traj.filter((one) => one !== gone.result && !(isEmpty && one === gone.owner));
  return true;
}

/** Swaps two neighbouring calls that are not one call, with their results: the first such pair from a place on. */
function swap(run: RecordedRun, from: number): boolean {
  const calls = callsOf(run.traj);
  const pairs = calls.slice(1).map((second, index) => [calls[index] ?? second, second] as const);
  const [a, b] = [...pairs.slice(from), ...pairs].find(([first, second]) => !sameCall(first, second)) ?? [];
  if (a === undefined || b === undefined) return false;
  [a.call.function, b.call.function] = [b.call.function, a.call.function];
  [a.result.content, b.result.content] = [b.result.content, a.result.content];
  return true;
}

function changeArgument(run: RecordedRun, at: number): boolean {
  const called = callsOf(run.traj)[at]?.call.function;
  if (called === undefined) return false;
  const args = z.record(z.string(), z.unknown()).parse(JSON.parse(called.arguments));
  const [name = "added", value] = Object.entries(args).at(-1) ?? [];
  called.arguments = JSON.stringify({ ...args, [name]: typeof value === "string" ? `${value}!` : [value] });
  return true;
}

function changeName(run: RecordedRun, at: number): boolean {
  const called = callsOf(run.traj)[at]?.call.function;
  if (called === undefined) return false;
  called.name += "_too";
  return true;
}

const NONE = { spans: [], ledger: [] } as const;

const MUTATIONS = { drop, swap, changeArgument, changeName };

const originals: Run[] = [];
let seen: z.output<typeof verdicts> = {};
const mutants: Record<string, string[]> = {};

beforeAll(async () => {
  prepareThread();
  const folder = folderOf("runs");
  for (const [index, run] of recorded.entries()) {
    const done = await execute(plan(scenarioOf(run), 1));
    originals.push(done);
    write(folder, `${index}.original`, done);
    // Another place in each run, so that first, last and middle calls have their turn.
    const at = index % Math.max(1, callsOf(run.traj).length);
    for (const [label, mutate] of Object.entries(MUTATIONS)) {
      const mutant = structuredClone(run);
      if (!mutate(mutant, at)) continue;
      write(folder, `${index}.${label}`, await execute(plan(scenarioOf(mutant), 1)));
      (mutants[label] ??= []).push(`${index}.${label}`);
    }
  }
  if (!isAbsent) seen = await compared(DATA, folder);
}, 120_000);

test.skipIf(isAbsent)("all 100 recorded conversations run to their end", () => {
  expect(originals.length).toBe(100);
  expect(originals.flatMap(({ failures, faults }) => [...failures, ...faults])).toEqual([]);
  expect(new Set(originals.map(({ outcome }) => outcome))).toEqual(new Set(["satisfied"]));
});

test.skipIf(isAbsent)("in each of them everything is said that was said and answered", () => {
  for (const [index, { messages }] of originals.entries()) {
    const traj = recorded[index]?.traj ?? [];
    const answered = traj.filter(({ role }, at) => role === "user" && at < traj.length - 1);
    const answers = traj.filter(({ role, tool_calls: calls }) => role === "assistant" && calls === undefined);
    expect(messages.filter(({ from }) => from === "user").map((one) => one.text)).toEqual(
      answered.map(({ content }) => content),
    );
    // Where the recording ends with a tool's result, the last answer is empty.
    expect(messages.filter(({ to, text: said }) => to === "user" && said !== "").map((one) => one.text)).toEqual(
      answers.map(({ content }) => content),
    );
  }
});

test.skipIf(isAbsent)("each recorded answer is one model call, and an empty one ends what ended with a result", () => {
  for (const [index, { spans }] of originals.entries()) {
    const traj = recorded[index]?.traj ?? [];
    const answers = traj.filter(({ role }) => role === "assistant").length;
    const chats = spans.filter(({ attributes }) => attributes["gen_ai.operation.name"] === "chat").length;
    expect(chats).toBe(answers + (traj.at(-1)?.role === "tool" ? 1 : 0));
  }
});

test.skipIf(isAbsent)("spans and ledger of all 100 tell the recorded calls, in name, arguments and order", () => {
  const results = recorded.map((_, index) => seen[`${index}.original`]);
  expect(results.reduce((sum, one) => sum + (one?.recorded ?? 0), 0)).toBe(621);
  for (const one of results) expect(one).toMatchObject({ calls: NONE, results: NONE });
});

test.skipIf(isAbsent).for([
  ["drop", 85],
  ["swap", 81],
  ["changeArgument", 85],
  ["changeName", 85],
] as const)("a recording with a %s is seen in spans and in ledger, in each of %i runs", ([label, count]) => {
  const names = mutants[label] ?? [];
  expect(names.length).toBe(count);
  const unseen = names.filter((name) => seen[name]?.calls.spans.length === 0 || seen[name]?.calls.ledger.length === 0);
  expect(unseen).toEqual([]);
});

/** The recordings, each result with a mark of its own: in the data nearly all repeated calls get equal results. */
function markedRuns(): readonly RecordedRun[] {
  return recorded.map((run) => {
    const marked = structuredClone(run);
    for (const [at, one] of marked.traj.entries()) if (one.role === "tool") one.content += ` (#${at})`;
    return marked;
  });
}

const repeatsOf = ({ traj }: RecordedRun): number =>
  callsOf(traj).filter((one, index, all) => all.findIndex((other) => sameCall(one, other)) !== index).length;

test.skipIf(isAbsent)("each of the 27 repeats of a call gets its own result, were they all different", async () => {
  const marked = markedRuns();
  const file = join(home, "marked.json");
  writeFileSync(file, JSON.stringify(marked));
  const folder = folderOf("marked");
  const repeating = marked.flatMap((run, index) => (repeatsOf(run) > 0 ? [{ run, index }] : []));
  expect(repeating.reduce((sum, { run }) => sum + repeatsOf(run), 0)).toBe(27);
  for (const { run, index } of repeating) write(folder, `${index}.marked`, await execute(plan(scenarioOf(run), 1)));
  const own = Object.values(await compared(file, folder));
  expect(own.length).toBe(repeating.length);
  for (const one of own) expect(one).toMatchObject({ calls: NONE, results: NONE });
  // Held against the data without marks, every result is another and every call the same.
  for (const { recorded: count, calls, results } of Object.values(await compared(DATA, folder))) {
    expect(calls).toEqual(NONE);
    expect([results.spans.length, results.ledger.length]).toEqual([count, count]);
  }
});

test.skipIf(isAbsent)("a server that gives a repeated call its first result again makes the run fail", async () => {
  const run = markedRuns().find((one) => repeatsOf(one) > 0);
  if (run === undefined) throw new Error("no recording repeats a call");
  const conversation = recordedConversation("airline", run.traj);
  const servers = conversation.servers.map((server) => ({
    ...server,
    tools: Object.fromEntries(
      Object.entries(server.tools).map(([name, one]) => {
        const handle: AnyTool["handle"] = (args, context) =>
          one.handle(args, { ...Object(context), occurrence: 1, state: server.state() });
        return [name, { ...one, handle }];
      }),
    ),
  }));
  const { failures } = await execute(plan(defineScenario({ name: "forgetful", ...conversation, servers }), 1));
  expect(failures.join()).toMatch(/of the recording, the result of \w+, says ".*\(#\d+\)", and this was ".*\(#\d+\)"/);
});

test.skipIf(isAbsent)("pass^k over the 100 rewards is what was published", () => {
  const tasks = [...new Set(recorded.map(({ task_id: task }) => task))];
  const passes = tasks.map((task) => recorded.filter((run) => run.task_id === task).map(({ reward }) => reward === 1));
  expect([1, 2, 3, 4].map((k) => Number(passHatK(passes, k).toFixed(6)))).toEqual([0.31, 0.193333, 0.17, 0.16]);
});
