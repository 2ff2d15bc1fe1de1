import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import type { TraceFile } from "../../src/format/trace-file.ts";
import { remoteBytes } from "../../src/wire/trace-stores.ts";
import { readTraceSources } from "../../src/wire/trace-sources.ts";
import { span } from "../trace/spans.ts";

const TRACE = "5b8efff798038103d269b633813fc60c";
const OTHER = "11111111111111111111111111111111";
const hex = (number: number): string => number.toString(16).padStart(16, "0");
const otlp = writeOtlpJson([span(hex(1), undefined, { traceId: TRACE }), span(hex(2), hex(1), { traceId: TRACE })]);

type Answer = string | readonly [status: number, body: string, type?: string] | ((response: ServerResponse) => void);

interface StandIn {
  readonly url: string;
  readonly asked: readonly IncomingMessage[];
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A store that answers each path as it is told; any other is a 404. */
async function standIn(answers: Readonly<Record<string, Answer>>): Promise<StandIn> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const answer = answers[request.url ?? ""] ?? [404, "404 page not found", "text/plain"];
    if (typeof answer === "function") return answer(response);
    const [status, body, type = "application/json"] = typeof answer === "string" ? [200, answer] : answer;
    response.writeHead(status, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked };
}

const read = (word: string, env: Readonly<Record<string, string>> = {}): Promise<TraceFile> =>
  readTraceSources([word], { env });

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts).toString();
}

test("Tempo gives a trace by its second API, with the key and the tenant of the environment", async () => {
  const { resourceSpans }: { resourceSpans: unknown } = JSON.parse(otlp);
  const body = JSON.stringify({ trace: { resourceSpans }, metrics: {}, status: "COMPLETE" });
  const { url, asked } = await standIn({ [`/api/v2/traces/${TRACE}`]: body });
  const file = await read(`tempo:${url}#${TRACE}`, { TEMPO_TOKEN: "t0ken", TEMPO_ORG_ID: "acme" });
  expect([file.spans.length, file.isWhole, file.notes]).toEqual([2, true, []]);
  expect(asked.map(({ headers }) => [headers.authorization, headers["x-scope-orgid"], headers.accept])).toEqual([
    ["Bearer t0ken", "acme", "application/json"],
  ]);
});

test("Tempo without the second API is asked by the first, whose ids are base64", async () => {
  const base64 = (id: string): string => Buffer.from(id, "hex").toString("base64");
  const body = otlp
    .replaceAll(TRACE, base64(TRACE))
    .replaceAll(hex(1), base64(hex(1)))
    .replaceAll(hex(2), base64(hex(2)));
  const { url, asked } = await standIn({ [`/tempo/api/traces/${TRACE}`]: body.replace("resourceSpans", "batches") });
  const file = await read(`tempo:${url}/tempo/#${TRACE}`);
  expect(file.spans.map(({ spanId, traceId }) => [traceId, spanId])).toEqual([
    [TRACE, hex(1)],
    [TRACE, hex(2)],
  ]);
  expect(asked.map((request) => request.url)).toEqual([`/tempo/api/v2/traces/${TRACE}`, `/tempo/api/traces/${TRACE}`]);
});

test("a trace of which Tempo gives a part is not whole, and says why", async () => {
  const { resourceSpans }: { resourceSpans: unknown } = JSON.parse(otlp);
  const body = JSON.stringify({ trace: { resourceSpans }, status: "PARTIAL", message: "trace exceeds max size" });
  const { url } = await standIn({ [`/api/v2/traces/${TRACE}`]: body });
  const file = await read(`tempo:${url}#${TRACE}`);
  expect([file.spans.length, file.isWhole]).toEqual([2, false]);
  expect(file.notes).toEqual([expect.stringContaining("Tempo gave a part of the trace only (trace exceeds max size)")]);
});

const jaeger = (errors: unknown): string =>
  JSON.stringify({
    data: [
      {
        traceID: TRACE,
        spans: [
          {
            traceID: TRACE,
            spanID: hex(1),
            operationName: "a",
            references: [],
            startTime: 1,
            duration: 2,
            processID: "p",
          },
        ],
        processes: { p: { serviceName: "shop", tags: [] } },
      },
    ],
    total: 0,
    limit: 0,
    offset: 0,
    errors,
  });

test("Jaeger gives a trace by its query API, and what it could not read is told", async () => {
  const { url } = await standIn({ [`/api/traces/${TRACE}`]: jaeger([{ code: 500, msg: "a shard is gone" }]) });
  const file = await read(`jaeger:${url}#${TRACE}`);
  expect([file.format, file.spans.length, file.isWhole]).toEqual(["jaeger-json", 1, false]);
  expect(file.notes[0]).toContain("a shard is gone");
});

