import { AsyncLocalStorage } from "node:async_hooks";
import { type Artifact, type Message, Role, type SendMessageRequest, type Task, TaskState } from "@a2a-js/sdk";
import { type Client, ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory } from "@a2a-js/sdk/client";
import { expect, test } from "vitest";
import { VIRTUAL_EPOCH_UNIX_NANO } from "../../src/core/clock.ts";
import { type A2aRequest, type TaskHandle, createA2aAgent } from "../../src/mock/a2a-agent.ts";
import { type RemoteAnswer, a2aAgent } from "../../src/scenario/a2a.ts";
import type { HttpEndpoint } from "../../src/wire/http-exchange.ts";

/** The oracle is the SDK's own client. */
interface Opened {
  readonly client: Client;
  readonly endpoint: HttpEndpoint;
  readonly requests: readonly A2aRequest[];
  readonly faults: readonly string[];
}

/** An endpoint as the web knows one. */
function webEndpoint(endpoint: HttpEndpoint): (request: Request) => Promise<Response> {
  return async (request) => {
    const { url, method, headers, signal } = request;
    const reply = await endpoint({ url, method, headers, text: await request.text(), signal });
    return new Response(reply.body, { status: reply.status, headers: reply.headers });
  };
}

type Perform = (request: A2aRequest, task: TaskHandle) => Promise<RemoteAnswer> | RemoteAnswer;

async function opened(perform: Perform): Promise<Opened> {
  const faults: string[] = [];
  const requests: A2aRequest[] = [];
  const skill = { id: "assess", name: "Assess", description: "Assesses an order", tags: ["risk"] };
  const definition = a2aAgent("risk", { version: "2.1.0", skills: [skill], work: () => Promise.resolve("unused") });
  const endpoint = createA2aAgent(definition, {
    url: "http://risk.invalid",
    clock: { nowUnixNano: () => VIRTUAL_EPOCH_UNIX_NANO },
    perform: async (request, task) => {
      requests.push(request);
      return await perform(request, task);
    },
    onFault: (sentence) => void faults.push(String(sentence)),
  });
  const fetchImpl: typeof fetch = (input, init) => webEndpoint(endpoint)(new Request(input, init));
  const cardResolver = new DefaultAgentCardResolver({ fetchImpl });
  const factory = new ClientFactory({ transports: [new JsonRpcTransportFactory({ fetchImpl })], cardResolver });
  return { client: await factory.createFromUrl("http://risk.invalid"), endpoint, requests, faults };
}

const says = (state: RemoteAnswer["state"], text: string): RemoteAnswer => ({ agent: "risk", state, text });

let asked = 0;

function question(text: string, more: { readonly taskId?: string; readonly wait?: boolean } = {}): SendMessageRequest {
  return {
    tenant: "",
    message: {
      messageId: `m-${++asked}`,
      contextId: "c-1",
      taskId: more.taskId ?? "",
      role: Role.ROLE_USER,
      parts: [{ content: { $case: "text", value: text }, mediaType: "text/plain", filename: "", metadata: undefined }],
      metadata: { "troupe.caller": "billing" },
      extensions: [],
      referenceTaskIds: [],
    },
    configuration: {
      acceptedOutputModes: [],
      taskPushNotificationConfig: undefined,
      returnImmediately: more.wait === false,
    },
    metadata: undefined,
  };
}

const wordsOf = (message: Message | undefined): string | undefined => {
  const content = message?.parts[0]?.content;
  return content?.$case === "text" ? content.value : undefined;
};

async function askForTask({ client }: Opened, request: SendMessageRequest): Promise<Task> {
  const result = await client.sendMessage(request);
  if (!("status" in result)) throw new Error("not a task");
  return result;
}

const standing = ({ status }: Task): unknown => [
  status === undefined ? undefined : TaskState[status.state],
  wordsOf(status?.message),
];

const contentsOf = (artifacts: readonly Artifact[]): unknown =>
  artifacts.map(({ name, parts }) => [name, parts[0]?.content]);

