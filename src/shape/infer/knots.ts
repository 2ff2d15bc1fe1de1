/** Nodes that lead to each other, as one; and which knot leads to which. */
export interface Knots {
  /** The nodes of each knot among the first `count` nodes; each knot stands before those that it leads to. */
  readonly members: readonly (readonly number[])[];
  /** Whether a knot leads to another, by any way. */
  readonly leads: (from: number, to: number) => boolean;
}

type Graph = readonly (readonly number[])[];

/** The knots of a graph that have one of its first `count` nodes in them. What leads where is worked out when it is asked. */
export function knotsOf(graph: Graph, count: number): Knots {
  const knotOf = new Int32Array(graph.length).fill(-1);
  const found = tie(graph, knotOf);
  const kept = [...found.keys()].filter((knot) => found[knot]?.some((node) => node < count) === true).toReversed();
  let reach: Reach | undefined;
  return {
    members: kept.map((knot) => (found[knot] ?? []).filter((node) => node < count)),
    leads: (from, to) => {
      reach ??= reachOf(graph, found, { knotOf, kept });
      return (((reach.bits[(kept[from] ?? 0) * reach.words + (to >> 5)] ?? 0) >>> (to & 31)) & 1) === 1;
    },
  };
}

/** A bit for each knot and each kept one that it leads to. */
interface Reach {
  readonly bits: Int32Array;
  readonly words: number;
}

function reachOf(
  graph: Graph,
  found: readonly (readonly number[])[],
  { knotOf, kept }: { readonly knotOf: Int32Array; readonly kept: readonly number[] },
): Reach {
  const rank = new Int32Array(found.length).fill(-1);
  for (const [place, knot] of kept.entries()) rank[knot] = place;
  const words = Math.ceil(kept.length / 32);
  const bits = new Int32Array(found.length * words);
  for (const [knot, nodes] of found.entries()) {
    for (const target of nodes.flatMap((node) => graph[node] ?? [])) {
      // A knot is found after all that it leads to, so those are complete.
      const other = knotOf[target] ?? -1;
      if (other === knot) continue;
      const place = rank[other] ?? -1;
      if (place !== -1) mark(bits, knot * words, place);
      for (let word = 0; word < words; word++) {
        bits[knot * words + word] = (bits[knot * words + word] ?? 0) | (bits[other * words + word] ?? 0);
      }
    }
  }
  return { bits, words };
}

function mark(bits: Int32Array, base: number, place: number): void {
  bits[base + (place >> 5)] = (bits[base + (place >> 5)] ?? 0) | (1 << (place & 31));
}

/** Strongly connected nodes by Tarjan's algorithm, with a stack of its own. */
function tie(graph: Graph, knotOf: Int32Array): readonly (readonly number[])[] {
  const index = new Int32Array(graph.length).fill(-1);
  const low = new Int32Array(graph.length);
  const found: number[][] = [];
  const open: number[] = [];
  let met = 0;
  const path: { readonly node: number; next: number }[] = [];
  const enter = (node: number): void => {
    index[node] = low[node] = met++;
    open.push(node);
    path.push({ node, next: 0 });
  };
  for (let root = 0; root < graph.length; root++) {
    if (index[root] === -1) enter(root);
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const { node } = at;
      const target = graph[node]?.[at.next++];
      if (target !== undefined) {
        if (index[target] === -1) enter(target);
        else if (knotOf[target] === -1) low[node] = Math.min(low[node] ?? 0, index[target] ?? 0);
        continue;
      }
      path.pop();
      const above = path.at(-1)?.node;
      if (above !== undefined) low[above] = Math.min(low[above] ?? 0, low[node] ?? 0);
      if (low[node] !== index[node]) continue;
      const knot = open.splice(open.lastIndexOf(node));
      for (const member of knot) knotOf[member] = found.length;
      found.push(knot);
    }
  }
  return found;
}
