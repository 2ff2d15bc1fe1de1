import type { Fault } from "../core/errors.ts";
import { TroupeError } from "../core/errors.ts";
import type { Kind } from "../trace/kinds.ts";
import type {
  Comparison,
  Count,
  Group,
  Item,
  ListMode,
  NodePattern,
  Predicate,
  Shape,
  TextTest,
  ValueTest,
} from "./pattern.ts";
import { comparison, COMPARISONS } from "./text/predicate-text.ts";
import { isPlainGlob, isPlainValue } from "./print.ts";
import { countFault, refusalsOf } from "./text/refusal.ts";
import { regexFault } from "./text/regex.ts";

/** A name: a text in which `*` stands for anything, a text taken literally, or a regular expression. */
export type NameArgument = string | RegExp | Literal;

export interface Literal {
  readonly literal: string;
}

type Scalar = string | number | boolean;

/**
 * What an attribute must be: a text or number equals by text or by number, and a text with `*` is a glob; a literal equals
 * by text alone. `{ present: false }` asks that it is absent, `{ "<=": 50 }` compares.
 */
type Condition =
  | Scalar
  | RegExp
  | Literal
  | { readonly present: boolean }
  | { readonly not: Scalar | RegExp | Literal }
  | { readonly [op in Comparison]?: number | string };

/** What may stand under a span. */
export type Part = ItemBuilder | NeverBuilder | ModeBuilder;

interface ItemBuilder {
  readonly part: "item";
  readonly item: Item;
}

/** A group of items; immutable. */
export interface GroupBuilder extends ItemBuilder {
  /** `times(2)`, `times(1, 3)`, `times(1, Infinity)`: these and no more. */
  times(min: number, max?: number): GroupBuilder;
}

/** One line of a shape; immutable, so a builder can be used in many places. */
export interface NodeBuilder extends ItemBuilder {
  readonly pattern: NodePattern;
  /** `times(2)`, `times(1, 3)`, `times(1, Infinity)`: these and no more. Zero is a number. */
  times(min: number, max?: number): NodeBuilder;
  /** The service, `@orders` in text. */
  at(service: NameArgument): NodeBuilder;
  /** Conditions on attributes, all of which must hold. */
  where(conditions: Readonly<Record<string, Condition>>): NodeBuilder;
  /** At any depth, `//` in text. */
  anywhere(): NodeBuilder;
}

interface NeverBuilder {
  readonly part: "never";
  readonly patterns: readonly NodePattern[];
}

interface ModeBuilder {
  readonly part: ListMode;
  readonly items: readonly ItemBuilder[];
}

type LineMaker = (...args: readonly (NameArgument | Part)[]) => NodeBuilder;

/**
 * Builds shapes in code: the same structure as the text form, refused for the same reasons.
 *
 * ```ts
 * shape.of(shape.agent("triage", shape.llm(), shape.tool("lookup_*").times(1, 3), shape.never(shape.tool(/^delete_/))))
 * ```
 * Every kind is a function: an optional name, then what stands under the span.
 */
