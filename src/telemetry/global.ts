import {
  type Context,
  ProxyTracerProvider,
  type Tracer,
  type TracerProvider,
  context,
  propagation,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { TroupeError } from "../core/errors.ts";
import { currentActor } from "./actor.ts";
import { copiesText, loadedApiCopies } from "./api-copies.ts";
import { collectingTracer } from "./collecting.ts";

/** What the API gives as long as nobody has registered a provider. */
const NO_PROVIDER: TracerProvider = new ProxyTracerProvider().getDelegate();

/** Records nothing. Not a tracer of the global API, which would come back to the dispatcher. */
const NONE: Tracer = NO_PROVIDER.getTracer("none");

/**
 * Registers the one global provider of this process: a dispatcher which asks at *every span* whose code is running.
 *
 * A framework takes its tracer once, when it loads, and keeps it for ever; a provider that chose in `getTracer` would
 * give it the first actor's. Outside every run and every `collectTrace` it records nothing.
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
  const copies = loadedApiCopies();
  const loaded = copies.length > 1 ? `; loaded are ${copiesText(copies)}` : "";
  throw new TroupeError("RUN_REFUSED", {
    where: "OpenTelemetry",
    what: `another tracer provider is registered in this process, or another version of @opentelemetry/api is${loaded}`,
    mend: "Do not call register() in code that runs under Troupe, and install one @opentelemetry/api >=1.9 <1.10.",
  });
}

/** Whether spans of the global API still reach Troupe; user code may have disabled it. */
export function isRegistered(): boolean {
  return globalProvider() === dispatcher;
}

/** Whether spans of the global API go to somebody else's provider. */
export function hasOtherProvider(): boolean {
  return ![dispatcher, NO_PROVIDER].includes(globalProvider());
}

function globalProvider(): TracerProvider {
  const provider = trace.getTracerProvider();
  return isProxy(provider) ? provider.getDelegate() : provider;
}

/** A proxy of another copy of the API is no instance of this one's class. */
function isProxy(provider: TracerProvider): provider is ProxyTracerProvider {
  return "getDelegate" in provider && typeof provider.getDelegate === "function";
}

const dispatcher: TracerProvider = {
  getTracer(name, version) {
    const current = (parent: Context): Tracer =>
      currentActor()?.service.tracerNamed(name, version) ?? collectingTracer(name, version, parent) ?? NONE;
    return {
      startSpan: (spanName, options, parent = context.active()) => current(parent).startSpan(spanName, options, parent),
      startActiveSpan: (...args: unknown[]) =>
        Reflect.apply(activeSpanStarter(current(parentAmong(args))), undefined, args),
    };
  },
};

/** With a context of the caller's own, it stands before the callback. */
function parentAmong(args: readonly unknown[]): Context {
  return args.length > 3 ? (args[2] as Context) : context.active();
}

/** The overloads differ in where the callback stands, which is passed on as it came. */
function activeSpanStarter(tracer: Tracer): Tracer["startActiveSpan"] {
  return tracer.startActiveSpan.bind(tracer);
}
