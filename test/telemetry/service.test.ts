import { type HrTime, ROOT_CONTEXT, context, propagation } from "@opentelemetry/api";
import { expect, onTestFinished, test, vi } from "vitest";
import { seededSpanIds } from "../../src/core/ids.ts";
import { type Service, type SpanClock, openService } from "../../src/telemetry/service.ts";
import { failSpan, inSpan, portableWords } from "../../src/telemetry/spans.ts";

const SECOND = 1_735_689_600;

/** A clock that a test sets: nanoseconds since the virtual epoch. */
class HandClock implements SpanClock {
  nano = 0;

  hrTime(): HrTime {
    return [SECOND + Math.floor(this.nano / 1e9), this.nano % 1e9];
  }

  tick(): HrTime {
    this.nano++;
    return this.hrTime();
  }
}

function opened(name = "orders"): { readonly clock: HandClock; readonly service: Service } {
  const clock = new HandClock();
  return { clock, service: openService(name, seededSpanIds(1, name), clock) };
}

const at = (nano: number): bigint => BigInt(SECOND) * 1_000_000_000n + BigInt(nano);

test("a span's start, end, events and exceptions have the clock's nanoseconds", () => {
  const { clock, service } = opened();
  clock.nano = 41;
  const span = service.tracer.startSpan("s");
  clock.nano = 1_500_000_007;
  span.addEvent("plain");
  span.addEvent("with attributes", { a: 1 });
  span.recordException(new Error("x"));
  clock.nano = 2_000_000_009;
  span.end();
  const [done] = service.spans;
  expect([done?.startTimeUnixNano, done?.endTimeUnixNano]).toEqual([at(42), at(2_000_000_009)]);
  expect(done?.events.map(({ timeUnixNano }) => timeUnixNano)).toEqual(Array(3).fill(at(1_500_000_007)));
});

test("no two spans start at the same nanosecond, though the clock stands still", () => {
  const { service } = opened();
  for (let count = 0; count < 50; count++) service.tracer.startSpan("s").end();
  expect(new Set(service.spans.map(({ startTimeUnixNano }) => startTimeUnixNano)).size).toBe(50);
});

test("startActiveSpan is timed as startSpan is", () => {
  const { clock, service } = opened();
  clock.nano = 7;
  service.tracer.startActiveSpan("s", (span) => span.end());
  expect(service.spans[0]?.startTimeUnixNano).toBe(at(8));
});

test("explicit times of the user pass through, dates, milliseconds and pairs alike", () => {
  const { service } = opened();
  const span = service.tracer.startSpan("s", { startTime: [SECOND, 123_456_789] });
  span.addEvent("date", new Date(SECOND * 1000 + 5));
  span.addEvent("milliseconds", SECOND * 1000 + 6);
  span.addEvent("pair", { a: 1 }, [SECOND, 7]);
  span.end([SECOND + 1, 2]);
  const [done] = service.spans;
  expect([done?.startTimeUnixNano, done?.endTimeUnixNano]).toEqual([at(123_456_789), at(1_000_000_002)]);
  expect(done?.events.map(({ timeUnixNano }) => timeUnixNano)).toEqual([at(5_000_000), at(6_000_000), at(7)]);
});

test("spans carry their service as the resource, and the scope that the tracer was asked for", () => {
  const { service } = opened("payments");
  service.tracer.startSpan("own").end();
  service.tracerNamed("lib", "1.2.3").startSpan("foreign").end();
  expect(service.spans.map(({ resource, scope }) => [resource["service.name"], scope])).toEqual([
    ["payments", { name: "troupe" }],
    ["payments", { name: "lib", version: "1.2.3" }],
  ]);
});

test("baggage of the parent's context is stamped on a span, on its foreign children too", () => {
  const { service } = opened();
  const parent = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ "tenant.id": { value: "acme" } }));
  service.tracer.startSpan("own", {}, parent).end();
  service.tracerNamed("lib").startSpan("foreign", {}, parent).end();
  expect(service.spans.map(({ attributes }) => attributes["tenant.id"])).toEqual(["acme", "acme"]);
});

test("a span is open from its start to its end", () => {
  const { service } = opened();
  const span = service.tracer.startSpan("s");
  expect(service.openSpans().map(({ spanId }) => spanId)).toEqual([span.spanContext().spanId]);
  span.end();
  expect(service.openSpans().length).toBe(0);
});

test("work that fails marks its span with the error's name and words, and rejects", async () => {
  const { service } = opened();
  const failing = inSpan(service.tracer, { name: "s", attributes: {}, parent: context.active() }, () =>
    Promise.reject(new Error("no database")),
  );
  await expect(failing).rejects.toThrow("no database");
  expect(service.spans[0]?.status).toEqual({ code: "error", message: "no database" });
  expect(service.spans[0]?.attributes["error.type"]).toBe("Error");
});

test("words that V8 wrote stay out of spans and messages, and its error's name is kept", () => {
  const { service } = opened();
  const span = service.tracer.startSpan("s");
  failSpan(span, new TypeError("Cannot read properties of undefined (reading 'x')"));
  span.end();
  expect(service.spans[0]?.status).toEqual({ code: "error" });
  expect(service.spans[0]?.attributes["error.type"]).toBe("TypeError");
  expect([new TypeError("V8's"), new Error("ours"), "text"].map(portableWords)).toEqual([
    "TypeError",
    "Error: ours",
    "text",
  ]);
});

test.for([
  ["OTEL_TRACES_SAMPLER", "always_off"],
  ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"],
  ["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"],
  ["OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"],
  ["OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=prod"],
  ["OTEL_SERVICE_NAME", "somebody-else"],
] as const)("%s of the environment changes no span of a run", ([name, value]) => {
  vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { service } = opened("catalogue");
  service.tracer.startSpan("s", { attributes: { one: "first", two: "second" } }).end();
  expect(service.spans[0]).toMatchObject({
    attributes: { one: "first", two: "second" },
    resource: { "service.name": "catalogue" },
  });
  expect(Object.keys(service.spans[0]?.resource ?? {})).toEqual(["service.name"]);
});
