import * as fc from "fast-check";
import type protobuf from "protobufjs";
import { expect, test } from "vitest";
import { readExportMessage } from "../../src/format/otlp-message.ts";
import { NotProtobuf } from "../../src/format/protobuf.ts";
import { EXPORT_REQUEST } from "./otlp-descriptor.ts";

/** Objects as protobufjs wants them, of any field that trace.proto has, also those that no writer leaves empty. */
const text = fc.string({ unit: "grapheme", maxLength: 60 });
const count = fc.oneof(fc.constant(0), fc.nat(), fc.constant(0xffff_ffff));
const wide = fc.bigInt(0n, 2n ** 64n - 1n).map(String);
const id = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length }).filter((bytes) => bytes.some((byte) => byte !== 0));
const { keyValue } = fc.letrec((tie) => ({
  keyValue: fc.record({ key: text, value: tie("any") }, { requiredKeys: ["key"] }),
  any: fc.oneof(
    { depthSize: "small" },
    fc.constant({}),
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((int) => ({ intValue: String(int) })),
    fc.integer().map((intValue) => ({ intValue })),
    fc.double().map((doubleValue) => ({ doubleValue })),
    fc.uint8Array({ maxLength: 5 }).map((bytesValue) => ({ bytesValue })),
    fc.array(tie("any"), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc.array(tie("keyValue"), { maxLength: 3 }).map((values) => ({ kvlistValue: { values } })),
  ),
}));
const attributes = fc.array(keyValue, { maxLength: 5 });
const droppedAttributesCount = count;
const some = { requiredKeys: [] };
const span = fc.record(
  {
    traceId: id(16),
    spanId: id(8),
    traceState: text,
    parentSpanId: fc.oneof(id(8), fc.constant(new Uint8Array(8))),
    name: text,
    kind: fc.nat(5),
    startTimeUnixNano: wide,
    endTimeUnixNano: wide,
    attributes,
    droppedAttributesCount,
    events: fc.array(fc.record({ timeUnixNano: wide, name: text, attributes, droppedAttributesCount }, some), {
      maxLength: 2,
    }),
    droppedEventsCount: count,
    links: fc.array(
      fc.record(
        { traceId: id(16), spanId: id(8), traceState: text, attributes, droppedAttributesCount, flags: count },
        some,
      ),
      { maxLength: 2 },
    ),
    droppedLinksCount: count,
    status: fc.record({ message: text, code: fc.nat(2) }, some),
    flags: count,
  },
  { requiredKeys: ["traceId", "spanId"] },
);
const scope = fc.record({ name: text, version: text, attributes, droppedAttributesCount }, some);
const entityRefs = fc.constant([{ type: "service", idKeys: ["service.name", "a"] }]);
const request = fc.record({
  resourceSpans: fc.array(
    fc.record({
      resource: fc.record({ attributes, droppedAttributesCount, entityRefs }, some),
      scopeSpans: fc.array(fc.record({ scope, spans: fc.array(span, { maxLength: 3 }), schemaUrl: text }), {
        maxLength: 2,
      }),
      schemaUrl: text,
    }),
    { maxLength: 2 },
  ),
});

const encoded = (of: object): Uint8Array => EXPORT_REQUEST.encode(EXPORT_REQUEST.fromObject(of)).finish();

/** What protobufjs reads, in our words: the only thing that this test and the reader have in common. */
function oracle(bytes: Uint8Array): readonly unknown[] {
  const options: protobuf.IConversionOptions = { longs: String, defaults: true, arrays: true, oneofs: true };
  const { resourceSpans } = EXPORT_REQUEST.toObject(EXPORT_REQUEST.decode(bytes), options) as Message;
  return resourceSpans.flatMap((entry: Message) =>
    entry.scopeSpans.flatMap((group: Message) =>
      group.spans.map((one: Message) => ({
        ...spanIn(one),
        resource: attributesIn(entry.resource?.attributes),
        scope: scopeIn(group.scope),
      })),
    ),
  );
}

// oxlint-disable-next-line typescript/no-explicit-any -- what another library decodes has no type here
type Message = any;

const hex = (bytes: Uint8Array): string =>
  bytes.every((byte) => byte === 0) ? "" : Buffer.from(bytes).toString("hex");
const given = (object: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== "" && value !== 0 && value !== 0n));

