import { automatonOf } from "./automaton.ts";
import type { Member } from "./automaton.ts";
import type { Label } from "./columns.ts";
import { eventTest } from "./event-test.ts";
import { levelsOf } from "./levels.ts";
import type { Part } from "./parts.ts";
import { leavesIn, partsOf } from "./parts.ts";
import { spanTest } from "./predicate.ts";
import type { BodyPlan, CompiledShape, Leaf, List, Pattern, Plan, Sought, TracesPlan } from "./program.ts";
import { requiredLeaves, scopesOf } from "./scopes.ts";
import { textTester } from "./text-test.ts";
import { definitionsOf, singlesOf } from "../definitions.ts";
import type { Body, Definition, NodePattern, Shape, SinglePattern } from "../pattern.ts";
import { ONCE } from "../pattern.ts";

const TRANSPARENT_NAMES: ReadonlySet<string> = new Set(["http", "span", "mcp.lifecycle", "workflow", "turn"]);

/** A shape is never changed, and is matched against one run after another. */
const compiledShapes = new WeakMap<Shape, CompiledShape>();

/** The shape as patterns with numbers. Each pattern is compiled once, however often and deep a `<name>` leads to it. */
export function compiled(shape: Shape): CompiledShape {
  const known = compiledShapes.get(shape);
  if (known !== undefined) return known;
  const compiler = new Compiler(shape);
  const at = shape.at === undefined ? {} : { at: shape.at };
  const top = compiler.body("trace" in shape ? { ...shape.trace, ...at } : NO_BODY);
  const traces = "traces" in shape ? tracesPlan(shape, compiler) : undefined;
  compiler.finish();
  const { patterns } = compiler;
  const tops = [top, ...(traces?.bodies.map(({ body }) => body) ?? [])];
  const scopes = scopesOf(shape, patterns, tops, traces);
  const levels = levelsOf(patterns);
  for (const pattern of patterns) {
    pattern.level = levels[pattern.id] ?? 0;
    pattern.scope = scopes.find(({ owner }) => owner === pattern);
  }
  const made = { patterns, top, scopes, ...(traces === undefined ? {} : { traces }) };
  compiledShapes.set(shape, made);
  return made;
}

const NO_BODY: Body = { never: [], links: [], events: [] };

function tracesPlan(shape: Extract<Shape, { readonly traces: unknown }>, compiler: Compiler): TracesPlan {
  const bodies = shape.traces.map((source) => ({ source, body: compiler.body(source) }));
  const parts = shape.traces.map(({ count = ONCE }, leaf) => ({ type: "leaf", leaf, count }) as const);
  return { bodies, group: { type: "any-order", parts, count: ONCE }, isExact: shape.children === "exactly" };
}

/** A pattern whose body, use, level and scope may still be unknown. */
type Draft = { -readonly [Key in keyof Pattern]: Pattern[Key] };

class Compiler {
  readonly patterns: Draft[] = [];
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #known = new Map<NodePattern, Draft>();
  readonly #plain = new Map<string, Draft>();
  readonly #unfinished: Draft[] = [];
  #lists = 0;

  constructor(shape: Shape) {
    this.#definitions = definitionsOf(shape);
  }

  /** Compiles the bodies of all patterns met so far, and of those met on the way. */
  finish(): void {
    for (let draft = this.#unfinished.pop(); draft !== undefined; draft = this.#unfinished.pop()) {
      draft.body = this.body(draft.source);
    }
  }

