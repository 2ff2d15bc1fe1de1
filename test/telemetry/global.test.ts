import { ROOT_CONTEXT, context, propagation, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import type { Span } from "../../src/trace/span.ts";
import { serviceOf } from "../../src/trace/span.ts";
import { agent } from "../../src/scenario/agent.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";
import { inAgent, sleep } from "../run/agents.ts";

// What a foreign library does when it loads, here before any run has registered a provider.
const libraryTracer = trace.getTracer("library", "1.0.0");

/** A library that makes a span around a wait. */
function libraryWork(name: string): Promise<void> {
  return libraryTracer.startActiveSpan(name, async (span) => {
    await sleep(5);
    span.end();
  });
}

function named(spans: readonly Span[], name: string): Span {
  const span = spans.find((one) => one.name === name);
  if (span === undefined) throw new Error(`no span ${name} among ${spans.map((one) => one.name).join(", ")}`);
  return span;
}

const lookTool = (work: () => Promise<unknown>): ReturnType<typeof mcpServer<{ look: ReturnType<typeof tool> }>> =>
  mcpServer("orders", {
    tools: { look: tool({ input: { type: "object" }, handle: () => work().then(() => "seen") }) },
  });

test("a tracer taken before registration makes spans of the service that runs, under the right parents", async () => {
  const server = lookTool(() => libraryWork("in the server"));
  const { run } = await inAgent((turn) => Promise.all([libraryWork("in the agent"), turn.tool(server, "look", {})]), {
    servers: [server],
  });
  const parts = ["in the agent", "in the server"].map((name) => named(run.spans, name));
  expect(parts.map(serviceOf)).toEqual(["agents", "orders"]);
  expect(parts.map(({ parentSpanId }) => parentSpanId)).toEqual([
    named(run.spans, "invoke_agent solo").spanId,
    named(run.spans, "tools/call look").spanId,
  ]);
  expect(parts.map(({ scope }) => scope)).toEqual(parts.map(() => ({ name: "library", version: "1.0.0" })));
});

test("in two agents that work at once, each one's library spans hang under its own", async () => {
  const [second, third] = ["second", "third"].map((name) =>
    agent(name, async () => {
      for (let round = 1; round <= 3; round++) await libraryWork(`${name} ${round}`);
      return "done";
    }),
  ) as [ReturnType<typeof agent>, ReturnType<typeof agent>];
  const { run } = await inAgent((turn) => Promise.all([turn.ask(second, "?"), turn.ask(third, "?")]), {
    agents: [second, third],
  });
  for (const name of ["second", "third"])
    for (const round of [1, 2, 3])
      expect(named(run.spans, `${name} ${round}`).parentSpanId).toBe(named(run.spans, `invoke_agent ${name}`).spanId);
});

test("a library's span inside a timer hangs where the timer was set", async () => {
  const { run } = await inAgent(async () => {
    libraryTracer.startActiveSpan("outer", (span) => {
      setTimeout(() => libraryTracer.startSpan("in a timer").end(), 5);
      span.end();
    });
    await sleep(10);
  });
  expect(named(run.spans, "in a timer").parentSpanId).toBe(named(run.spans, "outer").spanId);
});

test("under ROOT_CONTEXT a library's span is a root, of the service that runs all the same", async () => {
  const server = lookTool(() => context.with(ROOT_CONTEXT, () => libraryWork("cut off")));
  const { run } = await inAgent((turn) => turn.tool(server, "look", {}), { servers: [server] });
  expect(named(run.spans, "cut off").parentSpanId).toBeUndefined();
  expect(serviceOf(named(run.spans, "cut off"))).toBe("orders");
});

test("a library's spans have the run's clock to the nanosecond, and no two spans of a run start at once", async () => {
  const { run } = await inAgent(async () => {
    for (let round = 0; round < 20; round++) libraryTracer.startSpan("quick").end();
    await libraryWork("slow");
  });
  const { startTimeUnixNano, endTimeUnixNano = 0n } = named(run.spans, "slow");
  expect(endTimeUnixNano - startTimeUnixNano).toBe(5_000_000n);
  expect(startTimeUnixNano % 1_000_000n).not.toBe(0n);
  expect(new Set(run.spans.map((span) => span.startTimeUnixNano)).size).toBe(run.spans.length);
});

test("times that a library takes from performance.now are exact, whenever the process began", async () => {
  const { run, value } = await inAgent(async () => {
    const [startTime, startNano] = [performance.now(), process.hrtime.bigint()];
    await sleep(5);
    const span = libraryTracer.startSpan("timed by hand", { startTime });
    await sleep(5);
    span.end(performance.now());
    return startNano;
  });
  const { startTimeUnixNano, endTimeUnixNano = 0n } = named(run.spans, "timed by hand");
  expect(startTimeUnixNano).toBe(1_735_689_600_000_000_000n + value);
  expect(endTimeUnixNano - startTimeUnixNano).toBe(10_000_000n);
});

test("outside every run a tracer records nothing", async () => {
  await inAgent(() => 1);
  const span = libraryTracer.startSpan("outside");
  expect(span.isRecording()).toBe(false);
  expect(libraryTracer.startActiveSpan("outside", (inner) => inner.isRecording())).toBe(false);
});

test("a provider that a user registers does not displace Troupe's", async () => {
  const foreign = { getTracer: () => libraryTracer };
  const { run } = await inAgent(async () => {
    trace.setGlobalTracerProvider(foreign);
    await libraryWork("still ours");
  });
  expect(serviceOf(named(run.spans, "still ours"))).toBe("agents");
});

test("a library that injects by the global propagator writes the W3C carrier of the active span", async () => {
  const { value, run } = await inAgent(() => {
    const carrier: Record<string, string> = {};
    propagation.inject(context.active(), carrier);
    return carrier;
  });
  const { traceId, spanId } = named(run.spans, "invoke_agent solo");
  expect(value["traceparent"]).toBe(`00-${traceId}-${spanId}-01`);
});
