import { type Attributes, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { TroupeError } from "../core/errors.ts";
import { type Json, canonicalJson } from "../core/json.ts";
import { hash64, randomStream } from "../core/random.ts";
import { type A2aClient, askMethod } from "../mock/a2a-client.ts";
import { complete } from "../mock/model.ts";
import { type A2aAgent, type AskOptions, type RemoteReply, a2aAgentsOf, mcpServersOf } from "../scenario/a2a.ts";
import type { ModelReply } from "../scenario/agent.ts";
import { type Message, type ToolCall, statesTiming } from "../scenario/model.ts";
import type { McpServer } from "../scenario/server.ts";
import { inAskSpan } from "../telemetry/a2a-spans.ts";
import { type Actor, agentActorName } from "../telemetry/actor.ts";
import { mcpAttributes } from "../telemetry/mcp-spans.ts";
import { inSpan } from "../telemetry/spans.ts";
import { ATTR } from "../trace/conventions.ts";
import type { Cast, McpSession } from "./cast.ts";
import type { Environment } from "./endpoints.ts";
import { checkAnswered, offeredTools } from "./model-step.ts";
import { type Stage, conversationAttributes } from "./stage.ts";
import { type ToolOutcome, ToolFailedError, resultOf, toolOutcome } from "./tool-outcome.ts";
import {
  type Wanted,
  ambiguousTool,
  checkDefinition,
  copiedArguments,
  serverError,
  unanswered,
  unknownName,
} from "./turn-faults.ts";

/** Who acts, where, and what it has heard so far. */
export interface Part {
  readonly stage: Stage;
  readonly cast: Cast;
  readonly agent: string;
  readonly actor: Actor;
  readonly messages: Message[];
  /** The conversation that the work belongs to. */
  readonly conversation: string;
  /** What its steps are numbered in. */
  readonly trajectory: string;
}

/** A tool call as it leaves, with the id that a model gave it. */
interface SentCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly args: { readonly [name: string]: Json };
}

/** What every agent can do, in process or remote: each of these is a step of its trajectory, with a span. */
export abstract class Steps {
  readonly agent: string;
  readonly messages: Message[];
  protected readonly part: Part;

  constructor(part: Part) {
    this.part = part;
    this.agent = part.agent;
    this.messages = part.messages;
  }