/** A promise with its resolver, for work that goes on until the test says. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => void (open = resolve));
  return { passed, open };
}

test("the card says who the agent is, what it can do and where it is asked", async () => {
  const { endpoint } = await opened(() => says("completed", "ok"));
  const response = await webEndpoint(endpoint)(new Request("http://risk.invalid/.well-known/agent-card.json"));
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toMatchObject({
    name: "risk",
    version: "2.1.0",
    description: "The mock agent risk",
    capabilities: { streaming: true },
    skills: [{ id: "assess", name: "Assess", description: "Assesses an order", tags: ["risk"] }],
    supportedInterfaces: [{ url: "http://risk.invalid", protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
  });
});

test("an answer without anything else is a message", async () => {
  const { client, requests } = await opened(({ text }) => says("completed", `${text}? yes`));
  const reply = await client.sendMessage(question("refund"));
  expect("messageId" in reply && [wordsOf(reply), reply.role, reply.contextId, reply.taskId]).toEqual([
    "refund? yes",
    Role.ROLE_AGENT,
    "c-1",
    "",
  ]);
  expect(requests).toMatchObject([{ text: "refund", caller: "billing", contextId: "c-1", round: 1 }]);
});

test("work that reports or gives something makes a task, with what it gave", async () => {
  const agent = await opened((_request, task) => {
    task.progress("looking");
    task.artifact("score", { value: 7 });
    task.artifact("note", "low");
    return says("completed", "done");
  });
  const task = await askForTask(agent, question("refund"));
  expect(standing(task)).toEqual(["TASK_STATE_COMPLETED", "done"]);
  expect(contentsOf(task.artifacts)).toEqual([
    ["score", { $case: "data", value: { value: 7 } }],
    ["note", { $case: "text", value: "low" }],
  ]);
  expect(task.history.map(wordsOf)).toEqual(["refund", "looking", "done"]);
  expect(task.status?.timestamp).toBe("2025-01-01T00:00:00.000Z");
});

test.each([
  ["failed", "TASK_STATE_FAILED"],
  ["rejected", "TASK_STATE_REJECTED"],
  ["input-required", "TASK_STATE_INPUT_REQUIRED"],
] as const)("an answer that is %s makes a task", async (state, told) => {
  const agent = await opened(() => says(state, "so it is"));
  expect(standing(await askForTask(agent, question("refund")))).toEqual([told, "so it is"]);
});

test("a stream says the task, then how it goes, then how it ends", async () => {
  const { client } = await opened((_request, task) => {
    task.progress("looking");
    task.artifact("score", 7);
    return says("completed", "done");
  });
  const events: unknown[] = [];
  for await (const { payload } of client.sendMessageStream(question("refund"))) {
    if (payload?.$case === "statusUpdate")
      events.push([TaskState[payload.value.status?.state ?? 0], wordsOf(payload.value.status?.message)]);
    else events.push(payload?.$case);
  }
  expect(events).toEqual([
    "task",
    ["TASK_STATE_WORKING", "looking"],
    "artifactUpdate",
    ["TASK_STATE_COMPLETED", "done"],
  ]);
});

test("a stream of an answer without a task is one message", async () => {
  const { client } = await opened(() => says("completed", "yes"));
  const events: unknown[] = [];
  for await (const { payload } of client.sendMessageStream(question("refund"))) events.push(payload?.$case);
  expect(events).toEqual(["message"]);
});

test("a stream's events come while the work goes on", async () => {
  const later = gate();
  const { client } = await opened(async (_request, task) => {
    task.progress("looking");
    await later.passed;
    return says("completed", "done");
  });
  const events: unknown[] = [];
  for await (const { payload } of client.sendMessageStream(question("refund"))) {
    events.push(payload?.$case);
    // Were the events held back, nobody would open the gate.
    if (payload?.$case === "statusUpdate") later.open();
  }
  expect(events).toEqual(["task", "statusUpdate", "statusUpdate"]);
});

test("a task goes on though its stream is left, and can be asked for", async () => {
  const [later, ended] = [gate(), gate()];
  const agent = await opened(async (_request, task) => {
    task.progress("looking");
    await later.passed;
    ended.open();
    return says("completed", "done");
  });
  let id = "";
  for await (const { payload } of agent.client.sendMessageStream(question("refund"))) {
    if (payload?.$case === "task") id = payload.value.id;
    if (payload?.$case === "statusUpdate") break;
  }
  later.open();
  await ended.passed;
  await new Promise((resolve) => void setImmediate(resolve));
  expect(standing(await agent.client.getTask({ tenant: "", id }))).toEqual(["TASK_STATE_COMPLETED", "done"]);
});

test("whoever does not wait gets the task at once, and can ask how it stands", async () => {
  const later = gate();
  const agent = await opened(async (_request, task) => {
    task.progress("looking");
    await later.passed;
    return says("completed", "done");
  });
  const { id } = await askForTask(agent, question("refund", { wait: false }));
  expect(standing(await agent.client.getTask({ tenant: "", id }))).toEqual(["TASK_STATE_WORKING", "looking"]);
  later.open();
  await new Promise((resolve) => void setImmediate(resolve));
  expect(standing(await agent.client.getTask({ tenant: "", id }))).toEqual(["TASK_STATE_COMPLETED", "done"]);
});

test("a canceled task aborts its work in the context of the request, and what the work does then changes nothing", async () => {
  const store = new AsyncLocalStorage<string>();
  const [later, ended] = [gate(), gate()];
  let heardIn: unknown;
  const agent = await opened(async (_request, task) => {
    task.signal.addEventListener("abort", () => void (heardIn = store.getStore()));
    task.progress("looking");
    await later.passed;
    task.progress("still looking");
    task.artifact("late", 1);
    ended.open();
    throw new Error("gave up");
  });
  const { id } = await store.run("asker", () => askForTask(agent, question("refund", { wait: false })));
  const canceled = await store.run("canceler", () => agent.client.cancelTask({ tenant: "", id, metadata: undefined }));
  expect(standing(canceled)).toEqual(["TASK_STATE_CANCELED", "canceled by the caller"]);
  expect(heardIn).toBe("asker");
  later.open();
  await ended.passed;
  await new Promise((resolve) => void setImmediate(resolve));
  const task = await agent.client.getTask({ tenant: "", id });
  expect([standing(task), task.artifacts, agent.faults]).toEqual([
    ["TASK_STATE_CANCELED", "canceled by the caller"],
    [],
    [],
  ]);
});

test("whoever waits for a task that another cancels hears that it was", async () => {
  const later = gate();
  const agent = await opened(async (_request, task) => {
    task.progress("looking");
    await later.passed;
    return says("completed", "done");
  });
  const waiting = askForTask(agent, question("refund"));
  const [working] = await listed(agent);
  await agent.client.cancelTask({ tenant: "", id: working?.id ?? "", metadata: undefined });
  expect(standing(await waiting)).toEqual(["TASK_STATE_CANCELED", "canceled by the caller"]);
});

async function listed({ client }: Opened): Promise<readonly Task[]> {
  for (;;) {
    const { tasks } = await client.listTasks({
      tenant: "",
      contextId: "",
      status: 0,
      pageToken: "",
      statusTimestampAfter: undefined,
    });
    if (tasks.length > 0) return tasks;
  }
}

test("a task that needs input goes on with the next message, and its rounds are counted", async () => {
  const agent = await opened(({ text, round }, task) => {
    if (round < 3) return says("input-required", `what is ${round} of ${text}?`);
    task.artifact("rounds", round);
    return says("completed", "enough");
  });
  const { id } = await askForTask(agent, question("a"));
  const second = await askForTask(agent, question("b", { taskId: id }));
  expect([second.id, standing(second)]).toEqual([id, ["TASK_STATE_INPUT_REQUIRED", "what is 2 of b?"]]);
  const third = await askForTask(agent, question("c", { taskId: id }));
  expect([third.id, standing(third)]).toEqual([id, ["TASK_STATE_COMPLETED", "enough"]]);
  expect(third.history.map(wordsOf)).toEqual(["a", "what is 1 of a?", "b", "what is 2 of b?", "c", "enough"]);
});

test("an answer to a message of a known task is the task, also where nothing else makes it one", async () => {
  const agent = await opened(({ round }) => says(round === 1 ? "input-required" : "completed", `round ${round}`));
  const { id } = await askForTask(agent, question("a"));
  expect(standing(await askForTask(agent, question("b", { taskId: id })))).toEqual(["TASK_STATE_COMPLETED", "round 2"]);
});

test("a task that needs input can be canceled", async () => {
  const agent = await opened(() => says("input-required", "which?"));
  const { id } = await askForTask(agent, question("a"));
  expect(standing(await agent.client.cancelTask({ tenant: "", id, metadata: undefined }))).toEqual([
    "TASK_STATE_CANCELED",
    "canceled by the caller",
  ]);
});

test("work that throws fails the task, and the run hears of it", async () => {
  const agent = await opened(() => {
    throw new Error("no such order");
  });
  const task = await askForTask(agent, question("refund"));
  expect(standing(task)).toEqual(["TASK_STATE_FAILED", "the work threw Error: no such order"]);
  expect(agent.faults).toEqual(["Error: no such order"]);
});

test("V8's words, which differ between versions of Node, do not reach the caller", async () => {
  const agent = await opened(() => {
    throw new TypeError("x is not a function");
  });
  const task = await askForTask(agent, question("refund"));
  expect(standing(task)).toEqual(["TASK_STATE_FAILED", "the work threw TypeError"]);
  expect(agent.faults).toEqual(["TypeError: x is not a function"]);
});

test("what work does with its task after it has answered changes nothing, and nobody hears of it", async () => {
  let kept: TaskHandle | undefined;
  const agent = await opened(({ round }, task) => {
    kept ??= task;
    return round === 1 ? says("input-required", "which?") : says("completed", "done");
  });
  const { id } = await askForTask(agent, question("refund"));
  const events: unknown[] = [];
  for await (const { payload } of agent.client.resubscribeTask({ tenant: "", id })) {
    events.push(payload?.$case === "statusUpdate" ? wordsOf(payload.value.status?.message) : payload?.$case);
    if (events.length > 1) continue;
    kept?.progress("late");
    kept?.artifact("late", 1);
    void askForTask(agent, question("A-17", { taskId: id }));
  }
  expect(events).toEqual(["task", "task", "done"]);
  const task = await agent.client.getTask({ tenant: "", id });
  expect([standing(task), task.artifacts]).toEqual([["TASK_STATE_COMPLETED", "done"], []]);
});

test("a stream of a task's next round begins with the task", async () => {
  const agent = await opened(({ round }) => says(round === 1 ? "input-required" : "completed", `round ${round}`));
  const { id } = await askForTask(agent, question("a"));
  const events: unknown[] = [];
  for await (const { payload } of agent.client.sendMessageStream(question("b", { taskId: id })))
    events.push(payload?.$case);
  expect(events).toEqual(["task", "statusUpdate"]);
});

test("a message to a task that is being worked on is another round of it, and the first to end it ends it", async () => {
  const later = gate();
  const agent = await opened(async ({ round }, task) => {
    task.progress(`round ${round}`);
    if (round === 1) await later.passed;
    return says("completed", `done in round ${round}`);
  });
  const { id } = await askForTask(agent, question("a", { wait: false }));
  expect(standing(await askForTask(agent, question("b", { taskId: id })))).toEqual([
    "TASK_STATE_COMPLETED",
    "done in round 2",
  ]);
  later.open();
  await new Promise((resolve) => void setImmediate(resolve));
  expect(standing(await agent.client.getTask({ tenant: "", id }))).toEqual(["TASK_STATE_COMPLETED", "done in round 2"]);
});

test("a message to a task that has ended, or that is unknown, is refused", async () => {
  const agent = await opened(() => says("failed", "no"));
  const { id } = await askForTask(agent, question("a"));
  await expect(agent.client.sendMessage(question("b", { taskId: id }))).rejects.toMatchObject({ envelopeCode: -32004 });
  await expect(agent.client.sendMessage(question("b", { taskId: "t-0" }))).rejects.toMatchObject({
    envelopeCode: -32001,
  });
  await expect(agent.client.getTask({ tenant: "", id: "t-0" })).rejects.toMatchObject({ envelopeCode: -32001 });
  await expect(agent.client.cancelTask({ tenant: "", id, metadata: undefined })).rejects.toMatchObject({
    envelopeCode: -32002,
  });
});

test("a stream that cannot begin is answered with the error alone", async () => {
  const { endpoint } = await opened(() => says("completed", "ok"));
  const response = await post(endpoint, streamOf("t-0"));
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toMatchObject({ id: 1, error: { code: -32001 } });
});

const streamOf = (taskId: string): string =>
  JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "SendStreamingMessage",
    params: { message: { messageId: "m", role: "ROLE_USER", taskId, parts: [{ text: "x" }] } },
  });

function post(endpoint: HttpEndpoint, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return webEndpoint(endpoint)(
    new Request("http://risk.invalid/", {
      method: "POST",
      body,
      headers: { "content-type": "application/json", "a2a-version": "1.0", ...headers },
    }),
  );
}

test.each([
  ["no JSON", "{", {}, { id: null, error: { code: -32700, message: "Invalid JSON payload." } }],
  ["JSON that is no object", "7", {}, { id: null, error: { code: -32700 } }],
  ["another content type", "{}", { "content-type": "text/plain" }, { id: null, error: { code: -32005 } }],
  ["no JSON-RPC", `{"id":4}`, {}, { id: 4, error: { code: -32602 } }],
  ["an unknown method", `{"jsonrpc":"2.0","id":4,"method":"X","params":{}}`, {}, { id: 4, error: { code: -32601 } }],
  ["the protocol of before", streamOf(""), { "a2a-version": "" }, { id: 1, error: { code: -32009 } }],
  ["a protocol to come", streamOf(""), { "a2a-version": "9.9" }, { id: 1, error: { code: -32009 } }],
] as const)("%s is answered with JSON-RPC's error", async (_what, body, headers, answer) => {
  const { endpoint } = await opened(() => says("completed", "ok"));
  const response = await post(endpoint, body, headers);
  expect([response.status, await response.json()]).toMatchObject([200, { jsonrpc: "2.0", ...answer }]);
});

test("other paths and methods of HTTP are refused", async () => {
  const { endpoint } = await opened(() => says("completed", "ok"));
  const status = async (path: string, method: string): Promise<number> =>
    (await webEndpoint(endpoint)(new Request(`http://risk.invalid${path}`, { method }))).status;
  expect(await status("/other", "POST")).toBe(404);
  expect(await status("/", "GET")).toBe(405);
  expect(await status("/.well-known/agent-card.json", "POST")).toBe(405);
});