export const shape: {
  /** A shape with these parts under the virtual span above all roots. @throws TroupeError `SHAPE_INVALID` */
  readonly of: (...parts: readonly Part[]) => Shape;
  /** The same, with a title that messages name. @throws TroupeError `SHAPE_INVALID` */
  readonly titled: (title: string, ...parts: readonly Part[]) => Shape;
  /** A text without special characters: `literal("a*")`. */
  readonly literal: (text: string) => Literal;
  /** A line of any kind, by its word: `kind("mcp.server", "tools/call*")`. */
  readonly kind: (kind: Kind | "any", ...args: readonly (NameArgument | Part)[]) => NodeBuilder;
  readonly inOrder: (...items: readonly ItemBuilder[]) => GroupBuilder;
  readonly anyOrder: (...items: readonly ItemBuilder[]) => GroupBuilder;
  readonly oneOf: (...items: readonly ItemBuilder[]) => GroupBuilder;
  /** These children and no others. */
  readonly exactly: (...items: readonly ItemBuilder[]) => ModeBuilder;
  /** In `exactly`: any number of children that no counted item matches. */
  readonly rest: () => ItemBuilder;
  /** No span below, at any depth, matches any of these. */
  readonly never: (...patterns: readonly NodeBuilder[]) => NeverBuilder;
  readonly any: LineMaker;
  readonly workflow: LineMaker;
  readonly turn: LineMaker;
  readonly agent: LineMaker;
  readonly chain: LineMaker;
  readonly llm: LineMaker;
  readonly embedding: LineMaker;
  readonly retrieval: LineMaker;
  readonly rerank: LineMaker;
  readonly tool: LineMaker;
  readonly handoff: LineMaker;
  readonly mcpClient: LineMaker;
  readonly mcpServer: LineMaker;
  readonly mcpLifecycle: LineMaker;
  readonly a2aClient: LineMaker;
  readonly a2aServer: LineMaker;
  readonly gateway: LineMaker;
  readonly guardrail: LineMaker;
  readonly evaluator: LineMaker;
  readonly approval: LineMaker;
  readonly memory: LineMaker;
  readonly stt: LineMaker;
  readonly tts: LineMaker;
  readonly http: LineMaker;
  readonly span: LineMaker;
} = {
  of: (...parts) => shapeOf(undefined, parts),
  titled: (title, ...parts) => shapeOf(title, parts),
  literal: (text) => ({ literal: text }),
  kind: lineOf,
  inOrder: (...items) => groupBuilder({ type: "in-order", items: itemsOf(items) }),
  anyOrder: (...items) => groupBuilder({ type: "any-order", items: itemsOf(items) }),
  oneOf: (...items) => groupBuilder({ type: "one-of", items: itemsOf(items) }),
  exactly: (...items) => ({ part: "exactly", items }),
  rest: () => ({ part: "item", item: { type: "rest" } }),
  never: (...patterns) => ({ part: "never", patterns: patterns.map(({ pattern }) => pattern) }),
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

function shapeOf(title: string | undefined, parts: readonly Part[]): Shape {
  const made: Shape = { ...(title === undefined ? {} : { title }), children: "contain", trace: bodyOf(parts) };
  const faults = refusalsOf(made);
  if (faults.length > 0) refuse(faults);
  return made;
}

function maker(kind: Kind | "any"): LineMaker {
  return (...args) => lineOf(kind, ...args);
}

function lineOf(kind: Kind | "any", ...args: readonly (NameArgument | Part)[]): NodeBuilder {
  const parts = args.filter(isPart);
  const [name] = args.filter(isName);
  return nodeBuilder({
    type: "node",
    isDeep: false,
    kind,
    ...(name === undefined ? {} : { name: textOf(name) }),
    predicates: [],
    ...bodyOf(parts),
  });
}

function isPart(arg: NameArgument | Part): arg is Part {
  return typeof arg === "object" && "part" in arg;
}

function isName(arg: NameArgument | Part): arg is NameArgument {
  return !isPart(arg);
}

function bodyOf(parts: readonly Part[]): Pick<NodePattern, "list" | "never"> {
  const items = itemsOf(parts.filter((part) => part.part === "item"));
  const never = parts.flatMap((part) => (part.part === "never" ? part.patterns : []));
  const [block, second] = parts.filter(
    (part): part is ModeBuilder => part.part === "exactly" || part.part === "contain",
  );
  if (second !== undefined || (block !== undefined && items.length > 0)) {
    refuse([{ where: "shape", what: "items stand beside exactly", mend: "Move all items of this list into it." }]);
  }
  if (block !== undefined) return { never, list: { mode: block.part, items: itemsOf(block.items) } };
  return items.length === 0 ? { never } : { never, list: { mode: "contain", items } };
}

// A builder may be used twice, but two places of one shape are two objects: the matcher tells them apart by identity.
function itemsOf(builders: readonly ItemBuilder[]): readonly Item[] {
  return builders.map(({ item }) => structuredClone(item));
}

function nodeBuilder(pattern: NodePattern): NodeBuilder {
  return {
    part: "item",
    item: pattern,
    pattern,
    times: (min, max = min) => nodeBuilder({ ...pattern, count: countOf(min, max) }),
    at: (service) => nodeBuilder({ ...pattern, service: textOf(service) }),
    where: (conditions) =>
      nodeBuilder({ ...pattern, predicates: [...pattern.predicates, ...predicatesOf(conditions)] }),
    anywhere: () => nodeBuilder({ ...pattern, isDeep: true }),
  };
}

function groupBuilder(item: Group): GroupBuilder {
  return { part: "item", item, times: (min, max = min) => groupBuilder({ ...item, count: countOf(min, max) }) };
}

function countOf(min: number, max: number): Count {
  const fault = countFault({ min, max });
  if (fault !== undefined) refuse([{ where: "shape", ...fault }]);
  return { min, max };
}

function textOf(name: NameArgument): TextTest {
  if (typeof name === "string") {
    if (!name.includes("*")) return { type: "literal", text: name };
    if (isPlainGlob(name)) return { type: "glob", text: name };
    return refuse([{ where: "shape", what: `the glob "${name}" cannot be written in a line`, mend: "Use a RegExp." }]);
  }
  if ("literal" in name) return { type: "literal", text: name.literal };
  const { source, flags } = name;
  const fault = regexFault(source, flags);
  return fault === undefined ? { type: "regex", source, flags } : refuse([{ where: "shape", ...fault }]);
}

function predicatesOf(conditions: Readonly<Record<string, Condition>>): readonly Predicate[] {
  return Object.entries(conditions).flatMap(([key, condition]) => {
    if (!/^[^\s,{}=<>!"]+$/.test(key) || key.endsWith(":")) {
      return refuse([
        { where: "shape", what: `"${key}" is no key`, mend: 'A key has no spaces and none of , { } = < > ! ".' },
      ]);
    }
    return conditionsOf(key, condition);
  });
}

function conditionsOf(key: string, condition: Condition): readonly Predicate[] {
  if (typeof condition !== "object" || condition instanceof RegExp || "literal" in condition) {
    return [compared(key, "=", valueOf(condition))];
  }
  if ("present" in condition) return [{ key, op: condition.present ? "present" : "absent" }];
  if ("not" in condition) return [compared(key, "!=", valueOf(condition.not))];
  return COMPARISONS.flatMap((op) => {
    const limit = condition[op];
    return limit === undefined ? [] : [compared(key, op, { type: "word", text: String(limit) })];
  });
}

function compared(key: string, op: string, value: ValueTest): Predicate {
  const made = comparison(key, op, value);
  return "what" in made ? refuse([{ where: "shape", ...made }]) : made;
}

function valueOf(value: Scalar | RegExp | Literal): ValueTest {
  if (typeof value === "object") return textOf(value);
  const text = String(value);
  if (!isPlainValue(text)) return { type: "literal", text };
  return { type: text.includes("*") ? "glob" : "word", text };
}

function refuse(faults: readonly Fault[]): never {
  throw new TroupeError("SHAPE_INVALID", faults);
}
