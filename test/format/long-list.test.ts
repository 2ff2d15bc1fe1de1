import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseExactJson } from "../../src/format/json-text.ts";
import { longListSplitter } from "../../src/format/long-list.ts";
import { readTraceFile, traceTextReader } from "../../src/format/read.ts";
import type { Span } from "../../src/trace/span.ts";

interface Heard {
  readonly parts: (readonly [document: unknown, line: number])[];
  readonly documents: (readonly [document: unknown, line: number])[];
  readonly broken: (readonly [first: number, last: number, text: string])[];
  readonly others: number[];
}

/** Enough for each opening below. */
const LENGTH_MIN = 24;

function split(pieces: readonly string[], mayTakeApart = true): Heard {
  const heard: Heard = { parts: [], documents: [], broken: [], others: [] };
  const splitter = longListSplitter(
    {
      mayTakeApart: () => mayTakeApart,
      onPart: (document, line) => void heard.parts.push([document, line]),
      onDocument: (document, line) => void heard.documents.push([document, line]),
      onBroken: ({ first, last, text }) => void heard.broken.push([first, last, text]),
      onOther: (line) => void heard.others.push(line),
    },
    LENGTH_MIN,
  );
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return heard;
}

const NOTHING: Heard = { parts: [], documents: [], broken: [], others: [] };

test("the items of a long list come one by one, each in its document, and what is left of the document last", () => {
  expect(split(['\uFEFF{"trace":{"batches":[{"a":1},\n {"a":"]"}]},\n "status": 1}'])).toEqual({
    ...NOTHING,
    parts: [
      [{ trace: { batches: [{ a: 1 }] } }, 1],
      [{ trace: { batches: [{ a: "]" }] } }, 2],
      [{ trace: { batches: [] }, status: 1 }, 3],
    ],
  });
});

test("what stands among the items and is none is left in the document", () => {
  expect(split(['[{"a":1}, null,{"a":2} , 7 ]']).parts.map(([document]) => document)).toEqual([
    [{ a: 1 }],
    [{ a: 2 }],
    [null, 7],
  ]);
});

test("a list that is not to be taken apart is read as a whole, and so are documents one a line", () => {
  expect(split(['[{"a":1},', '{"b":2},{"c":"and so on"}]'], false).documents).toEqual([
    [[{ a: 1 }, { b: 2 }, { c: "and so on" }], 1],
  ]);
  expect(split(['[{"a":1}]\n[{"a":2}]\n[{"a":3}]\n']).documents.map(([, line]) => line)).toEqual([1, 2, 3]);
});

test("of a list that breaks off the items before are given, with the text of what breaks off", () => {
  expect(split(['{"a":[{"b":1},{"b":2},{"b":"x'])).toEqual({
    ...NOTHING,
    parts: [
      [{ a: [{ b: 1 }] }, 1],
      [{ a: [{ b: 2 }] }, 1],
    ],
    broken: [[1, 1, '{"a":[{"b":"x']],
  });
});

test("a broken item costs no other, and one that breaks off on its line no document after it", () => {
  const heard = split(['[{"b":1},{"b":tru},{"b":3},{"b":"\n{"c":4}\n{"c":5}']);
  expect(heard.parts.map(([document]) => document)).toEqual([[{ b: 1 }], [{ b: 3 }]]);
  expect(heard.broken.map(([first, last]) => [first, last])).toEqual([
    [1, 1],
    [1, 1],
  ]);
  expect(heard.documents).toEqual([
    [{ c: 4 }, 2],
    [{ c: 5 }, 3],
  ]);
});

test("property: however a list is written and cut into pieces, its items come out as they went in", () => {
  const item = fc.dictionary(fc.string(), fc.jsonValue());
  const whole = fc
    .record({ rest: fc.array(item, { maxLength: 6 }), indent: fc.nat(3) })
    .map(({ rest, indent }) => JSON.stringify([{ text: "as long as the least" }, ...rest], null, indent));
  fc.assert(
    fc.property(whole, fc.array(fc.nat(40), { maxLength: 30 }), (text, lengths) => {
      const pieces: string[] = [];
      let from = 0;
      for (const length of lengths) pieces.push(text.slice(from, (from += length)));
      const parts = split([...pieces, text.slice(from)]).parts.map(([document]) => document);
      const items = parseExactJson(text);
      // As text: own members called __proto__ are no matter of toEqual.
      const expected = Array.isArray(items) ? [...items.map((each: unknown) => [each]), []] : items;
      expect(JSON.stringify(parts)).toBe(JSON.stringify(expected));
    }),
  );
});

test("an integer wider than a number keeps its digits, also where it comes in two pieces", () => {
  const text = '[{"a":1},{"t":1760000000123456789}]';
  for (let at = 1; at < text.length; at++) {
    const wide = split([text.slice(0, at), text.slice(at)]).parts[1]?.[0];
    expect(JSON.stringify(wide)).toMatch(/1760000000123456789/);
  }
});

/** Traces of one span each, with so much content that the file is long. */
function longFile(count: number): string {
  const resourceSpans = Array.from({ length: count }, (_, index) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: "s" } }] },
    scopeSpans: [
      {
        spans: [
          {
            traceId: (index + 1).toString(16).padStart(32, "0"),
            spanId: "00000000000000aa",
            name: `n${index}`,
            startTimeUnixNano: 1_760_000_000_000_000_000 + index,
            attributes: [{ key: "text", value: { stringValue: '"\\{'.repeat(1000) } }],
          },
        ],
      },
    ],
  }));
  return JSON.stringify({ resourceSpans });
}

test("a long OTLP document gives its spans as they come in, the same as its ResourceSpans one a line", () => {
  const text = longFile(300);
  const [read, early]: [Span[], number[]] = [[], []];
  const reader = traceTextReader("long.json", (spans) => read.push(...spans));
  for (let at = 0; at < text.length; at += 65_536) {
    reader.push(text.slice(at, at + 65_536));
    early.push(read.length);
  }
  expect(reader.end()).toEqual({ format: "otlp-json", notes: [], isWhole: true });
  expect(early.at(-2)).toBeGreaterThan(200);
  const lines = text.slice('{"resourceSpans":['.length, -2).replaceAll('},{"resource"', '}\n{"resource"');
  expect(read).toEqual(readTraceFile(lines, "lines.jsonl").spans);
});

test("a fault in a long document costs the item that it is in, and a note says which", () => {
  const text = longFile(300).replace('"spanId":"00000000000000aa","name":"n7"', '"spanId":"","name":"n7"');
  const { spans, notes, isWhole } = readTraceFile(text, "long.json");
  expect([spans.length, isWhole]).toEqual([299, false]);
  expect(notes.join()).toContain("long.json, item 8: resourceSpans[0].scopeSpans[0].spans[0].spanId");
});

test("what a store says beside a long list is read with it", () => {
  const text = `{"trace":${longFile(300)},"status":"PARTIAL","message":"too large"}`;
  expect(readTraceFile(text, "tempo.json")).toMatchObject({ isWhole: false });
});
