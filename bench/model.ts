/**
 * What an agent with official clients, or on a framework, costs in `sim`: ten model calls over HTTP a run, nine of which
 * call a tool, with tree and verdict. A framework calls its tools over MCP; it is measured where its folder in
 * `scenarios/frameworks` is installed.
 *
 * `npm run bench:model` runs each lane in a process of its own, in turn, and prints least times, in real time and in
 * processor time, which a busy machine distorts less. Gate: ≥ 50 runs a second. A framework is also measured bare, in a
 * plain loop, and traced, with its own spans kept: what it takes more than that is what Troupe adds.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { agent, defineScenario, mcpServer, scriptedModel, tool, user } from "troupe";
import * as z from "zod";
import { judgeRun } from "../src/campaign/judge-run.ts";
import { execute } from "../src/run/execute.ts";
import { prepareThread } from "../src/run/prepare-thread.ts";
import type { Turn } from "../src/scenario/agent.ts";
import { plan } from "../src/scenario/plan.ts";
import {
  ASKED,
  BARE_ENVIRONMENT,
  CALLS,
  FOUND,
  HANDOFF,
  SAYING,
  TOOL,
  bareFetch,
  keepSpans,
} from "./bare-framework.ts";

const ROUNDS = 3;
const WARM_UP = 150;
const COUNTED = 200;
const MESSAGE = "Where is my order?";

const FIGURE = z.object({ ms: z.number(), cpuMs: z.number() });
type Figure = z.output<typeof FIGURE>;

const MODEL = scriptedModel("mock", [
  { when: { answered: CALLS - 1 }, answer: { say: SAYING } },
  { when: { offers: HANDOFF }, answer: { call: [{ tool: HANDOFF }] } },
  { answer: { say: SAYING, call: [{ tool: TOOL.name, arguments: ASKED }] } },
]);

async function openai(turn: Turn, isStream: boolean): Promise<string> {
  const { OPENAI_BASE_URL: baseURL = "", OPENAI_API_KEY: apiKey = "" } = await turn.environment();
  const client = new OpenAI({ baseURL, apiKey });
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: turn.input }];
  for (;;) {
    const request = { model: "m", messages, tools: [{ type: "function" as const, function: TOOL }] };
    const done = isStream
      ? await client.chat.completions.stream(request).finalChatCompletion()
      : await client.chat.completions.create(request);
    const message = done.choices[0]?.message;
    const calls = message?.tool_calls ?? [];
    if (message === undefined || calls.length === 0) return message?.content ?? "";
    messages.push(message);
    for (const { id } of calls) messages.push({ role: "tool", tool_call_id: id, content: FOUND });
  }
}

async function anthropic(turn: Turn): Promise<string> {
  const { ANTHROPIC_BASE_URL: baseURL = "", ANTHROPIC_API_KEY: apiKey = "" } = await turn.environment();
  const client = new Anthropic({ baseURL, apiKey });
  const messages: Anthropic.MessageParam[] = [{ role: "user", content: turn.input }];
  const tools = [{ name: TOOL.name, input_schema: { type: "object" as const } }];
  for (;;) {
    const { content } = await client.messages.stream({ model: "m", max_tokens: 99, messages, tools }).finalMessage();
    const uses = content.filter((block) => block.type === "tool_use");
    if (uses.length === 0) return content.map((block) => (block.type === "text" ? block.text : "")).join("");
    const results = uses.map(({ id }) => ({ type: "tool_result" as const, tool_use_id: id, content: FOUND }));
    messages.push({ role: "assistant", content }, { role: "user", content: results });
  }
}

const SHOP = mcpServer("shop", {
  tools: { [TOOL.name]: tool({ input: z.object({ id: z.string() }), handle: () => FOUND }) },
});

type Work = (turn: Turn) => Promise<string>;
type Round = (seed: number) => Promise<void>;

const FRAMEWORKS = ["ai-sdk", "langgraph", "openai-agents"].filter((name) =>
  existsSync(`scenarios/frameworks/${name}/node_modules`),
);

/** The agent of a framework's scenario. */
async function answerOf(name: string): Promise<(text: string, environment: object) => Promise<string>> {
  const { answer } = await import(pathToFileURL(`scenarios/frameworks/${name}/agent.mjs`).href);
  return answer;
}

