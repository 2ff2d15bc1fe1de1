import { TroupeError } from "../core/errors.ts";
import type { Kind } from "../trace/kinds.ts";
import type { CaptureArgument, Conditions, Literal, NameArgument } from "./conditions.ts";
import { captureOf, predicatesOf, refuse, serviceTestOf, textTestOf } from "./conditions.ts";
import type {
  Body,
  Count,
  Definition,
  EventPattern,
  Group,
  GroupType,
  Item,
  ListMode,
  NodePattern,
  Reference,
  Shape,
  SinglePattern,
  TraceBody,
} from "./pattern.ts";
import { countFault } from "./text/count-fault.ts";
import { isWord } from "./text/plain-text.ts";
import { refusalsOf } from "./text/refusal.ts";

/** What may stand under a span. */
export type Part = ItemBuilder | SideBuilder | EventBuilder | ModeBuilder;

/** A line, a group or `...`; it makes a new item at each place where it stands. */
export interface ItemBuilder<Made extends Item = Item> {
  readonly part: "item";
  /** The item, `mode` being that of every list in it that names none. */
  readonly inMode: (mode: ListMode) => Made;
}

/** A group of items; immutable. */
export interface GroupBuilder extends ItemBuilder<Group> {
  /** `times(2)`, `times(1, 3)`, `times(1, Infinity)`: the group as a whole so often and no more. */
  readonly times: (min: number, max?: number) => GroupBuilder;
}

/** One line of a shape; immutable, so a builder can be used in many places. */
export interface NodeBuilder extends ItemBuilder<NodePattern> {
  /** `times(2)`, `times(1, 3)`, `times(1, Infinity)`: these and no more. Zero is a number. */
  readonly times: (min: number, max?: number) => NodeBuilder;
  /** The service, `@orders` in text. */
  readonly at: (service: NameArgument) => NodeBuilder;
  /** Conditions on attributes, all of which must hold. */
  readonly where: (conditions: Conditions) => NodeBuilder;
  /** At any depth, `//` in text. */
  readonly anywhere: () => NodeBuilder;
}

/** A definition used, `<name>` in text; immutable. */
export interface ReferenceBuilder extends ItemBuilder<Reference> {
  /** `times(2)`, `times(1, 3)`, `times(1, Infinity)`: these and no more. */
  readonly times: (min: number, max?: number) => ReferenceBuilder;
  /** At any depth, `//<name>` in text; for a definition that is one line. */
  readonly anywhere: () => ReferenceBuilder;
}

interface SideBuilder {
  readonly part: "never" | "link";
  readonly patterns: readonly ItemBuilder<SinglePattern>[];
}

/** An event of a span; immutable. */
export interface EventBuilder {
  readonly part: "event";
  readonly event: EventPattern;
  /** `times(2)`, `times(1, 3)`, `times(0)`: so many events match and no more. Without it at least one. */
  readonly times: (min: number, max?: number) => EventBuilder;
  /** Conditions on the event's attributes, all of which must hold. */
  readonly where: (conditions: Conditions) => EventBuilder;
}

interface ModeBuilder {
  readonly part: ListMode;
  readonly items: readonly ItemBuilder[];
}

/** One entry of `traces:`; immutable. */
export interface TraceBuilder {
  readonly parts: readonly Part[];
  readonly count?: Count;
  /** `times(2)`, `times(1, Infinity)`: so many traces and no more. Without it at least one. */
  readonly times: (min: number, max?: number) => TraceBuilder;
}

/** What a file says before its traces. */
interface ShapeHeader {
  /** What messages call the shape. */
  readonly title?: string;
  /** The mode of every list that names none; `contain` unless given. */
  readonly children?: ListMode;
  /** What `shape.reference` stands for, by name: one item, or several in order. */
  readonly define?: Readonly<Record<string, ItemBuilder | readonly ItemBuilder[]>>;
}

