import { SpanKind as OtelKind, SpanStatusCode, TraceFlags, type HrTime } from "@opentelemetry/api";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isTroupeError } from "../../src/core/errors.ts";
import { mayBeOtlpProtobuf, readOtlpProtobuf } from "../../src/format/otlp-protobuf.ts";
import type { AttributeValue, Span } from "../../src/trace/span.ts";
import { span } from "../trace/spans.ts";

type ReadableSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];

/** What OpenTelemetry's own writer makes of a span. */
function official(spans: readonly Span[]): Uint8Array {
  return ProtobufTraceSerializer.serializeRequest(spans.map(readable)) ?? new Uint8Array();
}

const context = (traceId: string, spanId: string, flags = 0): ReturnType<ReadableSpan["spanContext"]> => ({
  traceId,
  spanId,
  traceFlags: TraceFlags.SAMPLED,
  isRemote: (flags & IS_REMOTE) !== 0,
});

/** What the official writer says of a sampled span whose parent is in the same process, and in another. */
const LOCAL = 0x101;
const REMOTE = 0x301;
const IS_REMOTE = 0x200;

const KINDS = {
  unspecified: OtelKind.INTERNAL,
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
} as const;

const CODES = { unset: SpanStatusCode.UNSET, ok: SpanStatusCode.OK, error: SpanStatusCode.ERROR } as const;

const time = (nanos: bigint): HrTime => [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];

function readable(one: Span): ReadableSpan {
  const attributes = (of: Span["attributes"]): ReadableSpan["attributes"] => ({ ...of }) as ReadableSpan["attributes"];
  return {
    name: one.name,
    kind: KINDS[one.spanKind],
    spanContext: () => context(one.traceId, one.spanId),
    ...(one.parentSpanId !== undefined && { parentSpanContext: context(one.traceId, one.parentSpanId, one.flags) }),
    startTime: time(one.startTimeUnixNano),
    endTime: time(one.endTimeUnixNano ?? 0n),
    duration: [0, 0],
    ended: true,
    status: { code: CODES[one.status.code], ...(one.status.message !== undefined && { message: one.status.message }) },
    attributes: attributes(one.attributes),
    events: one.events.map((event) => ({
      name: event.name,
      time: time(event.timeUnixNano),
      attributes: attributes(event.attributes),
    })),
    links: one.links.map((link) => ({
      context: context(link.traceId, link.spanId, link.flags),
      attributes: attributes(link.attributes),
    })),
    resource: resourceFromAttributes(attributes(one.resource)),
    instrumentationScope: one.scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

const hex = (digits: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((id) => !/^0+$/.test(id));
const nanos = fc.bigInt(1n, 4_102_444_800_000_000_000n);
const text = fc.string({ unit: "grapheme" });
const scalar: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true }).filter((value) => !Number.isInteger(value)),
  fc.uint8Array(),
);
const value = fc.oneof(scalar, fc.array(scalar), fc.array(fc.array(scalar, { maxLength: 3 }), { maxLength: 3 }));
const attributes = fc.dictionary(
  text.filter((key) => key !== "" && key !== "__proto__"),
  value,
  { maxKeys: 5 },
);

const spans: fc.Arbitrary<Span> = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: fc.option(hex(16), { nil: undefined }),
    name: text,
    spanKind: fc.constantFrom("internal", "server", "client", "producer", "consumer"),
    startTimeUnixNano: nanos,
    endTimeUnixNano: nanos,
    status: fc.oneof(
      fc.constantFrom({ code: "unset" } as const, { code: "ok" } as const),
      text.filter((message) => message !== "").map((message) => ({ code: "error" as const, message })),
    ),
    attributes,
    events: fc.array(fc.record({ name: text, timeUnixNano: nanos, attributes }), { maxLength: 3 }),
    links: fc.array(
      fc.record({ traceId: hex(32), spanId: hex(16), flags: fc.constantFrom(LOCAL, REMOTE), attributes }),
      { maxLength: 3 },
    ),
    flags: fc.constantFrom(LOCAL, REMOTE),
    resource: fc.constant({ "service.name": "orders" }),
    scope: fc.constantFrom({ name: "s" }, { name: "s", version: "1.2" }),
  })
  .map(({ parentSpanId, flags, ...rest }) =>
    parentSpanId === undefined ? { ...rest, flags: LOCAL } : { ...rest, flags, parentSpanId },
  );

