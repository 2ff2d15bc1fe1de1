import { type IncomingMessage, type RequestOptions, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import { SpanKind } from "@opentelemetry/api";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as HttpExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-node";
import { afterEach, expect, test } from "vitest";
import { type Batch, type Receiver, type ReceiverOptions, openReceiver } from "../../src/telemetry/receiver.ts";
import type { Span } from "../../src/trace/span.ts";
import { EXPORT_REQUEST } from "../format/otlp-descriptor.ts";

const open: Receiver[] = [];

afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.close();
});

interface Receiving {
  readonly receiver: Receiver;
  readonly spans: Span[];
  readonly refused: string[];
}

async function receiving(options: Partial<ReceiverOptions> = {}): Promise<Receiving> {
  const spans: Span[] = [];
  const refused: string[] = [];
  const receiver = await openReceiver({
    take: (batch: Batch) => void spans.push(...batch.spans),
    onRefused: (_path, message) => void refused.push(message),
    ...options,
  });
  open.push(receiver);
  return { receiver, spans, refused };
}

const JSON_TYPE = { "content-type": "application/json" };
const PROTOBUF_TYPE = { "content-type": "application/x-protobuf" };

function documentOf(count: number, padding = ""): string {
  const spans = Array.from({ length: count }, (_, index) => ({
    traceId: "1".repeat(32),
    spanId: (index + 1).toString(16).padStart(16, "0"),
    name: `span ${index}${padding}`,
    startTimeUnixNano: "1",
    endTimeUnixNano: "2",
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

const MESSAGE = Uint8Array.from(
  EXPORT_REQUEST.encode(
    EXPORT_REQUEST.fromObject({
      resourceSpans: [
        {
          scopeSpans: [
            { spans: [{ traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2), name: "p" }] },
          ],
        },
      ],
    }),
  ).finish(),
);

function post(
  { receiver }: Receiving,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
  path = "/v1/traces",
): Promise<Response> {
  return fetch(receiver.url + path, {
    method: "POST",
    body: typeof body === "string" ? body : Uint8Array.from(body),
    headers,
  });
}

/** A request by Node's own client, whose body the caller writes. */
function slowPost(
  { receiver }: Receiving,
  options: RequestOptions = {},
): {
  readonly client: ReturnType<typeof httpRequest>;
  readonly answer: Promise<IncomingMessage>;
} {
  const client = httpRequest(`${receiver.url}/v1/traces`, { method: "POST", headers: JSON_TYPE, ...options });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    client.once("response", (response) => resolve(response.resume())).on("error", reject);
  });
  return { client, answer };
}

const EXPORTERS: readonly (readonly [name: string, make: (url: string) => SpanExporter, isGrpc: boolean])[] = [
  ["HTTP in JSON", (url) => new HttpExporter({ url: `${url}/v1/traces` }), false],
  ["HTTP in protobuf", (url) => new ProtoExporter({ url: `${url}/v1/traces` }), false],
  ["gRPC", (url) => new GrpcExporter({ url }), true],
];

test.for(EXPORTERS)("the official exporter over %s is understood, span by span", async ([, make, isGrpc]) => {
  const { receiver, spans } = await receiving({ grpcPort: 0 });
  const exporter = make((isGrpc ? receiver.grpcUrl : receiver.url) ?? "");
  const resource = resourceFromAttributes({ "service.name": "stranger" });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  const tracer = provider.getTracer("its-library", "2.0.0");
  const attributes = { text: "ü", integer: -3, ratio: 0.5, list: ["a", "b"], yes: true };
  for (let n = 0; n < 1000; n++) tracer.startSpan(`span ${n}`, { kind: SpanKind.CLIENT, attributes }).end();
  await provider.shutdown();
  expect(new Set(spans.map(({ name }) => name)).size).toBe(1000);
  expect(spans[0]).toMatchObject({
    spanKind: "client",
    attributes,
    resource: { "service.name": "stranger" },
    scope: { name: "its-library", version: "2.0.0" },
  });
});

test("bodies packed with gzip and deflate are read, in JSON and protobuf", async () => {
  const to = await receiving();
  for (const [coding, pack] of [["gzip", gzipSync] as const, ["deflate", deflateSync] as const]) {
    await post(to, pack(documentOf(1)), { ...JSON_TYPE, "content-encoding": coding });
    await post(to, pack(MESSAGE), { ...PROTOBUF_TYPE, "content-encoding": coding });
  }
  expect(to.spans.map(({ name }) => name)).toEqual(["span 0", "p", "span 0", "p"]);
});

test("an answer has the type of its request; success says nothing, and an error what is wrong", async () => {
  const to = await receiving();
  const answers = [
    await post(to, documentOf(1)),
    await post(to, MESSAGE, PROTOBUF_TYPE),
    await post(to, "{}"),
    await post(to, new Uint8Array(0), PROTOBUF_TYPE),
    await post(to, "<html>", JSON_TYPE),
    await post(to, "<html>", PROTOBUF_TYPE),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 400, 400]);
  expect(answers.map(({ headers }) => headers.get("content-type"))).toEqual(
    ["json", "x-protobuf", "json", "x-protobuf", "json", "x-protobuf"].map((type) => `application/${type}`),
  );
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  expect(bodies.slice(0, 4)).toEqual(["{}", "", "{}", ""]);
  expect(JSON.parse(bodies[4] ?? "")).toMatchObject({ code: 3, message: expect.stringMatching(/no JSON.*<html>/) });
  // google.rpc.Status: its code is field 1, its message field 2.
  expect(bodies[5]?.startsWith("\u0008\u0003\u0012")).toBe(true);
  expect(bodies[5]).toContain("no OTLP in protobuf");
});

