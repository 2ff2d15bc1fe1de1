/** How the bare loop asks its remote agent: the official SDK's client and server, with a function between them. */
import { A2A_PROTOCOL_VERSION, type AgentCard, type Part, Role, TaskState } from "@a2a-js/sdk";
import { ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory } from "@a2a-js/sdk/client";
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
} from "@a2a-js/sdk/server";
import { type Attributes, type Span, SpanKind, type Tracer, context, trace } from "@opentelemetry/api";
import * as z from "zod";
import { type Spans, carried, carrier, completion, within } from "./bare-spans.ts";

const URL_OF_RISK = "http://agent.invalid";
const CARD_PATH = "/.well-known/agent-card.json";
const CONVERSATION = "0f1e2d3c4b5a6978";

const CARD: AgentCard = {
  name: "risk",
  description: "Assesses the risk of a refund",
  version: "1.0.0",
  supportedInterfaces: [
    { url: URL_OF_RISK, protocolBinding: "JSONRPC", tenant: "", protocolVersion: A2A_PROTOCOL_VERSION },
  ],
  provider: undefined,
  capabilities: { streaming: true, pushNotifications: false, extensions: [], extendedAgentCard: false },
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain", "application/json"],
  skills: [
    {
      id: "assess",
      name: "Assess a refund",
      description: "Says whether to refund an order",
      tags: ["risk"],
      examples: [],
      inputModes: [],
      outputModes: [],
      securityRequirements: [],
    },
  ],
  signatures: [],
};

/** Fetches the agent's card, asks it, and returns its answer. */
export async function askRisk(spans: Spans, question: string, step: Attributes): Promise<string> {
  const agents = spans.tracerOf("agents");
  const fetchImpl = fetchFrom(spans.tracerOf("risk"));
  const cardResolver = new DefaultAgentCardResolver({ fetchImpl });
  const factory = new ClientFactory({ transports: [new JsonRpcTransportFactory({ fetchImpl })], cardResolver });
  const fetching = {
    "http.request.method": "GET",
    "url.full": URL_OF_RISK + CARD_PATH,
    "url.template": CARD_PATH,
    "http.response.status_code": 200,
  };
  const client = await within(agents, `GET ${CARD_PATH}`, SpanKind.CLIENT, fetching, () =>
    factory.createFromUrl(URL_OF_RISK),
  );
  const attributes = { "a2a.method.name": "SendMessage", ...step, "gen_ai.agent.name": "risk" };
  return await within(agents, "SendMessage risk", SpanKind.CLIENT, attributes, async (span) => {
    const reply = await client.sendMessage({
      tenant: "",
      message: {
        messageId: `${CONVERSATION}/billing/1`,
        contextId: CONVERSATION,
        taskId: "",
        role: Role.ROLE_USER,
        parts: [textPart(question)],
        metadata: { "troupe.caller": "billing" },
        extensions: [],
        referenceTaskIds: [],
      },
      configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately: false },
      metadata: undefined,
    });
    if ("messageId" in reply) throw new Error("a message instead of a task");
    span.setAttributes({ "a2a.task.id": reply.id, "a2a.task.state": "completed" });
    const content = reply.status?.message?.parts[0]?.content;
    return content?.$case === "text" ? content.value : "";
  });
}

function fetchFrom(tracer: Tracer): typeof fetch {
  const rpc = new JsonRpcTransportHandler(
    new DefaultRequestHandler(CARD, new InMemoryTaskStore(), executorWith(tracer)),
  );
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const isCard = url.endsWith(CARD_PATH);
    const headers = { ...Object.fromEntries(new Headers(init.headers)), ...carrier() };
    const parent = carried(headers);
    const span = isCard ? cardSpan(tracer, parent) : sendSpan(tracer, parent);
    return await context.with(trace.setSpan(parent, span), async () => {
      const answer = isCard ? CARD : await answerOf(rpc, typeof init.body === "string" ? init.body : "", span);
      span.end();
      return new Response(JSON.stringify(answer), { headers: { "content-type": "application/json" } });
    });
  };
}

const REPLY = z.object({ id: z.unknown(), result: z.object({ task: z.object({ id: z.string() }) }) });

async function answerOf(rpc: JsonRpcTransportHandler, body: string, span: Span): Promise<unknown> {
  const reply: unknown = await rpc.handle(body, new ServerCallContext({ requestedVersion: A2A_PROTOCOL_VERSION }));
  const { id, result } = REPLY.parse(reply);
  span.setAttributes({
    "jsonrpc.request.id": String(id),
    "a2a.task.id": result.task.id,
    "a2a.task.state": "completed",
  });
  return reply;
}

function cardSpan(tracer: Tracer, parent: ReturnType<typeof carried>): Span {
  const attributes = {
    "http.request.method": "GET",
    "url.path": CARD_PATH,
    "http.route": CARD_PATH,
    "http.response.status_code": 200,
  };
  return tracer.startSpan(`GET ${CARD_PATH}`, { kind: SpanKind.SERVER, attributes }, parent);
}

function sendSpan(tracer: Tracer, parent: ReturnType<typeof carried>): Span {
  const attributes = {
    "a2a.method.name": "SendMessage",
    "gen_ai.agent.name": "risk",
    "gen_ai.conversation.id": CONVERSATION,
  };
  return tracer.startSpan("SendMessage risk", { kind: SpanKind.SERVER, attributes }, parent);
}

/** The events of the scenario's agent: a task, its progress, an artifact, its end. */
function executorWith(tracer: Tracer): AgentExecutor {
  const attributes = {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "risk",
    "fi.span.kind": "AGENT",
    "gen_ai.conversation.id": CONVERSATION,
  };
  const step = { "agent.trajectory.step": 1, "gen_ai.agent.name": "risk", "gen_ai.conversation.id": CONVERSATION };
  return {
    execute: async ({ taskId, contextId }, bus) => {
      let messages = 0;
      const say = (state: TaskState, text: string): void => {
        const messageId = `${taskId}/message-${++messages}`;
        const message = {
          messageId,
          contextId,
          taskId,
          role: Role.ROLE_AGENT,
          parts: [textPart(text)],
          metadata: undefined,
          extensions: [],
          referenceTaskIds: [],
        };
        const status = { state, message, timestamp: new Date().toISOString() };
        bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }));
      };
      await within(tracer, "invoke_agent risk", SpanKind.INTERNAL, attributes, async () => {
        const status = { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: new Date().toISOString() };
        bus.publish(
          AgentEvent.task({ id: taskId, contextId, status, artifacts: [], history: [], metadata: undefined }),
        );
        say(TaskState.TASK_STATE_WORKING, "looking at the account");
        await completion(tracer, "risk-model", step);
        const artifact = {
          artifactId: `${taskId}/artifact-1`,
          name: "assessment",
          description: "",
          parts: [dataPart({ score: 11, reason: "Plausible: charged twice." })],
          metadata: undefined,
          extensions: [],
        };
        bus.publish(
          AgentEvent.artifactUpdate({
            taskId,
            contextId,
            artifact,
            append: false,
            lastChunk: true,
            metadata: undefined,
          }),
        );
      });
      say(TaskState.TASK_STATE_COMPLETED, "approved");
    },
    cancelTask: () => Promise.resolve(),
  };
}

function textPart(value: string): Part {
  return { content: { $case: "text", value }, mediaType: "text/plain", filename: "", metadata: undefined };
}

function dataPart(value: unknown): Part {
  return { content: { $case: "data", value }, mediaType: "application/json", filename: "", metadata: undefined };
}
