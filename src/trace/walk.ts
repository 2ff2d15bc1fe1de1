/** Every node at and under `roots`, parents before children, siblings in the order given. Read backwards, children come first. */
export function preorder<Node extends { readonly children: readonly Node[] }>(roots: readonly Node[]): readonly Node[] {
  const nodes: Node[] = [];
  const stack = roots.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    nodes.push(node);
    for (let index = node.children.length - 1; index >= 0; index--) {
      const child = node.children[index];
      if (child !== undefined) stack.push(child);
    }
  }
  return nodes;
}
