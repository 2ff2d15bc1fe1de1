/** The door for scenario files: definitions, shapes, checks. Pure; it loads no SDK. */
export { calls, handsOff, maxTokens, noRepeatedCall } from "./check/calls.ts";
export { check, matchesShape, mustFail, shapeFile } from "./check/expectation.ts";
export type { Expectation, Subject } from "./check/expectation.ts";
export { healthy } from "./check/health/healthy.ts";
export { propagation } from "./check/propagation/propagation.ts";
export { shape } from "./shape/builders/shape.ts";
export { reachesOutcome } from "./check/outcome.ts";
export { noErrors, noOrphans, oneTrace } from "./check/structure.ts";
export type { ExpectationResult, Verdict } from "./check/verdict.ts";
export { recordedAnswers } from "./recording/exchanges.ts";
export type { Exchange, ModelExchange } from "./recording/exchange.ts";
export { recordedConversation } from "./recording/conversation.ts";
export type { RecordedConversation } from "./recording/conversation.ts";
export type { RecordedMessage } from "./recording/chat.ts";
export { recordedWorld } from "./recording/recorded-world.ts";
export type { RecordedWorld } from "./recording/recorded-world.ts";
export { recordedCase } from "./recording/recorded-case.ts";
export type { RecordedCase } from "./recording/recorded-case.ts";
export type { Recording } from "./recording/recording.ts";
export { a2aAgent } from "./scenario/a2a.ts";
export type {
  A2aAgent,
  Artifact,
  AskOptions,
  RemoteAnswer,
  RemoteReply,
  RemoteTurn,
  Skill,
  TaskState,
} from "./scenario/a2a.ts";
export { agent } from "./scenario/agent.ts";
export type { Agent, FunctionAgent, ModelReply, Reply, Turn } from "./scenario/agent.ts";
export { dataset } from "./scenario/dataset.ts";
export type { Case, Dataset } from "./scenario/dataset.ts";
export type { CarrierFault, DelayMs, MessageFault, WireFault } from "./scenario/fault.ts";
export { a2aEndpoint, chatAgent, commandAgent, httpAgent } from "./scenario/foreign-agent.ts";
export type {
  A2aEndpoint,
  AgentMessage,
  ChatAgent,
  CommandAgent,
  Endpoint,
  ForeignAgent,
  HttpAgent,
} from "./scenario/foreign-agent.ts";
export { scriptedModel } from "./scenario/model.ts";
export type {
  Message,
  Model,
  ModelAnswer,
  ModelFailure,
  ModelRequest,
  ModelRule,
  OfferedTool,
  RuleCondition,
  ToolCall,
} from "./scenario/model.ts";
export { randomAnswers } from "./scenario/random-answers.ts";
export { persona } from "./scenario/persona.ts";
export type { Persona, PersonaMove, PersonaView, Traits, Utterance } from "./scenario/persona.ts";
export { defineScenario, user } from "./scenario/scenario.ts";
export type { Limits, Scenario, ScenarioDefinition, ScriptStep } from "./scenario/scenario.ts";
export type { Mutation, Survivor } from "./scenario/survivor.ts";
export { mcpServer, tool, toolContents, toolError } from "./scenario/server.ts";
export type { HandlerContext, McpServer, Prompt, Resource, Tool, ToolContents, ToolError } from "./scenario/server.ts";
export type { FiredFault, LedgerEntry } from "./trace/evidence.ts";
export type { Mismatch } from "./trace/mismatch.ts";
export type { Span } from "./trace/span.ts";
export type { SpanNode, Tree } from "./trace/tree.ts";
