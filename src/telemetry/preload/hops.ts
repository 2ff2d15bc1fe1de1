import { Server } from "node:http";
import { context, trace } from "@opentelemetry/api";
import type { CarrierFields } from "../../trace/evidence.ts";
import { carrierFields } from "../../wire/ledger.ts";
import { extract, inject } from "../carrier.ts";

/** Methods of MCP. Other protocols over JSON-RPC, as A2A, have their context in a header alone. */
const MCP_METHOD =
  /^(initialize|ping|server\/discover|(tools|resources|prompts|completion|logging|notifications|subscriptions)\/.+)$/;

/**
 * Has every request that leaves through the global `fetch` take the active context along: in its headers, and where it is
 * a message of MCP in `params._meta`. A carrier that is there already stays.
 */
export function carryOverFetch(): void {
  const inner = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const fields = inject(context.active());
    if (fields["traceparent"] === undefined) return inner(input, init);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    if (!headers.has("traceparent")) for (const [key, value] of Object.entries(fields)) headers.set(key, value);
    const body = typeof init?.body === "string" ? { body: withMeta(init.body, fields) } : {};
    return inner(input, { ...init, ...body, headers });
  };
}

/** Has requests that a server of `node:http` answers be answered in the context of their headers. */
export function takeUpHeaders(): void {
  const inner: Server["emit"] = Reflect.get(Server.prototype, "emit");
  Server.prototype.emit = function emit(this: Server, event: string, ...args: unknown[]): boolean {
    const next = (): boolean => Reflect.apply(inner, this, [event, ...args]);
    if (event !== "request") return next();
    const headers: unknown = Reflect.get(Object(args[0]), "headers");
    const received = extract(carrierFields(headers));
    return trace.getSpanContext(received) === undefined ? next() : context.with(received, next);
  };
}

/** The text of a JSON-RPC message with the fields in its `_meta`, where it is one of MCP. */
function withMeta(text: string, fields: CarrierFields): string {
  if (!text.includes('"jsonrpc"')) return text;
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