  body(source: Body & { readonly at?: string }): BodyPlan {
    const never = source.never.map((pattern) => this.#sought(pattern, true));
    const links = source.links.map((pattern) => this.#sought(pattern, false));
    const list = source.list === undefined ? {} : { list: this.#list(source, source.list) };
    return { never, links, ...list };
  }

  #sought(source: SinglePattern, isBelow: boolean): Sought {
    const patterns = (singlesOf(source, this.#definitions) ?? []).map((single) => {
      const pattern = this.#pattern(single);
      pattern.isSought ||= isBelow;
      return pattern;
    });
    return { source, patterns };
  }

  #pattern(source: NodePattern): Draft {
    const known = this.#known.get(source);
    if (known !== undefined) return known;
    const draft: Draft = {
      id: this.patterns.length,
      source,
      fitsLabel: headTester(source),
      tests: source.predicates.map(spanTest),
      events: source.events.map(eventTest),
      body: { never: [], links: [] },
      isSought: false,
      level: 0,
      scope: undefined,
    };
    this.patterns.push(draft);
    this.#known.set(source, draft);
    this.#unfinished.push(draft);
    return draft;
  }

  /** The pattern of a leaf: of patterns that ask the same of the span alone, one does for all. */
  #leafPattern(source: NodePattern): Draft {
    const key = plainKey(source);
    if (key === undefined) return this.#pattern(source);
    const known = this.#plain.get(key);
    if (known !== undefined) return known;
    const made = this.#pattern(source);
    this.#plain.set(key, made);
    return made;
  }

  #list({ at }: { readonly at?: string }, source: List["source"]): List {
    const { parts, sources } = partsOf(source.items, this.#definitions);
    const leaves = sources.map(({ item, pattern: written, isDeep, isCounted }): Leaf => {
      if (written === undefined) return { item, isDeep, isCounted };
      const pattern = this.#leafPattern(written);
      pattern.isSought ||= isDeep;
      return { item, pattern, isDeep, isCounted };
    });
    const isOpen = source.mode === "contain" && !leaves.some(({ isCounted }) => isCounted);
    const plan = planOf(parts, leaves.length, isOpen);
    return {
      id: this.#lists++,
      ...(at === undefined ? {} : { at }),
      source,
      parts,
      leaves,
      plan,
      namesTransparent: leaves.some(
        ({ pattern }) => pattern !== undefined && TRANSPARENT_NAMES.has(pattern.source.kind),
      ),
      hasDeep: leaves.some(({ isDeep }) => isDeep),
      isAllDeep: source.mode === "contain" && leaves.every(({ isDeep }) => isDeep),
      required: [...new Set(requiredLeaves({ parts, leaves }))],
      isTimed: plan.type === "chart" && plan.automaton.isTimed,
      isOpen,
    };
  }
}

function planOf(parts: readonly Part[], leafCount: number, isOpen: boolean): Plan {
  const windows = isOpen ? windowsOf(parts) : undefined;
  if (windows !== undefined) return { type: "windows", windows };
  return { type: "chart", automaton: automatonOf(parts, leafCount) };
}

/** All that a pattern asks for, as a text, if it asks for nothing but the span's own head. */
function plainKey({ kind, name, service, predicates, ...body }: NodePattern): string | undefined {
  if (body.list !== undefined || body.never.length + body.links.length + body.events.length > 0) return undefined;
  if (predicates.some((predicate) => "value" in predicate && predicate.value.type === "capture")) return undefined;
  return JSON.stringify([kind, name, service, predicates]);
}

/** The list as a row of windows, if it is one: bare patterns, and bare any-order groups of them, in order. */
function windowsOf(parts: readonly Part[]): readonly (readonly Member[])[] | undefined {
  const windows: (readonly Member[])[] = [];
  const stack = parts.toReversed();
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    if (part.type === "in-order") {
      stack.push(...part.parts.toReversed());
      continue;
    }
    const members = (part.type === "any-order" ? part.parts : [part]).map(bareMember);
    if (!members.every((member) => member !== undefined)) return undefined;
    windows.push(members);
  }
  return windows;
}

function bareMember(part: Part): Member | undefined {
  const parts = part.type === "one-of" ? part.parts : [part];
  if (!parts.every(({ type, count }) => type === "leaf" && count.min === 1 && count.max === 1)) return undefined;
  return { leaves: leavesIn([part]), min: 1, max: 1 };
}

function headTester({ kind, name, service }: NodePattern): (label: Label) => boolean {
  const fitsName = name === undefined ? () => true : textTester(name);
  const fitsService = service === undefined ? () => true : textTester(service);
  return (label) => {
    if (kind === "any" ? label.isTransparent : label.kind !== kind) return false;
    if (label.isTransparent && !TRANSPARENT_NAMES.has(kind)) return false;
    return fitsName(label.name) && fitsService(label.service);
  };
}
