import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { readTrace } from "../../src/run.ts";
import { TROUPE } from "../cli/run-child.ts";

const [NODE, ...PROGRAM] = TROUPE;
const folder = mkdtempSync(join("test", ".tmp-collect-"));
const children: ChildProcess[] = [];
const closing: (() => void)[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const close of closing.splice(0)) close();
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Collecting {
  readonly child: ChildProcess;
  readonly url: string;
  readonly said: () => string;
  readonly printed: () => string;
  readonly exit: Promise<number | null>;
}

async function collecting(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Collecting> {
  const child = spawn(NODE, [...PROGRAM, "collect", "--port", "0", ...words], {
    env: { ...process.env, ...env },
  });
  children.push(child);
  let said = "";
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const exit = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("OTEL_LOGS_EXPORTER")) resolve();
    });
    void exit.then(() => reject(new Error(said)));
  });
  const [, url = ""] = /OTEL_EXPORTER_OTLP_ENDPOINT=(\S+)/.exec(said) ?? [];
  return { child, url, said: () => said, printed: () => printed, exit };
}

/** One span as an OTLP document; 0 is no parent. */
function documentOf(trace: number, span: number, parent: number): string {
  const id = (number: number): string => number.toString(16).padStart(16, "0");
  const one = {
    traceId: `${"1".repeat(16)}${id(trace)}`,
    spanId: id(span),
    ...(parent > 0 && { parentSpanId: id(parent) }),
    name: `span ${span}`,
    startTimeUnixNano: String(span),
    endTimeUnixNano: String(span + 1),
  };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [one] }] }] });
}

function post(url: string, body: string): Promise<Response> {
  return fetch(`${url}/v1/traces`, { method: "POST", body, headers: { "content-type": "application/json" } });
}

test.for(["SIGINT", "SIGTERM", "SIGKILL"] as const)("%s loses nothing that was taken", async (signal) => {
  const file = join(folder, `${signal}.jsonl`);
  const { child, url, exit } = await collecting(["--out", file]);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => post(url, documentOf(n, n + 1, 0))));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  child.kill(signal);
  expect(await exit).toBe(signal === "SIGKILL" ? null : 0);
  const { spans, notes } = await readTrace(file);
  expect([new Set(spans.map(({ spanId }) => spanId)).size, notes]).toEqual([100, []]);
});

test("it ends by itself once so many traces have their root and every parent", async () => {
  const file = join(folder, "complete.jsonl");
  const { url, exit, said } = await collecting(["--out", file, "--traces", "2"]);
  await post(url, documentOf(1, 1, 0));
  await post(url, documentOf(2, 3, 2));
  await post(url, documentOf(2, 2, 0));
  expect(await exit).toBe(0);
  expect(said()).toContain(`3 spans of 3 requests in ${file}`);
  expect((await readTrace(file)).trees).toHaveLength(2);
});

test("stopped before its traces were complete it is inconclusive, and has written what came", async () => {
  const file = join(folder, "incomplete.jsonl");
  const { child, url, exit, said } = await collecting(["--out", file, "--traces", "1"]);
  await post(url, documentOf(1, 2, 1));
  child.kill("SIGINT");
  expect(await exit).toBe(4);
  expect(said()).toContain("0 of 1 traces were complete, and 1 had begun");
  expect((await readTrace(file)).spans).toHaveLength(1);
});

test("it ends with the pipe that it reads from, and writes to standard output where no file is named", async () => {
  const { child, url, exit, printed } = await collecting([]);
  await post(url, documentOf(1, 1, 0));
  child.stdin?.end();
  expect(await exit).toBe(0);
  expect(
    printed()
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line)),
  ).toMatchObject([{ resourceSpans: [{}] }]);
});

test("where the port is taken, what the file holds stays", async () => {
  const file = join(folder, "kept.jsonl");
  writeFileSync(file, "held");
  const { url } = await collecting([]);
  const child = spawn(NODE, [...PROGRAM, "collect", "--port", new URL(url).port, "--out", file]);
  children.push(child);
  const [code]: unknown[] = await once(child, "close");
  expect([code, readFileSync(file, "utf8")]).toEqual([2, "held"]);
});

