/** What a span can mean, whatever dialect wrote it. A closed list; `span` is anything else. */
export const KINDS = [
  "workflow",
  "turn",
  "agent",
  "chain",
  "llm",
  "embedding",
  "retrieval",
  "rerank",
  "tool",
  "handoff",
  "mcp.client",
  "mcp.server",
  "mcp.lifecycle",
  "a2a.client",
  "a2a.server",
  "gateway",
  "guardrail",
  "evaluator",
  "approval",
  "memory",
  "stt",
  "tts",
  "http",
  "span",
] as const;

export type Kind = (typeof KINDS)[number];

export function isKind(word: string): word is Kind {
  return (KINDS as readonly string[]).includes(word);
}

/**
 * What one span says, normalised out of its dialect field by field. `name` is the canonical name (DESIGN §4): the agent,
 * the tool, the model, `source -> target`, `{method} {target}`.
 */
export interface Meaning {
  readonly kind: Kind;
  readonly name: string;
  /** The dialect that decided the kind. */
  readonly dialect: string;
  /** Whether Troupe itself put the span around the system under test. */
  readonly isHarness: boolean;
  readonly agent?: string;
  readonly tool?: string;
  readonly model?: string;
  /** Who runs the model. */
  readonly provider?: string;
  /** The mock server (or peer) that the span names. */
  readonly server?: string;
  readonly handoff?: { readonly from: string; readonly to: string };
  /** Of an agent: who handed over to it, where its own span says so. */
  readonly handedOverBy?: string;
  readonly finishReason?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Of the tokens put in, those read from a cache and those written to it; of the others, those that were thoughts. */
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
  readonly costUsd?: number;
  /** JSON text of a tool's arguments and result, as recorded. */
  readonly arguments?: string;
  readonly result?: string;
  readonly trajectoryStep?: number;
  readonly method?: string;
  readonly taskState?: string;
  readonly toolCallId?: string;
  /** The conversation that the span is part of, and whose it is. */
  readonly session?: string;
  readonly user?: string;
}
