/** Agents that run elsewhere, and the stores that their spans come from: servers of this test play both. */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { judgeRun } from "../../src/campaign/judge-run.ts";
import type { RunResult } from "../../src/campaign/result.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { execute } from "../../src/run/execute.ts";
import { MockHost } from "../../src/run/mock-host.ts";
import type { SpansFrom } from "../../src/run/live/spans-from.ts";
import type { Run } from "../../src/run/outcome.ts";
import { agent } from "../../src/scenario/agent.ts";
import { a2aEndpoint, httpAgent } from "../../src/scenario/foreign-agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import { LIMITS, type Limits, defineScenario, user } from "../../src/scenario/scenario.ts";
import type { Span } from "../../src/trace/span.ts";
import { freePort } from "../../src/wire/port.ts";
import { EPOCH_UNIX_NANO } from "../../src/wire/system-clock.ts";
import { clerk } from "../processes/fixtures-serve/clerk.ts";
import { span } from "../trace/spans.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) close();
});

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  closing.push(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

interface Asked {
  readonly traceId: string;
  readonly parent: string;
  readonly headers: IncomingMessage["headers"];
}

/** An agent that answers, and tells in which context it was asked. */
async function staging(asked: Asked[], onAsked: (asked: Asked) => unknown = () => {}): Promise<string> {
  return await listening(async ({ headers }, response) => {
    const [, traceId = "", parent = ""] = String(headers["traceparent"]).split("-");
    asked.push({ traceId, parent, headers });
    response.setHeader("content-type", "application/json").end(JSON.stringify({ text: "It is late." }));
    await onAsked({ traceId, parent, headers });
  });
}

const QUICK = { waitMs: 400, quietMs: 0 } as const;

async function talk(
  url: string,
  spans: Partial<SpansFrom> & Pick<SpansFrom, "from">,
  limits: Partial<Limits> = {},
): Promise<{ run: Run; result: RunResult }> {
  const script = [user.says("Where is A-17?")];
  const attributes = { "tenant.id": "acme" };
  const scenario = defineScenario({
    name: "live",
    agents: [httpAgent("support", { url })],
    script,
    attributes,
    limits,
  });
  const run = await execute(plan(scenario, 1), { mode: "live", spans: { ...QUICK, ...spans } });
  return { run, result: judgeRun(run, { file: null, expectations: [], repeat: "" }) };
}

type Theirs = readonly [root: Span, leaf: Span];

/** What the agent has exported, as soon as it was asked. */
function treeOf({ traceId, parent }: Asked): Theirs {
  const theirs = { traceId, resource: { "service.name": "support-service" } };
  return [span("00000000000000a1", parent, theirs), span("00000000000000a2", "00000000000000a1", theirs)];
}

/** A store that gives what `answer` says, once there is a trace. */
async function tempo(
  asked: readonly Asked[],
  answer: (tree: Theirs, response: ServerResponse, count: number) => void,
): Promise<string> {
  let count = 0;
  const url = await listening((_request, response) => {
    const [one] = asked;
    if (one === undefined) response.writeHead(404).end();
    else answer(treeOf(one), response.setHeader("content-type", "application/json"), ++count);
  });
  return `tempo:${url}`;
}

const whole = (spans: readonly Span[]): string =>
  JSON.stringify({ trace: { resourceSpans: JSON.parse(writeOtlpJson(spans)).resourceSpans }, status: "COMPLETE" });

test("the agent is sent the context and the attributes, and its spans are found by our trace id", async () => {
  const asked: Asked[] = [];
  const from = await tempo(asked, (tree, response) => response.end(whole(tree)));
  const { run, result } = await talk(await staging(asked), { from });
  expect([result.verdict, result.notes, result.missing, run.spans.length]).toEqual(["passed", [], [], 5]);
  expect(asked[0]?.headers["baggage"]).toContain("tenant.id=acme");
  expect(result.hops).toMatchObject([{ from: "troupe", to: "support-service", verdict: "whole" }]);
});

test("each run is a trace of its own, though the seed is the same: stores keep them all", async () => {
  const asked: Asked[] = [];
  const url = await staging(asked);
  for (const _run of [1, 2]) await talk(url, { from: "none" });
  expect(new Set(asked.map(({ traceId }) => traceId)).size).toBe(2);
});

test("our own receiver takes what the agent exports, until nothing new has come for a while", async () => {
  const port = await freePort();
  const sent: Promise<unknown>[] = [];
  const url = await staging([], (one) => {
    for (const part of treeOf(one).toReversed())
      sent.push(
        fetch(`http://127.0.0.1:${port}/v1/traces`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: writeOtlpJson([part]),
        }),
      );
  });
  const { run, result } = await talk(url, { from: `otlp:${port}`, waitMs: 5_000, quietMs: 100 });
  await Promise.all(sent);
  expect([result.verdict, result.notes, run.spans.length]).toEqual(["passed", [], 5]);
});