  model(): Promise<ModelReply> {
    return this.take((step) => this.#askModel(step));
  }

  #askModel(step: Attributes): Promise<ModelReply> {
    const { stage, cast } = this.part;
    const { model } = cast.company;
    const request = {
      [ATTR.operation]: "chat",
      [ATTR.provider]: model.provider,
      [ATTR.requestModel]: model.name,
      [ATTR.fiSpanKind]: "LLM",
    };
    const attributes = Object.assign(request, step);
    return this.span(`chat ${model.name}`, SpanKind.CLIENT, attributes, async (span) => {
      const key = canonicalJson(this.messages);
      const occurrence = stage.occurrence(`model/${this.agent}/${key}`);
      const random = randomStream(
        stage.identity.seed,
        `model/${model.name}/${this.agent}/${hash64(key)}/${occurrence}`,
      );
      const done = complete(model, {
        agent: this.agent,
        model: model.name,
        conversation: this.messages,
        tools: offeredTools(cast.company.mocks),
        toolChoice: "auto",
        isParallel: true,
        attempt: occurrence,
        random,
      });
      if (done.failure === "hang") await stage.world.pause(stage.identity.limits.requestMs * 1_000_000, true);
      else await stage.world.pause(done.totalMs * 1_000_000, statesTiming(model));
      checkAnswered(model.name, done, stage.identity.limits.requestMs);
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

  environment(): Promise<Environment> {
    return this.part.cast.environment(this.agent);
  }

  // The declared types of `args` and the result are those of the tool, which the server holds to.
  async tool(server: McpServer, name: string, args: unknown): Promise<never> {
    this.#check(server);
    this.checkName({ what: "tool", name, known: Object.keys(server.tools), among: `server ${server.name}` });
    const outcome = await this.#callTool(server, name, args, undefined);
    if (outcome.isError) throw new ToolFailedError(`tool ${name}: ${outcome.text}`);
    return resultOf(outcome) as never;
  }

  async call(call: ToolCall): Promise<{ readonly text: string; readonly isError: boolean }> {
    const servers = mcpServersOf(this.part.cast.company.mocks);
    const [server, ...others] = servers.filter(({ tools }) => Object.hasOwn(tools, call.name));
    const known = servers.flatMap(({ tools }) => Object.keys(tools));
    const wanted = {
      what: "tool",
      name: call.name,
      known,
      among: `all servers of ${this.part.cast.company.title}`,
    } as const;
    if (server === undefined) throw unknownName(this.where, wanted);
    if (others.length > 0) throw ambiguousTool(this.where, call.name, [server, ...others]);
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
    this.checkName({ what: "prompt", name, known: Object.keys(server.prompts), among: `server ${server.name}` });
    return await this.#request(server, "prompts/get", { name }, async (client, timeout) => {
      const { messages } = await client.getPrompt({ name, arguments: args }, { timeout });
      return messages.map(({ content }) => (content.type === "text" ? content.text : "")).join("\n");
    });
  }

  protected async askRemote(target: A2aAgent, question: string, options: AskOptions = {}): Promise<RemoteReply> {
    const { task, ...rest } = options;
    const known = task === undefined ? rest : { ...rest, task: this.#taskId(target, task) };
    const asked = { text: question, caller: this.agent, contextId: this.part.conversation, options: known };
    return await this.#askRemote(target, askMethod(options), (client) => client.ask(asked));
  }

  async task(target: A2aAgent, task: string | RemoteReply): Promise<RemoteReply> {
    const id = this.#taskId(target, task);
    return await this.#askRemote(target, "GetTask", (client) => client.task(id));
  }

  async cancel(target: A2aAgent, task: string | RemoteReply): Promise<RemoteReply> {
    const id = this.#taskId(target, task);
    return await this.#askRemote(target, "CancelTask", (client) => client.cancel(id));
  }

  /** @throws TroupeError where there is no task: the agent answered with a message. */
  #taskId(target: A2aAgent, task: string | RemoteReply): string {
    const id = typeof task === "string" ? task : task.task;
    if (id !== null && id !== "") return id;
    throw new TroupeError("SCENARIO_INVALID", {
      where: this.where,
      what: `agent ${target.name} answered with a message, so there is no task`,
      mend: "Let its work call turn.progress or turn.artifact, which makes it one.",
    });
  }

  async #askRemote(
    target: A2aAgent,
    method: string,
    send: (client: A2aClient) => Promise<RemoteReply>,
  ): Promise<RemoteReply> {
    const { stage, cast, actor } = this.part;
    checkDefinition(this.where, target, "a2a-agent", "remote agent");
    const known = a2aAgentsOf(cast.company.mocks).map(({ name }) => name);
    this.checkName({ what: "remote agent", name: target.name, known, among: `${cast.company.title}'s \`servers\`` });
    return await this.take(async (step) => {
      const attributes = { ...conversationAttributes(stage.identity), ...step };
      const client = await cast.remote(target, (reach) => this.inTime(target, "GET of its card", reach));
      return await inAskSpan(actor.service.tracer, { method, agent: target.name, attributes }, () =>
        this.inTime(target, method, () => send(client)),
      );
    });
  }

  /** Gives a remote agent as long as a server. */
  protected async inTime<T>(target: A2aAgent, method: string, send: () => Promise<T>): Promise<T> {
    const { stage, actor } = this.part;
    const { requestMs } = stage.identity.limits;
    const far = stage.actor(agentActorName(target.name), target.name);
    let cancel = (): void => {};
    const late = new Promise<never>((_resolve, reject) => {
      const giveUp = (): void => reject(unanswered(`agent ${target.name}`, method, requestMs));
      cancel = stage.world.setTimer(requestMs * 1_000_000, giveUp);
    });
    try {
      return await stage.waiting({ from: actor, to: far, method }, () => Promise.race([send(), late]));
    } finally {
      cancel();
    }
  }

