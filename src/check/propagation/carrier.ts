import type { CarrierFields, LedgerEntry } from "../../trace/evidence.ts";
import { type Traceparent, readTraceparent, tracestateFault } from "./trace-context.ts";

type Protocol = LedgerEntry["protocol"];

/** What is wrong with a carrier that has something in it. */
type CarrierFault = "namespaced" | "wrong case" | "malformed" | "duplicated" | "stale";

export type ReadCarrier =
  | { readonly state: "absent" }
  | { readonly state: "bad"; readonly fault: CarrierFault; readonly detail: string }
  | { readonly state: "valid"; readonly context: Traceparent };

const LABELS = {
  mcp: "params._meta",
  a2a: "traceparent",
  "in-process": "envelope",
  http: "traceparent",
  environment: "TRACEPARENT",
  model: "traceparent",
  line: "",
} as const satisfies Record<Protocol, string>;

/** Where a protocol's context rides, as reports call it. */
export function carrierLabel(protocol: Protocol): string {
  return LABELS[protocol];
}

/** The name of a W3C field where the protocol wants it. Names of HTTP's headers are in lower case whoever wrote them. */
function nameIn(protocol: Protocol, field: "traceparent" | "tracestate"): string {
  return protocol === "environment" ? field.toUpperCase() : field;
}

/** Reads the carrier of a message as it stood at one end: one that is there twice has no meaning that all readers share. */
export function readCarrierOf({ carrier, protocol, repeated }: LedgerEntry): ReadCarrier {
  if (repeated === undefined) return readCarrier(carrier, protocol);
  return bad("duplicated", `${repeated.join(" and ")} in the message's JSON, of which a reader takes one`);
}

/** Reads a carrier, by the rules of W3C and of its protocol, stricter than a receiver has to. */
export function readCarrier(fields: CarrierFields, protocol: Protocol): ReadCarrier {
  const name = nameIn(protocol, "traceparent");
  const text = fields[name];
  const variant = variantOf(fields, name);
  const isNamespaced = variant !== undefined && variant.length > name.length;
  if (text === undefined) {
    if (variant === undefined) return { state: "absent" };
    return bad(isNamespaced ? "namespaced" : "wrong case", `the key is ${variant}`);
  }
  if (variant !== undefined && !isNamespaced) return bad("duplicated", `there are ${name} and ${variant}`);
  const context = readTraceparent(text);
  if (!("traceId" in context)) return bad(faultOf(text), context.fault);
  if (context.fault !== undefined) return bad("malformed", context.fault);
  const state = fields[nameIn(protocol, "tracestate")];
  const fault = state === undefined ? undefined : tracestateFault(state);
  return fault === undefined ? { state: "valid", context } : bad("malformed", `tracestate: ${fault}`);
}

/**
 * The context that a receiver takes out of a carrier, however it is written besides; undefined where there is none.
 */
export function contextIn(fields: CarrierFields, protocol: Protocol): Traceparent | undefined {
  const context = readTraceparent(fields[nameIn(protocol, "traceparent")] ?? "");
  return "traceId" in context ? context : undefined;
}

/** Another key that was meant for the same. */
function variantOf(fields: CarrierFields, name: string): string | undefined {
  for (const key in fields) if (key.length >= name.length && key !== name && VARIANT.test(key)) return key;
  return undefined;
}

const VARIANT = /traceparent$/i;

function bad(fault: CarrierFault, detail: string): ReadCarrier {
  return { state: "bad", fault, detail };
}

function faultOf(text: string): CarrierFault {
  if ("traceId" in readTraceparent(text.toLowerCase())) return "wrong case";
  // As HTTP joins headers of one name.
  return text.split(",").length > 1 ? "duplicated" : "malformed";
}