/** Makes a line of one kind: an optional name, then what stands under the span. */
export interface LineMaker {
  (name: NameArgument, ...parts: readonly Part[]): NodeBuilder;
  (...parts: readonly Part[]): NodeBuilder;
}

interface KindMaker {
  (kind: Kind | "any", name: NameArgument, ...parts: readonly Part[]): NodeBuilder;
  (kind: Kind | "any", ...parts: readonly Part[]): NodeBuilder;
}

interface ShapeMaker<Content> {
  (header: ShapeHeader, ...content: readonly Content[]): Shape;
  (...content: readonly Content[]): Shape;
}

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
  /** These children and perhaps others, where the header says `children: "exactly"`. */
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
  of: (...args) => shapeOf(...withHeader(args)),
  traces: (...args) => shapeOfTraces(...withHeader(args)),
  trace: (...parts) => traceBuilder(parts),
  literal: (text) => ({ literal: text }),
  capture: captureOf,
  reference: (name) => referenceBuilder({ type: "reference", isDeep: false, name: wordOf(name) }),
  kind: lineOf,
  inOrder: grouper("in-order"),
  sequence: grouper("sequence"),
  anyOrder: grouper("any-order"),
  parallel: grouper("parallel"),
  oneOf: grouper("one-of"),
  exactly: (...items) => ({ part: "exactly", items }),
  contain: (...items) => ({ part: "contain", items }),
  rest: () => ({ part: "item", inMode: () => ({ type: "rest" }) }),
  never: (...patterns) => ({ part: "never", patterns }),
  link: (...patterns) => ({ part: "link", patterns }),
  event: (name) => eventBuilder({ ...(name === undefined ? {} : { name: textTestOf(name) }), predicates: [] }),
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

function shapeOf(header: ShapeHeader, parts: readonly Part[]): Shape {
  const { children, ...before } = headerOf(header);
  return checked({ ...before, children, trace: bodyOf(parts, children) });
}

function shapeOfTraces(header: ShapeHeader, traces: readonly TraceBuilder[]): Shape {
  const { children, ...before } = headerOf(header);
  const bodies = traces.map(({ parts, count }): TraceBody => {
    return { ...bodyOf(parts, children), ...(count === undefined ? {} : { count }) };
  });
  return checked({ ...before, children, traces: bodies });
}

function checked(made: Shape): Shape {
  const faults = refusalsOf(made);
  if (faults.length > 0) throw new TroupeError("SHAPE_INVALID", faults);
  return made;
}

function withHeader<Content extends object>(
  args: readonly (ShapeHeader | Content)[],
): readonly [ShapeHeader, readonly Content[]] {
  const isContent = (arg: ShapeHeader | Content): arg is Content => "part" in arg || "parts" in arg;
  const [header = {}, second] = args.filter((arg): arg is ShapeHeader => !isContent(arg));
  if (second !== undefined || (args.length > 0 && args.indexOf(header) > 0)) {
    refuse({ what: "a header stands after other parts", mend: "Give one header, before all parts." });
  }
  return [header, args.filter(isContent)];
}

function headerOf({ title, children = "contain", define = {} }: ShapeHeader): Omit<Shape, "trace" | "traces"> {
  const definitions = Object.entries(define).map(([name, given]): Definition => {
    const builders = "part" in given ? [given] : given;
    return { name: wordOf(name), items: builders.map(({ inMode }) => inMode(children)) };
  });
  return { ...(title === undefined ? {} : { title }), children, include: [], define: definitions };
}

function wordOf(name: string): string {
  if (isWord(name)) return name;
  return refuse({ what: `"${name}" names no definition`, mend: "Use letters, digits, _ and -, a letter or _ first." });
}

function maker(kind: Kind | "any"): LineMaker {
  return (...args: readonly (NameArgument | Part)[]) => lineOf(kind, ...args);
}