function spanIn(one: Message): object {
  const { droppedEventsCount, droppedLinksCount, flags, traceState } = one;
  return {
    traceId: hex(one.traceId),
    spanId: hex(one.spanId),
    name: one.name,
    spanKind: ["unspecified", "internal", "server", "client", "producer", "consumer"][one.kind],
    startTimeUnixNano: BigInt(one.startTimeUnixNano),
    status: { code: ["unset", "ok", "error"][one.status?.code ?? 0], ...given({ message: one.status?.message ?? "" }) },
    attributes: attributesIn(one.attributes),
    events: one.events.map((event: Message) => ({
      name: event.name,
      timeUnixNano: BigInt(event.timeUnixNano),
      attributes: attributesIn(event.attributes),
      ...given({ droppedAttributesCount: event.droppedAttributesCount }),
    })),
    links: one.links.map((link: Message) => ({
      traceId: hex(link.traceId),
      spanId: hex(link.spanId),
      attributes: attributesIn(link.attributes),
      ...given({
        traceState: link.traceState,
        flags: link.flags,
        droppedAttributesCount: link.droppedAttributesCount,
      }),
    })),
    ...given({ endTimeUnixNano: BigInt(one.endTimeUnixNano), parentSpanId: hex(one.parentSpanId), traceState, flags }),
    ...given({ droppedAttributesCount: one.droppedAttributesCount, droppedEventsCount, droppedLinksCount }),
  };
}

function scopeIn(one: Message): object {
  const own = attributesIn(one?.attributes);
  return {
    name: one?.name ?? "",
    ...given({ version: one?.version ?? "" }),
    ...(Object.keys(own).length > 0 && { attributes: own }),
  };
}

function attributesIn(list: Message): object {
  return Object.fromEntries((list ?? []).map(({ key, value }: Message) => [key, valueIn(value)]));
}

function valueIn(any: Message): unknown {
  switch (any?.value) {
    case "intValue": {
      const integer = BigInt(any.intValue);
      return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
    }
    case "arrayValue":
      return any.arrayValue.values.map(valueIn);
    case "kvlistValue":
      return attributesIn(any.kvlistValue.values);
    case "bytesValue":
      return Uint8Array.from(any.bytesValue);
    default:
      return any?.value === undefined ? null : any[any.value];
  }
}

test("property: every message is read as protobufjs reads it", () => {
  fc.assert(
    fc.property(request, (one) => {
      const bytes = encoded(one);
      expect(readExportMessage(bytes).spans).toEqual(oracle(bytes));
    }),
    { numRuns: 300 },
  );
});

const SAMPLE = encoded(
  fc
    .sample(request, { numRuns: 30, seed: 7 })
    .find(({ resourceSpans: [one] }) => one?.scopeSpans[0]?.spans[0] !== undefined) ?? {},
);

test("property: bytes that are changed, cut or made up are read or refused, and nothing else happens", () => {
  const changed = fc.tuple(fc.nat(SAMPLE.length - 1), fc.nat(255)).map(([at, to]) => SAMPLE.with(at, to));
  const cut = fc.nat(SAMPLE.length).map((length) => SAMPLE.subarray(0, length));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed, cut), (bytes) => {
      try {
        readExportMessage(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(NotProtobuf);
      }
    }),
    { numRuns: 3000 },
  );
});

test("short texts that come again, with ends and middles in common, are told apart", () => {
  const names = ["aaaa-1-zzzz", "aaab-1-zzzz", "aaaa-1-zzzy", "ääää-1-zzzz", "aaaa-1-zzz", "a", "ab", "abc", "abcd"];
  const spans = [...names, ...names, ...names, ...names].map((name) => ({
    traceId: new Uint8Array(16).fill(1),
    spanId: new Uint8Array(8).fill(2),
    name,
  }));
  const read = readExportMessage(encoded({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
  expect(read.spans.map(({ name }) => name)).toEqual(spans.map(({ name }) => name));
});

test("a span without ids is counted, and its neighbours are read", () => {
  const sound = { traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2), name: "sound" };
  const spans = [{ name: "none" }, sound, { ...sound, traceId: new Uint8Array(16) }];
  const read = readExportMessage(encoded({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
  expect([read.spans.map(({ name }) => name), read.withoutIds]).toEqual([["sound"], 2]);
});
