import { type Context, ROOT_CONTEXT, context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-node";
import { ownVariables } from "../../wire/own-environment.ts";
import { extract } from "../carrier.ts";
import { FIXED } from "../service.ts";
import { carryOverFetch, carryOverStdio, takeUpHeaders } from "./hops.ts";
import { PendingSpans } from "./pending-spans.ts";
import { tellRequests } from "./told-requests.ts";
import { tellEnvironment } from "./told.ts";

const VARIABLES = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_SERVICE_NAME",
  "OTEL_RESOURCE_ATTRIBUTES",
  "TRACEPARENT",
  "TRACESTATE",
  "BAGGAGE",
];

/**
 * Gives this process the telemetry that an agent under Troupe needs: a global tracer provider that exports to
 * `OTEL_EXPORTER_OTLP_ENDPOINT`, the context of `TRACEPARENT` above all that has no other, propagation over `fetch`, over
 * MCP to child processes and into servers of `node:http`, and a flush at every kind of end. Without the endpoint it does
 * nothing of that. What reached the process and what it sends it tells where Troupe has started it.
 */
export function preload(): void {
  tellEnvironment();
  const variables = ownVariables(VARIABLES);
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint = "", OTEL_SERVICE_NAME: service = "agent" } = variables;
  // Before all that puts context on a request, so that it sees what comes of it.
  tellRequests(service);
  if (endpoint === "") return;
  const spans = new PendingSpans(endpoint);
  const attributes = { ...resourceAttributes(variables["OTEL_RESOURCE_ATTRIBUTES"] ?? ""), "service.name": service };
  const provider = new BasicTracerProvider({
    ...FIXED,
    resource: resourceFromAttributes(attributes),
    spanProcessors: [spans],
  });
  const carrier = Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]);
  context.setGlobalContextManager(new BelowEnvironment(extract(Object.fromEntries(carrier))).enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  trace.setGlobalTracerProvider(provider);
  carryOverFetch();
  carryOverStdio();
  takeUpHeaders();
  flushAtTheEnd(spans);
}

/** Where code runs in no context of its own, it runs in that of the environment. */
class BelowEnvironment extends AsyncLocalStorageContextManager {
  readonly #environment: Context;

  constructor(environment: Context) {
    super();
    this.#environment = environment;
  }

  override active(): Context {
    const active = super.active();
    return active === ROOT_CONTEXT ? this.#environment : active;
  }
}

/** @see OpenTelemetry's specification of resources, "Specifying resource information" */
function resourceAttributes(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(",").flatMap((pair) => {
    const [key = "", ...value] = pair.split("=");
    return key.trim() === "" ? [] : [[decoded(key.trim()), decoded(value.join("=").trim())]];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function flushAtTheEnd(spans: PendingSpans): void {
  process.on("beforeExit", () => void spans.forceFlush());
  process.on("exit", () => spans.flushSync());
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const leave = (): void => {
      // Who listens too decides when to leave; else what this listener keeps from happening happens now.
      const isAlone = process.listenerCount(signal) === 1;
      void spans.forceFlush().then(() => {
        if (!isAlone) return;
        process.off(signal, leave);
        process.kill(process.pid, signal);
      });
    };
    process.on(signal, leave);
  }
}
