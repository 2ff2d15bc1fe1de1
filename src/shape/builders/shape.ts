import type { CaptureArgument, Literal, NameArgument } from "./arguments.ts";
import { captureOf } from "./arguments.ts";
import type { EventBuilder } from "./events.ts";
import { eventOf } from "./events.ts";
import type { GroupBuilder } from "./groups.ts";
import { grouper } from "./groups.ts";
import type { KindMaker, LineMaker, ReferenceBuilder } from "./lines.ts";
import { lineOf, maker, referenceOf } from "./lines.ts";
import type { ItemBuilder, ModeBuilder, Part, SideBuilder } from "./parts.ts";
import type { SinglePattern } from "../pattern.ts";
import type { ShapeMaker, TraceBuilder } from "./whole.ts";
import { shapeOf, shapeOfTraces, traceBuilder } from "./whole.ts";

/**
 * Builds shapes in code: the same structure as the text form, refused for the same reasons.
 *
 * ```ts
 * shape.of(shape.agent("triage", shape.llm(), shape.tool("lookup_*").times(1, 3), shape.never(shape.tool(/^delete_/))))
 * ```
 * Every kind is a function: an optional name, then what stands under the span.
 */
export const shape: {
  /** A shape with these parts under the virtual span above all roots; a header may come first. @throws TroupeError `SHAPE_INVALID` */
  readonly of: ShapeMaker<Part>;
  /** A shape of several traces, each met by traces of its own; a header may come first. @throws TroupeError `SHAPE_INVALID` */
  readonly traces: ShapeMaker<TraceBuilder>;
  /** One entry for {@link shape.traces}. */
  readonly trace: (...parts: readonly Part[]) => TraceBuilder;
  /** A text without special characters: `literal("a*")`. */
  readonly literal: (text: string) => Literal;
  /** A value that must be the same at every use: `where({ "args.order": capture("order") })`, `$order` in text. */
  readonly capture: (name: string) => CaptureArgument;
  /** The items of a definition, `<name>` in text. */
  readonly reference: (name: string) => ReferenceBuilder;
  /** A line of any kind, by its word: `kind("mcp.server", "tools/call*")`. */
  readonly kind: KindMaker;
  /** Items in order of start, as a list has them anyway: for a count, or as one way of `oneOf`. */
  readonly inOrder: (...items: readonly ItemBuilder[]) => GroupBuilder;
  /** Lines in order, each ended before the next starts. */
  readonly sequence: (...items: readonly ItemBuilder[]) => GroupBuilder;
  /** Lines in whatever order. */
  readonly anyOrder: (...items: readonly ItemBuilder[]) => GroupBuilder;
  /** Lines that are all at work at one instant. */
  readonly parallel: (...items: readonly ItemBuilder[]) => GroupBuilder;
  /** One of these items. */
  readonly oneOf: (...items: readonly ItemBuilder[]) => GroupBuilder;
  /** These children and no others. */
  readonly exactly: (...items: readonly ItemBuilder[]) => ModeBuilder;
  /** These children and perhaps others, where the header says `children: "exactly"`; of none, whatever children there are. */
  readonly contain: (...items: readonly ItemBuilder[]) => ModeBuilder;
  /** In `exactly`: any number of children that no counted item matches. */
  readonly rest: () => ItemBuilder;
  /** No span below, at any depth, matches any of these. */
  readonly never: (...patterns: readonly ItemBuilder<SinglePattern>[]) => SideBuilder;
  /** For each of these, some link of the span leads to a span, in whatever trace, that matches it. */
  readonly link: (...patterns: readonly ItemBuilder<SinglePattern>[]) => SideBuilder;
  /** An event of the span: `event("exception").where({ "exception.type": "Timeout" })`, `event().where(…)` for any name. */
  readonly event: (name?: NameArgument) => EventBuilder;
  /** A span of any kind but the transparent ones. */
  readonly any: LineMaker;
  /** One run of a workflow, or of the whole system. */
  readonly workflow: LineMaker;
  /** One turn of a conversation. */
  readonly turn: LineMaker;
  /** An agent at work. */
  readonly agent: LineMaker;
  /** A chain or task of a framework. */
  readonly chain: LineMaker;
  /** A model call. */
  readonly llm: LineMaker;
  /** An embedding. */
  readonly embedding: LineMaker;
  /** A search in a store of documents. */
  readonly retrieval: LineMaker;
  /** A reordering of what was found. */
  readonly rerank: LineMaker;
  /** A tool call. */
  readonly tool: LineMaker;
  /** A handoff, named `source -> target`. */
  readonly handoff: LineMaker;
  /** An MCP request other than a tool call, on the side that asks, named `{method} {target}`. */
  readonly mcpClient: LineMaker;
  /** An MCP request on the side that answers, named `{method} {target}`. */
  readonly mcpServer: LineMaker;
  /** MCP's own traffic: initialize, lists, notifications. Transparent. */
  readonly mcpLifecycle: LineMaker;
  /** An A2A request on the side that asks. */
  readonly a2aClient: LineMaker;
  /** An A2A request on the side that answers. */
  readonly a2aServer: LineMaker;
  /** A gateway or proxy in front of models or tools. */
  readonly gateway: LineMaker;
  /** A guardrail's check. */
  readonly guardrail: LineMaker;
  /** An evaluation. */
  readonly evaluator: LineMaker;
  /** A wait for a human's approval. */
  readonly approval: LineMaker;
  /** A read or write of memory. */
  readonly memory: LineMaker;
  /** Speech to text. */
  readonly stt: LineMaker;
  /** Text to speech. */
  readonly tts: LineMaker;
  /** An HTTP request, either side. Transparent. */
  readonly http: LineMaker;
  /** A span of no other kind. Transparent. */
  readonly span: LineMaker;
} = {
  of: shapeOf,
  traces: shapeOfTraces,
  trace: (...parts) => traceBuilder(parts),
  literal: (text) => ({ literal: text }),
  capture: captureOf,
  reference: referenceOf,
  kind: lineOf,
  inOrder: grouper("in-order"),
  sequence: grouper("sequence"),
  anyOrder: grouper("any-order"),
  parallel: grouper("parallel"),
  oneOf: grouper("one-of"),
  exactly: (...items) => ({ part: "exactly", items }),
  contain: (...items) => ({ part: "contain", items }),
  rest: () => ({ part: "item", made: () => ({ type: "rest" }) }),
  never: (...patterns) => ({ part: "never", patterns }),
  link: (...patterns) => ({ part: "link", patterns }),
  event: eventOf,
  any: maker("any"),
  workflow: maker("workflow"),
  turn: maker("turn"),
  agent: maker("agent"),
  chain: maker("chain"),
  llm: maker("llm"),
  embedding: maker("embedding"),
  retrieval: maker("retrieval"),
  rerank: maker("rerank"),
  tool: maker("tool"),
  handoff: maker("handoff"),
  mcpClient: maker("mcp.client"),
  mcpServer: maker("mcp.server"),
  mcpLifecycle: maker("mcp.lifecycle"),
  a2aClient: maker("a2a.client"),
  a2aServer: maker("a2a.server"),
  gateway: maker("gateway"),
  guardrail: maker("guardrail"),
  evaluator: maker("evaluator"),
  approval: maker("approval"),
  memory: maker("memory"),
  stt: maker("stt"),
  tts: maker("tts"),
  http: maker("http"),
  span: maker("span"),
};
