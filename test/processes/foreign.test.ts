/** Agents of any language, over real processes and sockets: what reaches them, what comes back, and what goes wrong. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { RunResult } from "../../src/campaign/result.ts";
import { type LoadedScenario, loadScenarios } from "../../src/campaign/load.ts";
import type { RunOptions } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { serviceOf } from "../../src/trace/span.ts";
import { TROUPE } from "../cli/run-child.ts";
import { MARK, newMark, processesWith } from "./machine.ts";
import { fixture, inSim, inWire, judged } from "./wire-runs.ts";

const scenarios = await fixture("foreign");

function named(name: string): LoadedScenario {
  const found = scenarios.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}

async function played(name: string, options: RunOptions = {}): Promise<{ run: Run; result: RunResult }> {
  const run = await inWire(named(name), 1, "http", options);
  return { run, result: judged(named(name), run) };
}

async function answer(name: string): Promise<string | undefined> {
  const { run } = await played(name);
  expect(run.failures).toEqual([]);
  return run.messages.at(-1)?.text;
}

/** The variables that a program was started with. */
async function environmentOf(name: string): Promise<Readonly<Record<string, string>>> {
  return JSON.parse((await answer(name)) ?? "{}");
}

test("a program over stdin is started once, under the run's span, and answers one message after another", async () => {
  const { run, result } = await played("echo");
  expect(run.messages.map(({ text }) => text)).toEqual(["hello", "heard hello", "again", "heard again"]);
  expect(result.expectations.map(({ verdict }) => verdict)).toEqual(["passed", "passed"]);
  const workflow = run.spans.find(({ name }) => name === "invoke_workflow echo");
  const own = run.spans.filter((span) => serviceOf(span) === "helper");
  expect(own.map(({ parentSpanId }) => parentSpanId)).toEqual([workflow?.spanId, workflow?.spanId]);
  expect(result.hops.map(({ to, method, carrier, verdict }) => [to, method, carrier, verdict])).toEqual([
    ["helper", "start", "TRACEPARENT", "whole"],
  ]);
});

test("without TRACEPARENT exactly the edges to the program's roots are gone, and the report names the hop", async () => {
  const whole = (await played("echo")).run;
  const { run, result } = await played("echo", {
    breaks: {
      faults: [{ carrier: "dropped", by: "intermediary", to: "helper", protocol: "environment" }],
    },
  });
  const roots = (of: Run): readonly string[] =>
    of.spans.filter(({ parentSpanId }) => parentSpanId === undefined).map(({ name }) => name);
  expect(roots(whole)).toEqual(["invoke_workflow echo"]);
  expect(roots(run)).toEqual(["invoke_workflow echo", "invoke_agent helper", "invoke_agent helper"]);
  expect(run.spans.length).toBe(whole.spans.length);
  expect([run.failures, run.missing]).toEqual([[], []]);
  expect(result.hops.filter(({ verdict }) => verdict === "broken")).toMatchObject([
    { from: "troupe", to: "helper", method: "start", causes: ["not-extracted", "re-rooted"] },
  ]);
});

test("a program that does not take up its TRACEPARENT, and does not tell what it got, may not have got it", async () => {
  const { run, result } = await played("forgets-its-carrier");
  expect(run.failures).toEqual([]);
  expect(result.hops).toMatchObject([
    { to: "helper", method: "start", verdict: "broken", causes: ["not-extracted", "re-rooted"] },
  ]);
});

test("a program over HTTP gets the context of each message in its header", async () => {
  const { run, result } = await played("listening");
  expect(run.messages.at(-1)?.text).toBe("heard again over http");
  expect(result.expectations.map(({ verdict }) => verdict)).toEqual(["passed", "passed"]);
  const turns = run.spans.filter(({ name }) => name.startsWith("turn ")).map(({ spanId }) => spanId);
  const own = run.spans.filter((span) => serviceOf(span) === "helper");
  expect(own.map(({ parentSpanId }) => parentSpanId)).toEqual(turns);
});

test("its calls of a mock server stand in the ledger, and the server's spans under its own", async () => {
  const { run, result } = await played("calls-a-tool");
  expect(run.messages.at(-1)?.text).toBe("noon");
  expect(result.verdict).toBe("passed");
  expect(result.hops).toContainEqual(
    expect.objectContaining({ from: "helper", to: "clock", method: "tools/call", verdict: "whole" }),
  );
});

