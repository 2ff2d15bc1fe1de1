import { context, trace } from "@opentelemetry/api";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type A2aRequest, type TaskHandle, createA2aAgent } from "../../src/mock/a2a-agent.ts";
import { type A2aClient, askMethod, openA2aClient } from "../../src/mock/a2a-client.ts";
import { type RemoteAnswer, type RemoteReply, a2aAgent } from "../../src/scenario/a2a.ts";
import { carryingFetch, inAskSpan, servingA2a } from "../../src/telemetry/a2a-spans.ts";
import { currentActor, runAs } from "../../src/telemetry/actor.ts";
import { registerTelemetry } from "../../src/telemetry/global.ts";
import { inSpan } from "../../src/telemetry/spans.ts";
import { meaningOf } from "../../src/trace/dialects.ts";
import { isTransparent } from "../../src/trace/semantic.ts";
import type { Span } from "../../src/trace/span.ts";
import { a2aName } from "../../src/wire/a2a-exchange.ts";
import { listenEndpoint, recordedEndpoint, recordedFetch } from "../../src/wire/http-endpoint.ts";
import { simulatedFetch } from "../../src/wire/simulated-fetch.ts";
import type { Wire } from "../../src/wire/simulated.ts";
import { asWritten } from "../../src/wire/ledger.ts";
import { HandNetwork } from "../wire/hand-network.ts";

beforeAll(registerTelemetry);

type Perform = (request: A2aRequest, task: TaskHandle) => Promise<RemoteAnswer> | RemoteAnswer;

const says = (state: RemoteAnswer["state"], text: string): RemoteAnswer => ({ agent: "risk", state, text });

interface Asking {
  readonly client: A2aClient;
  readonly ask: (options?: Parameters<A2aClient["ask"]>[0]["options"]) => Promise<RemoteReply>;
  readonly task: (id: string) => Promise<RemoteReply>;
}

interface Told {
  readonly client: readonly Span[];
  readonly server: readonly Span[];
}

/** What both services' spans say when `work` asks an agent that answers with `perform`, inside a span of the caller. */
async function told(
  perform: Perform,
  work: (asking: Asking) => Promise<unknown> = ({ ask }) => ask(),
  rewrite?: Wire["rewrite"],
): Promise<Told> {
  const network = new HandNetwork(rewrite);
  const { client, server } = network;
  const endpoint = createA2aAgent(a2aAgent("risk", { work: () => Promise.resolve("unused") }), {
    url: "http://risk.invalid",
    clock: server.clock,
    perform: async (request, task) =>
      await inSpan(server.service.tracer, { name: "work", attributes: {} }, async () => await perform(request, task)),
    onFault: () => undefined,
  });
  const caller = { service: "shop", current: network.current };
  const callee = { service: "risk", actor: server.name, name: a2aName };
  const fetchImpl = simulatedFetch(network.wire, caller, callee, servingA2a(endpoint, server.service, "risk"));
  await network.run(() =>
    inSpan(client.service.tracer, { name: "turn", attributes: {} }, async () => {
      const opened = await openA2aClient("http://risk.invalid", carryingFetch(fetchImpl));
      const spanned = (method: string, ask: () => Promise<RemoteReply>): Promise<RemoteReply> =>
        inAskSpan(
          client.service.tracer,
          { method, agent: opened.agent, attributes: { "gen_ai.conversation.id": "c-1" } },
          ask,
        );
      const ask = (options: Parameters<A2aClient["ask"]>[0]["options"] = {}): Promise<RemoteReply> =>
        spanned(askMethod(options), () =>
          opened.ask({ text: "refund?", caller: "billing", contextId: "c-1", options }),
        );
      const task = (id: string): Promise<RemoteReply> => spanned("GetTask", () => opened.task(id));
      await work({ client: opened, ask, task }).catch(() => undefined);
    }),
  );
  expect([client.service.openSpans(), server.service.openSpans()]).toEqual([[], []]);
  return { client: client.service.spans, server: server.service.spans };
}

