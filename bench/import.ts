import { longListSplitter } from "../src/format/long-list.ts";
import { readTraceFile } from "../src/format/read.ts";
import { meaningOf } from "../src/trace/dialects.ts";
import { summarize } from "../src/trace/summary.ts";
import { buildTrees } from "../src/trace/tree.ts";

// A trace file to trees and summaries against its floor: `JSON.parse` of the same text, which every reader must do in some
// form. Interleaved, and in processor time, so that a busy machine disturbs little; least times. The aim is 0.4 of the
// floor's rate.
const ROUNDS = 15;
const TRACES = 1000;

const CASES: readonly (readonly [name: string, contentLength: number])[] = [
  ["spans without content", 0],
  ["messages of 500 characters", 500],
  ["messages of 4,000 characters", 4000],
];

const NOTHING = {
  mayTakeApart: () => true,
  onPart: () => {},
  onDocument: () => {},
  onBroken: () => {},
  onOther: () => {},
};

for (const [name, contentLength] of CASES) {
  const text = otlpOf(TRACES, contentLength);
  const floor = stopwatch();
  const items = stopwatch();
  const reading = stopwatch();
  const meanings = stopwatch();
  const building = stopwatch();
  const whole = stopwatch();
  for (let round = 0; round < ROUNDS; round++) {
    floor.time(() => void JSON.parse(text));
    items.time(() => {
      const splitter = longListSplitter(NOTHING);
      splitter.push(text);
      splitter.end();
    });
    const spans = reading.time(() => readTraceFile(text, "bench.json").spans);
    meanings.time(() => spans.forEach((span) => void meaningOf(span)));
    const trees = building.time(() => buildTrees(spans));
    if (trees.length !== TRACES) throw new Error("a trace is lost");
    whole.time(() => buildTrees(readTraceFile(text, "bench.json").spans).map((tree) => summarize(tree)));
  }
  const ms = (milliseconds: number): string => `${milliseconds.toFixed(0)} ms`;
  console.log(
    `${name}: ${(text.length / 1e6).toFixed(1)} MB, JSON.parse ${ms(floor.least)}, all ${ms(whole.least)}: ${(floor.least / whole.least).toFixed(2)} of its rate (aim: 0.4)`,
  );
  console.log(
    `  items found and parsed ${ms(items.least)}, spans of them ${ms(reading.least - items.least)}; trees ${ms(building.least)}, ` +
      `of which what spans mean ${ms(meanings.least)}; summaries ${ms(whole.least - reading.least - building.least)}`,
  );
}

/** Keeps the least processor time that something took, in milliseconds. */
function stopwatch(): { least: number; time<Of>(work: () => Of): Of } {
  return {
    least: Infinity,
    time(work) {
      const before = process.cpuUsage();
      const result = work();
      const { user, system } = process.cpuUsage(before);
      this.least = Math.min(this.least, (user + system) / 1000);
      return result;
    },
  };
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