function lineOf(kind: Kind | "any", ...args: readonly (NameArgument | Part)[]): NodeBuilder {
  const parts = args.filter(isPart);
  const [name] = args.filter(isName);
  const head = { kind, ...(name === undefined ? {} : { name: textTestOf(name) }) };
  partsBySort(parts);
  return nodeBuilder({ type: "node", isDeep: false, ...head, predicates: [] }, parts);
}

function isPart(arg: NameArgument | Part): arg is Part {
  return typeof arg === "object" && "part" in arg;
}

function isName(arg: NameArgument | Part): arg is NameArgument {
  return !isPart(arg);
}

function bodyOf(parts: readonly Part[], mode: ListMode): Body {
  const { items, block } = partsBySort(parts);
  const sides = (word: SideBuilder["part"]): readonly SinglePattern[] =>
    parts.flatMap((part) => (part.part === word ? part.patterns.map(({ inMode }) => inMode(mode)) : []));
  const list = block ?? (items.length === 0 ? undefined : { part: mode, items });
  return {
    ...(list === undefined ? {} : { list: { mode: list.part, items: list.items.map(({ inMode }) => inMode(mode)) } }),
    never: sides("never"),
    links: sides("link"),
    events: parts.flatMap((part) => (part.part === "event" ? [{ ...part.event }] : [])),
  };
}

function partsBySort(parts: readonly Part[]): { readonly items: readonly ItemBuilder[]; readonly block?: ModeBuilder } {
  const items = parts.filter((part) => part.part === "item");
  const [block, second] = parts.filter(
    (part): part is ModeBuilder => part.part === "exactly" || part.part === "contain",
  );
  if (second !== undefined || (block !== undefined && items.length > 0)) {
    refuse({ what: "items stand beside exactly or contain", mend: "Move all items of this list into it." });
  }
  return { items, ...(block === undefined ? {} : { block }) };
}

function nodeBuilder(head: Omit<NodePattern, keyof Body>, parts: readonly Part[]): NodeBuilder {
  return {
    part: "item",
    inMode: (mode) => ({ ...head, ...bodyOf(parts, mode) }),
    times: (min, max = min) => nodeBuilder({ ...head, count: countOf(min, max) }, parts),
    at: (service) => nodeBuilder({ ...head, service: serviceTestOf(service) }, parts),
    where: (conditions) =>
      nodeBuilder({ ...head, predicates: [...head.predicates, ...predicatesOf(conditions)] }, parts),
    anywhere: () => nodeBuilder({ ...head, isDeep: true }, parts),
  };
}

function referenceBuilder(item: Reference): ReferenceBuilder {
  return {
    part: "item",
    inMode: () => ({ ...item }),
    times: (min, max = min) => referenceBuilder({ ...item, count: countOf(min, max) }),
    anywhere: () => referenceBuilder({ ...item, isDeep: true }),
  };
}

function grouper(type: GroupType): (...items: readonly ItemBuilder[]) => GroupBuilder {
  return (...items) => groupBuilder(type, items);
}

function groupBuilder(type: GroupType, items: readonly ItemBuilder[], count?: Count): GroupBuilder {
  const counted = count === undefined ? {} : { count };
  return {
    part: "item",
    inMode: (mode) => ({ type, items: items.map(({ inMode }) => inMode(mode)), ...counted }),
    times: (min, max = min) => groupBuilder(type, items, countOf(min, max)),
  };
}

function eventBuilder(event: EventPattern): EventBuilder {
  return {
    part: "event",
    event,
    times: (min, max = min) => eventBuilder({ ...event, count: countOf(min, max) }),
    where: (conditions) => eventBuilder({ ...event, predicates: [...event.predicates, ...predicatesOf(conditions)] }),
  };
}

function traceBuilder(parts: readonly Part[], count?: Count): TraceBuilder {
  return {
    parts,
    ...(count === undefined ? {} : { count }),
    times: (min, max = min) => traceBuilder(parts, countOf(min, max)),
  };
}

function countOf(min: number, max: number): Count {
  const fault = countFault({ min, max });
  return fault === undefined ? { min, max } : refuse(fault);
}
