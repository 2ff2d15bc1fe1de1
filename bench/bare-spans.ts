/** How the bare loop makes spans: the official SDK's providers, one for each service, and its own propagators. */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type Tracer,
  context,
  propagation,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-node";

/** The providers of one round. */
export interface Spans {
  tracerOf(service: string): Tracer;
  /** How many spans have ended. */
  finished(): number;
}

/** Registers what every loop shares. */
export function prepareBare(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
}

/** Stamps a span with the baggage of its parent's context. */
export const STAMPING: SpanProcessor = {
  onStart: (span, parent) => {
    for (const [key, { value }] of propagation.getBaggage(parent)?.getAllEntries() ?? []) span.setAttribute(key, value);
  },
  onEnd: () => {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

/** Fresh providers, which share what they export to. */
export function openSpans(): Spans {
  const exporter = new InMemorySpanExporter();
  const tracers = new Map<string, Tracer>();
  const tracerOf = (service: string): Tracer => {
    const resource = resourceFromAttributes({ "service.name": service });
    const spanProcessors = [STAMPING, new SimpleSpanProcessor(exporter)];
    const tracer = tracers.get(service) ?? new BasicTracerProvider({ resource, spanProcessors }).getTracer("bare");
    tracers.set(service, tracer);
    return tracer;
  };
  return { tracerOf, finished: () => exporter.getFinishedSpans().length };
}

export async function within<T>(
  tracer: Tracer,
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, { kind, attributes });
  try {
    return await context.with(trace.setSpan(context.active(), span), work, undefined, span);
  } finally {
    span.end();
  }
}

const RUN_ID = "0f1e2d3c4b5a6978";
const BAGGAGE = {
  "prompt.version": { value: "v2.3.1" },
  "feature.id": { value: "refunds" },
  "tenant.id": { value: "acme" },
  "troupe.run.id": { value: RUN_ID },
};

/** The spans around it all, with the run's attributes as baggage. */
export async function workflow({ tracerOf }: Spans, work: () => Promise<void>): Promise<void> {
  const troupe = tracerOf("troupe");
  const shared = { "troupe.harness": true, "gen_ai.conversation.id": RUN_ID };
  const run = {
    "gen_ai.operation.name": "invoke_workflow",
    "gen_ai.workflow.name": "refund-handoff",
    "troupe.seed": 1,
    "troupe.persona.name": "impatient-customer",
    ...shared,
  };
  await context.with(propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(BAGGAGE)), () =>
    within(troupe, "invoke_workflow refund-handoff", SpanKind.INTERNAL, run, async (span) => {
      await within(troupe, "turn 1", SpanKind.INTERNAL, { ...shared, "troupe.turn": 1 }, work);
      span.setAttribute("troupe.outcome", "satisfied");
    }),
  );
}

/** A model call that takes no time. */
export async function completion(tracer: Tracer, model: string, step: Attributes): Promise<void> {
  const attributes = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "troupe",
    "gen_ai.request.model": model,
    "fi.span.kind": "LLM",
    ...step,
  };
  await within(tracer, `chat ${model}`, SpanKind.CLIENT, attributes, (span) => {
    span.setAttributes({
      "gen_ai.response.model": model,
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 17,
      "gen_ai.usage.output_tokens": 3,
      "gen_ai.cost.total": 0.000029,
      "gen_ai.response.time_to_first_chunk": 0.48,
    });
    return Promise.resolve();
  });
}

export function carrier(): Record<string, string> {
  const fields: Record<string, string> = {};
  propagation.inject(context.active(), fields);
  return fields;
}

export function carried(fields: unknown): Context {
  return propagation.extract(ROOT_CONTEXT, fields ?? {});
}
