import type { TreeDiff } from "../../src/shape/diff/diff.ts";
import type { Position } from "../../src/shape/diff/operations.ts";
import type { SpanNode, Tree } from "../../src/trace/tree.ts";

/** A span as a script sees it: what it is, what it says, and what hangs under it in order. */
interface Part {
  label: string;
  readonly says: Map<string, string>;
  readonly under: Part[];
}

/** One text for each trace, sorted: equal for forests that differ in nothing but ids, times and the order of traces. */
export function formOf(trees: readonly Tree[], isOrdered = true): readonly string[] {
  return trees.map(({ roots }) => listText(roots.map(partOf), isOrdered)).toSorted();
}

/**
 * The forest that a script makes of `before`, in the form of {@link formOf}. Reads what comes new from `after`, and from
 * the script which span is which; everything else from `before` and the operations.
 */
export function applied(
  diff: TreeDiff,
  before: readonly Tree[],
  after: readonly Tree[],
  isOrdered = true,
): readonly string[] {
  const old = spansOf(before);
  const coming = spansOf(after);
  const afterIds = new Map(diff.pairs.map((pair) => [pair.before.span.spanId, pair.after.span.spanId]));
  const traceIds = new Map(diff.traces.map((pair) => [pair.before ?? "", pair.after ?? ""]));
  const parts = new Map<string, Part>();
  const places = new Map<string, { readonly parent: string; readonly index?: number }>();
  const keyOf = ({ traceId, under }: Position): string => under?.spanId ?? `trace ${traceId}`;
  const parentKey = (node: SpanNode): string => node.parent?.span.spanId ?? `trace ${node.span.traceId}`;

  let gone = 0;
  for (const [id, node] of old) {
    const afterId = afterIds.get(id);
    if (afterId === undefined) {
      gone++;
      continue;
    }
    parts.set(afterId, { ...partOf(node), under: [] });
    let above = node.parent;
    while (above !== undefined && !afterIds.has(above.span.spanId)) above = above.parent;
    const parent = above === undefined ? undefined : afterIds.get(above.span.spanId);
    places.set(afterId, { parent: parent ?? `trace ${traceIds.get(node.span.traceId) ?? "none"}` });
  }
  const kept = new Set(afterIds.values());
  for (const operation of diff.operations) {
    switch (operation.kind) {
      case "removed":
        gone -= operation.size;
        break;
      case "added": {
        const top = coming.get(operation.after.spanId);
        const stack = top === undefined ? [] : [top];
        let size = 0;
        for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
          const id = node.span.spanId;
          if (kept.has(id)) continue;
          size++;
          parts.set(id, { ...partOf(node), under: [] });
          const index = node.parent?.children.indexOf(node) ?? 0;
          places.set(id, { parent: parentKey(node), index });
          stack.push(...node.children);
        }
        if (size !== operation.size) throw new Error(`${operation.size} spans are said to come, and ${size} do`);
        places.set(operation.after.spanId, { parent: keyOf(operation.to), index: operation.to.index });
        for (const { after: inside } of operation.around) {
          const node = coming.get(inside.spanId);
          if (node !== undefined) places.set(inside.spanId, { ...places.get(inside.spanId), parent: parentKey(node) });
        }
        break;
      }
      case "moved":
      case "reordered":
        places.set(operation.after.spanId, { parent: keyOf(operation.to), index: operation.to.index });
        break;
      case "renamed":
        partAt(parts, operation.after.spanId).label = operation.after.label;
        break;
      case "changed":
        for (const { key, from, to } of operation.changes) {
          const { says } = partAt(parts, operation.after.spanId);
          if ((says.get(key) ?? null) !== from) throw new Error(`${key} is not ${from} before`);
          if (to === null) says.delete(key);
          else says.set(key, to);
        }
    }
  }
  if (gone !== 0) throw new Error(`${gone} spans have gone without a word`);
  const lists = new Map<string, string[]>();
  for (const [id, { parent }] of places) lists.set(parent, [...(lists.get(parent) ?? []), id]);
  const ordered = (key: string): readonly Part[] => {
    const ids = lists.get(key) ?? [];
    if (!isOrdered) return ids.map((id) => partAt(parts, id));
    const fixed = new Map(
      ids.flatMap((id) => (places.get(id)?.index === undefined ? [] : [[places.get(id)?.index, id]])),
    );
    const free = ids.filter((id) => places.get(id)?.index === undefined);
    return ids.map((_, index) => partAt(parts, fixed.get(index) ?? free.shift() ?? "none left"));
  };
  for (const [id, part] of parts) part.under.push(...ordered(id));
  const traces = [...lists.keys()].filter((key) => key.startsWith("trace "));
  return traces.map((key) => listText(ordered(key), isOrdered)).toSorted();
}

function partAt(parts: ReadonlyMap<string, Part>, id: string): Part {
  const part = parts.get(id);
  if (part === undefined) throw new Error(`there is no span ${id}`);
  return part;
}

function spansOf(trees: readonly Tree[]): ReadonlyMap<string, SpanNode> {
  const spans = new Map<string, SpanNode>();
  const add = (node: SpanNode): void => {
    spans.set(node.span.spanId, node);
    for (const child of node.children) add(child);
  };
  for (const { roots } of trees) for (const root of roots) add(root);
  return spans;
}

function partOf({ span, meaning, children }: SpanNode): Part {
  const says = new Map<string, string>();
  for (const [key, value] of Object.entries(span.attributes)) if (typeof value === "string") says.set(key, value);
  const service = span.resource["service.name"];
  if (typeof service === "string") says.set("service", service);
  says.set("status", span.status.code);
  if (meaning.arguments !== undefined) says.set("arguments", meaning.arguments);
  return { label: `${meaning.kind} ${meaning.name}`.trimEnd(), says, under: children.map(partOf) };
}

function listText(parts: readonly Part[], isOrdered: boolean): string {
  const texts = parts.map(
    ({ label, says, under }) =>
      `${label}${JSON.stringify(Object.fromEntries([...says].toSorted(([a], [b]) => (a < b ? -1 : 1))))}(${listText(under, isOrdered)})`,
  );
  return (isOrdered ? texts : texts.toSorted()).join(", ");
}
