import { Role } from "@a2a-js/sdk";
import { ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory } from "@a2a-js/sdk/client";
import { expect, test } from "vitest";
import { prepareThread } from "../../../src/run/prepare-thread.ts";
import { createA2aAgent } from "../../../src/mock/a2a-agent.ts";
import { a2aPassages } from "../../../src/mock/recorder/a2a.ts";
import { type RemoteAnswer, a2aAgent } from "../../../src/scenario/a2a.ts";
import type { PassedReply } from "../../../src/wire/http-proxy.ts";
import { type Heard, hearing } from "./hearings.ts";

prepareThread();

const CARRIER = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
/** Where its card lies, and where it says that it answers. */
const [CARD, REAL] = ["http://cards.invalid", "http://risk.invalid"];

function ok(text: string): PassedReply {
  return { status: 200, headers: new Headers({ "content-type": "application/json" }), text, ending: "whole" };
}

/** What the official client's requests become when they pass, with a real agent behind the proxy. */
async function asked(answer: Omit<RemoteAnswer, "agent">, isStream: boolean): Promise<{ told: Heard; urls: string[] }> {
  const told = hearing();
  const urls: string[] = [];
  const real = createA2aAgent(a2aAgent("risk", { work: () => Promise.resolve("") }), {
    url: REAL,
    clock: { nowUnixNano: () => 0n },
    perform: () => Promise.resolve({ agent: "risk", ...answer }),
    onFault: (sentence) => expect(sentence).toBe(""),
  });
  const passages = a2aPassages("risk", CARD, told);
  const fetchImpl: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const headers = new Headers({ ...Object.fromEntries(request.headers), ...CARRIER });
    const read = { url: request.url, method: request.method, headers, text: await request.text() };
    const passage = passages(read);
    urls.push(passage.url);
    const reply = await real({ ...read, url: passage.url, signal: request.signal });
    const text = await new Response(reply.body).text();
    passage.hear({ status: reply.status, headers: reply.headers, text, ending: "whole" });
    return new Response(passage.rewrite?.(text) ?? text, { status: reply.status, headers: reply.headers });
  };
  const cardResolver = new DefaultAgentCardResolver({ fetchImpl });
  const factory = new ClientFactory({ transports: [new JsonRpcTransportFactory({ fetchImpl })], cardResolver });
  const client = await factory.createFromUrl("http://127.0.0.1:4000");
  const part = { content: { $case: "text", value: "May A-17 be refunded?" } } as const;
  const message = {
    messageId: "m-1",
    contextId: "c-1",
    taskId: "",
    role: Role.ROLE_USER,
    parts: [{ ...part, metadata: undefined, filename: "", mediaType: "" }],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
  const params = { tenant: "", message, configuration: undefined, metadata: undefined };
  if (isStream) for await (const _ of client.sendMessageStream(params));
  else await client.sendMessage(params);
  await new Promise(setImmediate);
  return { told, urls };
}

test.for([false, true])("a question to a remote agent is told with its answer (streamed: %s)", async (isStream) => {
  const { told, urls } = await asked({ state: "completed", text: "Yes." }, isStream);
  expect(told.exchanges).toMatchObject([
    { kind: "ask", agent: "helper", to: "risk", text: "May A-17 be refunded?", reply: "Yes." },
  ]);
  // The card was where it lies, and the question went where the card says.
  expect(urls).toEqual([`${CARD}/.well-known/agent-card.json`, `${REAL}/`]);
  expect(told.lacks).toEqual([]);
});

test("the spans of its mock are made: the server's where the carrier says, and the agent's below it", async () => {
  const { told } = await asked({ state: "completed", text: "Yes." }, false);
  const [agent, server] = told.spans().slice(-2);
  expect([agent?.name, server?.name]).toEqual(["invoke_agent risk", "SendMessage risk"]);
  expect([agent?.parentSpanId, server?.parentSpanId]).toEqual([server?.spanId, CARRIER.traceparent.slice(36, 52)]);
});

test("a task that needs input says so", async () => {
  const { told } = await asked({ state: "input-required", text: "Which order?" }, false);
  expect(told.exchanges).toMatchObject([{ reply: "Which order?", state: "input-required" }]);
});

test("agents of 0.3 are understood: a task and a message as they wrote them", async () => {
  const told = hearing();
  const passages = a2aPassages("risk", `${CARD}/a`, told);
  const card = passages({
    url: "http://127.0.0.1:1/a/.well-known/agent-card.json",
    method: "GET",
    headers: new Headers(),
    text: "",
  });
  expect(card.rewrite?.(JSON.stringify({ url: `${REAL}/rpc` }))).toBe('{"url":"http://127.0.0.1:1/rpc"}');
  const message = { kind: "message", role: "user", parts: [{ kind: "text", text: "Hello?" }] };
  const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "message/send", params: { message } });
  const request = { url: "http://127.0.0.1:1/rpc", method: "POST", headers: new Headers(), text };
  const parts = [{ kind: "text", text: "Yes?" }];
  for (const result of [
    { kind: "message", parts },
    { kind: "task", id: "t", status: { state: "failed", message: { parts } } },
  ]) {
    const passage = passages(request);
    expect(passage.url).toBe(`${REAL}/rpc`);
    passage.hear(ok(JSON.stringify({ jsonrpc: "2.0", id: 1, result })));
  }
  passages(request).hear({ unreachable: "nobody is there" });
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(told.exchanges).toMatchObject([
    { text: "Hello?", reply: "Yes?", state: null },
    { reply: "Yes?", state: "failed" },
    { reply: "nobody is there", state: "failed" },
  ]);
});

test("what is asked of tasks is named, since a mock keeps its own", async () => {
  const told = hearing();
  const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "GetTask", params: { id: "t" } });
  const request = { url: "http://127.0.0.1:1/", method: "POST", headers: new Headers(), text };
  a2aPassages("risk", CARD, told)(request).hear(ok("{}"));
  await new Promise(setImmediate);
  expect(told.lacks).toEqual(["agent risk was asked for GetTask"]);
});
