import type { Json } from "../core/json.ts";
import type { Random } from "../core/random.ts";
import type { Definition } from "./brand.ts";
import { DEFINITION } from "./brand.ts";
import type { JsonSchema } from "./schema.ts";

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: { readonly [name: string]: Json };
  /** The arguments as they were written, where that is no JSON object; `arguments` is empty then. */
  readonly malformed?: string;
}

/** One message of the conversation that an agent has with its model. */
export type Message =
  | { readonly role: "system" | "user"; readonly text: string }
  | { readonly role: "assistant"; readonly text: string; readonly toolCalls: readonly ToolCall[] }
  | {
      readonly role: "tool";
      readonly tool: string;
      readonly text: string;
      readonly isError: boolean;
      /** The call that it answers, where that is known. */
      readonly callId?: string;
    };

/** A tool that a model may call. */
export interface OfferedTool {
  readonly name: string;
  readonly description?: string;
  /** Of its arguments. */
  readonly schema: JsonSchema;
}

/** What a model is asked, by `turn.model()` or over HTTP in any dialect. */
export interface ModelRequest {
  /** The agent that asks; "" where nobody says. */
  readonly agent: string;
  /** The model that it asks for. */
  readonly model: string;
  readonly conversation: readonly Message[];
  readonly tools: readonly OfferedTool[];
  /** Whether it has to call a tool, must not, or has to call that one. */
  readonly toolChoice: "auto" | "none" | "required" | { readonly tool: string };
  /** Whether it may call several tools at once. */
  readonly isParallel: boolean;
  /** The JSON that its words have to be. */
  readonly format?: JsonSchema;
  /** How often the agent has made this very request, counted from 1: a retry is the second. */
  readonly attempt: number;
  /** Chance keyed by agent, request and attempt. */
  readonly random: Random;
}

/**
 * What goes wrong in place of an answer, or while it comes: an error of HTTP, no answer ever, or a connection that breaks
 * after so many pieces of a stream.
 */
export type ModelFailure =
  | { readonly status: number; readonly message?: string; readonly retryAfterMs?: number }
  | { readonly breakAfter: number }
  | "hang";

/** One call of an answer; `malformed` is sent as it stands in place of arguments. */
export interface RuleCall {
  readonly tool: string;
  /** Default: one from the seed. */
  readonly id?: string;
  readonly arguments?: { readonly [name: string]: Json };
  readonly malformed?: string;
}

/** What a model answers. */
export interface ModelAnswer {
  readonly say?: string;
  readonly call?: readonly RuleCall[];
  /** Why the answer ends before its end. */
  readonly finish?: "length" | "content_filter";
  readonly fail?: ModelFailure;
  /** Default: one token for four characters of the conversation, and of the answer. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

export type FinishReason = "stop" | "tool_call" | "length" | "content_filter";

/** When a rule applies; every stated part has to hold. */
export interface RuleCondition {
  /** The agent that asks. */
  readonly agent?: string;
  /** The model that is asked for: this one, or one that matches. */
  readonly model?: string | RegExp;
  /** A system message holds this text, or matches. */
  readonly system?: string | RegExp;
  /** The newest user message holds this text, or matches. */
  readonly user?: string | RegExp;
  /** The newest message is the result of this tool. */
  readonly after?: string;
  /** The newest message is a tool result that holds this text, or matches. */
  readonly result?: string | RegExp;
  /** A tool of this name is offered. */
  readonly offers?: string;
  /** How often the model has answered since the newest user message. */
  readonly answered?: number;
  /** How often the agent has made this very request, counted from 1: a retry is the second. */
  readonly attempt?: number;
}

export interface ModelRule {
  readonly when?: RuleCondition;
  /** One answer, or variants of which the seed picks one, or what makes one of what was asked. */
  readonly answer:
    ModelAnswer | readonly ModelAnswer[] | ((conversation: readonly Message[], request: ModelRequest) => ModelAnswer);
}

interface ModelTiming {
  readonly firstChunkMs: readonly [min: number, max: number];
  readonly tokensPerSecond: number;
}

/** A mock model: the first rule that applies to the conversation answers. */
export interface Model extends Definition<"model"> {
  readonly provider: string;
  readonly rules: readonly ModelRule[];
  /** US dollars for a million tokens. */
  readonly price: { readonly input: number; readonly output: number };
  readonly timing: ModelTiming;
}

const MODEL_DEFAULTS = {
  provider: "troupe",
  price: { input: 1, output: 4 },
  timing: { firstChunkMs: [120, 480], tokensPerSecond: 90 },
} as const;

/** Whether a model takes other times than those of one that says nothing of them. */
export function statesTiming({ timing: { firstChunkMs, tokensPerSecond } }: Model): boolean {
  const { timing } = MODEL_DEFAULTS;
  const isDefault = firstChunkMs.every((ms, index) => ms === timing.firstChunkMs[index]);
  return !isDefault || tokensPerSecond !== timing.tokensPerSecond;
}

/** Defines a scripted model. */
export function scriptedModel(
  name: string,
  rules: readonly ModelRule[],
  options: Partial<Pick<Model, "provider" | "price" | "timing">> = {},
): Model {
  return { ...MODEL_DEFAULTS, ...options, name, rules, [DEFINITION]: "model" };
}

/** What a scenario without a model of its own gets: a model that says little and calls nothing. */
export const QUIET_MODEL: Model = scriptedModel("mock-model", [
  { answer: [{ say: "Let me see." }, { say: "One moment." }, { say: "Understood." }] },
]);