test("a span that cannot be taken is rejected alone, and the exporter is told", async () => {
  const to = await receiving();
  const text = documentOf(3).replace('"spanId":"0000000000000002"', '"spanId":""');
  const answer: unknown = await (await post(to, text)).json();
  expect(answer).toEqual({
    partialSuccess: { rejectedSpans: "1", errorMessage: expect.stringContaining("the span has no span id") },
  });
  expect(to.spans.map(({ name }) => name)).toEqual(["span 0", "span 2"]);
});

test.for([
  ["metrics", "/v1/metrics", "OTEL_METRICS_EXPORTER=none"],
  ["logs", "/v1/logs", "OTEL_LOGS_EXPORTER=none"],
  ["profiles", "/v1development/profiles", "no profiles"],
])("%s are not taken, and the answer says how to keep them from being sent", async ([, path = "", words = ""]) => {
  const to = await receiving();
  const answer = await post(to, "{}", JSON_TYPE, path);
  expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining(words)]);
  expect(to.refused).toEqual([expect.stringContaining(words)]);
});

test("a page in a browser cannot send spans", async () => {
  const to = await receiving();
  const { client, answer } = slowPost(to, { headers: { ...JSON_TYPE, host: "evil.example" } });
  client.end(documentOf(1));
  expect([(await answer).statusCode, to.spans]).toEqual([403, []]);
});

test("an export of 50 MB is taken whole", async () => {
  const to = await receiving();
  const text = documentOf(50_000, "x".repeat(900));
  expect(text.length).toBeGreaterThan(50_000_000);
  expect((await post(to, text)).status).toBe(200);
  expect(to.spans).toHaveLength(50_000);
});

test("500 connections at once are all served", async () => {
  const to = await receiving();
  const posts = Array.from({ length: 500 }, () => {
    const { client, answer } = slowPost(to, { agent: false });
    client.flushHeaders();
    return { client, answer };
  });
  for (const { client } of posts) client.end(documentOf(2));
  const statuses = await Promise.all(posts.map(async ({ answer }) => (await answer).statusCode));
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(to.spans).toHaveLength(1000);
});

test("connections beyond the limit are told to come back", async () => {
  const to = await receiving({ limits: { connectionsMax: 2 } });
  const posts = Array.from({ length: 3 }, () => slowPost(to, { agent: false }));
  const [first, second, third] = posts;
  for (const { client } of posts.slice(0, 2)) await new Promise<void>((resolve) => client.write("{", () => resolve()));
  third?.client.end("{}");
  const answer = await third?.answer;
  expect([answer?.statusCode, answer?.headers["retry-after"]]).toEqual([503, "1"]);
  for (const { client } of posts.slice(0, 2)) client.end("}");
  expect([(await first?.answer)?.statusCode, (await second?.answer)?.statusCode]).toEqual([200, 200]);
});

test("what grows beyond the limit when it is unpacked is refused", async () => {
  const to = await receiving({ limits: { bodyBytesMax: 1_000_000 } });
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  expect(bomb.length).toBeLessThan(100_000);
  const answer = await post(to, bomb, { ...PROTOBUF_TYPE, "content-encoding": "gzip" });
  expect(answer.status).toBe(413);
  expect(to.refused[0]).toMatch(/larger than 1000000 bytes.*OTEL_BSP_MAX_EXPORT_BATCH_SIZE/);
});

