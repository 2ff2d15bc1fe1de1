/** What a team without Troupe would write around a bare pair for the same spans: the official SDK, with its defaults. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { type Attributes, ROOT_CONTEXT, SpanKind, type Tracer, context, propagation } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-node";
import * as z from "zod";
import { STAMPING, carried, openSpans, prepareBare, within } from "./bare-spans.ts";
import { type AtOnce, CALLS, callAll } from "./mcp.scenario.ts";

const EXPORT = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(z.unknown()) })) })),
});

export interface Collector {
  readonly url: string;
  /** How many spans have come. */
  readonly spans: number;
}

/** Takes spans over OTLP/HTTP, for as long as the process lives. */
export async function openCollector(): Promise<Collector> {
  let spans = 0;
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      for (const { scopeSpans } of EXPORT.parse(body).resourceSpans)
        for (const scope of scopeSpans) spans += scope.spans.length;
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  return {
    url,
    get spans() {
      return spans;
    },
  };
}

/** Handles a message inside a SERVER span whose parent its carrier names; what has no carrier is work of its own within. */
export type Serving = <T>(
  message: { readonly name: string; readonly attributes: Attributes; readonly fields?: unknown },
  work: () => Promise<T>,
) => Promise<T>;

/** Without a tracer there are no spans. */
export function servingWith(tracer: Tracer | undefined): Serving {
  if (tracer === undefined) return (_message, work) => work();
  return ({ name, attributes, fields }, work) =>
    fields === undefined
      ? within(tracer, name, SpanKind.INTERNAL, attributes, work)
      : context.with(carried(fields), () => within(tracer, name, SpanKind.SERVER, attributes, work));
}

/** A tracer whose spans go to a collector. */
export function exporting(url: string): Tracer {
  prepareBare();
  const resource = resourceFromAttributes({ "service.name": "echo" });
  const spanProcessors = [STAMPING, new BatchSpanProcessor(new OTLPTraceExporter({ url }))];
  return new BasicTracerProvider({ resource, spanProcessors }).getTracer("bare");
}

const RUN_ID = "0f1e2d3c4b5a6978";

/** Makes all calls of a run, each with what its span says and the span that is to carry its result. */
export async function traced(lane: string, atOnce: AtOnce, call: (number: number) => Promise<unknown>): Promise<void> {
  const spans = openSpans();
  const tracer = spans.tracerOf("caller");
  const tracedCall = (number: number): Promise<void> => {
    const step = { "gen_ai.conversation.id": RUN_ID, "agent.trajectory.step": number };
    if (lane === "a2a") {
      const attributes = { ...ASK_ATTRIBUTES, ...step };
      return within(tracer, "SendMessage parrot", SpanKind.CLIENT, attributes, async () => void (await call(number)));
    }
    const attributes = { ...toolAttributes(lane), ...CALL_ATTRIBUTES, ...step };
    return within(tracer, "execute_tool echo", SpanKind.INTERNAL, attributes, async (span) => {
      span.setAttribute("gen_ai.tool.call.arguments", JSON.stringify({ text: `call ${number}` }));
      const result: unknown = Reflect.get(Object(await call(number)), "structuredContent");
      span.setAttribute("gen_ai.tool.call.result", JSON.stringify(result));
    });
  };
  const baggage = propagation.createBaggage({ "troupe.run.id": { value: RUN_ID } });
  await context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), () =>
    within(tracer, "invoke_agent caller", SpanKind.INTERNAL, {}, () => callAll(atOnce, tracedCall)),
  );
  if (spans.finished() !== CALLS + 1) throw new Error(`there are ${spans.finished()} spans`);
}

/** What both ends of a tool call say of it. */
export function toolAttributes(transport: string): Attributes {
  return {
    "mcp.method.name": "tools/call",
    "troupe.server.name": "echo",
    "network.transport": NETWORKS[transport] ?? "tcp",
    "gen_ai.tool.name": "echo",
    "tool.name": "echo",
  };
}

const NETWORKS: Readonly<Record<string, string>> = { sim: "inproc", stdio: "pipe" };

const CALL_ATTRIBUTES: Attributes = {
  "gen_ai.operation.name": "execute_tool",
  "gen_ai.tool.type": "function",
  "fi.span.kind": "TOOL",
  "gen_ai.agent.name": "caller",
};

export const ASK_ATTRIBUTES: Attributes = { "a2a.method.name": "SendMessage", "gen_ai.agent.name": "parrot" };

/** What the remote agent says of its own turn. */
export const TURN_ATTRIBUTES: Attributes = {
  "gen_ai.operation.name": "invoke_agent",
  "gen_ai.agent.name": "parrot",
  "fi.span.kind": "AGENT",
  "gen_ai.conversation.id": RUN_ID,
};