const observation = (id: string): unknown => ({
  id,
  traceId: TRACE,
  type: "SPAN",
  name: id,
  startTime: "2026-01-01T00:00:00.000Z",
  endTime: "2026-01-01T00:00:01.000Z",
});
const KEYS = { LANGFUSE_PUBLIC_KEY: "pk-lf-1", LANGFUSE_SECRET_KEY: "sk-lf-2" };

test("Langfuse gives a trace with its observations in it", async () => {
  const body = { id: TRACE, timestamp: "2026-01-01T00:00:00.000Z", userId: "u", observations: [observation("a")] };
  const { url, asked } = await standIn({ [`/api/public/traces/${TRACE}`]: JSON.stringify(body) });
  const file = await read(`langfuse:${url}#${TRACE}`, KEYS);
  expect(file.spans).toMatchObject([{ name: "a", attributes: { "user.id": "u" } }]);
  expect(asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from("pk-lf-1:sk-lf-2").toString("base64")}`);
});

test("Langfuse's observations that come in pages are all read", async () => {
  const trace = { id: TRACE, timestamp: "2026-01-01T00:00:00.000Z", userId: "u", observations: ["a", "b"] };
  const page = (id: string): string => JSON.stringify({ data: [observation(id)], meta: { totalPages: 2 } });
  const { url } = await standIn({
    [`/api/public/traces/${TRACE}`]: JSON.stringify(trace),
    [`/api/public/observations?traceId=${TRACE}&page=1&limit=100`]: page("a"),
    [`/api/public/observations?traceId=${TRACE}&page=2&limit=100`]: page("b"),
  });
  const file = await read(`langfuse:${url}#${TRACE}`, KEYS);
  expect([file.spans.map(({ name }) => name), file.notes]).toEqual([["a", "b"], []]);
});

test("a page that Langfuse owes makes the whole trace unreadable: half an answer is no answer", async () => {
  const page = JSON.stringify({ data: [observation("a")], meta: { totalPages: 2 } });
  const { url } = await standIn({
    [`/api/public/traces/${TRACE}`]: JSON.stringify({ id: TRACE, observations: ["a"] }),
    [`/api/public/observations?traceId=${TRACE}&page=1&limit=100`]: page,
  });
  await expect(read(`langfuse:${url}#${TRACE}`, KEYS)).rejects.toThrow(/page=2&limit=100: the answer is 404/);
});

const phoenixSpan = (id: string, traceId: string): unknown => ({
  id: `global-${id}`,
  name: id,
  context: { trace_id: traceId, span_id: id },
  span_kind: "LLM",
  parent_id: null,
  start_time: "2026-01-01T00:00:00.000000+00:00",
  end_time: "2026-01-01T00:00:01.000000+00:00",
  status_code: "OK",
  status_message: "",
  attributes: { "llm.model_name": "small" },
  events: [],
});

