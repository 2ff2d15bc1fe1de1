import type { Kind } from "../../trace/kinds.ts";
import type { Body, NodePattern, Reference } from "../pattern.ts";
import { isLeafEmpty } from "../pattern.ts";
import type { Conditions, NameArgument } from "./arguments.ts";
import { countOf, predicatesOf, serviceTestOf, textTestOf, wordOf } from "./arguments.ts";
import type { ItemBuilder, Part } from "./parts.ts";
import { bodyOf, partsBySort } from "./parts.ts";

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

/** Makes a line of one kind: an optional name, then what stands under the span. */
export interface LineMaker {
  (name: NameArgument, ...parts: readonly Part[]): NodeBuilder;
  (...parts: readonly Part[]): NodeBuilder;
}

export interface KindMaker {
  (kind: Kind | "any", name: NameArgument, ...parts: readonly Part[]): NodeBuilder;
  (kind: Kind | "any", ...parts: readonly Part[]): NodeBuilder;
}

export function maker(kind: Kind | "any"): LineMaker {
  return (...args: readonly (NameArgument | Part)[]) => lineOf(kind, ...args);
}

export function lineOf(kind: Kind | "any", ...args: readonly (NameArgument | Part)[]): NodeBuilder {
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

export function referenceOf(name: string): ReferenceBuilder {
  return referenceBuilder({ type: "reference", isDeep: false, name: wordOf(name) });
}

function nodeBuilder(head: Omit<NodePattern, keyof Body>, parts: readonly Part[]): NodeBuilder {
  return {
    part: "item",
    made: (unsaid, around) => {
      const { list, ...sides } = bodyOf(parts, unsaid);
      const isLeaf = isLeafEmpty(unsaid, around) && !parts.some(({ part }) => part === "contain");
      const said = list ?? (isLeaf ? { mode: "exactly", items: [] } : undefined);
      return { ...head, ...(said === undefined ? {} : { list: said }), ...sides };
    },
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
    made: () => ({ ...item }),
    times: (min, max = min) => referenceBuilder({ ...item, count: countOf(min, max) }),
    anywhere: () => referenceBuilder({ ...item, isDeep: true }),
  };
}
