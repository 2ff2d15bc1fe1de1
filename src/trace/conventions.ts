/**
 * The attribute names that Troupe emits and first looks for.
 *
 * OpenTelemetry GenAI and MCP conventions as of 2026-11-20 (open-telemetry/semantic-conventions-genai, Development), with
 * the handoff families of its pull requests 98 and 447, plus what this field's tools filter by. Own constants: the
 * published incubating package lacks half of them.
 */
export const ATTR = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  agentName: "gen_ai.agent.name",
  conversationId: "gen_ai.conversation.id",
  workflowName: "gen_ai.workflow.name",
  requestModel: "gen_ai.request.model",
  responseModel: "gen_ai.response.model",
  finishReasons: "gen_ai.response.finish_reasons",
  timeToFirstChunk: "gen_ai.response.time_to_first_chunk",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  costTotal: "gen_ai.cost.total",
  toolName: "gen_ai.tool.name",
  toolCallId: "gen_ai.tool.call.id",
  toolArguments: "gen_ai.tool.call.arguments",
  toolResult: "gen_ai.tool.call.result",
  toolType: "gen_ai.tool.type",
  promptName: "gen_ai.prompt.name",
  handoffSource: "gen_ai.agent.handoff.source.name",
  handoffTarget: "gen_ai.agent.handoff.target.name",
  transferTarget: "gen_ai.transfer.target.name",
  transferMode: "gen_ai.transfer.mode",
  handoffPayload: "troupe.handoff.payload",
  mcpMethod: "mcp.method.name",
  mcpProtocolVersion: "mcp.protocol.version",
  mcpSessionId: "mcp.session.id",
  mcpResourceUri: "mcp.resource.uri",
  jsonrpcRequestId: "jsonrpc.request.id",
  networkTransport: "network.transport",
  networkProtocol: "network.protocol.name",
  rpcStatusCode: "rpc.response.status_code",
  /** The mock server's own name: unlike `server.address` it is the same over every transport. */
  serverName: "troupe.server.name",
  errorType: "error.type",
  a2aMethod: "a2a.method.name",
  a2aTaskId: "a2a.task.id",
  a2aTaskState: "a2a.task.state",
  /** Whether the answer came as a stream; no convention has a word for it. */
  a2aStreaming: "troupe.a2a.streaming",
  httpMethod: "http.request.method",
  httpRoute: "http.route",
  httpStatus: "http.response.status_code",
  urlFull: "url.full",
  urlPath: "url.path",
  urlTemplate: "url.template",
  /** No OTel standard, but users filter by these three. */
  trajectoryStep: "agent.trajectory.step",
  fiSpanKind: "fi.span.kind",
  toolNameShort: "tool.name",
  harness: "troupe.harness",
  /** What a span means, where a tree is written down that another dialect recorded. */
  kind: "troupe.kind",
  /** And what it is about, where no other attribute says it: a data source, a guardrail. */
  thing: "troupe.thing",
  runId: "troupe.run.id",
  seed: "troupe.seed",
  persona: "troupe.persona.name",
  turn: "troupe.turn",
  /** How the persona left the run. */
  outcome: "troupe.outcome",
} as const;

/** MCP methods whose spans mean lifecycle rather than work. Two eras of MCP give one semantic tree. */
export function isMcpLifecycle(method: string): boolean {
  return (
    method === "initialize" ||
    method === "ping" ||
    method === "server/discover" ||
    method.startsWith("notifications/") ||
    method.endsWith("/list")
  );
}
