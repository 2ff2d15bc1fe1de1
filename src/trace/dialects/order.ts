import { A2A_PYTHON_SDK } from "./a2a-python-sdk.ts";
import { AI_SDK } from "./ai-sdk.ts";
import { GOOGLE_ADK } from "./google-adk.ts";
import { HTTP } from "./http.ts";
import { LANGFUSE } from "./langfuse.ts";
import { LANGSMITH } from "./langsmith.ts";
import { LIVEKIT } from "./livekit.ts";
import { LOGFIRE } from "./logfire.ts";
import { MLFLOW } from "./mlflow.ts";
import { MONOCLE } from "./monocle.ts";
import { OPENAI_AGENTS } from "./openai-agents.ts";
import { OPENINFERENCE } from "./openinference.ts";
import { OPENLLMETRY } from "./openllmetry.ts";
import { OTEL_A2A } from "./otel-a2a.ts";
import { OTEL_GENAI, OTEL_GENAI_HINTS } from "./otel-genai.ts";
import { OTEL_MCP } from "./otel-mcp.ts";
import { TRACEAI } from "./traceai.ts";
import { TROUPE } from "./troupe.ts";
import type { Dialect } from "./dialect.ts";

/** Asked in this order, for the kind and for each field apart: the standard's closed words first, hints last. */
export const DIALECTS: readonly Dialect[] = [
  TROUPE,
  OTEL_MCP,
  OTEL_A2A,
  OTEL_GENAI,
  OPENINFERENCE,
  OPENLLMETRY,
  GOOGLE_ADK,
  A2A_PYTHON_SDK,
  TRACEAI,
  OPENAI_AGENTS,
  MONOCLE,
  LIVEKIT,
  LOGFIRE,
  LANGFUSE,
  AI_SDK,
  MLFLOW,
  LANGSMITH,
  OTEL_GENAI_HINTS,
  HTTP,
];
