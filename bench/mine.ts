import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { randomStream, type Random } from "../src/core/random.ts";
import { miner } from "../src/shape/mine/mine.ts";
import { buildTrees } from "../src/trace/tree.ts";
import { openTraceStream } from "../src/wire/trace-stream.ts";

// Mining ten million spans beside its floor: reading the same file once and JSON.parse of each line. The aim is less than
// 500 MB of memory whatever the number of spans; up to OPEN_MAX traces are open at any place of the file. A word after --
// is another number of spans: `npm run bench:mine -- 100000`. What was mined is checked against what was written.
const SPANS = Number(process.argv[2] ?? 10_000_000);
const OPEN_MAX = 1000;
const RSS_MAX_MB = 500;

const folder = mkdtempSync(join(tmpdir(), "troupe-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "spans.jsonl");

const written = await write(file);
const megabytes = statSync(file).size / 1e6;
console.log(`${written.spans} spans of ${written.traces} traces, ${megabytes.toFixed(0)} MB of JSONL`);

let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
const start = performance.now();
const gathering = miner({ isCounted: false });
const stream = await openTraceStream([file]);
const read = performance.now();
for await (const { spans, source } of stream.traces) for (const tree of buildTrees(spans)) gathering.add(tree, source);
const mined = gathering.result();
clearInterval(watch);
const [first, second] = [(read - start) / 1000, (performance.now() - read) / 1000];
const rssMb = Math.max(peak, process.resourceUsage().maxRSS * 1024) / 1e6;
console.log(`first reading ${first.toFixed(1)} s, second with mining ${second.toFixed(1)} s`);
const floor = await parsedSeconds();
console.log(
  `${(SPANS / (first + second)).toFixed(0)} spans/s, ${((first + second) / floor).toFixed(1)} times the floor of ${floor.toFixed(1)} s; ` +
    `${mined.clusters.length} shapes, ${mined.remainder.traces} traces of others`,
);
console.log(`most memory ${rssMb.toFixed(0)} MB, aim ${RSS_MAX_MB}${rssMb > RSS_MAX_MB ? " (TOO MUCH)" : ""}`);
if (
  mined.total.spans !== written.spans ||
  mined.total.traces !== written.traces ||
  mined.total.failed !== written.failed
)
  throw new Error(
    `the benchmark lost something: ${JSON.stringify({ ...mined.total, durations: undefined, example: undefined })}`,
  );

async function parsedSeconds(): Promise<number> {
  const begin = performance.now();
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of createReadStream(file)) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) JSON.parse(line);
  }
  return (performance.now() - begin) / 1000;
}

/** Writes lines of one to three spans, of traces that are open at the same time; counts for itself what it writes. */
async function write(
  path: string,
): Promise<{ readonly spans: number; readonly traces: number; readonly failed: number }> {
  const out = createWriteStream(path, { highWaterMark: 1 << 20 });
  const random = randomStream(1, "bench/mine");
  const open: string[][] = [];
  let [spans, traces, failed] = [0, 0, 0];
  while (spans < SPANS || open.length > 0) {
    while (open.length < OPEN_MAX && spans < SPANS) {
      const trace = traceLines(random, traces++);
      if (trace.isFailed) failed++;
      spans += trace.lines.length;
      open.push([...trace.lines]);
    }
    const at = random.integer(0, open.length - 1);
    const lines = (open[at] ?? []).splice(0, random.integer(1, 3));
    if (open[at]?.length === 0) open.splice(at, 1);
    const text = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"bench"},"spans":[${lines.join()}]}]}]}\n`;
    if (!out.write(text)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  return { spans, traces, failed };
}

/** An agent with rounds of model and tool calls, one round of fifty failing, and now and then something odd. */
function traceLines(random: Random, number: number): { readonly lines: readonly string[]; readonly isFailed: boolean } {
  const traceId = (number + 1).toString(16).padStart(32, "0");
  const lines: string[] = [];
  let at = 1_735_689_600_000_000_000n + BigInt(number) * 1_000_000n;
  let isFailed = false;
  const add = (operation: string, name: string, isError = false): void => {
    isFailed ||= isError;
    const spanId = (lines.length + 2).toString(16).padStart(16, "0");
    const key = operation === "chat" ? "gen_ai.request.model" : "gen_ai.tool.name";
    lines.push(lineOf({ traceId, spanId, at, operation, key, name, isError }));
    at += BigInt(random.integer(1, 400)) * 1_000_000n;
  };
  for (let rounds = random.integer(1, 6); rounds > 0; rounds--) {
    add("chat", "gpt-4.1-mini");
    add("execute_tool", random.pick(["search", "lookup_order", "refund"]), random.chance(0.02));
  }
  if (random.chance(0.01)) add("execute_tool", `rare_${"abcdefgh"[random.integer(0, 7)] ?? ""}`);
  add("chat", "gpt-4.1-mini");
  const root = { traceId, spanId: "1".padStart(16, "0"), at: 1_735_689_600_000_000_000n + BigInt(number) * 1_000_000n };
  lines.push(
    lineOf({ ...root, end: at, operation: "invoke_agent", key: "gen_ai.agent.name", name: "triage", isError: false }),
  );
  return { lines, isFailed };
}

interface Line {
  readonly traceId: string;
  readonly spanId: string;
  readonly at: bigint;
  readonly end?: bigint;
  readonly operation: string;
  readonly key: string;
  readonly name: string;
  readonly isError: boolean;
}

function lineOf({ traceId, spanId, at, end = at + 900_000n, operation, key, name, isError }: Line): string {
  const parent = operation === "invoke_agent" ? "" : `"parentSpanId":"${"1".padStart(16, "0")}",`;
  const usage =
    operation === "chat"
      ? ',{"key":"gen_ai.usage.input_tokens","value":{"intValue":"812"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":"44"}}'
      : "";
  const status = isError ? ',"status":{"code":2,"message":"it timed out"}' : "";
  return (
    `{"traceId":"${traceId}","spanId":"${spanId}",${parent}"name":"${operation} ${name}","kind":1,` +
    `"startTimeUnixNano":"${at}","endTimeUnixNano":"${end}","attributes":[` +
    `{"key":"gen_ai.operation.name","value":{"stringValue":"${operation}"}},{"key":"${key}","value":{"stringValue":"${name}"}}${usage}]${status}}`
  );
}
