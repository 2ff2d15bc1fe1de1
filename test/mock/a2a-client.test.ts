import { type Server, createServer } from "node:http";
import { type Message, type Part, Role, TaskState, type TaskStatus } from "@a2a-js/sdk";
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  type RequestContext,
} from "@a2a-js/sdk/server";
import { UserBuilder, agentCardHandler, jsonRpcHandler } from "@a2a-js/sdk/server/express";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { type A2aClient, A2aRequestError, askMethod, openA2aClient } from "../../src/mock/a2a-client.ts";
import { AskFailedError, type RemoteReply } from "../../src/scenario/a2a.ts";

/** What tests use of Express, which comes with the MCP SDK and without types. */
type Express = () => { use(path: string, handler: unknown): void } & Parameters<typeof createServer>[1];

const EXPRESS: string = "express";
const { default: express } = (await import(EXPRESS)) as { readonly default: Express };

// The SDK's handlers write the errors that they answer with to the console.
beforeEach(() => {
  const silenced = vi.spyOn(console, "error").mockReturnValue();
  return () => {
    silenced.mockRestore();
  };
});

type Execute = (request: RequestContext, bus: ExecutionEventBus) => Promise<void> | void;

/** An agent that shares no code with Troupe: the SDK's own handlers on a socket. */
async function served(execute: Execute): Promise<string> {
  const app = express();
  const server = createServer(app);
  const url = await listening(server);
  const card = {
    name: "risk",
    description: "",
    version: "1.0.0",
    supportedInterfaces: [{ url: `${url}/rpc`, protocolBinding: "JSONRPC", tenant: "", protocolVersion: "1.0" }],
    provider: undefined,
    capabilities: { streaming: true, extensions: [] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: [],
    defaultOutputModes: [],
    skills: [],
    signatures: [],
  };
  const executor: AgentExecutor = {
    execute: async (request, bus) => {
      await execute(request, bus);
    },
    cancelTask: (taskId, bus) => {
      bus.publish(update(taskId, TaskState.TASK_STATE_CANCELED, "stopped"));
      return Promise.resolve();
    },
  };
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
  app.use("/.well-known/agent-card.json", agentCardHandler({ agentCardProvider: requestHandler }));
  app.use("/rpc", jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
  return url;
}

function listening(server: Server): Promise<string> {
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
    });
  });
}

const textPart = (value: string): Part => ({
  content: { $case: "text", value },
  mediaType: "",
  filename: "",
  metadata: undefined,
});

let messages = 0;

