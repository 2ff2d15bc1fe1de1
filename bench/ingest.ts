import { EXPORT_REQUEST } from "../test/format/otlp-descriptor.ts";
import { parseExactJson } from "../src/format/json-text.ts";
import { readDocument } from "../src/format/json-format.ts";
import { OTLP_JSON } from "../src/format/otlp-json.ts";
import { readExportMessage } from "../src/format/otlp-message.ts";
import { openReceiver } from "../src/telemetry/receiver.ts";
import type { Span } from "../src/trace/span.ts";
import { exportOf } from "./ingest-spans.ts";

// Reading an export beside its floor, in interleaved pairs, so that a busy machine slows both: for protobuf what protobufjs
// takes to decode the same bytes, whose decoders it generates as code from the descriptor, as its static ones are; for JSON
// the bare JSON.parse of the same text. What the floors give are objects of the wire; ours are spans.
const PAIRS = 25;
const WARM_UP = 5;
/** What the SDK's batch processor sends at once. */
const SPANS = 512;
const REQUESTS = 20;

const exports = Array.from({ length: REQUESTS }, (_, index) => exportOf(SPANS, index * SPANS));
const messages = exports.map(({ protobuf }) => Buffer.from(protobuf));
const texts = exports.map(({ json }) => json);
report("protobuf, rate against protobufjs", "aim: at least 2.5", messages, [
  (bytes) => EXPORT_REQUEST.decode(bytes),
  readExportMessage,
]);
report("JSON, rate against JSON.parse", "aim: at least 0.5", texts, [
  (text): unknown => JSON.parse(text),
  (text) => readDocument(OTLP_JSON, parseExactJson(text), "export"),
]);

await reportMemory();

/** A million spans over HTTP: the heap with nothing kept, and how much more than its spans a receiver that keeps them has. */
async function reportMemory(): Promise<void> {
  const [warm, end] = await heapAround(1_000_000, () => {});
  console.log(`1,000,000 spans received and not kept: heap of ${warm} MiB after a tenth, ${end} MiB at the end`);
  const kept: Span[] = [];
  const decoded: Span[] = [];
  const [before, after] = await heapAround(200_000, (spans) => kept.push(...spans));
  for (let count = 0; count < 200_000; count += SPANS)
    decoded.push(...readExportMessage(messages[(count / SPANS) % REQUESTS] ?? Buffer.alloc(0)).spans);
  const bare = heapMib() - after;
  console.log(
    `of 200,000 kept, the last 180,000 take ${after - before} MiB; read without a receiver, all take ${bare} MiB`,
  );
}

/** The heap in MiB after a tenth of so many spans, and after all. */
async function heapAround(count: number, keep: (spans: readonly Span[]) => void): Promise<readonly [number, number]> {
  const receiver = await openReceiver({
    take: ({ spans }) => keep(spans),
    onRefused: (_path, why) => console.log(why),
  });
  const headers = { "content-type": "application/x-protobuf" };
  let first = 0;
  for (let sent = 0; sent < count; sent += SPANS) {
    const body = messages[(sent / SPANS) % REQUESTS] ?? "";
    await (await fetch(`${receiver.url}/v1/traces`, { method: "POST", headers, body })).arrayBuffer();
    if (first === 0 && sent >= count / 10) first = heapMib();
  }
  const last = heapMib();
  await receiver.close();
  return [first, last];
}

function heapMib(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1024 / 1024);
}

function report<Input>(
  name: string,
  aim: string,
  inputs: readonly Input[],
  [floor, ours]: readonly [(input: Input) => unknown, (input: Input) => unknown],
): void {
  const round = (work: (input: Input) => unknown): number => time(() => inputs.forEach((input) => void work(input)));
  const pairs = Array.from({ length: WARM_UP + PAIRS }, () => [round(floor), round(ours)] as const).slice(WARM_UP);
  const [floors, own] = [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
  const rate = (ms: number): string => `${Math.round((SPANS * REQUESTS) / ms)} spans/ms`;
  console.log(
    `${name}: ${median(pairs.map(([first, second]) => first / second)).toFixed(2)} (${aim}), ` +
      `by least times ${(Math.min(...floors) / Math.min(...own)).toFixed(2)}; ` +
      `${rate(Math.min(...own))} against ${rate(Math.min(...floors))}`,
  );
}

/** Processor time, which a busy machine distorts less than the clock. */
function time(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
