import { ProxyTracerProvider, type Tracer, type TracerProvider, context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { TroupeError } from "../core/errors.ts";
import { currentActor } from "./actor.ts";

/** Records nothing. Not a tracer of the global API, which would come back to the dispatcher. */
const NONE: Tracer = new ProxyTracerProvider().getDelegate().getTracer("none");

/**
 * Registers the one global provider of this process: a dispatcher which asks at *every span* whose code is running.
 *
 * A framework takes its tracer once, when it loads, and keeps it for ever; a provider that chose in `getTracer` would
 * give it the first actor's. Outside every run it records nothing.
 *
 * @throws TroupeError `RUN_REFUSED` when another provider was registered before.
 */
export function registerTelemetry(): void {
  if (isRegistered()) return;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  trace.setGlobalTracerProvider(dispatcher);
  if (isRegistered()) return;
  throw new TroupeError("RUN_REFUSED", {
    where: "OpenTelemetry",
    what: "another tracer provider is registered in this process, or another version of @opentelemetry/api is",
    mend: "Do not call register() in code that runs under Troupe, and install one @opentelemetry/api >=1.9 <1.10.",
  });
}

/** Whether spans of the global API still reach Troupe; user code may have disabled it. */
export function isRegistered(): boolean {
  const probe = trace.getTracerProvider();
  return (
    ("getDelegate" in probe && typeof probe.getDelegate === "function" ? probe.getDelegate() : probe) === dispatcher
  );
}

const dispatcher: TracerProvider = {
  getTracer(name, version) {
    const current = (): Tracer => currentActor()?.service.tracerNamed(name, version) ?? NONE;
    return {
      startSpan: (...args) => current().startSpan(...args),
      startActiveSpan: (...args: unknown[]) => Reflect.apply(activeSpanStarter(current()), undefined, args),
    };
  },
};

/** The overloads differ in where the callback stands, which is passed on as it came. */
function activeSpanStarter(tracer: Tracer): Tracer["startActiveSpan"] {
  return tracer.startActiveSpan.bind(tracer);
}
