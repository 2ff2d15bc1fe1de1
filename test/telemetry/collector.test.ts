import { gzipSync } from "node:zlib";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, createTraceState, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-node";
import { afterEach, expect, test } from "vitest";
import { type Collector, openCollector } from "../../src/telemetry/collector.ts";
import { type Exporting, exportingTo } from "../../src/telemetry/exporting.ts";

const open: Collector[] = [];

afterEach(async () => {
  for (const collector of open.splice(0)) await collector.close();
});

async function collecting(limits?: Parameters<typeof openCollector>[0]): Promise<Collector> {
  const collector = await openCollector(limits);
  open.push(collector);
  return collector;
}

function providerOf({ processor }: Exporting): BasicTracerProvider {
  const resource = resourceFromAttributes({ "service.name": "orders", "process.pid": 42 });
  return new BasicTracerProvider({ resource, spanProcessors: [processor] });
}

function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/v1/traces`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** One span as an OTLP document. */
function documentOf(name: string): string {
  const span = {
    traceId: "0".repeat(31) + "1",
    spanId: "0".repeat(15) + "1",
    name,
    startTimeUnixNano: "1",
    endTimeUnixNano: "2",
  };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

const namesOf = (collector: Collector, path: string): readonly string[] =>
  collector.take(path).spans.map(({ name }) => name);

test("a span of the SDK arrives as it was made, field by field", async () => {
  const collector = await collecting();
  const exporting = exportingTo(collector.urlOf("run 1"));
  const tracer = providerOf(exporting).getTracer("troupe", "0.1.0");
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const parent = { traceId, spanId: "b7ad6b7169203331", traceFlags: TraceFlags.SAMPLED, isRemote: true };
  const linked = {
    traceId: "1".repeat(32),
    spanId: "2".repeat(16),
    traceFlags: 0,
    traceState: createTraceState("b=2"),
  };
  const context = trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceState: createTraceState("a=1") });
  const span = tracer.startSpan(
    "tools/call refund",
    {
      kind: SpanKind.SERVER,
      startTime: [1_763_683_200, 123_456_789],
      attributes: {
        text: 'grüße "value":12345678901234567 💡',
        integer: 9_007_199_254_740_991,
        negative: -17,
        fraction: 0.1,
        yes: true,
        no: false,
        zero: 0,
        empty: "",
        texts: ["a", "b"],
        numbers: [1, 2.5],
        none: [],
      },
      links: [{ context: linked, attributes: { why: "push" } }],
    },
    context,
  );
  span.addEvent("retry", { attempt: 2 }, [1_763_683_200, 200_000_001]);
  span.setStatus({ code: SpanStatusCode.ERROR, message: "declined" });
  span.end([1_763_683_201, 1]);
  await exporting.shutdown();
  // Sampled, and whose parent is in another process.
  const flags = 0x301;
  expect(collector.take("run 1")).toEqual({
    faults: [],
    spans: [
      {
        traceId,
        spanId: span.spanContext().spanId,
        parentSpanId: "b7ad6b7169203331",
        traceState: "a=1",
        flags,
        name: "tools/call refund",
        spanKind: "server",
        startTimeUnixNano: 1_763_683_200_123_456_789n,
        endTimeUnixNano: 1_763_683_201_000_000_001n,
        status: { code: "error", message: "declined" },
        attributes: {
          text: 'grüße "value":12345678901234567 💡',
          integer: 9_007_199_254_740_991,
          negative: -17,
          fraction: 0.1,
          yes: true,
          no: false,
          zero: 0,
          empty: "",
          texts: ["a", "b"],
          numbers: [1, 2.5],
          none: [],
        },
        events: [{ name: "retry", timeUnixNano: 1_763_683_200_200_000_001n, attributes: { attempt: 2 } }],
        links: [
          {
            traceId: "1".repeat(32),
            spanId: "2".repeat(16),
            traceState: "b=2",
            flags: 0x100,
            attributes: { why: "push" },
          },
        ],
        resource: { "service.name": "orders", "process.pid": 42 },
        scope: { name: "troupe", version: "0.1.0" },
      },
    ],
  });
});

test("every span of many batches arrives with one flush, more than the SDK's own queue holds", async () => {
  const collector = await collecting();
  const exporting = exportingTo(collector.urlOf("many"));
  const tracer = providerOf(exporting).getTracer("t");
  for (let n = 0; n < 5000; n++) tracer.startSpan(`span ${n}`).end();
  await exporting.flush();
  expect(new Set(namesOf(collector, "many")).size).toBe(5000);
  await exporting.shutdown();
}, 60_000);

test("a flush waits for a full batch that the processor has sent by itself", async () => {
  const collector = await collecting();
  const exporting = exportingTo(collector.urlOf("full"));
  const tracer = providerOf(exporting).getTracer("t");
  for (let n = 0; n < 512; n++) tracer.startSpan("span").end();
  await exporting.flush();
  expect(collector.take("full").spans).toHaveLength(512);
  await exporting.shutdown();
});

test("a number that JSON does not know costs itself and no other span", async () => {
  const collector = await collecting();
  const exporting = exportingTo(collector.urlOf("nan"));
  const tracer = providerOf(exporting).getTracer("t");
  tracer.startSpan("one", { attributes: { ratio: Number.NaN, text: '"doubleValue":null' } }).end();
  await exporting.shutdown();
  const { spans } = collector.take("nan");
  expect(spans[0]?.attributes).toEqual({ ratio: Number.NaN, text: '"doubleValue":null' });
});

test("a span that ends while a flush is under way is no loss", async () => {
  const collector = await collecting();
  const exporting = exportingTo(collector.urlOf("late"));
  const tracer = providerOf(exporting).getTracer("t");
  tracer.startSpan("early").end();
  const flushed = exporting.flush();
  tracer.startSpan("late").end();
  await flushed;
  await exporting.shutdown();
  expect(namesOf(collector, "late")).toEqual(["early", "late"]);
});

test("a collector that has gone is told at the flush, with the number of spans and why", async () => {
  const collector = await openCollector();
  const exporting = exportingTo(collector.urlOf("gone"), 500);
  await collector.close();
  const tracer = providerOf(exporting).getTracer("t");
  tracer.startSpan("one").end();
  tracer.startSpan("two").end();
  await expect(exporting.flush()).rejects.toThrow(/^the collector did not take 2 spans: .*ECONNREFUSED/);
  await exporting.shutdown();
});

test("a collector that refuses is told at the flush, once", async () => {
  const collector = await collecting({ bodyBytesMax: 10 });
  const exporting = exportingTo(collector.urlOf("known"));
  providerOf(exporting).getTracer("t").startSpan("one").end();
  await expect(exporting.flush()).rejects.toThrow(/^the collector did not take 1 span: .*larger than 10 bytes/);
  await exporting.shutdown();
});

test("the environment changes nothing, and is left as it was", async () => {
  const collector = await collecting();
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:9",
    OTEL_EXPORTER_OTLP_HEADERS: "content-encoding=gzip",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_TIMEOUT: "1",
    OTEL_BSP_MAX_QUEUE_SIZE: "1",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "1",
  };
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    const exporting = exportingTo(collector.urlOf("env"));
    const tracer = providerOf(exporting).getTracer("t");
    for (const name of ["one", "two", "three"]) tracer.startSpan(name).end();
    await exporting.shutdown();
    expect(process.env).toMatchObject(environment);
  } finally {
    for (const key of Object.keys(environment)) delete process.env[key];
    Object.assign(process.env, before);
  }
  expect(namesOf(collector, "env")).toEqual(["one", "two", "three"]);
});

test("spans are apart by path, in order of arrival, and taken once", async () => {
  const collector = await collecting();
  const [one, two] = [collector.urlOf("a/1"), collector.urlOf("a/2")];
  for (const name of ["first", "second"]) await post(one, documentOf(name));
  await post(two, documentOf("other"));
  expect(namesOf(collector, "a/1")).toEqual(["first", "second"]);
  expect(namesOf(collector, "a/1")).toEqual([]);
  await post(one, documentOf("third"));
  expect(namesOf(collector, "a/1")).toEqual(["third"]);
  expect(namesOf(collector, "a/2")).toEqual(["other"]);
});

test("a success is answered as OTLP says", async () => {
  const collector = await collecting();
  const response = await post(collector.urlOf("x"), documentOf("one"));
  expect([response.status, await response.json()]).toEqual([200, {}]);
});

test("gzip is read", async () => {
  const collector = await collecting();
  const zipped = Uint8Array.from(gzipSync(documentOf("zipped")));
  await post(collector.urlOf("x"), zipped, { "content-encoding": "gzip" });
  expect(namesOf(collector, "x")).toEqual(["zipped"]);
});

test("times written as JSON numbers keep their last digits", async () => {
  const collector = await collecting();
  const text = documentOf("x").replace('"startTimeUnixNano":"1"', '"startTimeUnixNano":1763683200123456789');
  await post(collector.urlOf("x"), text);
  expect(collector.take("x").spans[0]?.startTimeUnixNano).toBe(1_763_683_200_123_456_789n);
});

test("what cannot be read is refused with the reason, which the run hears too", async () => {
  const collector = await collecting({ bodyBytesMax: 10_000 });
  const url = collector.urlOf("x");
  const statuses = [
    (await post(url, "{")).status,
    (await post(url, JSON.stringify({ resourceLogs: [] }))).status,
    (await post(url, "not gzip", { "content-encoding": "gzip" })).status,
    (await post(url, "x", { "content-type": "text/plain" })).status,
    (await post(url, "x", { "content-encoding": "br" })).status,
    (await post(url, " ".repeat(20_000))).status,
    (await post(url, Uint8Array.from(gzipSync(" ".repeat(20_000))), { "content-encoding": "gzip" })).status,
  ];
  expect(statuses).toEqual([400, 400, 400, 415, 415, 413, 413]);
  const { spans, faults } = collector.take("x");
  expect(spans).toEqual([]);
  expect(faults).toHaveLength(7);
  expect(faults[6]).toContain("larger than");
  expect(faults[3]).toBe("text/plain is not OTLP, which is application/json and application/x-protobuf");
});

const RUN = "troupe.run.id";

/** A document of one span, with attributes of its resource and its own. */
function spanOf(
  name: string,
  traceId: string,
  { resource = {}, own = {} }: { readonly resource?: object; readonly own?: object } = {},
): string {
  const list = (of: object): unknown =>
    Object.entries(of).map(([key, stringValue]: [string, unknown]) => ({ key, value: { stringValue } }));
  const span = { traceId: traceId.repeat(32), spanId: "0".repeat(15) + "1", name, startTimeUnixNano: "1" };
  const scopeSpans = [{ spans: [{ ...span, attributes: list(own) }] }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: list(resource) }, scopeSpans }] });
}

test("a span is of the run of its endpoint, else of its resource, else of its trace, else of its baggage", async () => {
  const collector = await collecting();
  const [a] = [collector.urlOf("A"), collector.urlOf("B")];
  await post(a, spanOf("by endpoint", "1", { resource: { [RUN]: "B" }, own: { [RUN]: "B" } }));
  await post(collector.url, spanOf("by resource", "2", { resource: { [RUN]: "B" }, own: { [RUN]: "A" } }));
  await post(collector.url, spanOf("by trace", "1", { own: { [RUN]: "B" } }));
  await post(collector.url, spanOf("by a trace that the run knows", "3"));
  await post(collector.url, spanOf("by baggage", "4", { own: { [RUN]: "B" } }));
  await post(collector.url, spanOf("by nothing", "5"));
  await post(`${collector.url}/runs/gone`, spanOf("of a run that is unknown", "6"));
  expect(namesOf(collector, "B")).toEqual(["by resource", "by baggage"]);
  const ofA = collector.take("A", ["3".repeat(32)]).spans.map(({ name }) => name);
  expect(ofA).toEqual(["by endpoint", "by trace", "by a trace that the run knows"]);
  expect(collector.takeRest().spans.map(({ name }) => name)).toEqual(["by nothing", "of a run that is unknown"]);
});

test("a span is claimed by its trace also where it came before anything told whose that is", async () => {
  const collector = await collecting();
  const url = collector.urlOf("A");
  await post(collector.url, spanOf("early", "1"));
  await post(url, spanOf("late", "1"));
  expect(namesOf(collector, "A")).toEqual(["late", "early"]);
  expect(collector.takeRest().spans).toEqual([]);
});

test("what cannot be read and is for no run is not lost in silence", async () => {
  const collector = await collecting();
  await post(collector.url, "<html>");
  expect(collector.takeRest().faults).toEqual([expect.stringMatching(/^the body is no JSON: .*<html>/)]);
});

test("beyond the spans that may wait none is taken, and the exporter and the run are told", async () => {
  const collector = await collecting({ spansMax: 1 });
  const url = collector.urlOf("A");
  await post(url, documentOf("one"));
  const answer: unknown = await (await post(url, documentOf("two"))).json();
  const errorMessage = "more than 1 spans wait to be taken";
  expect(answer).toEqual({ partialSuccess: { rejectedSpans: "1", errorMessage } });
  expect(collector.take("A")).toMatchObject({ spans: [{ name: "one" }], faults: [errorMessage] });
  await post(url, documentOf("three"));
  expect(namesOf(collector, "A")).toEqual(["three"]);
});

test("a path that is no endpoint is not found", async () => {
  const collector = await collecting();
  const paths = ["/v2/traces", "/", "/v1/traces/more"];
  const statuses = await Promise.all(
    paths.map(async (path) => (await fetch(collector.url + path, { method: "POST", body: "{}" })).status),
  );
  expect(statuses).toEqual([404, 404, 404]);
});

test("what is waited for is waited for until it is whole, however many exports that takes", async () => {
  const collector = await collecting();
  const url = collector.urlOf("x");
  let isSettled = false;
  const settled = collector.settled("x", (spans) => spans.length === 2, 60_000).then(() => (isSettled = true));
  await post(url, documentOf("one"));
  expect(isSettled).toBe(false);
  await post(url, documentOf("two"));
  await settled;
  expect(collector.take("x").spans).toHaveLength(2);
});

test("what never becomes whole is waited for until nothing has come for the stated time", async () => {
  const collector = await collecting();
  await post(collector.urlOf("x"), documentOf("one"));
  await collector.settled("x", () => false, 1);
  expect(collector.take("x").spans).toHaveLength(1);
});