async function framework(name: string): Promise<Work> {
  const answer = await answerOf(name);
  return async (turn) => await answer(turn.input, await turn.environment());
}

async function bare(name: string, isTraced: boolean): Promise<Round> {
  const forgetSpans = isTraced ? keepSpans() : (): void => {};
  const stub = bareFetch();
  globalThis.fetch = stub.fetch;
  const answer = await answerOf(name);
  return async () => {
    const said = await answer(MESSAGE, BARE_ENVIRONMENT);
    const calls = stub.next();
    forgetSpans();
    if (said !== SAYING || calls !== CALLS) throw new Error(`${calls} calls, then: ${said}`);
  };
}

async function simulated(make: () => Work | Promise<Work>): Promise<Round> {
  prepareThread();
  const work = await make();
  const scenario = defineScenario({
    name: "bench",
    agents: [agent("clerk", work)],
    servers: [SHOP],
    model: MODEL,
    script: [user.says(MESSAGE)],
  });
  return async (seed) => {
    const run = await execute(plan(scenario, seed));
    const { verdict, failures } = judgeRun(run, { file: null, expectations: [], repeat: "" });
    const calls = run.ledger.filter(({ protocol, role, end }) => `${protocol} ${role} ${end}` === "model request sent");
    if (verdict === "failed" || calls.length !== CALLS) throw new Error(`seed ${seed}: ${failures.join()}`);
  };
}

const bareName = (name: string): string => `${name}, bare`;
const tracedName = (name: string): string => `${name}, traced`;

/** What makes the rounds of each lane. */
const LANES: ReadonlyMap<string, () => Promise<Round>> = new Map([
  ["openai, whole", () => simulated(() => (turn) => openai(turn, false))],
  ["openai, streamed", () => simulated(() => (turn) => openai(turn, true))],
  ["anthropic, streamed", () => simulated(() => anthropic)],
  ...FRAMEWORKS.flatMap((name): [string, () => Promise<Round>][] => [
    [bareName(name), () => bare(name, false)],
    [tracedName(name), () => bare(name, true)],
    [name, () => simulated(() => framework(name))],
  ]),
]);

async function figure(make: () => Promise<Round>): Promise<Figure> {
  const round = await make();
  for (let seed = 1; seed <= WARM_UP; seed++) await round(seed);
  const [start, before] = [performance.now(), process.cpuUsage()];
  for (let seed = 1; seed <= COUNTED; seed++) await round(seed);
  const { user: userTime, system } = process.cpuUsage(before);
  return { ms: (performance.now() - start) / COUNTED, cpuMs: (userTime + system) / 1000 / COUNTED };
}

function report(): void {
  const rounds = Array.from({ length: ROUNDS }, () => new Map([...LANES.keys()].map((name) => [name, measured(name)])));
  const least = (name: string, measure: keyof Figure): number =>
    Math.min(...rounds.map((one) => one.get(name)?.[measure] ?? NaN));
  console.log(
    `node ${process.version}, least of ${ROUNDS} processes for each lane, in turn; ${CALLS} model calls a run`,
  );
  for (const name of LANES.keys()) {
    const words = (ms: number): string => `${ms.toFixed(2)} ms a run, ${(1000 / ms).toFixed(0)} runs/s`;
    const cpuMs = least(name, "cpuMs");
    const floors = [bareName(name), tracedName(name)].filter((floor) => LANES.has(floor));
    const ratios = floors.map((floor) => `, ${(cpuMs / least(floor, "cpuMs")).toFixed(2)} of "${floor}"`);
    console.log(`${name.padEnd(21)} ${words(least(name, "ms"))}; in processor time ${words(cpuMs)}${ratios.join("")}`);
  }
}

function measured(name: string): Figure {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), name];
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return FIGURE.parse(JSON.parse(stdout));
}

const make = LANES.get(process.argv[2] ?? "");
if (make !== undefined) console.log(JSON.stringify(await figure(make)));
else report();
