import { request as httpRequest } from "node:http";
import { text as textOf } from "node:stream/consumers";
import {
  type Artifact,
  type Message,
  Role,
  type SendMessageRequest,
  type StreamResponse,
  type Task,
  TaskState,
} from "@a2a-js/sdk";
import { type Client, ClientFactory } from "@a2a-js/sdk/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Exported, otlpStore } from "./fixtures-serve/otlp.ts";
import { type Serving, childrenOf, gone, listens, serving } from "./fixtures-serve/serving.ts";

// The oracle is the official SDK's client, with its own transport and the machine's own fetch.
const CLERK = "test/processes/fixtures-serve/clerk.ts#clerk";
const RISK = "scenarios/refund-handoff.scenario.ts#risk";
const RESEARCHER = "scenarios/delegation-chain.scenario.ts#researcher";

let said = 0;

function saying(words: string, more: { readonly taskId?: string; readonly wait?: boolean } = {}): SendMessageRequest {
  return {
    tenant: "",
    message: {
      messageId: `m-${++said}`,
      contextId: "",
      taskId: more.taskId ?? "",
      role: Role.ROLE_USER,
      parts: [{ content: { $case: "text", value: words }, mediaType: "text/plain", filename: "", metadata: undefined }],
      metadata: undefined,
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

const wordsOf = (message: Message | undefined): string =>
  (message?.parts ?? []).map(({ content }) => (content?.$case === "text" ? content.value : "")).join();

const standing = ({ status }: Pick<Task, "status">): readonly string[] => [
  status === undefined ? "none" : TaskState[status.state],
  wordsOf(status?.message),
];

const contents = (artifacts: readonly Artifact[]): unknown =>
  artifacts.map(({ name, parts }) => [name, ...parts.map(({ content }) => content?.value)]);

async function task(client: Client, ...words: Parameters<typeof saying>): Promise<Task> {
  const result = await client.sendMessage(saying(...words));
  if (!("status" in result)) throw new Error(`it answered with a message: ${wordsOf(result)}`);
  return result;
}

async function told(client: Client, words: string): Promise<string> {
  const result = await client.sendMessage(saying(words));
  if ("status" in result) throw new Error(`it answered with a task: ${standing(result).join()}`);
  return wordsOf(result);
}

/** What a stream says, in its order, as short words. */
async function stream(events: AsyncIterable<StreamResponse>): Promise<readonly unknown[]> {
  const heard: unknown[] = [];
  for await (const { payload } of events) {
    if (payload?.$case === "statusUpdate") heard.push(standing(payload.value));
    else if (payload?.$case === "artifactUpdate") heard.push(payload.value.artifact?.name);
    else if (payload?.$case === "message") heard.push(wordsOf(payload.value));
    else heard.push(payload?.$case);
  }
  return heard;
}

const clientOf = ({ url }: { readonly url: string }): Promise<Client> => new ClientFactory().createFromUrl(url);

describe("the official client of an agent", () => {
  let server: Serving;
  let client: Client;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    server = await serving([CLERK], { atEnd: (work) => ends.unshift(work) });
    client = await clientOf(server);
  }, 60_000);
  afterAll(async () => {
    for (const end of ends) await end();
  });

  test("reads its card where it is said to lie, and finds the agent there", async () => {
    const address = /its card: (\S+)/.exec(server.printed().out)?.[1] ?? "";
    expect(await (await fetch(address)).json()).toMatchObject({
      name: "clerk",
      description: "Does as it is told",
      supportedInterfaces: [{ url: server.url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
      capabilities: { streaming: true },
    });
  });

  test("gets a message as an answer", async () => {
    expect(await told(client, "hello")).toBe("you said hello");
  });

  test("gets a task with what it gave, and can ask for it again", async () => {
    const done = await task(client, "stream");
    expect([standing(done), contents(done.artifacts)]).toEqual([
      ["TASK_STATE_COMPLETED", "done"],
      [["list", ["a", "b"]]],
    ]);
    const again = await client.getTask({ tenant: "", id: done.id });
    expect([standing(again), contents(again.artifacts)]).toEqual([standing(done), contents(done.artifacts)]);
  });

  test("hears a stream's events in their order", async () => {
    expect(await stream(client.sendMessageStream(saying("stream")))).toEqual([
      "task",
      ["TASK_STATE_WORKING", "first"],
      "list",
      ["TASK_STATE_WORKING", "second"],
      ["TASK_STATE_COMPLETED", "done"],
    ]);
    expect(await stream(client.sendMessageStream(saying("hello")))).toEqual(["you said hello"]);
  });

  test("answers what the agent asks back, in the same task", async () => {
    const asked = await task(client, "ask back");
    expect(standing(asked)).toEqual(["TASK_STATE_INPUT_REQUIRED", "which order?"]);
    const done = await task(client, "A-17", { taskId: asked.id });
    expect([done.id, ...standing(done)]).toEqual([asked.id, "TASK_STATE_COMPLETED", "A-17, round 2"]);
  });

  test("cancels a task that it did not wait for", async () => {
    const begun = await task(client, "wait", { wait: false });
    expect(standing(begun)[0]).toBe("TASK_STATE_WORKING");
    const canceled = await client.cancelTask({ tenant: "", id: begun.id, metadata: undefined });
    expect(standing(canceled)[0]).toBe("TASK_STATE_CANCELED");
    expect(standing(await client.getTask({ tenant: "", id: begun.id }))[0]).toBe("TASK_STATE_CANCELED");
  });

  test("is told that a task which has ended cannot be canceled", async () => {
    const { id } = await task(client, "stream");
    const canceling = client.cancelTask({ tenant: "", id, metadata: undefined });
    await expect(canceling).rejects.toMatchObject({ envelopeCode: -32002 });
  });

  test("gets a task that failed, from an agent that says so and from one that throws", async () => {
    expect(standing(await task(client, "fail"))).toEqual(["TASK_STATE_FAILED", "it cannot be done"]);
    const thrown = await task(client, "throw");
    expect(standing(thrown)).toEqual(["TASK_STATE_FAILED", "the work threw Error: no such table"]);
  });

  test("gets the protocol's error for a task that there is not", async () => {
    await expect(client.getTask({ tenant: "", id: "none" })).rejects.toMatchObject({ envelopeCode: -32001 });
    await expect(client.sendMessage(saying("x", { taskId: "none" }))).rejects.toMatchObject({ envelopeCode: -32001 });
  });

  const JSON_TYPE = { "content-type": "application/json", "a2a-version": "1.0" };
  const rpc = (body: object): string => JSON.stringify({ jsonrpc: "2.0", id: 7, ...body });
  const HELLO = rpc({
    method: "SendMessage",
    params: { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "hello" }] } },
  });

  test.for([
    ["an unknown method", { body: rpc({ method: "Dance", params: {} }) }, 200, '"code":-32601'],
    ["parameters of no message", { body: rpc({ method: "SendMessage", params: {} }) }, 200, '"code":-32602'],
    ["what is no JSON", { body: "{" }, 200, '"code":-32700'],
    ["an empty body", { body: "" }, 200, '"code":-32700'],
    ["a batch", { body: `[${HELLO}]` }, 200, '"code":-32602'],
    ["the wrong content type", { body: HELLO, headers: { "content-type": "text/plain" } }, 200, '"code":-32005'],
    ["a version to come", { body: HELLO, headers: { ...JSON_TYPE, "a2a-version": "9.0" } }, 200, '"code":-32009'],
    ["the wrong path", { path: "/rpc", body: HELLO }, 404, "Not Found"],
    ["the wrong verb", { method: "GET" }, 405, "Method Not Allowed"],
    ["another's Host header", { body: HELLO, headers: { ...JSON_TYPE, host: "evil.example" } }, 403, "Host"],
    ["a page's Origin", { body: HELLO, headers: { ...JSON_TYPE, origin: "http://evil.example" } }, 403, "Origin"],
    ["a whole request", { body: HELLO }, 200, "you said hello"],
  ] as const)("%s is answered as the protocol says", async ([, raw, status, part]) => {
    const answer = await rawly(server.url, { headers: JSON_TYPE, ...raw });
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(part)]);
    expect(answer.text).not.toMatch(/\s+at .*:\d+:\d+/);
  });

  test("a body beyond all measure does not end it", async () => {
    const { status } = await rawly(server.url, { headers: JSON_TYPE, body: " ".repeat(65 * 1024 * 1024) });
    expect(status).toBe(413);
    expect(await told(client, "hello")).toBe("you said hello");
  });
});