test("an agent that speaks A2A is asked by the address of its card, and its spans continue the message", async () => {
  const port = await freePort();
  const host = new MockHost({
    file: "test/processes/fixtures-serve/clerk.ts",
    mock: clerk,
    transport: "http",
    door: { port: 0 },
    input: process.stdin,
    output: process.stdout,
  });
  const url = (await host.listen()) ?? "";
  const named = { scenario: "clerk", seed: 1, runId: "serve", startedBy: "" };
  const identity = { ...named, limits: LIMITS, faults: [], spanFaults: [] };
  const exportTo = `http://127.0.0.1:${port}`;
  const begin = {
    identity,
    exportTo,
    transport: "http",
    urls: {},
    epochUnixNano: EPOCH_UNIX_NANO,
    isAlone: true,
    strangers: [],
    isPipedToStranger: false,
  } as const;
  await host.begin(begin);
  const script = [user.says("ask back"), user.says("A-17")];
  const scenario = defineScenario({ name: "a2a", agents: [a2aEndpoint("desk", { url })], script });
  const spans = { from: `otlp:${port}`, waitMs: 10_000, quietMs: 0 };
  const run = await execute(plan(scenario, 1), { mode: "live", spans });
  await host.end().finally(() => host.close());
  expect([run.failures, run.unsettled]).toEqual([[], []]);
  // The second message goes on with the task that the first has left open.
  expect(run.messages.map(({ text }) => text)).toEqual(["ask back", "which order?", "A-17", "A-17, round 2"]);
  expect(run.spans.filter(({ name }) => name === "invoke_agent clerk")).toHaveLength(2);
});

test("a store that grows is asked again until the tree is closed", async () => {
  const asked: Asked[] = [];
  const from = await tempo(asked, ([root, leaf], response, count) =>
    response.end(whole(count > 1 ? [root, leaf] : [leaf])),
  );
  const { result } = await talk(await staging(asked), { from, waitMs: 5_000 });
  expect([result.verdict, result.missing]).toEqual(["passed", []]);
});

test.each<[string, (tree: Theirs, response: ServerResponse) => void, RegExp]>([
  [
    "has half of it",
    ([, leaf], response) => response.end(whole([leaf])),
    /1 parent of .* did not come: 00000000000000a1/,
  ],
  [
    "says that it gives a part only",
    (tree, response) => response.end(whole(tree).replace("COMPLETE", "PARTIAL")),
    /Tempo gave a part of the trace only/,
  ],
  ["has no such trace", (_tree, response) => response.writeHead(404).end(), /the last answer was: .*the answer is 404/],
  [
    "has it empty",
    (_tree, response) => response.end('{"trace":{}}'),
    /nothing continues the message to agent "support"/,
  ],
  ["falls silent", () => {}, /nothing continues the message to agent "support"/],
  ["breaks", (_tree, response) => response.writeHead(500).end("boom"), /the answer is 500: boom/],
])(
  "a store that %s makes the run inconclusive, says what is missing and where it was asked",
  async (_case, answer, words) => {
    const asked: Asked[] = [];
    const from = await tempo(asked, answer);
    const { run, result } = await talk(await staging(asked), { from });
    expect([result.verdict, result.failures]).toEqual(["inconclusive", []]);
    expect(run.unsettled.join("\n")).toMatch(words);
    expect(run.unsettled[0]).toContain(`trace ${asked[0]?.traceId}, asked for at ${from} for 0.4 s: `);
  },
);

test("what has come stays, though the store has less of it later", async () => {
  const asked: Asked[] = [];
  const from = await tempo(asked, (tree, response, count) =>
    response.end(count > 1 ? whole([]) : whole(tree.slice(1))),
  );
  const { run } = await talk(await staging(asked), { from, waitMs: 700 });
  expect(run.spans.map(({ spanId }) => spanId)).toContain("00000000000000a2");
});

test.each<[string, (response: ServerResponse) => void, RegExp]>([
  ["wants a key", (response) => response.writeHead(401).end(), /the answer is 401. Set TEMPO_TOKEN/],
  [
    "is a web page",
    (response) => response.setHeader("content-type", "text/html").end("<html>"),
    /a web page .* and no trace/,
  ],
  ["never answers", () => {}, /nothing came for 0.4 s/],
])("before anybody is asked: a store that %s", async (_case, answer, words) => {
  const asked: Asked[] = [];
  const from = `tempo:${await listening((_request, response) => answer(response))}`;
  await expect(talk(await staging(asked), { from })).rejects.toThrow(words);
  expect(asked).toEqual([]);
});

test("before anybody is asked: a port where nobody listens", async () => {
  const asked: Asked[] = [];
  const from = `jaeger:http://127.0.0.1:${await freePort()}`;
  await expect(talk(await staging(asked), { from })).rejects.toThrow(/nothing listens there \(ECONNREFUSED\)/);
  expect(asked).toEqual([]);
});

test("keys come from the environment, and stand in no sentence", async () => {
  vi.stubEnv("TEMPO_TOKEN", "very-secret");
  const keys: unknown[] = [];
  const from = `tempo:${await listening(({ headers }, response) => {
    keys.push(headers.authorization);
    response.writeHead(404).end("no trace for very-secret");
  })}`;
  const { run } = await talk(await staging([]), { from });
  expect(keys[0]).toBe("Bearer very-secret");
  expect(JSON.stringify(run.unsettled)).not.toContain("very-secret");
});

test("an agent that never answers fails the run within its limit, and what it exported is there", async () => {
  const asked: Asked[] = [];
  const from = await tempo(asked, (tree, response) => response.end(whole(tree)));
  const url = await listening(({ headers }) => {
    const [, traceId = "", parent = ""] = String(headers["traceparent"]).split("-");
    asked.push({ traceId, parent, headers });
  });
  const { run, result } = await talk(url, { from }, { replyMs: 200 });
  expect(result.verdict).toBe("failed");
  expect(result.failures).toEqual(["agent support did not reply within 0.2 s (limits.replyMs)"]);
  expect(run.spans.map(({ spanId }) => spanId)).toContain("00000000000000a1");
});

test("an agent in this process is refused: it does not run elsewhere", async () => {
  const scenario = defineScenario({
    name: "here",
    agents: [agent("here", () => Promise.resolve(""))],
    script: [user.says("hi")],
  });
  await expect(execute(plan(scenario, 1), { mode: "live" })).rejects.toThrow(
    /agent here, whom the user talks to, is none that runs elsewhere/,
  );
});
