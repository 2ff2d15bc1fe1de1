/** An agent of somebody's, whose exporter is slow: what comes when nobody waits any more is late, and not lost. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { ROOT_CONTEXT, SpanKind, defaultTextMapGetter, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { expect, onTestFinished, test, vi } from "vitest";
import { judgeRun } from "../../src/campaign/judge-run.ts";
import type { RunResult } from "../../src/campaign/result.ts";
import { propagation } from "../../src/check/propagation/propagation.ts";
import { resolveExpectations } from "../../src/check/resolve.ts";
import { execute } from "../../src/run/execute.ts";
import { httpAgent } from "../../src/scenario/foreign-agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import type { Collector } from "../../src/telemetry/collector.ts";

/** Where the run's collector takes spans, and what happens once it listens for late ones only. */
const collecting = vi.hoisted(() => ({ url: "", onLate: () => Promise.resolve() }));

vi.mock("../../src/telemetry/collector.ts", async (original) => {
  const module = await original<{ readonly openCollector: () => Promise<Collector> }>();
  return {
    ...module,
    async openCollector(): Promise<Collector> {
      const collector = await module.openCollector();
      let waits = 0;
      return {
        ...collector,
        urlOf: (runId) => (collecting.url = collector.urlOf(runId)),
        async settled(...wait) {
          if (++waits === 2) await collecting.onLate();
          await collector.settled(...wait);
        },
      };
    },
  };
});

type Moment = "with the reply" | "when nobody waits any more" | "never";

/** A service on OpenTelemetry's SDK, which exports its work with the reply, and the span of the request at that moment. */
async function deskExporting(moment: Moment): Promise<string> {
  const propagator = new W3CTraceContextPropagator();
  const resource = resourceFromAttributes({ "service.name": "desk" });
  const server = createServer(async (request, response) => {
    await text(request);
    const exporter = new OTLPTraceExporter({ url: `${collecting.url}/v1/traces` });
    const batch = new BatchSpanProcessor(exporter, { scheduledDelayMillis: 3_600_000 });
    const tracer = new BasicTracerProvider({ resource, spanProcessors: [batch] }).getTracer("desk");
    const parent = propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    const served = tracer.startSpan("POST /", { kind: SpanKind.SERVER }, parent);
    tracer.startSpan("work", {}, trace.setSpan(parent, served)).end();
    if (moment === "with the reply") served.end();
    await batch.forceFlush();
    served.end();
    if (moment === "when nobody waits any more") collecting.onLate = () => batch.forceFlush();
    response.end(JSON.stringify({ text: "done" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => server.close().closeAllConnections());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

async function judgedWith(moment: Moment): Promise<RunResult> {
  collecting.onLate = () => Promise.resolve();
  const desk = httpAgent("desk", { url: await deskExporting(moment) });
  const parts = { agents: [desk], script: [user.says("Hello")], limits: { flushMs: 200 } };
  const scenario = defineScenario({ name: "late-exporter", ...parts });
  const run = await execute(plan(scenario, 1), { mode: "wire", file: "test/processes/none.scenario.ts" });
  const expectations = resolveExpectations([propagation()], () => "");
  return judgeRun(run, { file: null, expectations, repeat: "" });
}

test.for<readonly [Moment, RunResult["verdict"], readonly string[]]>([
  ["with the reply", "passed", []],
  ["when nobody waits any more", "inconclusive", ["late"]],
  ["never", "inconclusive", ["never-exported", "late"]],
])("a span of the callee that is exported %s: %s", async ([moment, verdict, causes]) => {
  const result = await judgedWith(moment);
  expect([result.verdict, result.failures, result.missing.length]).toEqual([verdict, [], causes.length === 0 ? 0 : 1]);
  expect(result.hops.map(({ to, causes: told }) => [to, told])).toEqual([["desk", causes]]);
});
