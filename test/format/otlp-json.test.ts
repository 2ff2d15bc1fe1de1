import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/core/json.ts";
import { readDocument } from "../../src/format/json-format.ts";
import { OTLP_JSON } from "../../src/format/otlp-json.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import type { AttributeValue, Span } from "../../src/trace/span.ts";
import { shuffled, span } from "../trace/spans.ts";

const TRACE = "5b8efff798038103d269b633813fc60c";
const SPAN = "eee19b7ec3c1b174";
const PARENT = "00f067aa0ba902b7";

const read = (text: string): readonly Span[] => readDocument(OTLP_JSON, JSON.parse(text), "trace.json");
const document = (...spans: readonly unknown[]): unknown => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const readOne = (given: object): Span | undefined =>
  readDocument(
    OTLP_JSON,
    document({ traceId: TRACE, spanId: SPAN, startTimeUnixNano: "1", ...given }),
    "trace.json",
  )[0];

const attributeValues: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "grapheme" }),
    fc.maxSafeInteger(),
    fc.double().map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.bigInt(2n ** 53n, 2n ** 63n - 1n),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 5 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

const attributes = fc.dictionary(fc.string(), attributeValues, { maxKeys: 4, noNullPrototype: true });
const hex = (digits: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((id) => /[1-9a-f]/.test(id));
const nanos = fc.bigInt(1n, 2n ** 63n);
const texts = fc.string({ minLength: 1 });

const spans: fc.Arbitrary<readonly Span[]> = fc.array(
  fc.record(
    {
      traceId: hex(32),
      spanId: hex(16),
      parentSpanId: hex(16),
      traceState: texts,
      flags: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      name: fc.string(),
      spanKind: fc.constantFrom<Span["spanKind"]>(
        "unspecified",
        "internal",
        "server",
        "client",
        "producer",
        "consumer",
      ),
      startTimeUnixNano: fc.bigInt(0n, 2n ** 63n),
      endTimeUnixNano: nanos,
      status: fc.record(
        { code: fc.constantFrom<Span["status"]["code"]>("unset", "ok", "error"), message: texts },
        { requiredKeys: ["code"] },
      ),
      attributes,
      events: fc.array(fc.record({ name: fc.string(), timeUnixNano: nanos, attributes }), { maxLength: 2 }),
      links: fc.array(
        fc.record(
          {
            traceId: hex(32),
            spanId: hex(16),
            traceState: texts,
            flags: fc.integer({ min: 1, max: 0x3ff }),
            attributes,
          },
          { requiredKeys: ["traceId", "spanId", "attributes"] },
        ),
        { maxLength: 2 },
      ),
      resource: fc.constantFrom<Span["resource"]>({}, { "service.name": "a" }, { "service.name": "b", n: 1 }),
      scope: fc.constantFrom<Span["scope"]>({ name: "" }, { name: "s" }, { name: "s", version: "1" }),
    },
    {
      requiredKeys: [
        "traceId",
        "spanId",
        "name",
        "spanKind",
        "startTimeUnixNano",
        "status",
        "attributes",
        "events",
        "links",
        "resource",
        "scope",
      ],
    },
  ),
  { maxLength: 6 },
);

const sorted = (list: readonly Span[]): readonly string[] => list.map((one) => canonicalJson(one)).toSorted();

test("property: what is written is read back, span by span", () => {
  fc.assert(
    fc.property(spans, (list) => {
      const back = read(writeOtlpJson(list));
      expect(sorted(back)).toEqual(sorted(list));
    }),
  );
});

test("property: the bytes do not depend on the order of the spans", () => {
  fc.assert(
    fc.property(shuffled(spans), ([list, again]) => {
      expect(writeOtlpJson(again)).toBe(writeOtlpJson(list));
    }),
  );
});

test("property: writing what was read gives the same bytes", () => {
  fc.assert(
    fc.property(spans, (list) => {
      const text = writeOtlpJson(list);
      expect(writeOtlpJson(read(text))).toBe(text);
    }),
  );
});

test("a span is written with hex ids, decimal strings and sorted keys", () => {
  const one = span(SPAN, PARENT, {
    traceId: TRACE,
    name: "chat small",
    spanKind: "client",
    startTimeUnixNano: 1_735_689_600_000_000_001n,
    endTimeUnixNano: 1_735_689_600_000_000_002n,
    status: { code: "error", message: "no" },
    attributes: { b: 2, a: [true, 1.5], c: { y: null, x: 2n ** 60n } },
  });
  expect(JSON.parse(writeOtlpJson([one]))).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "agents" } }] },
        scopeSpans: [
          {
            scope: { name: "test" },
            spans: [
              {
                traceId: TRACE,
                spanId: SPAN,
                parentSpanId: PARENT,
                name: "chat small",
                kind: 3,
                startTimeUnixNano: "1735689600000000001",
                endTimeUnixNano: "1735689600000000002",
                attributes: [
                  { key: "a", value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 1.5 }] } } },
                  { key: "b", value: { intValue: "2" } },
                  {
                    key: "c",
                    value: {
                      kvlistValue: {
                        values: [
                          { key: "x", value: { intValue: "1152921504606846976" } },
                          { key: "y", value: {} },
                        ],
                      },
                    },
                  },
                ],
                status: { message: "no", code: 2 },
              },
            ],
          },
        ],
      },
    ],
  });
});

