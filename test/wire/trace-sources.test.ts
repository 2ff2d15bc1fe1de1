import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { readTraceSources } from "../../src/wire/trace-sources.ts";
import { newFolder } from "../cli/files.ts";
import { span } from "../trace/spans.ts";

const TRACE = "5b8efff798038103d269b633813fc60c";
const many = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    writeOtlpJson([span((index + 1).toString(16).padStart(16, "0"), undefined, { traceId: TRACE })]),
  );
const JSONL = many(2000).join("\n");

test("gzip is told by its bytes and unpacked", async () => {
  const folder = await newFolder();
  const file = await folder.write("trace.data", gzipSync(JSONL));
  const read = await readTraceSources([file]);
  expect([read.spans.length, read.notes, read.isWhole]).toEqual([2000, [], true]);
});

test("gzip that breaks off gives the lines before, with a note", async () => {
  const folder = await newFolder();
  const packed = gzipSync(JSONL);
  const file = await folder.write("trace.jsonl.gz", packed.subarray(0, packed.length - 200));
  const read = await readTraceSources([file]);
  expect(read.spans.length).toBeGreaterThan(1500);
  expect(read.spans.length).toBeLessThan(2001);
  expect(read.isWhole).toBe(false);
  expect(read.notes.at(-1)).toMatch(/the packed data breaks off \(unexpected end of file\); read is what came before/);
});

test("one document in gzip that breaks off gives the spans before", async () => {
  const folder = await newFolder();
  const spans = Array.from({ length: 500 }, (_, index) =>
    span((index + 1).toString(16).padStart(16, "0"), undefined, { traceId: TRACE, name: `span ${index}` }),
  );
  const packed = gzipSync(writeOtlpJson(spans));
  const file = await folder.write("trace.json.gz", packed.subarray(0, packed.length - 300));
  const read = await readTraceSources([file]);
  expect(read.spans.length).toBeGreaterThan(100);
  expect(read.isWhole).toBe(false);
});

test("packed data that is damaged in the middle gives what came before", async () => {
  const folder = await newFolder();
  const packed = gzipSync(JSONL);
  packed.fill(0, packed.length - 3000, packed.length - 2000);
  const file = await folder.write("trace.jsonl.gz", packed);
  const read = await readTraceSources([file]);
  expect(read.spans.length).toBeGreaterThan(0);
  expect(read.isWhole).toBe(false);
});

test("standard input is read in whatever pieces it comes, through the middle of a letter too", async () => {
  const bytes = Buffer.from(writeOtlpJson([span("eee19b7ec3c1b174", undefined, { traceId: TRACE, name: "größe" })]));
  const pieces = Array.from({ length: bytes.length }, (_, index) => bytes.subarray(index, index + 1));
  expect((await readTraceSources(["-"], { input: Readable.from(pieces) })).spans).toMatchObject([{ name: "größe" }]);
});

test("UTF-16 with its mark is read, as Windows shells write it", async () => {
  const text = writeOtlpJson([span("eee19b7ec3c1b174", undefined, { traceId: TRACE })]);
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
  expect((await readTraceSources(["-"], { input: Readable.from([bytes]) })).spans).toHaveLength(1);
});

test("a text that begins with a line break is no protobuf", async () => {
  const bytes = Buffer.from(`\n${many(1).join("")}`);
  expect((await readTraceSources(["-"], { input: Readable.from([bytes]) })).format).toBe("otlp-json");
});

test("what cannot be unpacked is named with what unpacks it", async () => {
  const zip = Readable.from([Uint8Array.from([0x50, 0x4b, 0x03, 0x04, 0, 0, 0, 0])]);
  await expect(readTraceSources(["-"], { input: zip })).rejects.toThrow(
    "packed with zip, which cannot be unpacked here. Unpack it",
  );
});

test("the faults of several files are told at once", async () => {
  const folder = await newFolder();
  const file = await folder.write("notes.txt", "hello");
  await expect(readTraceSources(["nowhere.json", file])).rejects.toMatchObject({ faults: [{}, { where: file }] });
});
