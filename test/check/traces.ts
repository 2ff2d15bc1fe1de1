import { serviceOf } from "../../src/trace/span.ts";
import type { Span, SpanKind } from "../../src/trace/span.ts";
import type { Tree } from "../../src/trace/tree.ts";
import { buildTrees } from "../../src/trace/tree.ts";

/** A span to be, with those under it; ids, times and the rest are filled in. */
export interface Draft {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly spanKind?: SpanKind;
  readonly service?: string;
  readonly error?: string;
  /** In place of the id that counts up. */
  readonly id?: string;
  /** In place of the id of the span above. */
  readonly parentId?: string;
  readonly traceId?: string;
  readonly under?: readonly Draft[];
}

type Extra = Omit<Draft, "name" | "attributes" | "under">;

export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

export function agent(name: string, under: readonly Draft[] = [], extra: Extra = {}): Draft {
  const attributes = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name };
  return { name: `invoke_agent ${name}`, attributes, under, ...extra };
}

export function llm(model: string, input = 0, output = 0, extra: Extra = {}): Draft {
  const attributes = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": model,
    "gen_ai.usage.input_tokens": input,
    "gen_ai.usage.output_tokens": output,
  };
  return { name: `chat ${model}`, attributes, spanKind: "client", ...extra };
}

export function tool(name: string, args?: unknown, under: readonly Draft[] = [], extra: Extra = {}): Draft {
  const attributes = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": name,
    ...(args !== undefined && { "gen_ai.tool.call.arguments": JSON.stringify(args) }),
  };
  return { name: `execute_tool ${name}`, attributes, under, ...extra };
}

export function mcpServer(method: string, target: string, service: string, extra: Extra = {}): Draft {
  const attributes = {
    "mcp.method.name": method,
    ...(target !== "" && { "gen_ai.tool.name": target }),
    "troupe.server.name": service,
  };
  return { name: `${method} ${target}`.trim(), attributes, spanKind: "server", service, ...extra };
}

export function handoff(from: string, to: string, under: readonly Draft[] = []): Draft {
  const attributes = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.agent.handoff.source.name": from,
    "gen_ai.agent.handoff.target.name": to,
  };
  return { name: `handoff ${from} -> ${to}`, attributes, under };
}

/** Spans in program order: each begins 1 ms after the one before it, and ends 1 ms after the last one under it. */
export function spansOf(...drafts: readonly Draft[]): readonly Span[] {
  const spans: Span[] = [];
  let now = 0n;
  const tick = (): bigint => (now += 1_000_000n);
  const add = (draft: Draft, above: Span | undefined): void => {
    const service = draft.service ?? (above === undefined ? "agents" : serviceOf(above));
    const parentSpanId = draft.parentId ?? above?.spanId;
    const span = {
      traceId: draft.traceId ?? above?.traceId ?? TRACE_ID,
      spanId: draft.id ?? (spans.length + 1).toString(16).padStart(16, "0"),
      ...(parentSpanId !== undefined && { parentSpanId }),
      name: draft.name,
      spanKind: draft.spanKind ?? ("internal" as const),
      startTimeUnixNano: tick(),
      endTimeUnixNano: 0n,
      status:
        draft.error === undefined ? ({ code: "unset" } as const) : { code: "error" as const, message: draft.error },
      attributes: draft.attributes,
      events: [],
      links: [],
      resource: { "service.name": service },
      scope: { name: "test" },
    };
    spans.push(span);
    for (const child of draft.under ?? []) add(child, span);
    span.endTimeUnixNano = tick();
  };
  for (const draft of drafts) add(draft, undefined);
  return spans;
}

export function treesOf(...drafts: readonly Draft[]): readonly Tree[] {
  return buildTrees(spansOf(...drafts));
}
