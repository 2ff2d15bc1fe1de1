import { inspect } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NotLiteral, parseJsLiteral } from "../../src/format/js-literal.ts";
import { readTraceFile } from "../../src/format/read.ts";

test("property: what Node prints of a value is read as the value", () => {
  const scalar = fc.oneof(
    fc.string({ unit: "grapheme-ascii" }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.double(),
  );
  const value = fc.dictionary(
    fc.string({ unit: "grapheme-ascii" }).filter((key) => key !== "__proto__"),
    fc.oneof(scalar, fc.array(scalar), fc.dictionary(fc.stringMatching(/^[a-z]+$/), scalar)),
  );
  fc.assert(
    fc.property(value, (each) => {
      expect(parseJsLiteral(inspect(each, { depth: 5, maxArrayLength: null, maxStringLength: null }))).toEqual({
        ...each,
      });
    }),
    { numRuns: 300 },
  );
});

test("what Node left out is undefined, and classes are no hindrance", () => {
  const text =
    "Resource {\n  a: [Object],\n  b: [Circular *1],\n  c: Map(1) {},\n  d: undefined,\n  e: [ 1, ... 3 more items ],\n  f: 10n\n}";
  expect(parseJsLiteral(text)).toEqual({ c: {}, e: [1, undefined], f: "10" });
});

test("property: any text is read or refused", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("{", "}", "[", "]", "'", "`", '"', "\\", "a", "1", ":", ",", "+", "\n", " ") }),
      (text) => {
        try {
          parseJsLiteral(text);
        } catch (error) {
          expect(error).toBeInstanceOf(NotLiteral);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("what the JavaScript console exporter prints among other output is read", () => {
  const span = {
    resource: { attributes: { "service.name": "it's" } },
    instrumentationScope: { name: "x", version: "1", schemaUrl: undefined },
    traceId: "4ff895ca4601dbdfeb70ebc54b0a95cc",
    parentSpanContext: { traceId: "4ff895ca4601dbdfeb70ebc54b0a95cc", spanId: "4cb47e06e648f3c8", traceFlags: 1 },
    traceState: undefined,
    name: "child",
    id: "1d55277a2cafa0f5",
    kind: 2,
    timestamp: 1_795_236_660_713_000,
    duration: 1164.5,
    attributes: { text: "{ is no bracket\n'quoted' and \"so\"" },
    status: { code: 2, message: "no" },
    events: [{ name: "e", attributes: { n: 1 }, time: [1_795_236_660, 713_186_377], droppedAttributesCount: 0 }],
    links: [],
  };
  const printed = inspect(span, { depth: 3 });
  expect(readTraceFile(`listening\n${printed}\nGET /\n${printed}\n`, "t")).toMatchObject({
    format: "otel-console",
    spans: [
      {
        parentSpanId: "4cb47e06e648f3c8",
        spanKind: "client",
        startTimeUnixNano: 1_795_236_660_713_000_000n,
        endTimeUnixNano: 1_795_236_660_714_164_500n,
        status: { code: "error", message: "no" },
        attributes: { text: "{ is no bracket\n'quoted' and \"so\"" },
        events: [{ name: "e", timeUnixNano: 1_795_236_660_713_186_377n }],
        resource: { "service.name": "it's" },
      },
      {},
    ],
  });
});
