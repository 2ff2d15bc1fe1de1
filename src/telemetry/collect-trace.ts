import { trace } from "@opentelemetry/api";
import { TroupeError } from "../core/errors.ts";
import type { Span } from "../trace/span.ts";
import { type Tree, buildTrees } from "../trace/tree.ts";
import { currentActor } from "./actor.ts";
import { copiesText, loadedApiCopies, registeredApiVersion, shutOut } from "./api-copies.ts";
import { OWN_PROCESSOR, TraceProcessor } from "./collecting.ts";
import { hasOtherProvider, isRegistered, registerTelemetry } from "./global.ts";

export interface CollectOptions {
  /** Made by {@link traceProcessor} and added to a tracer provider of your own; left out, Troupe registers its own. */
  readonly processor?: TraceProcessor;
}

/** What a function did, as spans. */
export interface CollectedTrace<T> {
  /** What the function returned. */
  readonly value: T;
  /** One for each trace id. */
  readonly trees: readonly Tree[];
  /** Finished spans by their ends, then those that were still open. */
  readonly spans: readonly Span[];
}

/** A span processor for a tracer provider of your own, from which `collectTrace(work, { processor })` gets its spans. */
export function traceProcessor(): TraceProcessor {
  return new TraceProcessor();
}

/**
 * Runs `work` and collects the spans that it makes through OpenTelemetry's API, with those of servers in this process that
 * continue its traces. Calls at the same time do not see each other's spans; of nested ones the innermost gets them.
 *
 * It waits for nothing but `work`: a span that is open then is kept as an open one. An error of `work` passes through.
 *
 * @throws TroupeError `RUN_REFUSED` inside of a run, where another tracer provider is the global one and no processor was
 *   given, and where nothing was collected because spans cannot reach Troupe.
 */
export async function collectTrace<T>(
  work: () => T | Promise<T>,
  { processor = ownProcessor() }: CollectOptions = {},
): Promise<CollectedTrace<T>> {
  if (currentActor() !== undefined)
    throw refusal("it is called inside of a run, which records these spans itself", "Call it outside of scenarios.");
  const { value, spans } = await processor.collect(work);
  if (spans.length === 0) explainSilence(processor);
  return { value, trees: buildTrees(spans), spans };
}

function ownProcessor(): TraceProcessor {
  if (hasOtherProvider())
    throw refusal(
      "another tracer provider is registered in this process, and Troupe does not hear of its spans",
      "Make `const processor = traceProcessor()`, add it to that provider's `spanProcessors`, and call `collectTrace(work, { processor })`.",
    );
  registerTelemetry();
  return OWN_PROCESSOR;
}

/** No spans may be the truth. Where they cannot have come, that is said. */
function explainSilence(processor: TraceProcessor): void {
  const version = registeredApiVersion();
  const copies = version === undefined ? [] : loadedApiCopies();
  const [stranger] = shutOut(copies, version ?? "");
  if (stranger !== undefined) {
    throw refusal(
      `no span was collected, and ${copies.length} copies of @opentelemetry/api are loaded: ${copiesText(copies)}. What uses ${stranger.version} cannot reach a provider registered with ${version}`,
      "Install one @opentelemetry/api >=1.9 <1.10; `npm ls @opentelemetry/api` says who asks for another.",
    );
  }
  if (processor === OWN_PROCESSOR || processor.hasHeard) return;
  // Never ended, so no exporter hears of it.
  trace.getTracer("troupe").startSpan("troupe.probe");
  if (processor.hasHeard) return;
  const why = isRegistered()
    ? "Troupe's own provider was registered before yours, which the API then ignores in silence"
    : "it is not among the `spanProcessors` of the global provider, or that one's sampler drops every span";
  throw refusal(
    `no span has ever reached the processor: ${why}`,
    "Register your provider, with the processor in it, before anything of Troupe runs.",
  );
}

function refusal(what: string, mend: string): TroupeError {
  return new TroupeError("RUN_REFUSED", { where: "collectTrace", what, mend });
}
