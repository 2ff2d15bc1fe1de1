import type { WantedChanges } from "../../../src/check/changes/wanted.ts";
import { readWantedChanges } from "../../../src/check/changes/wanted-text.ts";
import type { Json } from "../../../src/core/json.ts";
import { replayCase, type ReplayRequest } from "../../../src/campaign/replay/lanes.ts";
import type { ReplayResult } from "../../../src/campaign/replay/result.ts";
import { sayingsIn } from "../../../src/recording/case-files.ts";
import { partsOf } from "../../../src/recording/recorded-case.ts";
import type { Exchange } from "../../../src/recording/exchange.ts";
import type { Recording } from "../../../src/recording/recording.ts";
import { redactor } from "../../../src/recording/redactor.ts";
import { recordingOfTraces } from "../../../src/recording/trace-recording.ts";
import { execute } from "../../../src/run/execute.ts";
import { a2aAgent } from "../../../src/scenario/a2a.ts";
import { type Agent, agent, type FunctionAgent, type Reply, type Turn } from "../../../src/scenario/agent.ts";
import { type Message, type ModelAnswer, scriptedModel, type ToolCall } from "../../../src/scenario/model.ts";
import { plan } from "../../../src/scenario/plan.ts";
import { defineScenario, type Scenario, user } from "../../../src/scenario/scenario.ts";
import { mcpServer, tool, toolError } from "../../../src/scenario/server.ts";
import { buildTrees } from "../../../src/trace/tree.ts";

/** What answered when the recording was made. */
export const parcels = mcpServer("parcels", {
  tools: {
    track: tool({ input: { type: "object" }, handle: () => ({ state: "late", since: 3 }) }),
    shelf: tool({ input: { type: "object" }, handle: () => "B4" }),
    refund: tool({ input: { type: "object" }, handle: () => toolError("try later") }),
  },
});

const CALLS: readonly (readonly [string, ToolCall["arguments"]])[] = [
  ["track", { parcel: "P1" }],
  ["shelf", { parcel: "P1" }],
  ["refund", { parcel: "P1", reason: "late" }],
];

const RESULTS = ['{"state":"late","since":3}', "B4", "try later"];

function answers(): readonly { readonly conversation: readonly Message[]; readonly answer: ModelAnswer }[] {
  const heard: Message[] = [{ role: "user", text: "Where is P1?" }];
  const made = CALLS.map(([name, args], index) => {
    const asked = { conversation: [...heard], answer: { call: [{ tool: name, arguments: args }] } };
    heard.push({ role: "assistant", text: "", toolCalls: [{ id: `c${index}`, name, arguments: args }] });
    heard.push({ role: "tool", tool: name, text: RESULTS[index] ?? "", isError: index === 2 });
    return asked;
  });
  return [...made, { conversation: [...heard], answer: { say: "It is late, on shelf B4." } }];
}

/** Does what its model says; `before` is asked at each call and may do otherwise. */
export function assistant(before?: (turn: Turn, call: ToolCall) => Promise<boolean>): FunctionAgent {
  return agent("assistant", async (turn) => {
    for (;;) {
      const { text, toolCalls } = await turn.model();
      if (toolCalls.length === 0) return turn.reply(text);
      for (const call of toolCalls) if (before === undefined || !(await before(turn, call))) await turn.call(call);
    }
  });
}

const byCount = (conversation: readonly Message[]): ModelAnswer =>
  answers()[conversation.filter(({ role }) => role === "assistant").length]?.answer ?? {};

/** A recording of an agent that tracks a parcel, looks at its shelf, and is refused a refund. */
export async function recordedParcels(): Promise<Recording> {
  const scenario = defineScenario({
    name: "parcel",
    agents: [assistant()],
    servers: [parcels],
    model: scriptedModel("gpt-9", [{ answer: byCount }]),
    script: [user.says("Where is P1?")],
  });
  const run = await execute(plan(scenario, 7));
  const when = { startMs: 0, durationMs: 0 };
  const by = { agent: "assistant", ...when };
  const exchanges: readonly Exchange[] = [
    { kind: "user", agent: null, ...when, text: "Where is P1?", reply: "It is late, on shelf B4." },
    ...answers().map((one) => ({ kind: "model" as const, ...by, model: "gpt-9", ...one })),
    ...CALLS.map(([name, args], index) => {
      const result: Json = index === 0 ? { state: "late", since: 3 } : (RESULTS[index] ?? "");
      const what = { tool: name, arguments: args, result, isError: index === 2 };
      return { kind: "tool" as const, ...by, server: "parcels", ...what };
    }),
  ];
  return {
    source: { traceIds: ["1"], format: "otlp-json", dialects: ["troupe"], readBy: "troupe 0.1.0" },
    exchanges,
    trajectory: run.spans,
    replaced: {},
    lacks: [],
  };
}

export const triage = (more?: (turn: Turn) => Promise<Reply | undefined>): FunctionAgent =>
  agent("triage", async (turn) => {
    await turn.model();
    const other = await more?.(turn);
    if (other !== undefined) return other;
    await turn.tool(parcels, "track", { parcel: "P1" });
    await turn.tool(parcels, "shelf", { parcel: "P1" });
    return turn.handoff(billing, { parcel: "P1" });
  });

export const billing: FunctionAgent = agent("billing", async (turn) => {
  await turn.model();
  return turn.reply("Refunded.");
});

