import { parseExactJson } from "../src/format/json-text.ts";
import { readTraceFile } from "../src/format/read.ts";
import { summarize } from "../src/trace/summary.ts";
import { buildTrees } from "../src/trace/tree.ts";

// A trace file to trees and summaries against its floor: `JSON.parse` of the same text, which every reader must do in some
// form. Interleaved, so that a busy machine slows both; least times. The aim is 0.4 of the floor's rate.
const ROUNDS = 9;
const TRACES = 1000;

const CASES: readonly (readonly [name: string, contentLength: number])[] = [
  ["spans without content", 0],
  ["messages of 500 characters", 500],
  ["messages of 4,000 characters", 4000],
];

for (const [name, contentLength] of CASES) {
  const text = otlpOf(TRACES, contentLength);
  const floor: number[] = [];
  const exact: number[] = [];
  const read: number[] = [];
  const built: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    floor.push(time(() => void JSON.parse(text)));
    exact.push(time(() => void parseExactJson(text)));
    const start = performance.now();
    const { spans } = readTraceFile(text, "bench.json");
    const readAt = performance.now();
    const trees = buildTrees(spans);
    const builtAt = performance.now();
    const summaries = trees.map((tree) => summarize(tree));
    const end = performance.now();
    if (summaries.length !== TRACES) throw new Error("a trace is lost");
    read.push(readAt - start);
    built.push(builtAt - readAt);
    whole.push(end - start);
  }
  const [parse, all] = [Math.min(...floor), Math.min(...whole)];
  const share = (of: number): string => `${of.toFixed(0)} ms`;
  const [exactly, reading, building] = [Math.min(...exact), Math.min(...read), Math.min(...built)];
  console.log(
    `${name}: ${(text.length / 1e6).toFixed(1)} MB, JSON.parse ${share(parse)}, all ${share(all)}: ${(parse / all).toFixed(2)} of its rate (aim: 0.4); ` +
      `exact parse ${share(exactly)}, its spans ${share(reading - exactly)}, trees ${share(building)}, summaries ${share(all - reading - building)}`,
  );
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Runs of two agents with a handoff, model calls, tools and MCP, as the GenAI conventions write them: 19 spans each. */
function otlpOf(traces: number, contentLength: number): string {
  const documents = Array.from({ length: traces }, (_, index) => resourceSpans(index, contentLength));
  return JSON.stringify({ resourceSpans: documents });
}

type Value = string | number | boolean;

function resourceSpans(trace: number, contentLength: number): unknown {
  const traceId = (trace + 1).toString(16).padStart(32, "0");
  const content = "The order was charged twice. ".repeat(Math.ceil(contentLength / 29)).slice(0, contentLength);
  let count = 0;
  const idOf = (number: number): string => (trace * 100 + number).toString(16).padStart(16, "0");
  const span = (name: string, parent: string, attributes: Readonly<Record<string, Value>>, kind = 1): unknown => {
    const id = idOf(++count);
    const start = 1_760_000_000_000_000_000n + BigInt(trace * 1_000_000 + count * 10_000);
    return {
      traceId,
      spanId: id,
      ...(parent !== "" && { parentSpanId: parent }),
      name,
      kind,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + 900_000n),
      attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })),
      status: {},
    };
  };
  const spans: unknown[] = [span("invoke_workflow refunds", "", { "gen_ai.operation.name": "invoke_workflow" })];
  for (const agent of ["triage", "billing"]) {
    const agentId = idOf(count + 1);
    spans.push(span(`invoke_agent ${agent}`, idOf(1), agentAttributes(agent)));
    for (const call of [1, 2]) {
      spans.push(span("chat small-2026", agentId, chatAttributes(agent, call, content), 3));
      const toolId = idOf(count + 1);
      spans.push(span("execute_tool lookup_order", agentId, toolAttributes(agent, call)));
      spans.push(span("tools/call lookup_order", toolId, mcpAttributes(call), 2));
      spans.push(span("POST /mcp", toolId, { "http.request.method": "POST", "url.path": "/mcp" }, 3));
    }
  }
  return {
    resource: { attributes: [{ key: "service.name", value: { stringValue: "agents" } }] },
    scopeSpans: [{ scope: { name: "bench", version: "1" }, spans }],
  };
}

function agentAttributes(agent: string): Readonly<Record<string, Value>> {
  return {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": agent,
    "gen_ai.conversation.id": "conversation-17",
    "user.id": "user-4",
  };
}

function chatAttributes(agent: string, call: number, content: string): Readonly<Record<string, Value>> {
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "small-2026",
    "gen_ai.response.model": "small-2026-01",
    "gen_ai.response.finish_reasons": '["stop"]',
    "gen_ai.usage.input_tokens": 812 + call,
    "gen_ai.usage.output_tokens": 64,
    "gen_ai.agent.name": agent,
    "agent.trajectory.step": call * 2 - 1,
    ...(content !== "" && {
      "gen_ai.input.messages": JSON.stringify([{ role: "user", parts: [{ type: "text", content }] }]),
    }),
  };
}

function toolAttributes(agent: string, call: number): Readonly<Record<string, Value>> {
  return {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "lookup_order",
    "gen_ai.tool.call.id": `call-${call}`,
    "gen_ai.tool.call.arguments": JSON.stringify({ order: "A-17", page: call }),
    "gen_ai.tool.call.result": JSON.stringify({ order: "A-17", total: 129.5, lines: ["chair", "lamp"] }),
    "gen_ai.agent.name": agent,
    "agent.trajectory.step": call * 2,
  };
}

function mcpAttributes(call: number): Readonly<Record<string, Value>> {
  return {
    "mcp.method.name": "tools/call",
    "gen_ai.tool.name": "lookup_order",
    "jsonrpc.request.id": String(call),
    "network.transport": "tcp",
  };
}

function anyValue(value: Value): unknown {
  if (typeof value === "string") return { stringValue: value };
  return typeof value === "number" ? { intValue: String(value) } : { boolValue: value };
}
