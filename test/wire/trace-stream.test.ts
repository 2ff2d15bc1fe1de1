import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { appendFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import type { Span } from "../../src/trace/span.ts";
import { lastRecords } from "../../src/wire/last-records.ts";
import { readTraceSources } from "../../src/wire/trace-sources.ts";
import { openTraceStream, type SourcedTrace } from "../../src/wire/trace-stream.ts";
import { newFolder } from "../cli/files.ts";
import { span } from "../trace/spans.ts";

const traceIdOf = (trace: number): string => (trace + 1).toString(16).padStart(32, "0");
const spanOf = (trace: number, index: number): Span =>
  span((index + 1).toString(16).padStart(16, "0"), undefined, { traceId: traceIdOf(trace) });

/** Lines of OTLP JSON, each with a span of each trace that it names. */
const lines = (traces: readonly (readonly number[])[]): string =>
  traces.map((line, index) => `${writeOtlpJson(line.map((trace, at) => spanOf(trace, index * 16 + at)))}\n`).join("");

async function all(traces: AsyncIterable<SourcedTrace>): Promise<readonly SourcedTrace[]> {
  const found: SourcedTrace[] = [];
  for await (const trace of traces) found.push(trace);
  return found;
}

/** What grouping all spans at once gives, which is how small inputs are read. */
function grouped(spans: readonly Span[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { traceId, spanId } of spans) groups.set(traceId, [...(groups.get(traceId) ?? []), spanId]);
  return new Map([...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

test("property: each trace comes once and whole, however its spans lie, read once or twice, as a file or as a stream", async () => {
  const folder = await newFolder();
  const traces = fc.array(fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(traces, fc.constantFrom(0, 1e9), fc.boolean(), async (layout, keptBytesMax, isPacked) => {
      const bytes = isPacked ? gzipSync(lines(layout)) : Buffer.from(lines(layout));
      const file = await folder.write("t.jsonl", bytes);
      const whole = await readTraceSources([file]);
      for (const stream of [
        await openTraceStream([file], {}, keptBytesMax),
        await openTraceStream(["-"], { input: Readable.from([bytes]) }, keptBytesMax),
      ]) {
        const read = await all(stream.traces);
        expect(stream).toMatchObject({ format: "otlp-json", notes: [], isWhole: true });
        expect(new Set(read.map(({ traceId }) => traceId)).size).toBe(read.length);
        expect(grouped(read.flatMap(({ spans }) => spans))).toEqual(grouped(whole.spans));
        expect(read.every(({ traceId, spans }) => spans.every((each) => each.traceId === traceId))).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
});

test("a trace comes as soon as its last record has come, with the file of its first span", async () => {
  const folder = await newFolder();
  const first = await folder.write("a.jsonl", lines([[1], [2], [1], [3]]));
  const second = await folder.write("b.jsonl", lines([[4], [3], [5]]));
  for (const keptBytesMax of [0, 1e9]) {
    const read = await all((await openTraceStream([first, second], {}, keptBytesMax)).traces);
    expect(read.map(({ traceId, source }) => [Number.parseInt(traceId, 16) - 1, source])).toEqual([
      [2, first],
      [1, first],
      [4, second],
      [3, first],
      [5, second],
    ]);
  }
});

test("what is broken is noted with its line, and known before the first trace", async () => {
  const folder = await newFolder();
  const file = await folder.write("t.jsonl", `${lines([[1]])}{"resourceSpans":[\nhello\n${lines([[1], [2]])}`);
  const { notes, isWhole, traces } = await openTraceStream([file], {}, 0);
  expect({ notes, isWhole }).toEqual({
    notes: (await readTraceSources([file])).notes,
    isWhole: false,
  });
  expect(notes.join("\n")).toMatch(/lines 2 to 3 could not be read/);
  expect(await all(traces)).toHaveLength(2);
});

test("the faults of all sources are told at once, and nothing is left in the folder for temporary files", async () => {
  const before = spooled();
  const text = Readable.from([Buffer.from("hello")]);
  await expect(openTraceStream(["nowhere.json", "-"], { input: text }, 0)).rejects.toMatchObject({ faults: [{}, {}] });
  const { traces } = await openTraceStream(["-"], { input: Readable.from([Buffer.from(lines([[1], [2]]))]) }, 0);
  for await (const _first of traces) break;
  expect(spooled()).toEqual(before);
});

function spooled(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => /^troupe-[0-9a-f-]{36}$/.test(name));
}

test("a file of a folder that turns out unreadable further on gives nothing, and holds no other trace back", async () => {
  const folder = await newFolder();
  await folder.write("a.jsonl", lines([[1], [2]]));
  await folder.write("b.jsonl", Buffer.concat([Buffer.from(lines([[1], [3]])), Buffer.alloc(70_000, 0xff)]));
  await folder.write("c.jsonl", lines([[4], [2]]));
  const { traces, notes } = await openTraceStream([folder.path], {}, 0);
  expect(notes).toEqual([expect.stringMatching(/b\.jsonl is left out: the file is not UTF-8 text/)]);
  expect((await all(traces)).map((each) => each.spans.length).toSorted((a, b) => a - b)).toEqual([1, 1, 2]);
});

test("a file that grows between the readings is read as far as it was; one that is another file is refused", async () => {
  const folder = await newFolder();
  const file = await folder.write("t.jsonl", lines([[1], [2]]));
  const grown = await openTraceStream([file], {}, 0);
  await appendFile(file, lines([[1], [3]]));
  expect(await all(grown.traces)).toHaveLength(2);
  const other = await openTraceStream([file], {}, 0);
  await writeFile(file, lines([[1]]));
  await expect(all(other.traces)).rejects.toThrow(/there were 4 spans at first, and 1 when they were read again/);
});

test("a pipe that has a name is read like standard input", async () => {
  const folder = await newFolder();
  const pipe = join(folder.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  const [{ traces }] = await Promise.all([openTraceStream([pipe], {}, 0), writeFile(pipe, lines([[1], [2], [1]]))]);
  expect(await all(traces)).toHaveLength(2);
});

/** Exports behind their lengths, as the collector's file exporter writes them, by OpenTelemetry's own writer. */
function framed(messages: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(message.length);
      return [length, message];
    }),
  );
}

function exported(trace: number): Uint8Array {
  const time: [number, number] = [1, 0];
  const one: Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number] = {
    name: "llm",
    kind: 0,
    spanContext: () => ({ traceId: traceIdOf(trace), spanId: "00000000000000ab", traceFlags: 1 }),
    startTime: time,
    endTime: time,
    duration: [0, 0],
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    ended: true,
    resource: { attributes: {}, merge: () => one.resource, getRawAttributes: () => [] },
    instrumentationScope: { name: "s" },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  return ProtobufTraceSerializer.serializeRequest([one]) ?? new Uint8Array();
}

test("protobuf of the collector's file exporter streams message by message; a broken one is noted and the rest is read", async () => {
  const folder = await newFolder();
  const messages = [exported(1), exported(2), exported(1).with(3, 0xff), exported(3)];
  const file = await folder.write("t.pb", framed(messages));
  const { traces, format, notes, isWhole } = await openTraceStream([file], {}, 0);
  expect({ format, isWhole }).toEqual({ format: "otlp-protobuf", isWhole: false });
  expect(notes).toEqual([expect.stringMatching(/t\.pb: the message at byte \d+ is left out \(/)]);
  expect((await all(traces)).map(({ traceId }) => traceId)).toEqual([1, 2, 3].map(traceIdOf));
});

test("property: the packed table of last records says what a map says", () => {
  const seen = fc.array(fc.nat(3000), { maxLength: 6000 });
  fc.assert(
    fc.property(seen, (traces) => {
      const table = lastRecords();
      const map = new Map<number, number>();
      for (const [record, trace] of traces.entries()) {
        table.note(traceIdOf(trace), record);
        map.set(trace, record);
      }
      for (const [record, trace] of traces.entries())
        expect(table.isLast(traceIdOf(trace), record)).toBe(map.get(trace) === record);
    }),
    { numRuns: 20 },
  );
});
