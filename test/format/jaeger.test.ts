import { expect, test } from "vitest";
import { JAEGER_JSON } from "../../src/format/jaeger.ts";
import { readDocument } from "../../src/format/json-format.ts";
import type { Span } from "../../src/trace/span.ts";

const trace = (...spans: readonly object[]): unknown => ({
  data: [
    {
      traceID: "t1",
      spans: spans.map((span) => ({
        traceID: "t1",
        spanID: "s1",
        startTime: 5,
        duration: 2,
        processID: "p1",
        ...span,
      })),
      processes: { p1: { serviceName: "orders", tags: [{ key: "host.name", type: "string", value: "h" }] } },
    },
  ],
});
const readOne = (span: object): Span | undefined => readDocument(JAEGER_JSON, trace(span), "j.json")[0];
const tag = (key: string, value: unknown, type = "string"): object => ({ key, type, value });
const reference = (refType: string, spanID: string, traceID = "t1"): object => ({ refType, spanID, traceID });

test("microseconds become nanoseconds, and process tags the resource", () => {
  expect(readOne({ operationName: "GET" })).toEqual({
    traceId: "t1",
    spanId: "s1",
    name: "GET",
    spanKind: "unspecified",
    startTimeUnixNano: 5_000n,
    endTimeUnixNano: 7_000n,
    status: { code: "unset" },
    attributes: {},
    events: [],
    links: [],
    resource: { "service.name": "orders", "host.name": "h" },
    scope: { name: "" },
  });
});

test("tags of every type keep their type", () => {
  const tags = [
    tag("text", "x"),
    tag("flag", "true", "bool"),
    tag("flag2", false, "bool"),
    tag("count", 3, "int64"),
    tag("wide", "9223372036854775222", "int64"),
    tag("share", 0.5, "float64"),
    tag("blob", "AAAwOQ==", "binary"),
  ];
  expect(readOne({ tags })?.attributes).toEqual({
    text: "x",
    flag: true,
    flag2: false,
    count: 3,
    wide: 9_223_372_036_854_775_222n,
    share: 0.5,
    blob: Uint8Array.from([0, 0, 48, 57]),
  });
});

test("tags that stand for OTLP's own fields become those fields", () => {
  const tags = [
    tag("span.kind", "client"),
    tag("otel.status_code", "ERROR"),
    tag("otel.status_description", "no"),
    tag("otel.scope.name", "http"),
    tag("otel.scope.version", "1"),
    tag("w3c.tracestate", "a=b"),
  ];
  expect(readOne({ tags })).toMatchObject({
    spanKind: "client",
    status: { code: "error", message: "no" },
    scope: { name: "http", version: "1" },
    traceState: "a=b",
    attributes: {},
  });
});

test.each([
  [tag("error", true, "bool"), "error"],
  [tag("error", "true"), "error"],
  [tag("error", false, "bool"), "unset"],
  [tag("otel.status_code", "OK"), "ok"],
])("tag %j gives status %s", (one, code) => expect(readOne({ tags: [one] })?.status.code).toBe(code));

test("the parent is the first CHILD_OF, and every other reference is a link", () => {
  const references = [reference("FOLLOWS_FROM", "f"), reference("CHILD_OF", "p"), reference("CHILD_OF", "q", "t2")];
  expect(readOne({ references })).toMatchObject({
    parentSpanId: "p",
    links: [
      { traceId: "t1", spanId: "f", attributes: { "opentracing.ref_type": "follows_from" } },
      { traceId: "t2", spanId: "q", attributes: { "opentracing.ref_type": "child_of" } },
    ],
  });
});

test("a span that only follows another is its child, and linked to it", () => {
  expect(readOne({ references: [reference("FOLLOWS_FROM", "f")] })).toMatchObject({
    parentSpanId: "f",
    links: [{ spanId: "f" }],
  });
});

test("the old parentSpanID is read where no reference repeats it", () => {
  expect(readOne({ parentSpanID: "p" })?.parentSpanId).toBe("p");
  expect(readOne({ parentSpanID: "p", references: [reference("CHILD_OF", "p")] })?.links).toEqual([]);
});

test("logs are events, named by their event field", () => {
  const logs = [
    { timestamp: 6, fields: [tag("event", "retry"), tag("attempt", 2, "int64")] },
    { timestamp: 7, fields: [tag("message", "x")] },
  ];
  expect(readOne({ logs })?.events).toEqual([
    { name: "retry", timeUnixNano: 6_000n, attributes: { attempt: 2 } },
    { name: "", timeUnixNano: 7_000n, attributes: { message: "x" } },
  ]);
});

test("a single trace and a list of traces are read without their wrapper", () => {
  const one = { traceID: "t", spans: [{ spanID: "s", operationName: "x", startTime: 1, duration: 1 }], processes: {} };
  expect(readDocument(JAEGER_JSON, one, "j.json")).toHaveLength(1);
  expect(readDocument(JAEGER_JSON, [one, one], "j.json")).toHaveLength(2);
});

test("a span without ids or with a strange time is a fault with its place", () => {
  const broken = trace({ spanID: "", startTime: "noon" });
  expect(() => readDocument(JAEGER_JSON, broken, "j.json")).toThrow(
    /j\.json: data\[0\]\.spans\[0\]: the span lacks an id/,
  );
  expect(() => readDocument(JAEGER_JSON, broken, "j.json")).toThrow(
    /spans\[0\]\.startTime: this is no time in microseconds/,
  );
});
