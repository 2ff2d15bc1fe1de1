import type { JsonSchemaType } from "@modelcontextprotocol/sdk/validation/types.js";
import type {
  FinishReason,
  Message,
  Model,
  ModelAnswer,
  ModelFailure,
  ModelRequest,
  ModelRule,
  RuleCall,
  ToolCall,
} from "../scenario/model.ts";
import { chosenRule } from "./model-rules.ts";
import { sharedValidator } from "./schema-validator.ts";

/** A finished answer, with what a model API would report of it. */
export interface Completion {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  /** What goes wrong in place of the answer, or while it comes. */
  readonly failure: ModelFailure | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
  readonly firstChunkMs: number;
  readonly totalMs: number;
}

/**
 * Answers by the first rule that applies.
 *
 * @throws Error when no rule applies, with what was asked and the rule that came nearest; and, with the number of the rule,
 *   where a rule's answer is none, or is not what the request's format asks for. Never a silent default.
 */
export function complete(model: Model, request: ModelRequest): Completion {
  const { conversation, random } = request;
  const { rule, number } = chosenRule(model, request);
  const where = `model ${model.name}, rule ${number}`;
  const answer = pickAnswer(rule, request, where);
  const toolCalls = (answer.call ?? []).map((call) => ({
    id: call.id ?? `call_${Buffer.from(random.bytes(6)).toString("hex")}`,
    name: call.tool,
    arguments: clonedArguments(call, where),
    ...(call.malformed === undefined ? {} : { malformed: call.malformed }),
  }));
  const text = answer.say ?? "";
  const finishReason = answer.finish ?? (toolCalls.length > 0 ? "tool_call" : "stop");
  if (finishReason === "stop" && answer.fail === undefined) checkFormat(text, request, where);
  const inputTokens = answer.inputTokens ?? tokensIn(conversation);
  const outputTokens = answer.outputTokens ?? tokensIn([{ text, toolCalls }]);
  const firstChunkMs = random.integer(...model.timing.firstChunkMs);
  return {
    text,
    toolCalls,
    finishReason,
    failure: answer.fail,
    inputTokens,
    outputTokens,
    costUsd: (inputTokens * model.price.input + outputTokens * model.price.output) / 1_000_000,
    firstChunkMs,
    totalMs: firstChunkMs + Math.ceil((outputTokens / model.timing.tokensPerSecond) * 1000),
  };
}

/** What an API promises of its words, a mock has to keep too. */
function checkFormat(text: string, { format }: ModelRequest, where: string): void {
  if (format === undefined) return;
  const problem = formatProblem(text, format);
  if (problem !== undefined)
    throw new Error(
      `${where}: its words ${returnedWords(text)} are not what the request's format asks for: ${problem}`,
    );
}

function formatProblem(text: string, format: JsonSchemaType): string | undefined {
  try {
    const { valid, errorMessage } = sharedValidator().getValidator(format)(JSON.parse(text));
    return valid ? undefined : errorMessage;
  } catch (error) {
    return error instanceof SyntaxError ? "they are no JSON" : `its schema is broken: ${String(error)}`;
  }
}

function pickAnswer({ answer }: ModelRule, request: ModelRequest, where: string): ModelAnswer {
  if (typeof answer === "function") {
    const conversation: readonly Message[] = structuredClone(request.conversation);
    return checkedAnswer(answer(conversation, { ...request, conversation }), where);
  }
  if (!isVariants(answer)) return checkedAnswer(answer, where);
  if (answer.length === 0) throw new Error(`${where}: its list of variants is empty; ${ANSWER_MEND}`);
  return request.random.pick(answer.map((variant, index) => checkedAnswer(variant, `${where}, variant ${index + 1}`)));
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
  const { say, call = [], finish, fail } = answer;
  if (finish !== undefined && finish !== "length" && finish !== "content_filter")
    return `its \`finish\` is ${returnedWords(finish)}, which is neither "length" nor "content_filter"`;
  if (fail !== undefined && !isFailure(fail))
    return `its \`fail\` is ${returnedWords(fail)}, which is none of { status: 429 }, { breakAfter: 3 } and "hang"`;
  if (say !== undefined && typeof say !== "string") return `its \`say\` is ${returnedWords(say)}, which is no text`;
  if (!Array.isArray(call)) return `its \`call\` is ${returnedWords(call)}, which is no list`;
  const calls: readonly unknown[] = call;
  const wrong = calls.findIndex((one) => !isRecord(one) || typeof one["tool"] !== "string");
  return wrong === -1 ? undefined : `its \`call[${wrong}]\` is ${returnedWords(calls[wrong])}, which names no tool`;
}

function isFailure(fail: unknown): boolean {
  if (!isRecord(fail)) return fail === "hang";
  const { status, breakAfter } = fail;
  const number = status ?? breakAfter;
  return Number.isInteger(number) && (status === undefined || (Number(status) >= 400 && Number(status) <= 599));
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
export function tokensIn(
  messages: readonly { readonly text: string; readonly toolCalls?: readonly ToolCall[] }[],
): number {
  let characters = 0;
  for (const { text, toolCalls = [] } of messages)
    characters += text.length + (toolCalls.length === 0 ? 0 : JSON.stringify(toolCalls).length);
  return Math.max(1, Math.ceil(characters / 4));
}