test("spans of one resource share one resource object", () => {
  const text = writeOtlpJson([span(SPAN, undefined, { traceId: TRACE }), span(PARENT, undefined, { traceId: TRACE })]);
  const [first, second] = read(text);
  expect(first?.resource).toBe(second?.resource);
});

test.each<[string, string]>([
  ["hex", SPAN],
  ["upper-case hex", SPAN.toUpperCase()],
  ["0x hex", `0x${SPAN}`],
  ["base64", Buffer.from(SPAN, "hex").toString("base64")],
])("a span id in %s is read as lower-case hex", (_writing, spanId) => expect(readOne({ spanId })?.spanId).toBe(SPAN));

test("an id of another make is kept as written", () => {
  expect(readOne({ spanId: "span_0123456789abcdef01234567" })?.spanId).toBe("span_0123456789abcdef01234567");
  expect(readOne({ spanId: "A" })?.spanId).toBe("A");
});

test.each([
  ["", undefined],
  [null, undefined],
  ["0000000000000000", undefined],
  [PARENT, PARENT],
])("parent id %j is %j", (parentSpanId, expected) => expect(readOne({ parentSpanId })?.parentSpanId).toBe(expected));

test.each<[unknown, Span["spanKind"]]>([
  [2, "server"],
  ["SPAN_KIND_CLIENT", "client"],
  ["Producer", "producer"],
  [undefined, "unspecified"],
  [17, "unspecified"],
])("kind %j is %s", (kind, expected) => expect(readOne({ kind })?.spanKind).toBe(expected));

test.each<[unknown, Span["status"]]>([
  [null, { code: "unset" }],
  [{}, { code: "unset" }],
  [{ code: 1 }, { code: "ok" }],
  [
    { code: 2, message: "no" },
    { code: "error", message: "no" },
  ],
  [{ code: "STATUS_CODE_ERROR" }, { code: "error" }],
])("status %j is %j", (status, expected) => expect(readOne({ status })?.status).toEqual(expected));

test.each([[undefined], [null], [""], [0], ["0"]])("end time %j leaves the span open", (endTimeUnixNano) => {
  expect(readOne({ endTimeUnixNano })).not.toHaveProperty("endTimeUnixNano");
});

test("an empty AnyValue is null, and so is a null name empty", () => {
  expect(readOne({ name: null, attributes: [{ key: "k", value: {} }] })).toMatchObject({
    name: "",
    attributes: { k: null },
  });
});

test("an attribute named __proto__ is an attribute", () => {
  const attribute = { key: "__proto__", value: { stringValue: "x" } };
  expect(Object.keys(readOne({ attributes: [attribute] })?.attributes ?? {})).toEqual(["__proto__"]);
});

test.each<[string, unknown]>([
  ["batches", { batches: [{ scopeSpans: [{ spans: [{ traceId: TRACE, spanId: SPAN }] }] }] }],
  ["trace", { trace: document({ traceId: TRACE, spanId: SPAN }) }],
  ["a list of documents", [document(), document({ traceId: TRACE, spanId: SPAN })]],
  [
    "instrumentationLibrarySpans",
    {
      resourceSpans: [
        {
          instrumentationLibrarySpans: [
            { instrumentationLibrary: { name: "l" }, spans: [{ traceId: TRACE, spanId: SPAN }] },
          ],
        },
      ],
    },
  ],
])("%s is read", (_shape, value) => expect(readDocument(OTLP_JSON, value, "trace.json")).toHaveLength(1));

test("every fault is named with its place", () => {
  const broken = document(
    { traceId: TRACE, startTimeUnixNano: "soon" },
    { traceId: TRACE, spanId: SPAN, attributes: [{ value: {} }, { key: "n", value: { intValue: "1.5" } }] },
    "no span",
  );
  expect(() => readDocument(OTLP_JSON, broken, "t.json")).toThrow(
    expect.objectContaining({
      code: "TRACE_INVALID",
      faults: [
        expect.objectContaining({ where: "t.json: resourceSpans[0].scopeSpans[0].spans[0].spanId" }),
        expect.objectContaining({ where: "t.json: resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano" }),
        expect.objectContaining({ where: "t.json: resourceSpans[0].scopeSpans[0].spans[1].attributes[0]" }),
        expect.objectContaining({ where: "t.json: resourceSpans[0].scopeSpans[0].spans[1].attributes[1].value" }),
        expect.objectContaining({ where: "t.json: resourceSpans[0].scopeSpans[0].spans[2]" }),
      ],
    }),
  );
});

test("values nested without end are refused, not followed", () => {
  const depth = 10_000;
  const value: unknown = JSON.parse(`${'{"arrayValue":{"values":['.repeat(depth)}{}${"]}}".repeat(depth)}`);
  expect(() => readOne({ attributes: [{ key: "deep", value }] })).toThrow(/nested deeper than 64 levels/);
});

test("spans that share an id and a start are written in the order of their content", () => {
  const [a, b] = ["a", "b"].map((name) => span(SPAN, undefined, { traceId: TRACE, name }));
  if (a === undefined || b === undefined) throw new Error("two spans were made");
  expect(writeOtlpJson([b, a])).toBe(writeOtlpJson([a, b]));
});

test("of very many faults the first twenty are named and the rest counted", () => {
  const broken = document(...Array.from({ length: 25 }, () => ({ traceId: TRACE })));
  expect(() => readDocument(OTLP_JSON, broken, "t.json")).toThrow(/t\.json: 5 more faults of this kind/);
});