test("an in-process agent asks one program and hands over to another, with its payload", async () => {
  const { run } = await played("company");
  expect(run.failures).toEqual([]);
  const got = JSON.parse(run.messages.at(-1)?.text ?? "{}");
  expect(got).toEqual({
    text: "hello",
    from: "local",
    payload: { asked: "heard are you there? over http" },
    conversation: run.plan.runId,
  });
  expect(run.messages.at(-1)?.from).toBe("reader");
});

test("a program finds all that the scenario has in its environment, and nothing else of Troupe's own", async () => {
  process.env["TROUPE_TEST_SECRET"] = "hunter2";
  try {
    const env = await environmentOf("environment");
    expect(JSON.stringify(env)).not.toContain("hunter2");
    expect(env).toMatchObject({
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      A: "b",
      TROUPE_SEED: "1",
      OPENAI_API_KEY: "troupe-no-key",
      OPENAI_BASE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/agents\/helper\/v1$/),
      ANTHROPIC_BASE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/agents\/helper$/),
      OTEL_SERVICE_NAME: "helper",
      OTEL_RESOURCE_ATTRIBUTES: expect.stringMatching(/^troupe\.run\.id=[0-9a-f]{16},tenant\.id=acme%2C%20inc$/),
      OTEL_EXPORTER_OTLP_ENDPOINT: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/runs\/[0-9a-f]{16}$/),
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      TRACEPARENT: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      BAGGAGE: expect.stringContaining("tenant.id=acme%2C%20inc"),
    });
    const { mcpServers } = JSON.parse(env["MCP_SERVERS"] ?? "{}");
    expect(mcpServers).toEqual({
      clock: { type: "http", url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/) },
    });
  } finally {
    delete process.env["TROUPE_TEST_SECRET"];
  }
});

test("variables that `env` marks with true are handed on where they are set", async () => {
  process.env["TROUPE_TEST_HANDED_ON"] = "yes";
  try {
    const env = await environmentOf("handed-on");
    expect([env["TROUPE_TEST_HANDED_ON"], "TROUPE_TEST_ABSENT" in env]).toEqual(["yes", false]);
  } finally {
    delete process.env["TROUPE_TEST_HANDED_ON"];
  }
});

test.for(["plain", "plain-reply"])("a line that is no JSON object is the reply itself (%s)", async (name) => {
  expect(await answer(name)).toBe("you said: hello");
});

test("plain text over HTTP is the reply itself", async () => {
  expect(await answer("plain-over-http")).toBe("you said: hello");
});

test("what a line of text has no place for is a fault of the scenario", async () => {
  const { run } = await played("payload-over-text");
  expect(run.faults.map(({ where, what }) => `${where}: ${what}`)).toEqual([
    "agent helper: it is told a line of text, which has no place for a payload",
  ]);
});

test("in sim a run with such an agent is refused", async () => {
  await expect(inSim(named("echo"), 1)).rejects.toMatchObject({ code: "RUN_REFUSED" });
});

test("a span that a carrier names and that never arrives makes the run inconclusive, and is named", async () => {
  const { run, result } = await played("exports-nothing");
  expect(run.failures).toEqual([]);
  expect(result.missing).toHaveLength(1);
  expect(new Set(result.expectations.map(({ verdict }) => verdict))).toEqual(new Set(["inconclusive"]));
  expect(result.notes).toContainEqual(expect.stringContaining('no span of a service "helper" has come'));
});

test("a program that does not end is killed, and the run is inconclusive, with why", async () => {
  const { run, result } = await played("stays-for-ever");
  expect([run.failures, run.missing]).toEqual([[], []]);
  expect(result.verdict).toBe("inconclusive");
  expect(result.notes).toEqual([
    "agent helper did not end within 0.3 s of the end of its stdin (limits.flushMs): what it had not exported is lost",
  ]);
});

const PYTHON =
  "the plain Python agent speaks to the mock model and a mock server over %s, exports OTLP/JSON, and passes";

test.for(["http", "stdio"] as const)(PYTHON, async (transport) => {
  const [loaded] = await loadScenarios(["scenarios/frameworks/python-plain.scenario.ts"]);
  if (loaded === undefined) throw new Error("no scenario");
  const run = await inWire(loaded, 1, transport);
  const { verdict, expectations, hops, missing, failures } = judged(loaded, run);
  expect([failures, missing, verdict]).toEqual([[], [], "passed"]);
  expect(expectations.map(({ name }) => name)).toEqual(["python-plain.shape.yaml", "oneTrace", "propagation"]);
  expect(new Set(hops.map(({ from, to }) => `${from} > ${to}`))).toEqual(
    new Set(["troupe > accountant", "accountant > calculator"]),
  );
});

