import { semanticNodes } from "../../trace/semantic.ts";
import type { SpanNode } from "../../trace/tree.ts";
import { preorder } from "../../trace/walk.ts";
import type { Body, NodePattern, Reference, Shape } from "../pattern.ts";
import { isMatch } from "./is-match.ts";
import { unlinkedBody, unlinkedItem } from "./links.ts";

/** Tries parts of a shape on parts of a trace. Links are left out of it: they lead to what is not at hand here. */
export interface Trial {
  /** Whether a body holds where `below` are the children as recorded. */
  readonly holds: (body: Pick<Body, "list" | "never">, below: readonly SpanNode[]) => boolean;
  /** Whether a span matches a pattern, wherever it stands and whatever its count. */
  readonly fits: (pattern: NodePattern | Reference, span: SpanNode) => boolean;
  /** As `fits`, whatever is below. */
  readonly fitsHead: (pattern: NodePattern, span: SpanNode) => boolean;
}

export function trialOf({ define }: Shape): Trial {
  const unlinked = define.map((definition) => ({ ...definition, items: definition.items.map(unlinkedItem) }));
  const shapeFor = (body: Body): Shape => {
    return { children: "contain", include: [], define: unlinked, trace: unlinkedBody(body) };
  };
  // A shape is compiled once for as long as it is the same object.
  const remembering = <Part extends object>(make: (part: Part) => Body): ((part: Part) => Shape) => {
    const known = new WeakMap<Part, Shape>();
    return (part) => {
      const shape = known.get(part) ?? shapeFor(make(part));
      known.set(part, shape);
      return shape;
    };
  };
  const bodyShape = remembering((part: Pick<Body, "list" | "never">) => ({ ...NOTHING, ...part }));
  const lineShape = remembering(aloneIn);
  const headShape = remembering(({ list: _list, ...head }: NodePattern) => aloneIn({ ...head, never: [] }));
  return {
    holds: (part, below) => isMet(bodyShape(part), below),
    fits: (pattern, span) => isMet(lineShape(pattern), [span]),
    fitsHead: (pattern, span) => isMet(headShape(pattern), [{ ...span, children: [] }]),
  };
}

const NOTHING: Body = { never: [], links: [], events: [] };

function aloneIn(pattern: NodePattern | Reference): Body {
  const { count: _count, ...single } = pattern;
  return { ...NOTHING, list: { mode: "contain", items: [{ ...single, isDeep: false }] } };
}

function isMet(shape: Shape, roots: readonly SpanNode[]): boolean {
  return isMatch(shape, [{ traceId: roots[0]?.span.traceId ?? "", roots }]);
}

/** The spans below that a pattern may be about: at any depth, or children and the transparent spans passed on the way to them. */
export function scopeOf({ isDeep }: { readonly isDeep: boolean }, below: readonly SpanNode[]): readonly SpanNode[] {
  if (isDeep) return preorder(below);
  const children = new Set(semanticNodes(below));
  const scope: SpanNode[] = [];
  const stack = below.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    scope.push(node);
    if (!children.has(node)) for (const child of node.children.toReversed()) stack.push(child);
  }
  return scope;
}