test("property: what OpenTelemetry's writer wrote is read as it was", () => {
  fc.assert(
    fc.property(spans, (one) => {
      expect(readOtlpProtobuf(official([one]), "t.pb").spans).toEqual([one]);
    }),
    { numRuns: 300 },
  );
});

/** Messages by hand, for what the official writer never writes. */
const field = (number: number, type: number, ...bytes: readonly number[]): readonly number[] => [
  ...varint(BigInt((number << 3) | type)),
  ...bytes,
];
const message = (number: number, bytes: readonly number[]): readonly number[] =>
  field(number, 2, ...varint(BigInt(bytes.length)), ...bytes);
const utf8 = (number: number, of: string): readonly number[] => message(number, [...Buffer.from(of)]);

function varint(of: bigint): readonly number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, of);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

const IDS = [
  ...message(
    1,
    Array.from({ length: 16 }, () => 1),
  ),
  ...message(
    2,
    Array.from({ length: 8 }, () => 2),
  ),
];
const request = (...ofSpan: readonly number[]): Uint8Array =>
  Uint8Array.from(message(1, message(2, message(2, [...IDS, ...ofSpan]))));
const attribute = (any: readonly number[]): readonly number[] => message(9, [...utf8(1, "k"), ...message(2, any)]);
const valueOf = (any: readonly number[]): unknown =>
  readOtlpProtobuf(request(...attribute(any)), "t.pb").spans[0]?.attributes["k"];

test("every kind of value is read: wide and negative integers, lists in lists, maps, bytes, and none at all", () => {
  expect(valueOf(field(3, 0, ...varint(-5n)))).toBe(-5);
  expect(valueOf(field(3, 0, ...varint(9_007_199_254_740_993n)))).toBe(9_007_199_254_740_993n);
  expect(valueOf(field(2, 0, 1))).toBe(true);
  expect(valueOf(utf8(1, ""))).toBe("");
  expect(valueOf(field(4, 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f))).toBe(1);
  expect(valueOf(message(7, [0, 255]))).toEqual(Uint8Array.from([0, 255]));
  expect(valueOf(message(6, message(1, [...utf8(1, "a"), ...message(2, utf8(1, "b"))])))).toEqual({ a: "b" });
  expect(valueOf(message(5, message(1, message(5, message(1, field(2, 0, 0))))))).toEqual([[false]]);
  expect(valueOf([])).toBeNull();
});

test("unknown fields, groups and the scopes of OTLP before 1.0 are no hindrance", () => {
  const unknown = [
    ...field(200, 0, 1),
    ...field(201, 1, 0, 0, 0, 0, 0, 0, 0, 0),
    ...utf8(202, "later"),
    ...field(203, 5, 0, 0, 0, 0),
    ...field(204, 3, ...field(5, 0, 9), ...field(204, 4)),
  ];
  expect(readOtlpProtobuf(request(...unknown, ...utf8(5, "GET")), "t.pb").spans).toMatchObject([{ name: "GET" }]);
  const older = Uint8Array.from(message(1, message(1000, [...message(1, utf8(1, "lib")), ...message(2, IDS)])));
  expect(readOtlpProtobuf(older, "t.pb").spans).toMatchObject([{ scope: { name: "lib" } }]);
});

test("messages behind their lengths are read, and one that breaks off is noted", () => {
  const one = request(...utf8(5, "a"));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, one.length);
  const file = Buffer.concat([length, one, length, one]);
  expect(mayBeOtlpProtobuf(file)).toBe(true);
  expect(readOtlpProtobuf(file, "t.pb")).toMatchObject({ spans: [{ name: "a" }, { name: "a" }], notes: [] });
  const cut = readOtlpProtobuf(file.subarray(0, -3), "t.pb");
  expect(cut.spans).toHaveLength(1);
  expect(cut.notes).toEqual([`t.pb: the message at byte ${4 + one.length} breaks off and is left out`]);
});

test("property: any bytes are read or refused, and so is any truncation", () => {
  const whole = official([span("b".repeat(16), undefined, { traceId: "a".repeat(32) })]);
  const bytes = fc.oneof(
    fc.uint8Array().map((tail) => Uint8Array.from([10, ...tail])),
    fc.nat(whole.length).map((length) => whole.subarray(0, length)),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, to]) => whole.with(at, to)),
  );
  fc.assert(
    fc.property(bytes, (each) => {
      try {
        readOtlpProtobuf(each, "t.pb");
      } catch (error) {
        expect(isTroupeError(error) && error.code).toBe("TRACE_INVALID");
      }
    }),
    { numRuns: 1000 },
  );
});