test("gRPC holds to the same limit on a message", async () => {
  const { receiver, spans } = await receiving({ grpcPort: 0, limits: { bodyBytesMax: 1000 } });
  const exporter = new GrpcExporter({ url: receiver.grpcUrl ?? "" });
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  for (let n = 0; n < 100; n++) provider.getTracer("t").startSpan("span").end();
  await provider.shutdown().catch(() => {});
  expect(spans).toEqual([]);
});

test("requests beyond the rate are told to come back, and are welcome a second later", async () => {
  let nowMs = 0;
  const time = { nowMs: () => nowMs, after: () => () => {} };
  const to = await receiving({ time, limits: { requestsPerSecondMax: 2 } });
  const statuses = async (): Promise<readonly number[]> => {
    const answers = [await post(to, documentOf(1)), await post(to, documentOf(1)), await post(to, documentOf(1))];
    return answers.map(({ status }) => status);
  };
  expect(await statuses()).toEqual([200, 200, 429]);
  expect((await post(to, "{}")).headers.get("retry-after")).toBe("1");
  nowMs = 1000;
  expect(await statuses()).toEqual([200, 200, 429]);
  expect(to.spans).toHaveLength(4);
});

test("bodies that are in hand have a limit together", async () => {
  const to = await receiving({ limits: { bytesInHandMax: 1000 } });
  const { client, answer } = slowPost(to);
  await new Promise<void>((resolve) => client.write(" ".repeat(900), () => resolve()));
  let refusal = await post(to, " ".repeat(500) + documentOf(1));
  // The first may still be under way to the receiver.
  while (refusal.status === 200) refusal = await post(to, " ".repeat(500) + documentOf(1));
  expect([refusal.status, refusal.headers.get("retry-after")]).toEqual([503, "1"]);
  client.end("{}");
  expect((await answer).statusCode).toBe(200);
  expect((await post(to, " ".repeat(500) + documentOf(1))).status).toBe(200);
});

test("a body that never ends is cut off when its time is over", async () => {
  const timers: (() => void)[] = [];
  const time = { nowMs: () => 0, after: (_delayMs: number, fire: () => void) => (timers.push(fire), () => {}) };
  const to = await receiving({ time });
  const { client, answer } = slowPost(to);
  await new Promise<void>((resolve) => client.write("{", () => resolve()));
  while (timers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  timers.at(-1)?.();
  expect((await answer).statusCode).toBe(408);
  await new Promise((resolve) => client.once("close", resolve));
  expect(to.refused).toEqual(["the request did not come in within 30 s"]);
});

test("a client that dies half way leaves nothing behind but a note", async () => {
  const refused: string[] = [];
  let hear = (): void => {};
  const heard = new Promise<void>((resolve) => (hear = resolve));
  const to = await receiving({ onRefused: (_path, message) => (refused.push(message), hear()) });
  const { hostname, port } = new URL(to.receiver.url);
  const socket = connect(Number(port), hostname);
  const head = `POST /v1/traces HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\n`;
  socket.write(`${head}Content-Length: 1000\r\n\r\n{"resourceSpans"`, () => socket.destroy());
  await heard;
  expect(refused).toEqual([expect.stringMatching(/^the request broke off after \d+ bytes$/)]);
  expect((await post(to, documentOf(1))).status).toBe(200);
  expect(to.spans).toHaveLength(1);
});

test("two copies of a batch are both kept", async () => {
  const to = await receiving();
  await Promise.all([post(to, documentOf(1)), post(to, documentOf(1))]);
  expect(to.spans.map(({ spanId }) => spanId)).toEqual(["0000000000000001", "0000000000000001"]);
});

test("what cannot be kept is not answered as taken", async () => {
  const to = await receiving({ take: () => Promise.reject(new Error("the disk is full")) });
  const answer = await post(to, documentOf(1));
  expect([answer.status, answer.headers.get("retry-after"), await answer.text()]).toEqual([
    503,
    "1",
    expect.stringContaining("the disk is full"),
  ]);
});

test("a stop waits for what has come in, and takes no more", async () => {
  let keep = (): void => {};
  const kept = new Promise<void>((resolve) => (keep = resolve));
  let take = (): void => {};
  const taken = new Promise<void>((resolve) => (take = resolve));
  const to = await receiving({ take: () => (take(), kept) });
  const answer = post(to, documentOf(1));
  await taken;
  const stopped = to.receiver.stop(60_000);
  keep();
  expect((await answer).status).toBe(200);
  await stopped;
  await expect(post(to, documentOf(1))).rejects.toThrow();
});
