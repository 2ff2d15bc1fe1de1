import { type Attributes, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { type Json, canonicalJson } from "../core/json.ts";
import { type Random, hash64, randomStream } from "../core/random.ts";
import { complete } from "../mock/model.ts";
import type { Agent, ModelReply, Reply, Turn } from "../scenario/agent.ts";
import type { Message, ToolCall } from "../scenario/model.ts";
import type { McpServer } from "../scenario/server.ts";
import type { Actor } from "../telemetry/actor.ts";
import { mcpAttributes } from "../telemetry/mcp-spans.ts";
import { inSpan } from "../telemetry/spans.ts";
import { ATTR } from "../trace/conventions.ts";
import { CalleeError, type Stage, conversationAttributes } from "./stage.ts";
import { type ToolOutcome, ToolFailedError, resultOf, toolOutcome } from "./tool-outcome.ts";
import {
  type Wanted,
  ambiguousTool,
  checkDefinition,
  copiedArguments,
  serverError,
  unknownName,
} from "./turn-faults.ts";

/** What reaches an agent: words, what was handed over with them, and how many handoffs are open around it. */
export interface Envelope {
  readonly text: string;
  readonly payload: Json;
  readonly from: string;
  readonly depth: number;
  /** Whether the agent is only asked: a question is no part of its conversation with the user. */
  readonly isQuestion: boolean;
}

/** The service of all in-process agents of a scenario. */
const AGENTS_SERVICE = "agents";

export function agentActor(stage: Stage, name: string): Actor {
  return stage.actor(`agent/${name}`, AGENTS_SERVICE);
}

/**
 * Has an agent work on a message, inside its `invoke_agent` span. Runs as the agent's actor.
 *
 * @throws whatever the agent throws, after it was recorded as the run's failure.
 */
export function work(stage: Stage, agent: Agent, envelope: Envelope): Promise<Reply> {
  const actor = agentActor(stage, agent.name);
  const attributes = {
    [ATTR.operation]: "invoke_agent",
    [ATTR.agentName]: agent.name,
    [ATTR.fiSpanKind]: "AGENT",
    ...conversationAttributes(stage.plan),
  };
  return inSpan(actor.service.tracer, { name: `invoke_agent ${agent.name}`, attributes }, async () => {
    try {
      const reply = await agent.work(new AgentTurn(stage, agent, actor, envelope));
      return typeof reply === "string" ? { text: reply, agent: agent.name } : checkedReply(reply);
    } catch (error) {
      if (!(error instanceof CalleeError)) stage.failWith(`agent ${agent.name} failed:`, error);
      throw error;
    }
  });
}

function checkedReply(reply: Reply): Reply {
  if (typeof reply?.text === "string" && typeof reply.agent === "string") return reply;
  throw new Error(
    `it returned ${JSON.stringify(reply) ?? "nothing"}, which is no reply; return a text or turn.reply(text)`,
  );
}

class AgentTurn implements Turn {
  readonly agent: string;
  readonly input: string;
  readonly payload: Json;
  readonly messages: Message[];
  readonly random: Random;
  readonly #stage: Stage;
  readonly #actor: Actor;
  readonly #envelope: Envelope;

  constructor(stage: Stage, agent: Agent, actor: Actor, envelope: Envelope) {
    this.agent = agent.name;
    this.input = envelope.text;
    this.payload = envelope.payload;
    this.random = actor.random;
    this.#stage = stage;
    this.#actor = actor;
    this.#envelope = envelope;
    this.messages = envelope.isQuestion ? [] : (stage.memories.get(agent.name) ?? []);
    if (!envelope.isQuestion) stage.memories.set(agent.name, this.messages);
    if (envelope.payload !== null)
      this.messages.push({ role: "system", text: `from ${envelope.from}: ${canonicalJson(envelope.payload)}` });
    this.messages.push({ role: "user", text: envelope.text });
  }

  model(): Promise<ModelReply> {
    const { model } = this.#stage.plan.scenario;
    const attributes = {
      [ATTR.operation]: "chat",
      [ATTR.provider]: model.provider,
      [ATTR.requestModel]: model.name,
      [ATTR.fiSpanKind]: "LLM",
      ...this.#step(),
    };
    return this.#span(`chat ${model.name}`, SpanKind.CLIENT, attributes, async (span) => {
      const key = canonicalJson(this.messages);
      const occurrence = this.#stage.occurrence(`model/${this.agent}/${key}`);
      const random = randomStream(
        this.#stage.plan.seed,
        `model/${model.name}/${this.agent}/${hash64(key)}/${occurrence}`,
      );
      const done = complete(model, { agent: this.agent, conversation: this.messages, random });
      await this.#stage.world.pause(done.totalMs * 1_000_000);
      this.messages.push({ role: "assistant", text: done.text, toolCalls: done.toolCalls });
      span.setAttributes({
        [ATTR.responseModel]: model.name,
        [ATTR.finishReasons]: [done.finishReason],
        [ATTR.inputTokens]: done.inputTokens,
        [ATTR.outputTokens]: done.outputTokens,
        [ATTR.costTotal]: done.costUsd,
        [ATTR.timeToFirstChunk]: done.firstChunkMs / 1000,
      });
      return { text: done.text, toolCalls: done.toolCalls, finishReason: done.finishReason };
    });
  }

  // The declared types of `args` and the result are those of the tool, which the server holds to.
  async tool(server: McpServer, name: string, args: unknown): Promise<never> {
    this.#check(server);
    this.#checkName({ what: "tool", name, known: Object.keys(server.tools), among: `server ${server.name}` });
    const outcome = await this.#callTool(server, name, args, undefined);
    if (outcome.isError) throw new ToolFailedError(`tool ${name}: ${outcome.text}`);
    return resultOf(outcome) as never;
  }

  async call(call: ToolCall): Promise<{ readonly text: string; readonly isError: boolean }> {
    const { servers } = this.#stage.plan.scenario;
    const [server, ...others] = servers.filter(({ tools }) => Object.hasOwn(tools, call.name));
    const known = servers.flatMap(({ tools }) => Object.keys(tools));
    const wanted = { what: "tool", name: call.name, known, among: "all servers of the scenario" } as const;
    if (server === undefined) throw unknownName(this.#where, wanted);
    if (others.length > 0) throw ambiguousTool(this.#where, call.name, [server, ...others]);
    const { text, isError } = await this.#callTool(server, call.name, call.arguments, call.id);
    return { text, isError };
  }

  async resource(server: McpServer, uri: string): Promise<string> {
    this.#check(server);
    return await this.#request(server, "resources/read", { uri }, async (client, timeout) => {
      const { contents } = await client.readResource({ uri }, { timeout });
      return contents.map((content) => ("text" in content ? content.text : content.blob)).join("\n");
    });
  }

  async prompt(server: McpServer, name: string, args: Readonly<Record<string, string>> = {}): Promise<string> {
    this.#check(server);
    this.#checkName({ what: "prompt", name, known: Object.keys(server.prompts), among: `server ${server.name}` });
    return await this.#request(server, "prompts/get", { name }, async (client, timeout) => {
      const { messages } = await client.getPrompt({ name, arguments: args }, { timeout });
      return messages.map(({ content }) => (content.type === "text" ? content.text : "")).join("\n");
    });
  }

  handoff(target: Agent, payload: Json = null): Promise<Reply> {
    return this.#transfer(target, "pass_control", { text: this.input, payload, isQuestion: false });
  }

  ask(target: Agent, question: string): Promise<Reply> {
    return this.#transfer(target, "return_to_caller", { text: question, payload: null, isQuestion: true });
  }

  reply(text: string): Reply {
    return { text, agent: this.agent };
  }

  async #transfer(
    target: Agent,
    mode: string,
    message: Pick<Envelope, "text" | "payload" | "isQuestion">,
  ): Promise<Reply> {
    const { agents, limits } = this.#stage.plan.scenario;
    checkDefinition(this.#where, target, "agent", "agent");
    const known = agents.map(({ name }) => name);
    this.#checkName({ what: "agent", name: target.name, known, among: "the scenario's `agents`" });
    const depth = this.#envelope.depth + 1;
    if (depth > limits.handoffsMax)
      throw new Error(`${limits.handoffsMax} handoffs are open inside one another (limits.handoffsMax)`);
    const attributes = {
      [ATTR.operation]: "execute_tool",
      [ATTR.handoffSource]: this.agent,
      [ATTR.handoffTarget]: target.name,
      [ATTR.transferTarget]: target.name,
      [ATTR.transferMode]: mode,
      [ATTR.handoffPayload]: canonicalJson(message.payload ?? message.text),
      ...this.#step(),
    };
    return await this.#span(`handoff ${this.agent} -> ${target.name}`, SpanKind.INTERNAL, attributes, async () => {
      const envelope: Envelope = { ...message, from: this.agent, depth };
      const request = {
        from: this.#actor,
        to: agentActor(this.#stage, target.name),
        method: message.isQuestion ? "question" : "handoff",
        payload: envelope,
      };
      // What comes back is what `work` returned, as text.
      return (await this.#stage.call(request, (received) => work(this.#stage, target, received as Envelope))) as Reply;
    });
  }

  async #callTool(server: McpServer, name: string, args: unknown, callId: string | undefined): Promise<ToolOutcome> {
    const sent = copiedArguments(this.#where, args);
    const client = await this.#stage.client(this.#actor, this.agent, server);
    const attributes = {
      ...mcpAttributes({ server: server.name, networkTransport: "inproc" }, "tools/call", { name }),
      [ATTR.operation]: "execute_tool",
      [ATTR.toolType]: "function",
      [ATTR.toolArguments]: canonicalJson(sent),
      [ATTR.fiSpanKind]: "TOOL",
      ...(callId === undefined ? {} : { [ATTR.toolCallId]: callId }),
      ...this.#step(),
    };
    return await this.#span(`execute_tool ${name}`, SpanKind.INTERNAL, attributes, async (span) => {
      const result = await this.#answerOf(server, `tools/call ${name}`, (timeout) =>
        client.callTool({ name, arguments: sent }, undefined, { timeout }),
      );
      const outcome = toolOutcome(result);
      const { text, isError, structured } = outcome;
      span.setAttribute(ATTR.toolResult, structured === undefined ? text : canonicalJson(structured));
      if (isError)
        span.setAttribute(ATTR.errorType, "tool_error").setStatus({ code: SpanStatusCode.ERROR, message: text });
      this.messages.push({ role: "tool", tool: name, text, isError });
      return outcome;
    });
  }

  async #request<T>(
    server: McpServer,
    method: string,
    params: { readonly uri: string } | { readonly name: string },
    send: (client: Client, timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const request = `${method} ${"uri" in params ? params.uri : params.name}`;
    const client = await this.#stage.client(this.#actor, this.agent, server);
    const attributes = {
      ...mcpAttributes({ server: server.name, networkTransport: "inproc" }, method, params),
      ...this.#step(),
    };
    return await this.#span(request, SpanKind.CLIENT, attributes, () =>
      this.#answerOf(server, request, (timeoutMs) => send(client, timeoutMs)),
    );
  }

  async #answerOf<T>(server: McpServer, request: string, send: (timeoutMs: number) => Promise<T>): Promise<T> {
    const { requestMs } = this.#stage.plan.scenario.limits;
    try {
      return await send(requestMs);
    } catch (error) {
      throw serverError(error, server.name, request, requestMs);
    }
  }

  #span<T>(name: string, kind: SpanKind, attributes: Attributes, body: (span: Span) => Promise<T>): Promise<T> {
    const agentAttributes = { [ATTR.agentName]: this.agent, ...conversationAttributes(this.#stage.plan) };
    return inSpan(this.#actor.service.tracer, { name, kind, attributes: { ...attributes, ...agentAttributes } }, body);
  }

  #step(): Attributes {
    return { [ATTR.trajectoryStep]: this.#stage.nextStep(this.agent) };
  }

  get #where(): string {
    return `scenario "${this.#stage.plan.scenario.name}", agent ${this.agent}`;
  }

  #check(server: McpServer): void {
    checkDefinition(this.#where, server, "mcp-server", "mock server");
    const known = this.#stage.plan.scenario.servers.map(({ name }) => name);
    this.#checkName({ what: "server", name: server.name, known, among: "the scenario's `servers`" });
  }

  #checkName(wanted: Wanted): void {
    if (!wanted.known.includes(wanted.name)) throw unknownName(this.#where, wanted);
  }
}