test("Phoenix gives a project's spans in pages, and those of other traces are left to them", async () => {
  const first = { data: [phoenixSpan(hex(1), TRACE), phoenixSpan(hex(9), OTHER)], next_cursor: "next=" };
  const second = { data: [phoenixSpan(hex(2), TRACE)], next_cursor: null };
  const spans = `/v1/projects/shop/spans?trace_id=${TRACE}&limit=100`;
  const { url, asked } = await standIn({
    [spans]: JSON.stringify(first),
    [`${spans}&cursor=next%3D`]: JSON.stringify(second),
  });
  const file = await read(`phoenix:${url}/projects/shop#${TRACE}`, { PHOENIX_API_KEY: "k" });
  expect([file.format, file.spans.map(({ spanId }) => spanId)]).toEqual(["phoenix-json", [hex(1), hex(2)]]);
  expect(asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer k", "Bearer k"]);
});

test("a store that gives the same page for ever is not asked for ever", async () => {
  const page = JSON.stringify({ data: [phoenixSpan(hex(1), TRACE)], next_cursor: "same" });
  const spans = `/v1/projects/default/spans?trace_id=${TRACE}&limit=100`;
  const { url, asked } = await standIn({ [spans]: page, [`${spans}&cursor=same`]: page });
  await expect(read(`phoenix:${url}#${TRACE}`)).rejects.toThrow(/gives the same page again/);
  expect(asked).toHaveLength(2);
});

test("a plain URL is a file, packed or not", async () => {
  const { url } = await standIn({
    "/run.json?x=1": otlp,
    "/run.json.gz": (response) => response.writeHead(200, { "content-type": "application/gzip" }).end(gzipSync(otlp)),
  });
  expect((await readTraceSources([`${url}/run.json?x=1`, `${url}/run.json.gz`])).spans).toHaveLength(4);
});

test.each<[string, Answer, string, string]>([
  [
    "401",
    [401, '{"message":"Invalid credentials"}'],
    'the answer is 401: {"message":"Invalid credentials"}',
    "Set LANGFUSE_",
  ],
  ["404", [404, '{"error":"LangfuseNotFoundError"}'], "the answer is 404", `It has no trace ${TRACE}`],
  ["500", [500, "boom", "text/plain"], "the answer is 500: boom", "Ask again later"],
  ["HTML", [200, "<!doctype html>", "text/html; charset=utf-8"], "a web page (status 200)", "the store's API"],
  ["other text", [200, "hello", "text/plain"], 'no JSON object; it begins with "hello"', "the store's API"],
])("%s instead of a trace names the URL and what to do", async (_case, answer, what, mend) => {
  const { url } = await standIn({ [`/api/public/traces/${TRACE}`]: answer });
  await expect(read(`langfuse:${url}#${TRACE}`, KEYS)).rejects.toMatchObject({
    code: "URL_UNREADABLE",
    faults: [
      {
        where: `${url}/api/public/traces/${TRACE}`,
        what: expect.stringContaining(what),
        mend: expect.stringContaining(mend),
      },
    ],
  });
});

test("a key that a store repeats in its answer is in no error", async () => {
  const pair = Buffer.from("pk-lf-1:sk-lf-2").toString("base64");
  const { url } = await standIn({ [`/api/public/traces/${TRACE}`]: [401, `bad key sk-lf-2 in Basic ${pair}`] });
  const error: unknown = await read(`langfuse:${url}#${TRACE}`, KEYS).catch((thrown: unknown) => thrown);
  expect(String(error)).toContain("bad key … in …");
  expect(String(error)).not.toMatch(/sk-lf-2|cGst/);
});

test("a key with a line break is refused by the name of its variable alone", async () => {
  const env = { TEMPO_TOKEN: "secret\nx-evil: 1" };
  const error: unknown = await read(`tempo:http://127.0.0.1:9#${TRACE}`, env).catch((thrown: unknown) => thrown);
  expect(String(error)).toContain("the variable TEMPO_TOKEN");
  expect(String(error)).not.toContain("secret");
});

test("keys do not go along to another host", async () => {
  const elsewhere = await standIn({ "/there": otlp });
  const { url } = await standIn({
    [`/api/v2/traces/${TRACE}`]: (response) => response.writeHead(302, { location: `${elsewhere.url}/there` }).end(),
  });
  await read(`tempo:${url}#${TRACE}`, { TEMPO_TOKEN: "t0ken" });
  expect(elsewhere.asked.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

test("a store where nothing listens names its URL and the reason", async () => {
  const { url } = await standIn({});
  closing.pop()?.();
  await expect(read(`jaeger:${url}#${TRACE}`)).rejects.toThrow(
    `${url}/api/traces/${TRACE}: nothing listens there (ECONNREFUSED). Start it`,
  );
});

test.each<[string, (response: ServerResponse) => void]>([
  ["before its answer", () => {}],
  ["in the middle of it", (response) => response.writeHead(200).write('{"data":[')],
])("a store that falls silent %s is given up after the limit", async (_when, answer) => {
  const { url } = await standIn({ [`/api/traces/${TRACE}`]: answer });
  const bytes = remoteBytes(`jaeger:${url}#${TRACE}`, {}, { silenceMsMax: 50 });
  await expect(textOf(bytes)).rejects.toThrow(`${url}/api/traces/${TRACE}: nothing came for 0.05 s`);
});

test("an answer that is too large is given up", async () => {
  const { url } = await standIn({ "/big": "x".repeat(2000) });
  await expect(textOf(remoteBytes(`${url}/big`, {}, { bytesMax: 1000 }))).rejects.toThrow("larger than 0.001 MB");
});

test("an answer that breaks off is an error", async () => {
  const { url } = await standIn({
    "/half": (response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write(otlp.slice(0, 100), () => response.destroy());
    },
  });
  await expect(read(`${url}/half`)).rejects.toThrow(/\/half: the answer broke off/);
});

test.each([
  ["tempo:http://127.0.0.1:1", "there is no trace id behind a #"],
  ["tempo:http://127.0.0.1:1#not-hex", '"not-hex" is no trace id of tempo: those are 1 to 32 hexadecimal digits'],
  ["tempo:#abc", "there is no URL"],
  ["jager:http://127.0.0.1:1#abc", 'there is no store jager; did you mean "jaeger"?'],
])("%s is refused: %s", async (word, what) => {
  await expect(read(word)).rejects.toMatchObject({
    code: "USAGE",
    faults: [{ what, mend: expect.stringContaining("STORE:URL#TRACEID") }],
  });
});

test("a password in a URL is refused, and not repeated", async () => {
  const error: unknown = await read(`tempo:http://user:hunter2@127.0.0.1:1#${TRACE}`).catch(
    (thrown: unknown) => thrown,
  );
  expect(String(error)).toContain("holds a user or a password");
  expect(String(error)).not.toContain("hunter2");
});