const BAD: readonly (readonly [name: string, failure: RegExp])[] = [
  ["fails", /^agent helper: it answered with an error: the disk is full$/],
  ["answers-a-list", /^agent helper: it answered \{"words":\["no"\]\}, which has no "text"$/],
  ["silent", /^agent helper did not reply within 0\.5 s \(limits\.replyMs\)$/],
  ["twice", /^agent helper: it printed a line that nobody had asked for: "\{\\"text\\":\\"two\\"\}"/],
  ["dies", /^agent helper: its process ended with exit code 7; it said last:\n {2}no such table: orders$/],
  ["is-killed", /^agent helper: its process ended with SIGKILL$/],
  ["dies-afterwards", /^agent helper: its process ended with exit code 9$/],
  ["floods-lines", /^agent helper: it printed a line that nobody had asked for: "DEBUG: still here"/],
  ["floods-one-line", /^agent helper: it printed a line of more than 16777216 bytes$/],
  ["html", /^agent helper: it answered text\/html where JSON is due: "<!doctype html><h1>It works<\/h1>"$/],
  ["breaks", /^agent helper: it answered with status 500: "Traceback: KeyError"$/],
  ["hangs-up", /^agent helper: it could not be asked at http:\/\/127\.0\.0\.1:\d+\/: socket hang up$/],
  ["silent-over-http", /^agent helper did not reply within 0\.5 s \(limits\.replyMs\)$/],
  ["floods-over-http", /^agent helper: it could not be asked .*: its answer is larger than 16777216 bytes$/],
  ["never-listens", /^agent helper: it did not listen on its port \(PORT=\d+\) within 0\.5 s \(limits\.startMs\)$/],
  [
    "wrong-command",
    /^agent helper: its process ended with exit code 127; it said last:\n.*no-such-program: not found$/,
  ],
  ["wrong-command-over-http", /^agent helper: its process ended with exit code 127; .*\n.*no-such-program: not found$/],
  ["wrong-folder", /^agent helper: it could not start \(there is no folder .*no\/such\/folder\)$/],
];

/** A run whose programs, known by a mark that is handed on to them, are gone when it has ended. */
async function withoutLeftovers(name: string): Promise<{ run: Run; result: RunResult }> {
  const mark = newMark();
  process.env[MARK] = mark;
  try {
    const done = await played(name);
    // What was killed may take a moment to be gone.
    await vi.waitFor(() => expect(processesWith(mark)).toEqual([]));
    return done;
  } finally {
    delete process.env[MARK];
  }
}

test.for(BAD)("%s: clear words, and nothing stays behind", async ([name, failure]) => {
  const { run, result } = await withoutLeftovers(name);
  const [first, ...more] = run.failures;
  expect(first).toMatch(failure);
  expect(more).toEqual(name === "floods-lines" ? ["agent helper: it flooded standard output"] : []);
  expect(result.verdict).toBe("failed");
});

test("what a program has started itself ends with it", async () => {
  const { run } = await withoutLeftovers("leaves-a-child");
  expect(run.messages.at(-1)?.text).toBe("hello");
});

test.for(["SIGKILL", "SIGINT"] as const)(
  "where Troupe gets %s, its programs and their folder go too",
  async (signal) => {
    const mark = newMark();
    const temporary = mkdtempSync(join(tmpdir(), "troupe-foreign-"));
    const [node, ...args] = TROUPE;
    const words = ["run", "test/processes/fixtures/foreign.scenario.ts#waiting", "--mode", "wire"];
    const env = { ...process.env, [MARK]: mark, TMPDIR: temporary };
    const child = spawn(node, [...args, ...words], { env, stdio: "ignore" });
    const ended = once(child, "exit");
    const isThere = (): boolean =>
      processesWith(mark).some(({ command }) => /^\S*node \S*agent\.mjs listen/.test(command));
    try {
      await vi.waitFor(() => expect(isThere()).toBe(true), 30_000);
      child.kill(signal);
      await ended;
      await vi.waitFor(() => expect(processesWith(mark)).toEqual([]), 10_000);
      await vi.waitFor(
        () => expect(readdirSync(temporary).filter((name) => name.startsWith("troupe-"))).toEqual([]),
        10_000,
      );
    } finally {
      for (const { pid } of processesWith(mark)) process.kill(pid, "SIGKILL");
      rmSync(temporary, { recursive: true, force: true });
    }
  },
);
