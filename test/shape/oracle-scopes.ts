import type { Body, Definition, Item, NodePattern, Shape } from "../../src/shape/pattern.ts";

/** What a capture's value is one within: the whole file, a definition's body, or each span of a counted pattern. */
type Scope = "file" | Definition | NodePattern;

/** The captures of each scope: for each the innermost that holds all uses. */
export function scopesOf(shape: Shape): ReadonlyMap<Scope, readonly string[]> {
  const uses = new Map<string, (readonly Scope[])[]>();
  const inBody = (body: Body, scopes: readonly Scope[]): void => {
    inItems([...(body.list?.items ?? []), ...body.never, ...body.links], scopes);
    for (const { predicates } of body.events) inPredicates(predicates, scopes);
  };
  const inItems = (items: readonly Item[], scopes: readonly Scope[]): void => {
    for (const item of items) {
      if ("items" in item) inItems(item.items, scopes);
      if (item.type !== "node") continue;
      const inner = item.count === undefined ? scopes : [...scopes, item];
      inPredicates(item.predicates, inner);
      inBody(item, inner);
    }
  };
  const inPredicates = (predicates: NodePattern["predicates"], scopes: readonly Scope[]): void => {
    for (const predicate of predicates) {
      if (!("value" in predicate) || predicate.value.type !== "capture") continue;
      const { name } = predicate.value;
      uses.set(name, [...(uses.get(name) ?? []), scopes]);
    }
  };
  for (const body of "trace" in shape ? [shape.trace] : shape.traces) inBody(body, ["file"]);
  for (const definition of shape.define) inItems(definition.items, ["file", definition]);

  const captures = new Map<Scope, string[]>();
  for (const [name, chains] of uses) {
    const shared = chains[0]?.filter((scope) => chains.every((chain) => chain.includes(scope))) ?? [];
    const scope = shared.at(-1) ?? "file";
    captures.set(scope, [...(captures.get(scope) ?? []), name]);
  }
  return captures;
}
