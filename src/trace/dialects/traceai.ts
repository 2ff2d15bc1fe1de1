import { ATTR } from "../conventions.ts";
import type { Kind } from "../kinds.ts";
import { kindByWord, type Dialect } from "./dialect.ts";

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

const olderKind = kindByWord(ATTR.fiSpanKind, WORDS);
const newerKind = kindByWord("gen_ai.span.kind", WORDS);

/** FutureAGI's traceAI: `fi.span.kind`, and `gen_ai.span.kind` of its newer Python packages. */
export const TRACEAI: Dialect = {
  name: "traceai",
  kindOf: (span) => olderKind(span) ?? newerKind(span),
  fields: {
    agent: ["gen_ai.a2a.agent.card.name"],
    model: ["gen_ai.voice.stt.model", "gen_ai.voice.tts.model"],
    handoffFrom: ["autogen.handoff.source"],
    handoffTo: ["autogen.handoff.target"],
    costUsd: ["gen_ai.voice.cost.total"],
    taskState: ["gen_ai.a2a.task.state"],
    arguments: ["raw.input"],
    result: ["raw.output"],
  },
};
