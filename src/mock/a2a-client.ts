import { Role, type SendMessageRequest } from "@a2a-js/sdk";
import { type Client, ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory } from "@a2a-js/sdk/client";
import { AskFailedError, type AskOptions, type RemoteReply } from "../scenario/a2a.ts";
import { portableWords } from "../telemetry/spans.ts";
import { CALLER_METADATA } from "../wire/a2a-exchange.ts";
import type { Fetch } from "../wire/http-exchange.ts";
import { beginStanding, hear, replyOf, replyOfMessage, replyOfTask } from "./a2a-reply.ts";

/** One question to a remote agent. */
interface Question {
  readonly text: string;
  /** As whom the agent that asks introduces itself. */
  readonly caller: string;
  readonly contextId: string;
  readonly options: Omit<AskOptions, "task"> & { readonly task?: string };
}

/** The near end of A2A: one remote agent, as its card describes it. */
export interface A2aClient {
  /** The agent's name, out of its card. */
  readonly agent: string;
  /**
   * @throws AskFailedError when the agent failed, or rejected the task.
   * @throws A2aRequestError when it answers with an error, or not at all.
   */
  ask(question: Question): Promise<RemoteReply>;
  /** The task as it stands. @throws A2aRequestError when it answers with an error, or not at all. */
  task(id: string): Promise<RemoteReply>;
  /** Cancels the task. @throws A2aRequestError when it answers with an error, or not at all. */
  cancel(id: string): Promise<RemoteReply>;
}

/** A request that a remote agent answered with an error, or could not be asked. */
export class A2aRequestError extends Error {
  override readonly name = "A2aRequestError";
  /** The JSON-RPC error code; `undefined` where none came. */
  readonly code: number | undefined;

  constructor(agent: string, method: string, cause: unknown) {
    const code = codeOf(cause);
    const mend = code === undefined ? undefined : MENDS[code];
    const words = code === undefined ? portableWords(cause) : portableMessage(cause);
    const what = `agent ${agent}: ${method} failed${code === undefined ? "" : ` (${code})`}: ${words}`;
    super(mend === undefined ? what : `${what.replace(/\.$/, "")}. ${mend}`, { cause });
    this.code = code;
  }
}

const MENDS: Readonly<Record<number, string>> = {
  [-32001]: "Pass the id of a task that this agent answered with.",
  [-32002]: "Cancel a task before it ends.",
  [-32004]: "If the task has ended, begin a new one: ask without `task`.",
  [-32009]: "Let the agent's card offer A2A 1.0.",
};

/** The method by which a question is asked. */
export function askMethod(options: AskOptions): "SendStreamingMessage" | "SendMessage" {
  return options.stream === true ? "SendStreamingMessage" : "SendMessage";
}

/**
 * Opens a client of the agent at `url`, as any does: it fetches the card and speaks JSON-RPC with the interface that the
 * card names. All requests go through `fetchImpl`. Until the card says its name, an agent is called by `name`.
 */
export async function openA2aClient(url: string, fetchImpl: Fetch, name: string = url): Promise<A2aClient> {
  const cardResolver = new DefaultAgentCardResolver({ fetchImpl });
  const card = await told(name, "GET of its card", () => cardResolver.resolve(url));
  const factory = new ClientFactory({ transports: [new JsonRpcTransportFactory({ fetchImpl })], cardResolver });
  const client = await told(name, "choice of an interface", () => factory.createFromAgentCard(card));
  const { name: agent } = card;
  let asked = 0;
  return {
    agent,
    ask: async (question) => {
      const request = requestOf(question, ++asked);
      const method = askMethod(question.options);
      const reply = await told(agent, method, () =>
        method === "SendMessage" ? send(client, agent, request) : sendStreaming(client, agent, request),
      );
      if (reply.state === "failed" || reply.state === "rejected") throw new AskFailedError(reply);
      return reply;
    },
    task: (id) => told(agent, "GetTask", async () => replyOfTask(await client.getTask({ tenant: "", id }), agent)),
    cancel: (id) =>
      told(agent, "CancelTask", async () =>
        replyOfTask(await client.cancelTask({ tenant: "", id, metadata: undefined }), agent),
      ),
  };
}

async function told<T>(agent: string, method: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new A2aRequestError(agent, method, error);
  }
}

/** The SDK puts an error inside a stream behind one of its own. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, "envelopeCode");
  return typeof code === "number" ? code : codeOf(error.cause);
}

function portableMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return Reflect.has(error, "envelopeCode") ? error.message : portableMessage(error.cause);
}

/** Messages are numbered inside their conversation, so that the same run sends the same ids. */
function requestOf({ text, caller, contextId, options }: Question, number: number): SendMessageRequest {
  const { task = "", wait = true } = options;
  return {
    tenant: "",
    message: {
      messageId: `${contextId}/${caller}/${number}`,
      contextId,
      taskId: task,
      role: Role.ROLE_USER,
      parts: [{ content: { $case: "text", value: text }, mediaType: "text/plain", filename: "", metadata: undefined }],
      metadata: { [CALLER_METADATA]: caller },
      extensions: [],
      referenceTaskIds: [],
    },
    configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately: !wait },
    metadata: undefined,
  };
}

async function send(client: Client, agent: string, request: SendMessageRequest): Promise<RemoteReply> {
  const result = await client.sendMessage(request);
  return "messageId" in result ? replyOfMessage(result, agent) : replyOfTask(result, agent);
}

async function sendStreaming(client: Client, agent: string, request: SendMessageRequest): Promise<RemoteReply> {
  const standing = beginStanding();
  for await (const { payload } of client.sendMessageStream(request)) {
    if (payload?.$case === "message") return replyOfMessage(payload.value, agent);
    if (payload !== undefined) hear(standing, payload);
  }
  return replyOf(standing, agent);
}
