import type { Body, Item } from "../pattern.ts";

/** A body without its links and without those of all below it. Shapes are as deep as somebody wrote them. */
export function unlinkedBody({ list, never, events }: Body): Body {
  const rest = {
    never: never.map((pattern) => (pattern.type === "node" ? unlinkedNode(pattern) : pattern)),
    links: [],
    events,
  };
  return list === undefined ? rest : { ...rest, list: { ...list, items: list.items.map(unlinkedItem) } };
}

export function unlinkedItem(item: Item): Item {
  if (item.type === "node") return unlinkedNode(item);
  return "items" in item ? { ...item, items: item.items.map(unlinkedItem) } : item;
}

function unlinkedNode<Node extends Body>(pattern: Node): Node {
  return { ...pattern, ...unlinkedBody(pattern) };
}
