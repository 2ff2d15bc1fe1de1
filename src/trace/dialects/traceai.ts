import { ATTR } from "../conventions.ts";
import type { Kind } from "../kinds.ts";
import type { Span } from "../span.ts";
import { kindByWord, type Dialect } from "./dialect.ts";
import { evaluationAt } from "./evaluation-source.ts";
import { attribute } from "./message-source.ts";

/** The dialect's words, and after them those of Troupe's kinds for which it has none. */
const WORDS: Readonly<Record<string, Kind>> = {
  llm: "llm",
  chain: "chain",
  conversation: "chain",
  tool: "tool",
  retriever: "retrieval",
  vector_db: "retrieval",
  reranker: "rerank",
  embedding: "embedding",
  agent: "agent",
  guardrail: "guardrail",
  evaluator: "evaluator",
  a2a_client: "a2a.client",
  a2a_server: "a2a.server",
  workflow: "workflow",
  gateway: "gateway",
  approval: "approval",
  memory: "memory",
  stt: "stt",
  tts: "tts",
};

/** Its LangGraph instrumentation prefixes what the parts of a graph do. */
const GRAPH = /^LANGGRAPH_/i;

/** FutureAGI's traceAI: `fi.span.kind`, and `gen_ai.span.kind` of its newer Python packages. */
export const TRACEAI: Dialect = {
  name: "traceai",
  kinds: [
    { rule: "gen_ai.voice.stt.model or gen_ai.voice.tts.model", kindOf: voiceKind },
    kindByWord(ATTR.fiSpanKind, WORDS),
    kindByWord("gen_ai.span.kind", WORDS),
    {
      rule: "gen_ai.span.kind that begins with LANGGRAPH_",
      kindOf: ({ attributes: { "gen_ai.span.kind": kind } }) =>
        typeof kind === "string" && GRAPH.test(kind) ? "chain" : undefined,
    },
  ],
  fields: {
    agent: ["gen_ai.a2a.agent.card.name", "gen_ai.agent.graph.node_name"],
    model: ["gen_ai.voice.stt.model", "gen_ai.voice.tts.model"],
    handoffFrom: ["autogen.handoff.source"],
    handoffTo: ["autogen.handoff.target"],
    costUsd: ["gen_ai.voice.cost.total"],
    taskState: ["gen_ai.a2a.task.state"],
    arguments: ["raw.input"],
    result: ["raw.output"],
    cacheReadTokens: ["gen_ai.usage.cache_read_tokens", "gen_ai.usage.input_tokens.cache_read"],
    cacheWriteTokens: ["gen_ai.usage.cache_write_tokens", "gen_ai.usage.input_tokens.cache_write"],
    reasoningTokens: ["gen_ai.usage.output_tokens.reasoning"],
  },
  input: [attribute("raw.input")],
  output: [attribute("raw.output")],
  evaluations: [
    evaluationAt("gen_ai.evaluation", {
      name: "name",
      score: "score.value",
      label: "score.label",
      explanation: "explanation",
    }),
  ],
};

/** A model call that hears or speaks has a kind of its own here. */
function voiceKind({ attributes }: Span): Kind | undefined {
  const word = attributes[ATTR.fiSpanKind] ?? attributes["gen_ai.span.kind"];
  if (typeof word !== "string" || word.toLowerCase() !== "llm") return undefined;
  if ("gen_ai.voice.stt.model" in attributes) return "stt";
  return "gen_ai.voice.tts.model" in attributes ? "tts" : undefined;
}
