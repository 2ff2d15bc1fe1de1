import {
  type Baggage,
  type Context,
  ROOT_CONTEXT,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
} from "@opentelemetry/api";
import { W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import type { CarrierFields } from "../trace/evidence.ts";

const traceContext = new W3CTraceContextPropagator();
const baggage = new W3CBaggagePropagator();

/** The W3C fields for a context: `traceparent`, and `tracestate` and `baggage` where there is something to say. */
export function inject(context: Context): CarrierFields {
  const fields: Record<string, string> = {};
  traceContext.inject(context, fields, defaultTextMapSetter);
  const carried = propagation.getBaggage(context);
  if (carried === undefined) return fields;
  const text = texts.get(carried) ?? baggageText(context);
  texts.set(carried, text);
  if (text !== "") fields["baggage"] = text;
  return fields;
}

/** The context that a carrier brings. Without a carrier it is empty: nothing else may cross. */
export function extract(fields: CarrierFields): Context {
  const text = fields["baggage"] ?? "";
  if (last?.text !== text) last = { text, context: baggage.extract(ROOT_CONTEXT, fields, defaultTextMapGetter) };
  return traceContext.extract(last.context, fields, defaultTextMapGetter);
}

/** All messages of a run carry the same baggage; it is written and read once. Baggage is immutable. */
const texts = new WeakMap<Baggage, string>();
let last: { readonly text: string; readonly context: Context } | undefined;

function baggageText(context: Context): string {
  const fields: Record<string, string> = {};
  baggage.inject(context, fields, defaultTextMapSetter);
  return fields["baggage"] ?? "";
}
