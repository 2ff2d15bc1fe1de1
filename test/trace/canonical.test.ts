import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalDigest, canonicalText } from "../../src/trace/canonical.ts";
import type { Attributes, Span } from "../../src/trace/span.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { agent, at, chat, SERVICES, shuffled, span, tool, wildSpans } from "./spans.ts";

const text = (spans: readonly Span[]): string => canonicalText(buildTrees(spans));
const digest = (spans: readonly Span[]): string => canonicalDigest(buildTrees(spans));

/** A run in which every kept field is present somewhere. */
const RUN: readonly Span[] = [
  at(1n, "run", undefined, { "gen_ai.operation.name": "invoke_workflow", "troupe.harness": true }),
  at(2n, "triage", "run", agent("triage")),
  at(3n, "call", "triage", { ...chat(10, 2), "gen_ai.response.finish_reasons": ["stop"], "agent.trajectory.step": 1 }),
  at(4n, "refund", "triage", {
    ...tool("refund"),
    "mcp.method.name": "tools/call",
    "troupe.server.name": "payments",
    "gen_ai.tool.call.arguments": '{"order":"A-17","amount":3}',
    "gen_ai.tool.call.result": '{"id":1}',
  }),
  span("post", "refund", { startTimeUnixNano: 5n, attributes: { "http.request.method": "POST" } }),
  span("served", "post", {
    startTimeUnixNano: 6n,
    spanKind: "server",
    resource: SERVICES.orders,
    attributes: { "mcp.method.name": "tools/call", "gen_ai.tool.name": "refund", "jsonrpc.request.id": "1" },
  }),
  at(7n, "hand", "triage", {
    ...tool("handoff"),
    "gen_ai.agent.handoff.source.name": "triage",
    "gen_ai.agent.handoff.target.name": "billing",
  }),
  at(8n, "billing", "hand", agent("billing")),
  span("ask", "billing", {
    startTimeUnixNano: 9n,
    spanKind: "client",
    attributes: {
      "a2a.method.name": "SendMessage",
      "a2a.task.state": "TASK_STATE_COMPLETED",
      "gen_ai.agent.name": "risk",
    },
  }),
];

const changed = (spanId: string, change: (span: Span) => Span): readonly Span[] =>
  RUN.map((one) => (one.spanId === spanId ? change(one) : one));
const withAttributes = (spanId: string, more: Attributes): readonly Span[] =>
  changed(spanId, (one) => ({ ...one, attributes: { ...one.attributes, ...more } }));

test.each<[string, readonly Span[]]>([
  ["the kind", withAttributes("call", { "gen_ai.operation.name": "embeddings" })],
  ["the agent and its name", withAttributes("triage", { "gen_ai.agent.name": "front desk" })],
  ["the agent that a tool names", withAttributes("refund", { "gen_ai.agent.name": "front desk" })],
  ["the service", changed("served", (one) => ({ ...one, resource: { "service.name": "elsewhere" } }))],
  ["the status", changed("refund", (one) => ({ ...one, status: { code: "error" } }))],
  ["the tool", withAttributes("refund", { "gen_ai.tool.name": "pay" })],
  ["the server", withAttributes("refund", { "troupe.server.name": "orders" })],
  ["the source of a handoff", withAttributes("hand", { "gen_ai.agent.handoff.source.name": "x" })],
  ["the target of a handoff", withAttributes("hand", { "gen_ai.agent.handoff.target.name": "x" })],
  ["the model", withAttributes("call", { "gen_ai.request.model": "large" })],
  ["the finish reason", withAttributes("call", { "gen_ai.response.finish_reasons": ["length"] })],
  ["the input tokens", withAttributes("call", { "gen_ai.usage.input_tokens": 11 })],
  ["the output tokens", withAttributes("call", { "gen_ai.usage.output_tokens": 0 })],
  ["the arguments", withAttributes("refund", { "gen_ai.tool.call.arguments": '{"order":"A-18","amount":3}' })],
  ["the result", withAttributes("refund", { "gen_ai.tool.call.result": '{"id":2}' })],
  ["the trajectory step", withAttributes("call", { "agent.trajectory.step": 2 })],
  ["the method", withAttributes("ask", { "a2a.method.name": "SendStreamingMessage" })],
  ["the task state", withAttributes("ask", { "a2a.task.state": "TASK_STATE_FAILED" })],
  ["the place in the tree", changed("ask", (one) => ({ ...one, parentSpanId: "triage" }))],
  ["one span less", RUN.filter(({ spanId }) => spanId !== "call")],
  ["the program order of one actor", changed("call", (one) => ({ ...one, startTimeUnixNano: 5n }))],
])("the canonical digest changes with %s", (_what, spans) => expect(digest(spans)).not.toBe(digest(RUN)));

const renamed = (id: string): string => `${id}-again`;

