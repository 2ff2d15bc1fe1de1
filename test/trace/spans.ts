import * as fc from "fast-check";
import type { Attributes, Span } from "../../src/trace/span.ts";

/** A span with defaults for all that a test does not speak of: one trace, service `agents`, 10 ns long. */
export function span(spanId: string, parentSpanId: string | undefined, given: Partial<Span> = {}): Span {
  const startTimeUnixNano = given.startTimeUnixNano ?? 1_000n;
  return {
    traceId: "t",
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: spanId,
    spanKind: "internal",
    startTimeUnixNano,
    endTimeUnixNano: startTimeUnixNano + 10n,
    status: { code: "unset" },
    attributes: {},
    events: [],
    links: [],
    resource: SERVICES.agents,
    scope: { name: "test" },
    ...given,
  };
}

export const SERVICES = {
  agents: { "service.name": "agents" },
  orders: { "service.name": "orders" },
} as const;

/** A span that starts at `start` and carries `attributes`. */
export function at(start: bigint, spanId: string, parentSpanId: string | undefined, attributes: Attributes = {}): Span {
  return span(spanId, parentSpanId, { startTimeUnixNano: start, attributes });
}

export const agent = (name: string): Attributes => ({
  "gen_ai.operation.name": "invoke_agent",
  "gen_ai.agent.name": name,
});

export const tool = (name: string): Attributes => ({
  "gen_ai.operation.name": "execute_tool",
  "gen_ai.tool.name": name,
});

export const chat = (input?: number, output?: number): Attributes => ({
  "gen_ai.operation.name": "chat",
  "gen_ai.request.model": "small",
  ...(input !== undefined && { "gen_ai.usage.input_tokens": input }),
  ...(output !== undefined && { "gen_ai.usage.output_tokens": output }),
});

/** Records of one or two traces in which ids, parents and starts collide at will: cycles, twins, orphans and copies. */
export const wildSpans: fc.Arbitrary<readonly Span[]> = fc
  .array(
    fc.record({
      traceId: fc.constantFrom("t1", "t2"),
      spanId: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      parentSpanId: fc.option(fc.constantFrom("a", "b", "c", "d", "e", "f", "gone", ""), { nil: undefined }),
      start: fc.bigInt(0n, 4n),
      length: fc.option(fc.bigInt(-1n, 5n), { nil: undefined }),
      attributes: fc.constantFrom<Attributes>({}, agent("triage"), tool("refund"), chat(3, 1), {
        "http.request.method": "GET",
      }),
      resource: fc.constantFrom(SERVICES.agents, SERVICES.orders),
    }),
    { maxLength: 14 },
  )
  .map((records) =>
    records.map(({ traceId, spanId, parentSpanId, start, length, attributes, resource }): Span => {
      const { endTimeUnixNano: _end, ...open } = span(spanId, parentSpanId, { traceId, startTimeUnixNano: start });
      const ended = length === undefined ? open : { ...open, endTimeUnixNano: start + length };
      return { ...ended, attributes, resource };
    }),
  );

/** The same spans in another order. */
export function shuffled(
  spans: fc.Arbitrary<readonly Span[]>,
): fc.Arbitrary<readonly [readonly Span[], readonly Span[]]> {
  return spans.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length })),
  );
}