function named(spans: readonly Span[], name: string): Span {
  const found = spans.filter((span) => span.name === name);
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} spans ${name}`);
  return found[0];
}

const plain: Perform = () => says("completed", "no objection");
const withTask: Perform = (_request, task) => {
  task.progress("looking");
  return says("completed", "done");
};

test.each([{}, { stream: true }])("an ask is one trace: ask, answer, work, asked with %o", async (options) => {
  const { client, server } = await told(withTask, ({ ask }) => ask(options));
  const name = `${askMethod(options)} risk`;
  const [near, far, work] = [named(client, name), named(server, name), named(server, "work")];
  expect([near.spanKind, far.spanKind]).toEqual(["client", "server"]);
  expect([near.parentSpanId, far.parentSpanId, work.parentSpanId]).toEqual([
    named(client, "turn").spanId,
    near.spanId,
    far.spanId,
  ]);
  expect(new Set([...client, ...server].map(({ traceId }) => traceId)).size).toBe(1);
});

test.each([{}, { stream: true }])(
  "without the carrier nothing of the caller arrives, asked with %o",
  async (options) => {
    const { client, server } = await told(
      withTask,
      ({ ask }) => ask(options),
      (fields) => ({ sent: fields, arriving: {} }),
    );
    const far = named(server, `${askMethod(options)} risk`);
    expect(far.parentSpanId).toBeUndefined();
    expect(named(server, "work").parentSpanId).toBe(far.spanId);
    const near = new Set(client.map(({ traceId }) => traceId));
    expect(server.filter(({ traceId }) => near.has(traceId))).toEqual([]);
  },
);

test("both ends say the method, the agent, the conversation and the task", async () => {
  const { client, server } = await told(withTask);
  const [near, far] = [named(client, "SendMessage risk"), named(server, "SendMessage risk")];
  const common = {
    "a2a.method.name": "SendMessage",
    "gen_ai.agent.name": "risk",
    "gen_ai.conversation.id": "c-1",
    "a2a.task.id": expect.stringMatching(/./),
    "a2a.task.state": "completed",
  };
  expect(near.attributes).toEqual(common);
  expect(far.attributes).toEqual({ ...common, "jsonrpc.request.id": "1" });
  expect(near.attributes["a2a.task.id"]).toBe(far.attributes["a2a.task.id"]);
});

test("an answer that is a message has no task in its spans", async () => {
  const { client, server } = await told(plain);
  for (const span of [named(client, "SendMessage risk"), named(server, "SendMessage risk")])
    expect(Object.keys(span.attributes).filter((key) => key.startsWith("a2a.task"))).toEqual([]);
});

test("a stream says so, and how its task ended", async () => {
  const { client, server } = await told(withTask, ({ ask }) => ask({ stream: true }));
  const name = "SendStreamingMessage risk";
  for (const span of [named(client, name), named(server, name)])
    expect(span.attributes).toMatchObject({ "troupe.a2a.streaming": true, "a2a.task.state": "completed" });
});

test("the spans mean a2a.client and a2a.server of the agent, with the state of the task", async () => {
  const { client, server } = await told(withTask);
  const meaning = ({ kind, name, method, taskState }: ReturnType<typeof meaningOf>): unknown => [
    kind,
    name,
    method,
    taskState,
  ];
  expect(meaning(meaningOf(named(client, "SendMessage risk")))).toEqual([
    "a2a.client",
    "risk",
    "SendMessage",
    "completed",
  ]);
  expect(meaning(meaningOf(named(server, "SendMessage risk")))).toEqual([
    "a2a.server",
    "risk",
    "SendMessage",
    "completed",
  ]);
});

test("the card is a hop with a carrier, of kind http, and transparent", async () => {
  const { client, server } = await told(plain);
  const name = "GET /.well-known/agent-card.json";
  const [near, far] = [named(client, name), named(server, name)];
  expect(near.parentSpanId).toBe(named(client, "turn").spanId);
  expect(far.parentSpanId).toBe(near.spanId);
  for (const span of [near, far]) {
    expect(meaningOf(span)).toMatchObject({ kind: "http", name });
    expect(isTransparent(meaningOf(span))).toBe(true);
    expect(span.attributes).toMatchObject({ "http.request.method": "GET", "http.response.status_code": 200 });
  }
});

test.each([
  ["completed", "unset", "unset"],
  ["input-required", "unset", "unset"],
  ["rejected", "error", "unset"],
  ["failed", "error", "error"],
] as const)("of a task that is %s the client's span is %s and the server's %s", async (state, near, far) => {
  const { client, server } = await told((_request, task) => {
    task.progress("looking");
    return says(state, "so it is");
  });
  const spans = [named(client, "SendMessage risk"), named(server, "SendMessage risk")];
  expect(spans.map(({ status }) => status.code)).toEqual([near, far]);
  expect(spans.map(({ attributes }) => attributes["a2a.task.state"])).toEqual([state, state]);
});

test("a stream whose task fails is an error at both ends", async () => {
  const { client, server } = await told(
    () => says("failed", "no"),
    ({ ask }) => ask({ stream: true }),
  );
  const name = "SendStreamingMessage risk";
  expect(named(client, name)).toMatchObject({
    status: { code: "error", message: "agent risk: no" },
    attributes: { "error.type": "AskFailedError" },
  });
  expect(named(server, name)).toMatchObject({
    status: { code: "error" },
    attributes: { "error.type": "task_failed" },
  });
});

test("to ask how a failed task stands is no failure", async () => {
  let id = "";
  const { client, server } = await told(
    ({ taskId }) => {
      id = taskId;
      return says("failed", "no");
    },
    async ({ ask, task }) => {
      await ask().catch(() => undefined);
      await task(id);
    },
  );
  for (const span of [named(client, "GetTask risk"), named(server, "GetTask risk")])
    expect([span.status.code, span.attributes["a2a.task.state"]]).toEqual(["unset", "failed"]);
});

test("an error of JSON-RPC is an error at both ends, with its code at the server's", async () => {
  const { client, server } = await told(plain, ({ task }) => task("t-0"));
  expect(named(client, "GetTask risk").status.code).toBe("error");
  expect(named(server, "GetTask risk")).toMatchObject({
    status: { code: "error", message: "Task not found: t-0" },
    attributes: { "error.type": "-32001", "rpc.response.status_code": "-32001" },
  });
});

test("the server's span of a stream ends when the stream does, not when it begins", async () => {
  const { server } = await told(
    async (_request, task) => {
      task.progress("looking");
      await Promise.resolve();
      return says("completed", "done");
    },
    ({ ask }) => ask({ stream: true }),
  );
  const [far, work] = [named(server, "SendStreamingMessage risk"), named(server, "work")];
  expect(server.indexOf(far)).toBeGreaterThan(server.indexOf(work));
});

test("work sees its own span and its own actor, and nothing of the caller", async () => {
  const seen: unknown[] = [];
  const look: Perform = async (_request, task) => {
    task.progress("looking");
    await Promise.resolve();
    seen.push(currentActor()?.name, trace.getSpan(context.active()) !== undefined);
    return says("completed", "done");
  };
  await told(look, ({ ask }) => ask({ stream: true }));
  expect(seen).toEqual(["agent/risk", true]);
});

test.each([{}, { stream: true }])(
  "over a socket it is the same trace, and both ledgers agree, asked with %o",
  async (options) => {
    const { client, server, ledger } = new HandNetwork();
    const far = new HandNetwork().ledger;
    const { url, close } = await listenEndpoint({
      port: 0,
      endpoint: (address) => {
        const perform: Perform = withTask;
        const surroundings = {
          url: address,
          clock: server.clock,
          perform: async (request: A2aRequest, task: TaskHandle) => await perform(request, task),
          onFault: () => undefined,
        };
        const agent = createA2aAgent(a2aAgent("risk", { work: () => Promise.resolve("unused") }), surroundings);
        return recordedEndpoint(servingA2a(agent, server.service, "risk"), {
          ledger: far,
          service: "risk",
          name: a2aName,
        });
      },
    });
    onTestFinished(close);
    const recorded = recordedFetch(fetch, {
      ledger,
      rewrite: asWritten,
      from: "shop",
      to: "risk",
      name: a2aName,
    });
    const method = askMethod(options);
    const reply = await runAs(client, async () => {
      const opened = await openA2aClient(url, carryingFetch(recorded));
      return await inAskSpan(client.service.tracer, { method, agent: "risk", attributes: {} }, () =>
        opened.ask({ text: "refund?", caller: "billing", contextId: "c-1", options }),
      );
    });
    expect(reply).toMatchObject({ state: "completed", text: "done" });
    for (const name of [`${method} risk`, "GET /.well-known/agent-card.json"])
      expect(named(server.service.spans, name).parentSpanId).toBe(named(client.service.spans, name).spanId);
    const crossed = (entries: typeof far.entries): unknown =>
      entries.map(({ message, carrier, text }) => ({ message, carrier, text }));
    expect(crossed(ledger.entries)).toEqual(crossed(far.entries));
    expect(ledger.entries.map(({ role }) => role)).toEqual(["request", "reply", "request", "reply"]);
  },
);
