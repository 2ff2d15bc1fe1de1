import { type ContextKind, contextFields } from "../../../src/check/proof/contexts.ts";
import type { Evidence, Heard, Place, Trial } from "../../../src/check/proof/evidence.ts";
import type { Span } from "../../../src/trace/span.ts";
import { span } from "../../trace/spans.ts";

/** The ids that a trial's context names; those in its headers are others. */
export function idsOf(number: number, place: "_meta" | "header" = "_meta"): { traceId: string; spanId: string } {
  const digit = `${number}${place === "_meta" ? "a" : "b"}`;
  return { traceId: digit.padStart(32, "0"), spanId: digit.padStart(16, "0") };
}

/** A call of the tool `echo`, from `number` seconds on for one second. */
export function trial(number: number, context: ContextKind = "valid", given: Partial<Trial> = {}): Trial {
  const place: Place = given.place ?? "_meta";
  const fields = (where: "_meta" | "header"): Readonly<Record<string, string>> =>
    place === "both" || place === where ? contextFields(context, idsOf(number, where), number) : {};
  return {
    method: "tools/call",
    target: "echo",
    transport: "stdio",
    requestId: String(number),
    context,
    place,
    carriers: { meta: fields("_meta"), header: fields("header") },
    reply: { kind: "result", text: "{}" },
    startUnixNano: second(number),
    endUnixNano: second(number + 1),
    ...given,
  };
}

export function second(number: number): bigint {
  return BigInt(number) * 1_000_000_000n;
}

/** A span as the conventions ask for, under what trial `number` brought, or with other ids. */
export function served(number: number, given: Partial<Span> = {}): Span {
  const { traceId, spanId } = idsOf(number);
  return span(`${number}c`.padStart(16, "0"), spanId, {
    traceId,
    name: "tools/call echo",
    spanKind: "server",
    startTimeUnixNano: second(number) + 500_000_000n,
    attributes: {
      "mcp.method.name": "tools/call",
      "gen_ai.tool.name": "echo",
      "jsonrpc.request.id": String(number),
      "network.transport": "pipe",
    },
    ...given,
  });
}

/** The same span with no parent, in a trace of its own. */
export function rooted(number: number, given: Partial<Span> = {}): Span {
  const { parentSpanId: _, ...rest } = served(number, { traceId: `${number}f`.padStart(32, "0"), ...given });
  return rest;
}

/** A call that the peer sent on while it answered trial `number`. */
export function onward(number: number, meta: Heard["carriers"]["meta"], given: Partial<Heard> = {}): Heard {
  return {
    method: "tools/call",
    transport: "http",
    protocol: "mcp",
    carriers: { meta, header: {} },
    timeUnixNano: second(number) + 600_000_000n,
    ...given,
  };
}

export function evidence(given: Partial<Evidence> = {}): Evidence {
  return { due: "_meta", spans: [], downstream: [], hasDownstream: true, isSameClock: true, ...given };
}
