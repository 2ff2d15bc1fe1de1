import { context } from "@opentelemetry/api";
import type { CarrierFields } from "../trace/evidence.ts";
import { repeatedInCarrier } from "../wire/repeated.ts";
import { inject } from "./carrier.ts";

/** Methods of MCP. Other protocols over JSON-RPC, as A2A, have their context in a header alone. */
const MCP_METHOD =
  /^(initialize|ping|server\/discover|(tools|resources|prompts|completion|logging|notifications|subscriptions)\/.+)$/;

/**
 * What a request is made with, and the active context beside it: in its headers, and where it is a message of MCP in
 * `params._meta`. A carrier that is there already stays.
 */
export function withContext(input: string | URL | Request, init: RequestInit | undefined): RequestInit | undefined {
  const fields = inject(context.active());
  if (fields["traceparent"] === undefined) return init;
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  if (!headers.has("traceparent")) for (const [key, value] of Object.entries(fields)) headers.set(key, value);
  const body = typeof init?.body === "string" ? { body: withMeta(init.body, fields) } : {};
  return { ...init, ...body, headers };
}

/** The text of a JSON-RPC message with the fields in its `_meta`, where it is one of MCP; else the text. */
export function withMeta(text: string, fields: CarrierFields): string {
  // A carrier that is there twice would be mended in silence.
  if (!text.includes('"jsonrpc"') || repeatedInCarrier(text).length > 0) return text;
  try {
    const message: unknown = JSON.parse(text);
    const { method, params }: Readonly<Record<string, unknown>> = Object(message);
    if (typeof method !== "string" || !MCP_METHOD.test(method)) return text;
    const { _meta: meta }: Readonly<Record<string, unknown>> = Object(params);
    return JSON.stringify({ ...Object(message), params: { ...Object(params), _meta: { ...fields, ...Object(meta) } } });
  } catch {
    return text;
  }
}
