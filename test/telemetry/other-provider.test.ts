import { trace } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { expect, test } from "vitest";
import { collectTrace, traceProcessor } from "troupe/run";

// Alone in its file: what is registered first in a process stays.
const processor = traceProcessor();
const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [processor, new SimpleSpanProcessor(exporter)] }).register();
const tracer = trace.getTracer("library");

function work(name: string): Promise<string> {
  return tracer.startActiveSpan(name, async (span) => {
    await new Promise((resolve) => void setImmediate(resolve));
    tracer.startSpan(`below ${name}`).end();
    span.end();
    return name;
  });
}

test("with a provider of one's own, its processor collects, and the provider's exporter gets the spans too", async () => {
  exporter.reset();
  const { value, trees, spans } = await collectTrace(() => work("own"), { processor });
  expect(value).toBe("own");
  expect(spans.map(({ name }) => name)).toEqual(["below own", "own"]);
  expect(trees.map(({ roots }) => roots.length)).toEqual([1]);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["below own", "own"]);
});

test("with a provider of one's own, calls at the same time do not see each other's spans", async () => {
  const both = await Promise.all(["left", "right"].map((name) => collectTrace(() => work(name), { processor })));
  expect(both.map(({ spans }) => spans.map(({ name }) => name))).toEqual([
    ["below left", "left"],
    ["below right", "right"],
  ]);
});

test("spans outside of every call are not collected", async () => {
  const [{ spans }] = await Promise.all([collectTrace(() => work("inside"), { processor }), work("outside")]);
  expect(spans.map(({ name }) => name)).toEqual(["below inside", "inside"]);
});

test("a function without spans gives none, and puts no span into the provider's exporter", async () => {
  exporter.reset();
  expect(await collectTrace(() => 1, { processor })).toEqual({ value: 1, trees: [], spans: [] });
  expect(exporter.getFinishedSpans()).toEqual([]);
});

test("without the processor, what has to be added is said, and the function does not run", async () => {
  let hasRun = false;
  const refused = collectTrace(() => {
    hasRun = true;
  });
  await expect(refused).rejects.toMatchObject({
    name: "TroupeError",
    code: "RUN_REFUSED",
    message:
      "collectTrace: another tracer provider is registered in this process, and Troupe does not hear of its spans. " +
      "Make `const processor = traceProcessor()`, add it to that provider's `spanProcessors`, and call `collectTrace(work, { processor })`.",
  });
  expect(hasRun).toBe(false);
});

test("a processor that was added to no provider is found out, without a trace in the exporter", async () => {
  exporter.reset();
  const forgotten = collectTrace(() => work("lost"), { processor: traceProcessor() });
  await expect(forgotten).rejects.toThrow(
    "no span has ever reached the processor: it is not among the `spanProcessors` of the global provider",
  );
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["below lost", "lost"]);
});
