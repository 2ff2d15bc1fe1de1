import type { Json } from "../core/json.ts";
import type { Random } from "../core/random.ts";
import type { A2aAgent, AskOptions, RemoteReply } from "./a2a.ts";
import type { Definition } from "./brand.ts";
import { DEFINITION, isDefinition } from "./brand.ts";
import type { CommandAgent, Endpoint, ForeignAgent } from "./foreign-agent.ts";
import type { RecordedAgent } from "./recorded-agent.ts";
import type { FinishReason, Message, ToolCall } from "./model.ts";
import type { AnyTool, McpServer, ToolArguments, ToolResult } from "./server.ts";

export interface ModelReply {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
}

/** What an agent says in the end, and who said it. */
export interface Reply {
  readonly text: string;
  readonly agent: string;
}

/** What an agent can do while it works on one message. Every call of it is one step of the agent's trajectory. */
export interface Turn {
  readonly agent: string;
  /** What the agent was told: the user's words, or those of the agent that handed over. */
  readonly input: string;
  /** What was handed over with a handoff. */
  readonly payload: Json;
  /** The conversation so far, as the model sees it; invocations of one agent that overlap share it. */
  readonly messages: readonly Message[];
  /** The agent's own stream of chance. */
  readonly random: Random;
  /** Asks the scenario's model to go on with the conversation. */
  model(): Promise<ModelReply>;
  /**
   * Where clients of the agent's own find what the scenario has, as environment variables: the same model over HTTP in
   * `OPENAI_BASE_URL`, `OPENAI_API_KEY`, `ANTHROPIC_BASE_URL` and `ANTHROPIC_API_KEY`; in `MCP_SERVERS` the mock servers,
   * as `{"mcpServers": {"orders": {"type": "http", "url": …}}}`, without those that are reached over stdio; in `A2A_AGENTS`
   * the remote agents, as `{"risk": "http://…"}`. In `sim` requests of the global `fetch` are answered without a socket.
   */
  environment(): Promise<Readonly<Record<string, string>>>;
  /** Calls a tool. Rejects with the tool's message when the tool answers that it failed. */
  tool<Tools extends Record<string, AnyTool>, Name extends keyof Tools & string>(
    server: McpServer<Tools>,
    name: Name,
    args: ToolArguments<Tools[Name]>,
  ): Promise<ToolResult<Tools[Name]>>;
  /** Carries out a tool call of the model on the one server that has the tool; a failure is a text for the model. */
  call(call: ToolCall): Promise<{ readonly text: string; readonly isError: boolean }>;
  /** Reads a resource's text. */
  resource(server: McpServer, uri: string): Promise<string>;
  /** Gets a prompt's text. */
  prompt(server: McpServer, name: string, args?: Readonly<Record<string, string>>): Promise<string>;
  /** Passes control to another agent; its reply is the reply. */
  handoff(target: Agent, payload?: Json): Promise<Reply>;
  /** Has another agent answer a question and keeps control. */
  ask(target: Agent, question: string): Promise<Reply>;
  /** Asks a remote agent. Rejects with its words when it failed or would not take the task on. */
  ask(target: A2aAgent, question: string, options?: AskOptions): Promise<RemoteReply>;
  /** How a remote agent's task stands now. */
  task(target: A2aAgent, task: string | RemoteReply): Promise<RemoteReply>;
  /** Cancels a remote agent's task. */
  cancel(target: A2aAgent, task: string | RemoteReply): Promise<RemoteReply>;
  reply(text: string): Reply;
}

/** An agent under test or a stand-in for one, in process. */
export interface FunctionAgent extends Definition<"agent"> {
  readonly work: (turn: Turn) => Promise<Reply | string>;
}

/** An agent under test or a stand-in for one. */
export type Agent = FunctionAgent | ForeignAgent | RecordedAgent;

/** Defines an in-process agent: a function of what it was told. */
export function agent(name: string, work: FunctionAgent["work"]): FunctionAgent {
  return { name, work, [DEFINITION]: "agent" };
}

export function isForeign(one: Agent): one is ForeignAgent {
  return isDefinition(one, "agent") && "adapter" in one;
}

export function isRecorded(one: Agent): one is RecordedAgent {
  return isDefinition(one, "agent") && "works" in one;
}

/** Whether an agent is there already, whoever runs it. */
export function isEndpoint(one: Agent): one is Endpoint {
  return isForeign(one) && one.adapter !== "command";
}

/** The agents that are programs, which a run starts. */
export function commandAgentsOf(agents: readonly Agent[]): readonly CommandAgent[] {
  return agents.flatMap((one) => (isForeign(one) && one.adapter === "command" ? [one] : []));
}
