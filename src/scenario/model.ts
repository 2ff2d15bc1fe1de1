import type { Json } from "../core/json.ts";
import type { Definition } from "./brand.ts";
import { DEFINITION } from "./brand.ts";

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: { readonly [name: string]: Json };
}

/** One message of the conversation that an agent has with its model. */
export type Message =
  | { readonly role: "system" | "user"; readonly text: string }
  | { readonly role: "assistant"; readonly text: string; readonly toolCalls: readonly ToolCall[] }
  | { readonly role: "tool"; readonly tool: string; readonly text: string; readonly isError: boolean };

/** What a model answers. A call without an id gets one from the seed. */
export interface ModelAnswer {
  readonly say?: string;
  readonly call?: readonly { readonly tool: string; readonly arguments?: { readonly [name: string]: Json } }[];
  /** Default: one token for four characters of the conversation, and of the answer. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** When a rule applies; every stated part has to hold. */
export interface RuleCondition {
  /** The agent that asks. */
  readonly agent?: string;
  /** The newest user message holds this text, or matches. */
  readonly user?: string | RegExp;
  /** The newest message is the result of this tool. */
  readonly after?: string;
  /** The newest message is a tool result that holds this text, or matches. */
  readonly result?: string | RegExp;
  /** How often the model has answered since the newest user message. */
  readonly answered?: number;
}

export interface ModelRule {
  readonly when?: RuleCondition;
  /** One answer, or variants of which the seed picks one. */
  readonly answer: ModelAnswer | readonly ModelAnswer[] | ((conversation: readonly Message[]) => ModelAnswer);
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
