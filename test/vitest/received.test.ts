import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { agent as defineAgent, defineScenario, noOrphans, user } from "troupe";
import { collectTrace, readTrace, run, writeOtlpJson } from "troupe/run";
import "troupe/vitest";
import { afterAll, expect, test } from "vitest";
import { agent, spansOf, treesOf } from "../check/traces.ts";

const home = mkdtempSync(join("test", ".tmp-received-"));
afterAll(() => rmSync(home, { recursive: true }));

const SCENARIO = defineScenario({
  name: "received",
  agents: [defineAgent("solo", async (turn) => turn.reply("done"))],
  script: [user.says("Hello")],
  expect: [noOrphans()],
});

const EXPORTER = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(EXPORTER)] }).getTracer("library");
const ATTRIBUTES = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "solo" };
tracer.startSpan("invoke_agent solo", { attributes: ATTRIBUTES }).end();

const SPANS = spansOf(agent("solo"));
const FILE = join(home, "trace.json");
writeFileSync(FILE, writeOtlpJson(SPANS));

/** A span as the SDK of 1.x hands it over. */
const OLD_SPAN = {
  name: "invoke_agent solo",
  kind: SpanKind.INTERNAL,
  spanContext: () => ({ traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 }),
  parentSpanId: "c".repeat(16),
  startTime: [1, 0],
  endTime: [2, 0],
  status: { code: SpanStatusCode.UNSET },
  attributes: ATTRIBUTES,
  events: [],
  links: [],
  resource: { attributes: { "service.name": "old" } },
  instrumentationLibrary: { name: "library", version: "1.0.0" },
};

const FORMS = {
  "a judged run": () => run(SCENARIO, { seed: 1 }),
  "a run": async () => (await run(SCENARIO, { seed: 1 })).run,
  "a run's result": async () => (await run(SCENARIO, { seed: 1 })).result,
  "what collectTrace gave": () =>
    collectTrace(() => trace.getTracer("library").startSpan("invoke_agent solo", { attributes: ATTRIBUTES }).end()),
  "what readTrace gave": () => readTrace(FILE),
  trees: () => treesOf(agent("solo")),
  "a tree": () => treesOf(agent("solo"))[0],
  spans: () => SPANS,
  "spans of the SDK": () => EXPORTER.getFinishedSpans(),
  "spans of the SDK 1.x": () => [OLD_SPAN],
  "an exporter": () => EXPORTER,
  "an exporter that gives spans of ours": () => ({ getFinishedSpans: () => SPANS }),
};

test.each(Object.entries(FORMS))("%s can be given for a trace", async (_, form) => {
  const received: unknown = await form();
  expect(received).toHaveStep("agent solo");
  expect(received).not.toHaveStep("agent duo");
});

test("a span of the SDK 1.x keeps its parent, and so is an orphan without it", () => {
  expect([OLD_SPAN]).not.toHaveNoOrphans();
});

test("no spans, no trees and an exporter that has none are an empty trace", () => {
  for (const empty of [[], { trees: [], spans: [] }, { getFinishedSpans: () => [] }]) {
    expect(empty).not.toHaveStep("agent");
    expect(empty).toMatchShape("- never: agent");
  }
});

test("spans that a run left open are judged with the rest", () => {
  const [span] = SPANS;
  expect({ spans: [], openSpans: [span], missing: [], ledger: [] }).toHaveStep("agent solo");
});

test.each([
  [3, "a number"],
  ["trace.json", "a string"],
  [undefined, "undefined"],
  [null, "null"],
  [{ name: "x", age: 3 }, "an object with name, age"],
  [[{ name: "x" }], "a list of something else"],
  [{ getFinishedSpans: () => 3 }, "a number"],
])("%o is refused with what can be given", (wrong, form) => {
  expect(() => expect(wrong).toBeOneTrace()).toThrow(
    new TypeError(
      `${form} is no trace. Give a run or its result, what collectTrace or readTrace gave, a tree or trees, spans of Troupe or of OpenTelemetry's SDK, or an exporter with getFinishedSpans()`,
    ),
  );
  expect(() => expect(wrong).not.toBeOneTrace()).toThrow(TypeError);
});

test("a promise is refused with the word that is missing", async () => {
  expect(() => expect(collectTrace(() => 1)).toBeOneTrace()).toThrow(
    new TypeError("a promise was given for a trace: write `await` before it"),
  );
});