function message(text: string, taskId = ""): Message {
  return {
    messageId: `r-${++messages}`,
    contextId: "c-1",
    taskId,
    role: Role.ROLE_AGENT,
    parts: [textPart(text)],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
}

const status = (taskId: string, state: TaskState, text: string): TaskStatus => ({
  state,
  message: message(text, taskId),
  timestamp: undefined,
});

const update = (taskId: string, state: TaskState, text: string): ReturnType<typeof AgentEvent.statusUpdate> =>
  AgentEvent.statusUpdate({ taskId, contextId: "c-1", status: status(taskId, state, text), metadata: undefined });

function begin({ taskId }: RequestContext, bus: ExecutionEventBus): void {
  const working = { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: undefined };
  const task = { id: taskId, contextId: "c-1", status: working, artifacts: [], history: [], metadata: undefined };
  bus.publish(AgentEvent.task(task));
}

function give(
  { taskId }: RequestContext,
  bus: ExecutionEventBus,
  { id, parts, append = false }: { readonly id: string; readonly parts: Part[]; readonly append?: boolean },
): void {
  bus.publish(
    AgentEvent.artifactUpdate({
      taskId,
      contextId: "c-1",
      artifact: { artifactId: id, name: id, description: "", parts, metadata: undefined, extensions: [] },
      append,
      lastChunk: true,
      metadata: undefined,
    }),
  );
}

/** Ends each task with artifacts of every form. */
const thorough: Execute = (request, bus) => {
  begin(request, bus);
  give(request, bus, { id: "note", parts: [textPart("lo")] });
  give(request, bus, { id: "note", parts: [textPart("w")], append: true });
  const data: Part = { ...textPart(""), content: { $case: "data", value: { value: 7 } } };
  give(request, bus, { id: "score", parts: [data] });
  give(request, bus, { id: "both", parts: [textPart("see"), data] });
  bus.publish(update(request.taskId, TaskState.TASK_STATE_COMPLETED, "done"));
};

const ending =
  (state: TaskState, text: string): Execute =>
  (request, bus) => {
    begin(request, bus);
    bus.publish(update(request.taskId, state, text));
  };

function ask(
  client: A2aClient,
  text: string,
  options: Parameters<A2aClient["ask"]>[0]["options"] = {},
): Promise<RemoteReply> {
  return client.ask({ text, caller: "billing", contextId: "c-1", options });
}

test("the agent is the card's", async () => {
  expect((await openA2aClient(await served(thorough), fetch)).agent).toBe("risk");
});

test.each([{}, { stream: true }])("a message is a completed reply without a task, asked with %o", async (options) => {
  const heard: unknown[] = [];
  const url = await served(({ userMessage }, bus) => {
    heard.push([userMessage.parts[0]?.content, userMessage.metadata, userMessage.contextId]);
    bus.publish(AgentEvent.message(message("no objection")));
  });
  const reply = await ask(await openA2aClient(url, fetch), "refund?", options);
  expect(reply).toEqual({ agent: "risk", text: "no objection", state: "completed", task: null, artifacts: [] });
  expect(heard).toEqual([[{ $case: "text", value: "refund?" }, { "troupe.caller": "billing" }, "c-1"]]);
});

test.each([{}, { stream: true }])("a task is a reply with all that it gave, asked with %o", async (options) => {
  const reply = await ask(await openA2aClient(await served(thorough), fetch), "refund?", options);
  expect(reply).toEqual({
    agent: "risk",
    text: "done",
    state: "completed",
    task: expect.stringMatching(/./),
    artifacts: [
      { name: "note", content: "low" },
      { name: "score", content: { value: 7 } },
      { name: "both", content: ["see", { value: 7 }] },
    ],
  });
});

test.each([{}, { stream: true }])("a task that needs input goes on with its id, asked with %o", async (options) => {
  const url = await served((request, bus) => {
    begin(request, bus);
    const state = request.task === undefined ? TaskState.TASK_STATE_INPUT_REQUIRED : TaskState.TASK_STATE_COMPLETED;
    bus.publish(update(request.taskId, state, request.task === undefined ? "which order?" : "done"));
  });
  const client = await openA2aClient(url, fetch);
  const first = await ask(client, "refund?", options);
  expect([first.state, first.text]).toEqual(["input-required", "which order?"]);
  const second = await ask(client, "A-17", { ...options, ...(first.task === null ? {} : { task: first.task }) });
  expect([second.state, second.text, second.task]).toEqual(["completed", "done", first.task]);
});

test.each([
  ["failed", TaskState.TASK_STATE_FAILED, {}],
  ["failed", TaskState.TASK_STATE_FAILED, { stream: true }],
  ["rejected", TaskState.TASK_STATE_REJECTED, {}],
  ["rejected", TaskState.TASK_STATE_REJECTED, { stream: true }],
] as const)("asking for a task that was %s (%i) throws its words, asked with %o", async (state, told, options) => {
  const client = await openA2aClient(await served(ending(told, "not today")), fetch);
  const error: unknown = await ask(client, "refund?", options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AskFailedError);
  expect(error).toMatchObject({
    name: "AskFailedError",
    message: "agent risk: not today",
    reply: { state, text: "not today" },
  });
});

test("whoever does not wait has the task, can ask for it and cancel it", async () => {
  const { promise, resolve } = promised();
  onTestFinished(resolve);
  const url = await served(async (request, bus) => {
    begin(request, bus);
    await promise;
  });
  const client = await openA2aClient(url, fetch);
  const { state, task } = await ask(client, "refund?", { wait: false });
  expect(state).toBe("working");
  expect((await client.task(task ?? "")).state).toBe("working");
  expect(await client.cancel(task ?? "")).toMatchObject({ task, state: "canceled", text: "stopped" });
});

function promised(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => void (resolve = done));
  return { promise, resolve };
}

test("a task that failed can be asked for", async () => {
  const client = await openA2aClient(await served(ending(TaskState.TASK_STATE_FAILED, "no")), fetch);
  const error: unknown = await ask(client, "refund?").catch((reason: unknown) => reason);
  const id = error instanceof AskFailedError ? (error.reply.task ?? "") : "";
  expect(await client.task(id)).toMatchObject({ state: "failed", text: "no" });
});

test.each([{}, { stream: true }])("an error names agent, method, code and mend, asked with %o", async (options) => {
  const client = await openA2aClient(await served(thorough), fetch);
  const error: unknown = await ask(client, "refund?", { ...options, task: "t-0" }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(A2aRequestError);
  expect(error).toMatchObject({
    code: -32001,
    message: `agent risk: ${askMethod(options)} failed (-32001): Task not found: t-0. Pass the id of a task that this agent answered with.`,
  });
});

test("an error that comes inside a stream keeps its code", async () => {
  const url = await served((request, bus) => {
    begin(request, bus);
    // A message after a task is a fault of the agent that the SDK sees.
    bus.publish(AgentEvent.message(message("stray")));
  });
  const client = await openA2aClient(url, fetch);
  const error: unknown = await ask(client, "refund?", { stream: true }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "A2aRequestError", code: expect.any(Number) });
});

test("an agent that cannot be reached is named by its address", async () => {
  const none: typeof fetch = () => Promise.reject(new Error("connection refused"));
  await expect(openA2aClient("http://risk.invalid", none)).rejects.toThrow(
    "agent http://risk.invalid: GET of its card failed: Error: connection refused",
  );
});

test("all requests go through the fetch that is given, with the same ids in the same run", async () => {
  const url = await served((_request, bus) => bus.publish(AgentEvent.message(message("ok"))));
  const run = async (): Promise<readonly string[]> => {
    const sent: string[] = [];
    const client = await openA2aClient(url, (input, init) => {
      sent.push(typeof init?.body === "string" ? init.body : "GET");
      return fetch(input, init);
    });
    await ask(client, "a");
    await ask(client, "b");
    return sent;
  };
  const first = await run();
  expect(first.map((body) => (body === "GET" ? body : (JSON.parse(body) as { method: string }).method))).toEqual([
    "GET",
    "SendMessage",
    "SendMessage",
  ]);
  expect(await run()).toEqual(first);
});