interface Raw {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request as anybody may write one; `fetch` would set some headers itself. */
function rawly(
  url: string,
  { path = "/", method = "POST", headers = {}, body = "" }: Raw,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(new URL(path, url), { method, headers, agent: false }, (answer) => {
      textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
    });
    sent.on("error", reject).end(body);
  });
}

test("an agent of a scenario answers the same after a restart with the same seed", async () => {
  const assessed = async (seed: string): Promise<unknown> => {
    const client = await clientOf(await serving([RISK, "--seed", seed]));
    const results: unknown[] = [];
    for (const words of ["May 249 be paid back?", "And 39?", "May 249 be paid back?"]) {
      const done = await task(client, words);
      results.push([standing(done), contents(done.artifacts)]);
    }
    return results;
  };
  const [first, again, other] = await Promise.all([assessed("3"), assessed("3"), assessed("4")]);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  expect(first).toHaveProperty("0", [
    ["TASK_STATE_COMPLETED", "approved"],
    [["assessment", { reason: expect.any(String), score: expect.any(Number) }]],
  ]);
});

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CARRIER = { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, baggage: "tenant.id=acme" };

const path = (spans: readonly Exported[], span: Exported | undefined): readonly string[] =>
  span === undefined
    ? []
    : [
        ...path(
          spans,
          spans.find(({ spanId }) => spanId === span.parentSpanId),
        ),
        `${span.name} @${span.service}`,
      ];

