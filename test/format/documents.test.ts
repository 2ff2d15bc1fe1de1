import * as fc from "fast-check";
import { expect, test } from "vitest";
import { closedDocument, documentSplitter } from "../../src/format/documents.ts";

interface Heard {
  readonly documents: (readonly [document: unknown, line: number])[];
  readonly broken: (readonly [first: number, last: number])[];
  readonly others: number[];
}

function split(...pieces: readonly string[]): Heard {
  const heard: Heard = { documents: [], broken: [], others: [] };
  const splitter = documentSplitter({
    onDocument: (document, line) => void heard.documents.push([document, line]),
    onBroken: ({ first, last }) => void heard.broken.push([first, last]),
    onOther: (line) => void heard.others.push(line),
  });
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return heard;
}

const documents = (text: string): readonly unknown[] => split(text).documents.map(([document]) => document);

test("documents are found one a line, one after the other on a line, and laid out over lines", () => {
  expect(split('{"a":1}\n\n[2]\r\n{"b":\n  3\n}{"c":4} {"d":5}\n')).toEqual({
    documents: [
      [{ a: 1 }, 1],
      [[2], 3],
      [{ b: 3 }, 4],
      [{ c: 4 }, 6],
      [{ d: 5 }, 6],
    ],
    broken: [],
    others: [],
  });
});

test("a list whose items begin lines is one document", () => {
  expect(documents('[\n{"a":1},\n{"b":2}\n,{"c":3}\n]')).toEqual([[{ a: 1 }, { b: 2 }, { c: 3 }]]);
});

test("other lines between documents are told apart", () => {
  const heard = split('starting\n{"a":1}\n```json\n{"b":2}\n```\n');
  expect([heard.documents.length, heard.others]).toEqual([2, [1, 3, 5]]);
});

test.each([
  ["in a string", '{"a":"x'],
  ["after a comma", '{"a":1,'],
  ["after a colon", '{"a":'],
  ["after an opening bracket", '{"a":['],
  ["after a value", '{"a":[1'],
])("a line that breaks off %s costs no other line", (_where, line) => {
  const heard = split(`{"n":1}\n${line}\n{"n":2}\n{"n":3}\n`);
  expect(heard.documents).toEqual([
    [{ n: 1 }, 1],
    [{ n: 2 }, 3],
    [{ n: 3 }, 4],
  ]);
  expect(heard.broken).toEqual([[2, 2]]);
});

test("a line that breaks off is given up soon, and does not collect the rest of the text", () => {
  const heard: number[] = [];
  const splitter = documentSplitter({
    onDocument: (_document, line) => void heard.push(line),
    onBroken: () => undefined,
    onOther: () => undefined,
  });
  splitter.push('{"n":1}\n{"a":{"b":[1\n{"n":2}\n{"n":3}\n{"n":4}\n');
  expect(heard).toEqual([1, 3, 4, 5]);
  splitter.push('{"a":[\n{"n":5}\n{"n":6}\n{"n":7}\n');
  expect(heard).toEqual([1, 3, 4, 5, 7, 8, 9]);
});

test("a document laid out over lines that breaks off costs no other", () => {
  const pretty = JSON.stringify({ a: { b: [1, 2] } }, null, 2);
  const cut = pretty.split("\n").slice(0, 4).join("\n");
  expect(split(`${pretty}\n${cut}\n${pretty}\n${pretty}`).documents).toHaveLength(3);
  expect(split(`${pretty}\n${cut}`).broken).toEqual([[9, 12]]);
});

test("integers wider than a number keep their digits, as members of an object", () => {
  expect(JSON.stringify(documents('{"a":12345678901234567890,"b":"\\"c\\":12345678901234567890,"}'))).toContain(
    '"b":"\\"c\\":12345678901234567890,"',
  );
});

test("property: however a text is cut into pieces, the same is found", () => {
  const text = '{"a":"ü\\"{"}\n[1,\n2]\nhello {\n{"b":"x\n{"c":{}}\n{"d":[[]]}{"e":1}';
  const whole = split(text);
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      expect(split(...places.slice(1).map((end, index) => text.slice(places[index], end)))).toEqual(whole);
    }),
  );
});

test("property: documents of any content come out as they went in", () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const inner = fc.oneof(scalar, fc.array(scalar), fc.dictionary(fc.string(), scalar));
  const value = fc.oneof(fc.dictionary(fc.string(), inner), fc.array(inner));
  fc.assert(
    fc.property(fc.array(value), fc.constantFrom(undefined, 1, 4), (list, indent) => {
      const text = list.map((each) => JSON.stringify(each, null, indent)).join("\n");
      expect(JSON.stringify(documents(text))).toBe(JSON.stringify(list));
    }),
  );
});

test("property: any text is gone through", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', "\\", ",", ":", "1", "\n", " ") }),
      (text) => {
        split(text);
        closedDocument(text, 0);
      },
    ),
    { numRuns: 2000 },
  );
});

test("10,000 lines that each open and never close are gone through", { timeout: 20_000 }, () => {
  expect(split("{\n".repeat(10_000)).documents).toEqual([]);
});

test("a document that breaks off is closed after its last whole value, and without the objects that are dropped", () => {
  const text = '{"spans":[{"id":1,"tags":["a"]},{"id":2,"name":"x';
  expect(closedDocument(text, 0)).toEqual({ spans: [{ id: 1, tags: ["a"] }, { id: 2 }] });
  expect(closedDocument(text, 1)).toEqual({ spans: [{ id: 1, tags: ["a"] }] });
  expect(closedDocument(text, 2)).toEqual({});
  expect(closedDocument(text, 3)).toBeUndefined();
});

test("a line that no string can hold is broken, whatever document it was in, and the next one is read", () => {
  const piece = "x".repeat(10_000_000);
  const pieces = Array.from({ length: 51 }, () => piece);
  expect(split('{"a":1}\n{"b":\n"', ...pieces, '"}\n{"c":3}\n')).toEqual({
    documents: [
      [{ a: 1 }, 1],
      [{ c: 3 }, 4],
    ],
    broken: [
      [2, 2],
      [3, 3],
    ],
    others: [],
  });
});