/** A recording, read from a trace, of an agent that tracks a parcel, looks at its shelf, and hands over to another. */
export async function recordedHandoff(): Promise<Recording> {
  const scenario = defineScenario({
    name: "handoff",
    agents: [triage(), billing],
    servers: [parcels],
    script: [user.says("Where is P1?")],
  });
  const { spans } = await execute(plan(scenario, 7));
  return recordingOfTraces(buildTrees(spans), { format: "otlp-json", readBy: "troupe 0.1.0", notes: [] }, redactor());
}

/** Says whether a refund is right, and looks at the shelf for it. */
const risk = a2aAgent("risk", {
  servers: [parcels],
  work: async (turn) => {
    await turn.tool(parcels, "shelf", { parcel: "P1" });
    return turn.input === "May P1 be refunded?" ? "No." : "Yes.";
  },
});

/** Asks a remote agent these questions, one after the other, and says what it answered. */
export function asking(...questions: readonly string[]): FunctionAgent {
  return agent("clerk", async (turn) => {
    const replies: string[] = [];
    for (const question of questions) replies.push((await turn.ask(risk, question)).text);
    return turn.reply(replies.join(" "));
  });
}

const QUESTIONS = ["Is P1 late?", "May P1 be refunded?"];

/** A recording of an agent that asks a remote one twice; `isWorded` where the trace says with which words. */
export async function recordedQuestions(isWorded = true): Promise<Recording> {
  const scenario = defineScenario({
    name: "questions",
    agents: [asking(...QUESTIONS)],
    servers: [risk],
    script: [user.says("Where is P1?")],
  });
  const { spans } = await execute(plan(scenario, 7));
  const origin = { format: "otlp-json", readBy: "troupe 0.1.0", notes: [] };
  const read = recordingOfTraces(buildTrees(spans), origin, redactor());
  if (!isWorded) return read;
  // Troupe's own spans do not say what was asked.
  const asks = read.exchanges.filter((one) => one.kind === "ask");
  const exchanges = read.exchanges.map((one): Exchange => {
    if (one.kind !== "ask") return one;
    const { missing: _, ...rest } = one;
    const index = asks.indexOf(one);
    return { ...rest, text: QUESTIONS[index] ?? "", reply: ["Yes.", "No."][index] ?? "" };
  });
  return { ...read, exchanges };
}

/** What may be changed of the agents of {@link recordedHandoff}, any of them beside any other. */
export const PLANTS = [
  "an extra tool call",
  "a lost handoff",
  "a swapped order",
  "changed arguments",
  "a different model",
  "a new retry",
] as const;

export type Plant = (typeof PLANTS)[number];

/** The agents of {@link recordedHandoff} with those changes. */
export function planted(plants: readonly Plant[]): Pick<Trial, "edited"> {
  const has = (plant: Plant): boolean => plants.includes(plant);
  const first = agent("triage", async (turn) => {
    await turn.model();
    const track = (): Promise<unknown> => turn.tool(parcels, "track", { parcel: "P1" });
    const shelf = (): Promise<unknown> =>
      turn.tool(parcels, "shelf", { parcel: has("changed arguments") ? "P2" : "P1" });
    for (const call of has("a swapped order") ? [shelf, track] : [track, shelf]) await call();
    if (has("a new retry")) await (has("a swapped order") ? track() : shelf());
    if (has("an extra tool call")) await turn.tool(parcels, "track", { parcel: "P9" });
    return has("a lost handoff") ? turn.reply("Wait.") : turn.handoff(billing, { parcel: "P1" });
  });
  return {
    edited: (scenario) => ({
      ...scenario,
      agents: [first, billing],
      ...(has("a different model") && { model: { ...scenario.model, name: "gpt-10" } }),
    }),
  };
}

export interface Trial extends Partial<Pick<ReplayRequest, "miss" | "real" | "seed" | "mode">> {
  readonly agents?: readonly Agent[];
  readonly changes?: WantedChanges;
  /** What the user made of the case's scenario. */
  readonly edited?: (scenario: Scenario) => Scenario;
}

/** The scenario that is written beside a recording. */
function writtenScenario(recording: Recording): Scenario {
  const script = sayingsIn(recording.exchanges).map((text) => user.says(text));
  return defineScenario({ name: "parcel", ...partsOf(recording), script });
}

/** Replays a recording with agents, and with changes that are wanted of them. */
export function replayed(
  recording: Recording,
  { agents = [], changes = {}, edited, ...rest }: Trial = {},
): Promise<ReplayResult> {
  return replayCase({
    name: "parcel",
    recording,
    file: "parcel.recording.json",
    seed: 1,
    miss: "nearest",
    mode: "sim",
    repeat: "troupe replay parcel",
    wanted: readWantedChanges(changes, "changes.yaml"),
    agents: agents.length === 0 ? [] : [{ spec: "agents.ts#assistant", agents, isNameless: false }],
    ...(edited !== undefined && {
      edited: { scenario: edited(writtenScenario(recording)), file: "parcel.scenario.ts" },
    }),
    ...(rest.miss !== undefined && { miss: rest.miss }),
    ...(rest.seed !== undefined && { seed: rest.seed }),
    ...(rest.real !== undefined && { real: rest.real }),
  });
}

/** Each change in a few words: what happened, to what, and in which fields. */
export function changesOf({ judged }: ReplayResult): readonly string[] {
  return judged.changes.map(({ word, operation, isRetry }) => {
    const place = operation.kind === "removed" ? operation.before : operation.after;
    const keys = operation.kind === "changed" ? ` ${operation.changes.map(({ key }) => key).join(" ")}` : "";
    return `${isRetry ? "retry" : operation.kind === "reordered" ? "reordered" : word} ${place.label}${keys}`;
  });
}