describe("an agent that uses servers and agents of its own", () => {
  test("starts them, asks them, and ends them with itself; one trace goes through all", async () => {
    const store = await otlpStore();
    const server = await serving([RESEARCHER], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: store.url } });
    const pids = childrenOf(server.pid);
    expect(pids).toHaveLength(2);
    const nested = pids.flatMap(childrenOf);
    expect(nested).toHaveLength(1);
    const client = await clientOf(server);
    const reply = await client.sendMessage(saying("lighthouses"), { serviceParameters: CARRIER });
    expect("status" in reply ? "" : wordsOf(reply)).toContain("Log of the keeper");
    expect(await server.stop("SIGTERM")).toMatchObject({ code: 0, err: "" });
    await gone([...pids, ...nested]);
    expect(await listens(server.url)).toBe(false);
    const spans = store.spans.filter(({ traceId }) => traceId === TRACE);
    expect(spans.find(({ name }) => name === "SendMessage researcher")).toMatchObject({
      kind: 2,
      service: "researcher",
      parentSpanId: "b7ad6b7169203331",
    });
    expect(
      path(
        spans,
        spans.find(({ name, service }) => name.startsWith("resources/read") && service === "archive"),
      ),
    ).toEqual([
      "SendMessage researcher @researcher",
      "invoke_agent researcher @researcher",
      "SendStreamingMessage archivist @researcher",
      "SendStreamingMessage archivist @archivist",
      "invoke_agent archivist @archivist",
      "resources/read box://lighthouse @archivist",
      "resources/read box://lighthouse @archive",
    ]);
    expect(new Set(spans.map(({ service }) => service))).toEqual(
      new Set(["researcher", "archivist", "archive", "library"]),
    );
    expect(spans.filter(({ attributes }) => attributes["tenant.id"] !== "acme")).toEqual([]);
  });

  test("ends well with Ctrl-C of a terminal, which all of its processes hear, and loses no span", async () => {
    const store = await otlpStore();
    const server = await serving([RESEARCHER], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: store.url }, isGroup: true });
    const pids = childrenOf(server.pid);
    const client = await clientOf(server);
    await client.sendMessage(saying("lighthouses"), { serviceParameters: CARRIER });
    process.kill(-server.pid, "SIGINT");
    expect(await server.exited).toMatchObject({ code: 0, err: "" });
    await gone(pids);
    const services = store.spans.filter(({ traceId }) => traceId === TRACE).map(({ service }) => service);
    expect(new Set(services)).toEqual(new Set(["researcher", "archivist", "archive", "library"]));
  });
});
