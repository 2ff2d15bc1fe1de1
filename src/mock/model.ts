import type { Random } from "../core/random.ts";
import type { Message, Model, ModelAnswer, ModelRule, RuleCondition, ToolCall } from "../scenario/model.ts";
import { holds } from "../scenario/policy.ts";

/** One request to a mock model. */
export interface ModelRequest {
  readonly agent: string;
  readonly conversation: readonly Message[];
  /** Chance keyed by agent, conversation, and how often the agent has asked with that very conversation. */
  readonly random: Random;
}

/** A finished answer, with what a model API would report of it. */
export interface Completion {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: "stop" | "tool_call";
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
  readonly firstChunkMs: number;
  readonly totalMs: number;
}

type RuleCall = NonNullable<ModelAnswer["call"]>[number];

/**
 * Answers by the first rule that applies.
 *
 * @throws Error when no rule applies, with what was asked and the rules that came nearest, and where a rule's answer is
 *   none, with the number of the rule. Never a silent default.
 */
export function complete(model: Model, request: ModelRequest): Completion {
  const { conversation, random } = request;
  const index = model.rules.findIndex(({ when }) => unmet(when ?? {}, request).length === 0);
  const rule = model.rules[index];
  if (rule === undefined) throw new Error(noRule(model, request));
  const where = `model ${model.name}, rule ${index + 1}`;
  const answer = pickAnswer(rule, request, where);
  const toolCalls = (answer.call ?? []).map((call) => ({
    id: `call_${Buffer.from(random.bytes(6)).toString("hex")}`,
    name: call.tool,
    arguments: clonedArguments(call, where),
  }));
  const text = answer.say ?? "";
  const inputTokens = answer.inputTokens ?? tokensIn(conversation);
  const outputTokens = answer.outputTokens ?? tokensIn([{ text, toolCalls }]);
  const firstChunkMs = random.integer(...model.timing.firstChunkMs);
  return {
    text,
    toolCalls,
    finishReason: toolCalls.length > 0 ? "tool_call" : "stop",
    inputTokens,
    outputTokens,
    costUsd: (inputTokens * model.price.input + outputTokens * model.price.output) / 1_000_000,
    firstChunkMs,
    totalMs: firstChunkMs + Math.ceil((outputTokens / model.timing.tokensPerSecond) * 1000),
  };
}

function pickAnswer({ answer }: ModelRule, { conversation, random }: ModelRequest, where: string): ModelAnswer {
  if (typeof answer === "function") return checkedAnswer(answer(structuredClone(conversation)), where);
  if (!isVariants(answer)) return checkedAnswer(answer, where);
  if (answer.length === 0) throw new Error(`${where}: its list of variants is empty; ${ANSWER_MEND}`);
  return random.pick(answer.map((variant, index) => checkedAnswer(variant, `${where}, variant ${index + 1}`)));
}

function isVariants(answer: ModelAnswer | readonly ModelAnswer[]): answer is readonly ModelAnswer[] {
  return Array.isArray(answer);
}

const ANSWER_MEND = 'answer { say: "…" } or { call: [{ tool: "…" }] }';

// Types keep a wrong answer out of TypeScript, and nothing out of plain JavaScript.
function checkedAnswer(answer: ModelAnswer, where: string): ModelAnswer {
  const fault = answerFault(answer);
  if (fault !== undefined) throw new Error(`${where}: ${fault}; ${ANSWER_MEND}`);
  return answer;
}

function answerFault(answer: unknown): string | undefined {
  if (!isRecord(answer)) return `its answer is ${returnedWords(answer)}`;
  const { say, call = [] } = answer;
  if (say !== undefined && typeof say !== "string") return `its \`say\` is ${returnedWords(say)}, which is no text`;
  if (!Array.isArray(call)) return `its \`call\` is ${returnedWords(call)}, which is no list`;
  const calls: readonly unknown[] = call;
  const wrong = calls.findIndex((one) => !isRecord(one) || typeof one["tool"] !== "string");
  return wrong === -1 ? undefined : `its \`call[${wrong}]\` is ${returnedWords(calls[wrong])}, which names no tool`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Promise);
}

/** What code of a user's returned where something else was due, as a sentence says it. */
export function returnedWords(value: unknown): string {
  if (value instanceof Promise) {
    // Should it reject later, that would be a second report of one fault.
    value.catch(() => undefined);
    return "a promise";
  }
  if (value === undefined) return "nothing";
  try {
    return (JSON.stringify(value) ?? `a ${typeof value}`).slice(0, 80);
  } catch {
    return "what JSON cannot write";
  }
}

/** A copy, since the agent may write into what it gets and the rule belongs to every run. */
function clonedArguments(call: RuleCall, where: string): ToolCall["arguments"] {
  try {
    return structuredClone(call.arguments ?? {});
  } catch (cause) {
    throw new Error(`${where}: the arguments of ${call.tool} are no plain data; leave out what JSON cannot write`, {
      cause,
    });
  }
}

/** One token for four characters, tool calls as their JSON. */
function tokensIn(messages: readonly { readonly text: string; readonly toolCalls?: readonly ToolCall[] }[]): number {
  let characters = 0;
  for (const { text, toolCalls = [] } of messages)
    characters += text.length + (toolCalls.length === 0 ? 0 : JSON.stringify(toolCalls).length);
  return Math.max(1, Math.ceil(characters / 4));
}

/** The parts of a condition that do not hold. */
function unmet(condition: RuleCondition, { agent, conversation }: ModelRequest): readonly string[] {
  const newest = conversation.at(-1);
  const userAt = conversation.findLastIndex(({ role }) => role === "user");
  const said = conversation[userAt]?.text ?? "";
  const answered = conversation.slice(userAt + 1).filter(({ role }) => role === "assistant").length;
  const result = newest?.role === "tool" ? newest : undefined;
  const failed: string[] = [];
  if (condition.agent !== undefined && condition.agent !== agent) failed.push("agent");
  if (condition.user !== undefined && !holds(said, condition.user)) failed.push("user");
  if (condition.after !== undefined && condition.after !== result?.tool) failed.push("after");
  if (condition.result !== undefined && (result === undefined || !holds(result.text, condition.result)))
    failed.push("result");
  if (condition.answered !== undefined && condition.answered !== answered) failed.push("answered");
  return failed;
}

function noRule(model: Model, request: ModelRequest): string {
  const newest = request.conversation.at(-1);
  const ranked = model.rules
    .map(({ when }, index) => ({ rule: index + 1, failed: unmet(when ?? {}, request) }))
    .toSorted((a, b) => a.failed.length - b.failed.length);
  const [nearest] = ranked;
  const hint =
    nearest === undefined
      ? "it has no rules"
      : `rule ${nearest.rule} came nearest, but for ${nearest.failed.join(", ")}`;
  const heard = newest === undefined ? "an empty conversation" : `"${newest.text.slice(0, 80)}" (${newest.role})`;
  return `model ${model.name} has no rule for agent ${request.agent} after ${heard}; ${hint}`;
}