test.each<[string, readonly Span[]]>([
  [
    "trace and span ids",
    RUN.map((one) => ({
      ...one,
      traceId: "other",
      spanId: renamed(one.spanId),
      ...(one.parentSpanId !== undefined && { parentSpanId: renamed(one.parentSpanId) }),
    })),
  ],
  ["times", RUN.map((one) => ({ ...one, startTimeUnixNano: one.startTimeUnixNano * 977n, endTimeUnixNano: 99_999n }))],
  ["the JSON-RPC id", withAttributes("served", { "jsonrpc.request.id": "2" })],
  ["the transport", withAttributes("served", { "network.transport": "pipe", "mcp.protocol.version": "2025-11-25" })],
  ["the session", withAttributes("served", { "mcp.session.id": "s", "gen_ai.conversation.id": "c" })],
  ["addresses", withAttributes("ask", { "server.address": "10.0.0.1", "server.port": 80 })],
  ["task and tool call ids", withAttributes("refund", { "gen_ai.tool.call.id": "call_1", "a2a.task.id": "t" })],
  ["the words of an error", changed("refund", (one) => ({ ...one, status: { code: "unset", message: "x" } }))],
  ["what the span itself is called", changed("call", (one) => ({ ...one, name: "x", scope: { name: "y" } }))],
  [
    "other resource attributes",
    changed("served", (one) => ({ ...one, resource: { ...one.resource, "host.name": "h" } })),
  ],
  [
    "HTTP spans, lifecycle spans and what the harness adds",
    RUN.filter(({ spanId }) => spanId !== "run" && spanId !== "post").map((one) =>
      one.spanId === "served" ? { ...one, parentSpanId: "refund" } : one,
    ),
  ],
  [
    "a trace of nothing but the protocol's lifecycle",
    [...RUN, span("init", undefined, { traceId: "u", attributes: { "mcp.method.name": "initialize" } })],
  ],
  [
    "the order of the keys of arguments",
    withAttributes("refund", { "gen_ai.tool.call.arguments": '{ "amount": 3, "order": "A-17" }' }),
  ],
  [
    "events and links",
    changed("call", (one) => ({ ...one, events: [{ name: "e", timeUnixNano: 1n, attributes: {} }] })),
  ],
])("the canonical digest stays whatever %s", (_what, spans) => {
  expect(text(spans)).toBe(text(RUN));
});

const workflow = at(1n, "w", undefined, { "gen_ai.operation.name": "invoke_workflow" });
const caller = at(1n, "a", undefined, agent("a"));

const served = (start: bigint, service: string): Span =>
  span(service, "a", {
    startTimeUnixNano: start,
    spanKind: "server",
    resource: { "service.name": service },
    attributes: { "mcp.method.name": "tools/call" },
  });

const handedTo = (start: bigint, target: string): Span =>
  at(start, target, "a", { ...tool("handoff"), "gen_ai.agent.handoff.target.name": target });

test("agents that act side by side may start in either order", () => {
  expect(digest([workflow, at(2n, "b", "w", agent("b")), at(3n, "c", "w", agent("c"))])).toBe(
    digest([workflow, at(3n, "b", "w", agent("b")), at(2n, "c", "w", agent("c"))]),
  );
});

test("services that act side by side may start in either order", () => {
  expect(digest([caller, served(2n, "orders"), served(3n, "payments")])).toBe(
    digest([caller, served(3n, "orders"), served(2n, "payments")]),
  );
});

test("two handoffs of one agent keep the order in which it made them", () => {
  expect(digest([caller, handedTo(2n, "b"), handedTo(3n, "c")])).not.toBe(
    digest([caller, handedTo(3n, "b"), handedTo(2n, "c")]),
  );
});

test("steps of one actor that start together are ordered by what they say", () => {
  expect(digest([caller, at(2n, "1", "a", tool("x")), at(2n, "2", "a", tool("y"))])).toBe(
    digest([caller, at(2n, "2", "a", tool("x")), at(2n, "1", "a", tool("y"))]),
  );
});

test("numbered steps of one agent are in the order of their numbers, whichever connection opened first", () => {
  const step = (start: bigint, name: string, number: number, agentName: string): Span =>
    at(start, name, "a", { ...tool(name), "agent.trajectory.step": number, "gen_ai.agent.name": agentName });
  const spoken = at(3n, "spoken", "a", { "gen_ai.operation.name": "chat" });
  // A step may name the agent that it is for: an ask names the one that is asked.
  expect(digest([caller, step(2n, "x", 1, "a"), spoken, step(4n, "y", 2, "b")])).toBe(
    digest([caller, step(4n, "x", 1, "a"), spoken, step(2n, "y", 2, "b")]),
  );
});

const givenTo = (recorded: string): readonly Span[] =>
  withAttributes("refund", { "gen_ai.tool.call.arguments": recorded });

test("arguments that are no JSON count as they are", () => {
  expect(text(givenTo("{broken"))).toContain('"arguments":"{broken"');
  expect(digest(givenTo("a b"))).not.toBe(digest(givenTo("a  b")));
});

test("the canonical text is JSON, keys sorted, children last", () => {
  expect(JSON.parse(text([at(1n, "a", undefined, agent("a")), at(2n, "x", "a", tool("x"))]))).toEqual([
    [
      [
        {
          agent: "a",
          kind: "agent",
          name: "a",
          service: "agents",
          status: "unset",
          under: [[{ kind: "tool", name: "x", service: "agents", status: "unset", tool: "x" }]],
        },
      ],
    ],
  ]);
});

test("property: shuffling the records never changes the canonical digest", () => {
  fc.assert(
    fc.property(shuffled(wildSpans), ([spans, again]) => {
      expect(digest(again)).toBe(digest(spans));
    }),
  );
});

test("neither which trace started first nor what is dropped decides an order", () => {
  const inTrace = (traceId: string, start: bigint, name: string): Span =>
    span("x", undefined, { traceId, startTimeUnixNano: start, attributes: tool(name) });
  expect(digest([inTrace("t", 1n, "x"), inTrace("u", 2n, "y")])).toBe(
    digest([inTrace("t", 2n, "x"), inTrace("u", 1n, "y")]),
  );
  const called = (id: string, name: string): Span => at(2n, id, "a", { "a.call.id": id, ...tool(name) });
  expect(digest([caller, called("1", "x"), called("2", "y")])).toBe(
    digest([caller, called("2", "x"), called("1", "y")]),
  );
});
