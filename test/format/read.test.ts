import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isTroupeError } from "../../src/core/errors.ts";
import { readDocument } from "../../src/format/json-format.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { FORMATS, readTraceFile } from "../../src/format/read.ts";
import { span } from "../trace/spans.ts";

const TRACE = "5b8efff798038103d269b633813fc60c";
const OTLP = writeOtlpJson([span("eee19b7ec3c1b174", undefined, { traceId: TRACE })]);

function codeOf(read: () => unknown): string {
  try {
    read();
    return "read";
  } catch (error) {
    if (isTroupeError(error)) return error.code;
    throw error;
  }
}

test("OTLP JSON is told by its content", () => {
  expect(readTraceFile(OTLP, "anything.txt")).toMatchObject({ format: "otlp-json", spans: [{ traceId: TRACE }] });
});

test("one OTLP document a line is read, blank lines and a byte order mark aside", () => {
  expect(readTraceFile(`\uFEFF${OTLP}\n\n${OTLP}\r\n`, "t.jsonl").spans).toHaveLength(2);
});

test("Jaeger JSON is told by its content", () => {
  const text = '{"data":[{"traceID":"t","spans":[{"traceID":"t","spanID":"s"}],"processes":{}}]}';
  expect(readTraceFile(text, "t.json")).toMatchObject({ format: "jaeger-json", spans: [{ spanId: "s" }] });
});

test("nanoseconds and integers written as JSON numbers keep every digit", () => {
  const one = `{"traceId":"t","spanId":"s","startTimeUnixNano":1735689600000000001,"endTimeUnixNano" : 1735689600000000003,
    "events":[{"timeUnixNano":1735689600000000002}],
    "attributes":[{"key":"n","value":{"intValue":9007199254740993}},
      {"key":"t","value":{"stringValue":"{\\"timeUnixNano\\":1735689600000000001}"}}]}`;
  const [read] = readTraceFile(`{"resourceSpans":[{"scopeSpans":[{"spans":[${one}]}]}]}`, "t.json").spans;
  expect(read).toMatchObject({
    startTimeUnixNano: 1_735_689_600_000_000_001n,
    endTimeUnixNano: 1_735_689_600_000_000_003n,
    events: [{ timeUnixNano: 1_735_689_600_000_000_002n }],
    attributes: { n: 9_007_199_254_740_993n, t: '{"timeUnixNano":1735689600000000001}' },
  });
});

test("Jaeger's 64-bit tags written as JSON numbers keep every digit", () => {
  const tag = '{"key":"n","type":"int64","value":9223372036854775222}';
  const text = `{"data":[{"spans":[{"traceID":"t","spanID":"s","tags":[${tag}]}],"processes":{}}]}`;
  expect(readTraceFile(text, "t.json").spans[0]?.attributes).toEqual({ n: 9_223_372_036_854_775_222n });
});

test("an unknown format says what was looked for and how the file begins", () => {
  expect(() => readTraceFile("traceId,spanId\n1,2", "t.csv")).toThrow(
    't.csv: this is no trace file that Troupe can read; it begins with "traceId,spanId\\n1,2". ' +
      'Looked for OTLP JSON ("resourceSpans" or "batches"); Jaeger JSON ("data" with "spans" and "processes", ',
  );
  expect(() => readTraceFile("", "t.json")).toThrow(/it is empty/);
  expect(() => readTraceFile('{"resourceMetrics":[]}', "t.json")).toThrow(/it holds OTLP metrics/);
});

test("JSON that breaks off is named as such, with the line where lines are documents", () => {
  expect(codeOf(() => readTraceFile(OTLP.slice(0, -3), "t.json"))).toBe("TRACE_INVALID");
  expect(() => readTraceFile('\n\n{"resourceSpans":', "t.jsonl")).toThrow(/^t\.jsonl:3: it begins like JSON/);
});

test("a broken line among good ones is noted with its number, and the others are read", () => {
  const read = readTraceFile(`${OTLP}\n${OTLP.slice(0, 60)}\n${OTLP}\n`, "t.jsonl");
  expect(read.spans).toHaveLength(2);
  expect(read.notes).toEqual([expect.stringMatching(/^t\.jsonl: line 2 could not be read and is left out \(/)]);
});

test("of a file with many broken lines twenty notes are kept, and the last counts the others", () => {
  const read = readTraceFile(`${OTLP}\n${`${OTLP.slice(0, 60)}\n`.repeat(500)}${OTLP}\n`, "t.jsonl");
  expect(read.spans).toHaveLength(2);
  expect(read.notes).toHaveLength(20);
  expect(read.notes.at(-1)).toMatch(/^t\.jsonl: \d+ more places are left out$/);
});

test("a later document that is no trace is noted, and so is one with faults", () => {
  const faulty = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"no ids"}]}]}]}';
  const read = readTraceFile(`${OTLP}\n{"other":1}\n${faulty}\nhello`, "t.jsonl");
  expect(read.spans).toHaveLength(1);
  expect(read.notes).toEqual([
    "t.jsonl: the document at line 3 is left out; t.jsonl, line 3: resourceSpans[0].scopeSpans[0].spans[0].traceId: " +
      "the span has no trace id. Write its trace id as 32 hexadecimal digits.",
    "t.jsonl: the document at line 2 is in no known trace format and is left out",
    "t.jsonl: line 4 is no JSON and left out",
  ]);
});

test("property: any text is read or refused with a code", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((json) => `{"resourceSpans":${json}}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(codeOf(() => readTraceFile(text, "t"))).toMatch(/^(?:read|FORMAT_UNKNOWN|TRACE_INVALID)$/);
    }),
  );
});

test("property: any value in any place is read or refused with a code", () => {
  const places: readonly ((value: unknown) => unknown)[] = [
    (value) => value,
    (value) => ({ resourceSpans: value }),
    (value) => ({ resourceSpans: [value] }),
    (value) => ({ resourceSpans: [{ resource: value, scopeSpans: [{ scope: value, spans: [value] }] }] }),
    (value) => ({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ traceId: "t", spanId: "s", attributes: value, events: value, links: value }] }] },
      ],
    }),
    (value) => ({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: value,
                  spanId: value,
                  startTimeUnixNano: value,
                  kind: value,
                  status: value,
                  attributes: [{ key: "k", value }],
                },
              ],
            },
          ],
        },
      ],
    }),
    (value) => ({ data: value }),
    (value) => ({ data: [{ spans: value, processes: value }] }),
    (value) => ({ data: [{ spans: [value], processes: { p: value } }] }),
    (value) => ({
      data: [
        {
          spans: [
            {
              traceID: "t",
              spanID: "s",
              startTime: value,
              duration: value,
              tags: [{ key: "k", value }],
              logs: [value],
              references: [value],
            },
          ],
        },
      ],
    }),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.anything(), (place, value) => {
      const document = place(value);
      for (const format of FORMATS) {
        format.isOne(document);
        expect(codeOf(() => readDocument(format, document, "t"))).toMatch(/^(?:read|TRACE_INVALID)$/);
      }
    }),
    { numRuns: 500 },
  );
});
