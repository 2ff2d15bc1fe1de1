import childProcess from "node:child_process";
import { Server } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import type { Writable } from "node:stream";
import { context, trace } from "@opentelemetry/api";
import { carrierFields } from "../../wire/ledger.ts";
import { extract, inject } from "../carrier.ts";
import { withContext, withMeta } from "../fetch-context.ts";

/** Has every request that leaves through the global `fetch` take the active context along. */
export function carryOverFetch(): void {
  const inner = globalThis.fetch;
  globalThis.fetch = (input, init) => inner(input, withContext(input, init));
}

/**
 * Has each message of MCP that is written to the stdin of a child process take the active context along; of the processes
 * that are started from now on, those that are `carried`.
 */
export function carryOverStdio(isCarried: () => boolean = () => true): void {
  const inner = childProcess.spawn;
  Reflect.set(childProcess, "spawn", (...args: Parameters<typeof inner>) => {
    const child = inner(...args);
    if (child.stdin !== null && isCarried()) carryInto(child.stdin);
    return child;
  });
  // Who imports it by name gets this one too.
  syncBuiltinESMExports();
}

function carryInto(stdin: Writable): void {
  const write: Writable["write"] = Reflect.get(stdin, "write");
  const carryingWrite = (chunk: unknown, ...rest: unknown[]): boolean =>
    Reflect.apply(write, stdin, [carrying(chunk), ...rest]);
  Reflect.set(stdin, "write", carryingWrite);
}

/** A line of MCP with the active context; anything else as it is. */
function carrying(chunk: unknown): unknown {
  if (typeof chunk !== "string" || !chunk.endsWith("\n")) return chunk;
  const fields = inject(context.active());
  return fields["traceparent"] === undefined ? chunk : `${withMeta(chunk.slice(0, -1), fields)}\n`;
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