test("what is not taken is told at the end, once for each reason", async () => {
  const { child, url, exit, said } = await collecting(["--out", join(folder, "refused.jsonl")]);
  await post(url, "<html>");
  await post(url, "<html>");
  child.kill("SIGINT");
  expect(await exit).toBe(0);
  expect(said()).toMatch(/not taken, 2 times: the body is no JSON/);
});

test("what is taken is sent on with the headers given, whose values are never told", async () => {
  const heard: { readonly key: unknown; readonly other: unknown; readonly body: string }[] = [];
  const store = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { "api-key": key, "x-team": other } = request.headers;
      heard.push({ key, other, body });
      response.writeHead(heard.length === 1 ? 503 : 401, { "retry-after": "0" });
      response.end(`the key ${String(key)} is unknown`);
    });
  }).listen(0, "127.0.0.1");
  closing.push(() => store.close());
  await once(store, "listening");
  const { port } = store.address() as AddressInfo;
  const words = ["--out", join(folder, "sent-on.jsonl"), "--forward", `http://127.0.0.1:${port}`];
  const env = { OTEL_EXPORTER_OTLP_HEADERS: "api-key=secret%2D123,x-team=blue" };
  const { child, url, exit, said } = await collecting([...words, "--otlp-header", "x-team=green team"], env);
  const document = documentOf(1, 1, 0);
  expect((await post(url, document)).status).toBe(200);
  child.kill("SIGINT");
  expect(await exit).toBe(0);
  const one = { key: "secret-123", other: "green team", body: document };
  expect(heard).toEqual([one, one]);
  expect(said()).toContain(
    `1 span not sent to http://127.0.0.1:${port}/v1/traces: it answered 401: the key *** is unknown`,
  );
  expect(said()).not.toMatch(/secret|green/);
});

test.for([
  [["--port", "70000"], /--port 70000 is none/],
  [["--traces", "0"], /--traces 0 is none.*from 1/],
  [["--forward", "localhost:4318"], /--forward: this is no address/],
  [["--forward", "http://me:secret@x"], /--forward: this is no address/],
  [["--otlp-header", "a=b"], /there is no --forward/],
  [["--forward", "http://x", "--otlp-header", "secret"], /it holds what is no header/],
  [["--out", "package.json/x"], /package\.json\/x: the file cannot be written/],
  [["file"], /"file" is one too many/],
] as const)("wrong input %j is refused in words that hold no key", async ([words, pattern]) => {
  const child = spawn(NODE, [...PROGRAM, "collect", ...words]);
  children.push(child);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code]: unknown[] = await once(child, "close");
  expect([code, said]).toEqual([2, expect.stringMatching(pattern)]);
  expect(said).not.toContain("secret");
});

async function run(...words: readonly string[]): Promise<readonly [code: unknown, said: string]> {
  const running = spawn(NODE, [...PROGRAM, "run", "scenarios/tool-loop-yaml.scenario.yaml", ...words]);
  children.push(running);
  let said = "";
  running.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  running.stdout.resume();
  const [code]: unknown[] = await once(running, "close");
  return [code, said];
}

test("every run is sent to the user's store too, in both modes", async () => {
  const file = join(folder, "runs.jsonl");
  const { child, url, exit } = await collecting(["--out", file]);
  expect(await run("--seeds", "3", "--otlp", url)).toEqual([0, ""]);
  expect(await run("--seed", "4", "--mode", "wire", "--otlp", `${url}/v1/traces`)).toEqual([0, ""]);
  child.kill("SIGINT");
  expect(await exit).toBe(0);
  const { trees } = await readTrace(file);
  expect(trees.map(({ roots, anomalies }) => [roots.length, anomalies])).toEqual(
    Array.from({ length: 4 }, () => [1, []]),
  );
});

test("a store that is gone is noted, and decides nothing", async () => {
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  gone.close();
  const [code, said] = await run("--otlp", `http://127.0.0.1:${port}`);
  const note = /^\d+ spans not sent to \S+\/v1\/traces: .*ECONNREFUSED.* \(5 attempts\)\n$/;
  expect([code, said]).toEqual([0, expect.stringMatching(note)]);
});