  async #callTool(server: McpServer, name: string, args: unknown, id: string | undefined): Promise<ToolOutcome> {
    const call = { id, name, args: copiedArguments(this.where, args) };
    return await this.take((step) => this.#sendCall(server, call, step));
  }

  async #sendCall(server: McpServer, { id, name, args }: SentCall, step: Attributes): Promise<ToolOutcome> {
    const { client, peer } = await this.session(server);
    const call: Attributes = {
      [ATTR.operation]: "execute_tool",
      [ATTR.toolType]: "function",
      [ATTR.toolArguments]: canonicalJson(args),
      [ATTR.fiSpanKind]: "TOOL",
    };
    if (id !== undefined) call[ATTR.toolCallId] = id;
    const attributes = Object.assign(mcpAttributes(peer, "tools/call", { name }), call, step);
    return await this.span(`execute_tool ${name}`, SpanKind.INTERNAL, attributes, async (span) => {
      const result = await this.answerOf(server, `tools/call ${name}`, (timeout) =>
        client.callTool({ name, arguments: args }, undefined, { timeout }),
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
    return await this.take(async (step) => {
      const { client, peer } = await this.session(server);
      const attributes = Object.assign(mcpAttributes(peer, method, params), step);
      return await this.span(request, SpanKind.CLIENT, attributes, () =>
        this.answerOf(server, request, (timeoutMs) => send(client, timeoutMs)),
      );
    });
  }

  protected async answerOf<T>(server: McpServer, request: string, send: (timeoutMs: number) => Promise<T>): Promise<T> {
    const { requestMs } = this.part.stage.identity.limits;
    try {
      return await send(requestMs);
    } catch (error) {
      throw serverError(error, server.name, request, requestMs);
    }
  }

  /** The connection to a server, with an error that names the server where it cannot be opened. */
  protected async session(server: McpServer): Promise<McpSession> {
    try {
      return await this.part.cast.session(server, this.part.stage.identity.limits.requestMs);
    } catch (error) {
      throw serverError(error, server.name, "initialize", this.part.stage.identity.limits.requestMs);
    }
  }

  protected span<T>(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    body: (span: Span) => Promise<T>,
  ): Promise<T> {
    const { stage, actor } = this.part;
    // Not by spreads, which cost V8 ten times as much where more stands behind them: this is done at every step.
    const own = Object.assign({ [ATTR.agentName]: this.agent }, conversationAttributes(stage.identity));
    return inSpan(actor.service.tracer, { name, kind, attributes: Object.assign({}, attributes, own) }, body);
  }

  /**
   * Takes the agent's next step. Its number is drawn at once: which connection opens first is chance. One that the agent
   * does not wait for is waited for at the end of the run, so that it is in the trace whatever the mode.
   */
  protected async take<T>(work: (step: Attributes) => Promise<T>): Promise<T> {
    const taken = work(this.step());
    this.part.stage.keepInHand(taken);
    // Not the promise in hand, whose failure counts as handled: one that the agent leaves alone fails the run.
    return await taken;
  }

  protected step(): Attributes {
    return { [ATTR.trajectoryStep]: this.part.stage.nextStep(this.part.trajectory) };
  }

  protected get where(): string {
    return `${this.part.cast.company.where}, agent ${this.agent}`;
  }

  #check(server: McpServer): void {
    checkDefinition(this.where, server, "mcp-server", "mock server");
    const known = mcpServersOf(this.part.cast.company.mocks).map(({ name }) => name);
    const among = `${this.part.cast.company.title}'s \`servers\``;
    this.checkName({ what: "server", name: server.name, known, among });
  }

  protected checkName(wanted: Wanted): void {
    if (!wanted.known.includes(wanted.name)) throw unknownName(this.where, wanted);
  }
}
