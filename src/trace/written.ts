import { ATTR } from "./conventions.ts";
import type { Kind, Meaning } from "./kinds.ts";
import type { AttributeValue } from "./span.ts";

type Written = Record<string, AttributeValue>;

/** A meaning in Troupe's own words: the name and the attributes of a span that says it. */
export interface WrittenMeaning {
  readonly name: string;
  readonly attributes: Readonly<Written>;
}

/** What other tools look for; Troupe itself reads its own attribute. */
const OPERATIONS: Partial<Record<Kind, string>> = {
  workflow: "invoke_workflow",
  agent: "invoke_agent",
  llm: "chat",
  embedding: "embeddings",
  retrieval: "retrieval",
  rerank: "rerank",
  tool: "execute_tool",
  handoff: "execute_tool",
};

/** Kinds whose name stands in the attribute for things. */
const THINGS: ReadonlySet<Kind> = new Set<Kind>([
  "retrieval",
  "gateway",
  "guardrail",
  "evaluator",
  "approval",
  "memory",
]);

/** Kinds that are called by the name of their span, after a prefix that is no part of it; some have a field besides. */
const BARE: ReadonlySet<Kind> = new Set<Kind>(["agent", "tool", "llm", "embedding", "rerank", "stt", "tts"]);

/**
 * Writes down what a span of any dialect means, so that it is read as the same: kind, name, and every field that a canonical
 * tree keeps. `meaningOf` is its inverse, but for the dialect and for whose the conversation was.
 */
export function writtenMeaning(meaning: Meaning): WrittenMeaning {
  const { kind, name, handoff } = meaning;
  const operation = OPERATIONS[kind];
  const attributes: Written = { [ATTR.kind]: kind };
  const put = (key: string, value: AttributeValue | undefined): void => {
    if (value !== undefined) attributes[key] = value;
  };
  put(ATTR.operation, operation);
  put(ATTR.agentName, meaning.agent);
  put(ATTR.toolName, meaning.tool);
  put(ATTR.requestModel, meaning.model);
  put(ATTR.provider, meaning.provider);
  put(ATTR.serverName, meaning.server);
  put(ATTR.handoffSource, handoff?.from ?? meaning.handedOverBy);
  put(ATTR.handoffTarget, handoff?.to);
  put(ATTR.finishReasons, meaning.finishReason === undefined ? undefined : [meaning.finishReason]);
  put(ATTR.inputTokens, meaning.inputTokens);
  put(ATTR.outputTokens, meaning.outputTokens);
  put(ATTR.costTotal, meaning.costUsd);
  put(handoff === undefined ? ATTR.toolArguments : ATTR.handoffPayload, meaning.arguments);
  put(ATTR.toolResult, meaning.result);
  put(ATTR.trajectoryStep, meaning.trajectoryStep);
  put(methodKey(meaning), meaning.method);
  put(ATTR.a2aTaskState, meaning.taskState);
  put(ATTR.toolCallId, meaning.toolCallId);
  if (kind === "workflow") put(ATTR.workflowName, name);
  if (kind === "turn") put(ATTR.turn, name);
  if (THINGS.has(kind)) put(ATTR.thing, name);
  if (kind.startsWith("mcp.")) putTarget(meaning, attributes);
  return {
    name: BARE.has(kind) ? `${operation === "invoke_agent" ? operation : "execute_tool"} ${name}` : name,
    attributes,
  };
}

function methodKey({ kind, method = "" }: Meaning): string {
  return kind.startsWith("a2a.") || !/^[a-z]/.test(method) ? ATTR.a2aMethod : ATTR.mcpMethod;
}

/** The name of an MCP request is its method and what it is about, which is the tool or stands in a field of its own. */
function putTarget({ kind, name, method, tool }: Meaning, attributes: Written): void {
  const head = `${method ?? ""} `;
  if (kind === "mcp.lifecycle" || tool !== undefined || method === undefined || !name.startsWith(head)) return;
  attributes[method === "prompts/get" ? ATTR.promptName : ATTR.mcpResourceUri] = name.slice(head.length);
}
