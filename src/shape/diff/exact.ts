import type { IndexPair } from "./alignment.ts";
import type { Forest } from "./forest.ts";
import type { Pairing } from "./pairing.ts";

/** One span added, removed or renamed, or whose facts changed. So large that ties can be told apart below it. */
const UNIT = 1024;

/**
 * The pairs of the cheapest script that turns one subtree into the other without moving anything, siblings in canonical
 * order: a span added, removed, renamed or with other facts costs one each, and a span never becomes one of another kind.
 * Among equally cheap ones: fewest renamed. O(a² · b²) at worst, so for small subtrees only. The tops are paired.
 *
 * @see Zhang and Shasha, Simple Fast Algorithms for the Editing Distance between Trees and Related Problems (1989)
 */
export function exactPairs(pairing: Pairing, a: number, b: number): readonly IndexPair[] {
  // Read backwards, from the last sibling, two trees have the same distance, at another price.
  const ways = [false, true].map((isBackwards) => ({
    before: postorderOf(pairing.before, a, isBackwards),
    after: postorderOf(pairing.after, b, isBackwards),
  }));
  const { before, after } = ways.reduce((one, other) => (workOf(other) < workOf(one) ? other : one));
  const width = after.rows.length;
  const costs = before.rows.map((row) => after.rows.map((other) => costOf(pairing, row, other)));
  const trees = new Float64Array((before.rows.length + 1) * (width + 1));
  const fill = (i: number, j: number): Table => forestTable({ before, after, costs, trees, i, j });
  for (const i of before.keyroots) for (const j of after.keyroots) fill(i, j);
  const pairs: IndexPair[] = [];
  const stack: IndexPair[] = [[before.rows.length, width]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [i, j] = next;
    const { at, left, right } = fill(i, j);
    let [x, y] = [i, j];
    while (x >= left || y >= right) {
      const isWhole = before.leftmost[x] === left && after.leftmost[y] === right;
      if (x >= left && at(x, y) === at(x - 1, y) + UNIT) x--;
      else if (y >= right && at(x, y) === at(x, y - 1) + UNIT) y--;
      else if (isWhole) {
        pairs.push([before.rows[x - 1] ?? -1, after.rows[y - 1] ?? -1]);
        x--;
        y--;
      } else {
        stack.push([x, y]);
        [x, y] = [(before.leftmost[x] ?? 0) - 1, (after.leftmost[y] ?? 0) - 1];
      }
    }
  }
  return pairs;
}

/** Numbered from 1: `leftmost[i]` is the first leaf under span i, `keyroots` the last spans that have a first leaf each. */
interface Postorder {
  readonly rows: readonly number[];
  readonly leftmost: readonly number[];
  readonly keyroots: readonly number[];
}

/** How many cells the search fills. */
function workOf(trees: { readonly before: Postorder; readonly after: Postorder }): number {
  const sizeOf = ({ leftmost, keyroots }: Postorder): number =>
    keyroots.reduce((sum, root) => sum + root - (leftmost[root] ?? 0) + 1, 0);
  return sizeOf(trees.before) * sizeOf(trees.after);
}

function postorderOf({ children }: Forest, top: number, isBackwards: boolean): Postorder {
  const rows: number[] = [];
  const stack = [top];
  // Parents first with the last child in front, read backwards: children first in order.
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    rows.push(row);
    const list = children[row] ?? [];
    for (const child of isBackwards ? list.toReversed() : list) stack.push(child);
  }
  rows.reverse();
  const places = new Map(rows.map((row, index) => [row, index + 1]));
  const leftmost = [0];
  for (const [index, row] of rows.entries()) {
    const first = children[row]?.at(isBackwards ? -1 : 0);
    leftmost.push(first === undefined ? index + 1 : (leftmost[places.get(first) ?? 0] ?? 0));
  }
  const last = new Map(leftmost.map((leaf, index) => [leaf, index]));
  last.delete(0);
  return { rows, leftmost, keyroots: [...last.values()].toSorted((x, y) => x - y) };
}

function costOf({ before, after }: Pairing, a: number, b: number): number {
  if (before.nodes[a]?.meaning.kind !== after.nodes[b]?.meaning.kind) return Infinity;
  const isSame = before.identities[a] === after.identities[b];
  const isEqual = before.facts[a] === after.facts[b];
  if (isSame) return isEqual ? 0 : UNIT;
  return (isEqual ? UNIT : 2 * UNIT) + 1;
}

/** Costs between the first spans of two subtrees, from `left` and `right`, which are one less for none. */
interface Table {
  readonly at: (x: number, y: number) => number;
  readonly left: number;
  readonly right: number;
}

function forestTable(given: {
  readonly before: Postorder;
  readonly after: Postorder;
  readonly costs: readonly (readonly number[])[];
  /** The cost between each two whole subtrees, filled as tables are. */
  readonly trees: Float64Array;
  readonly i: number;
  readonly j: number;
}): Table {
  const { before, after, costs, trees, i, j } = given;
  const [left, right] = [before.leftmost[i] ?? 1, after.leftmost[j] ?? 1];
  const width = j - right + 2;
  const cells = new Float64Array((i - left + 2) * width);
  const stride = after.rows.length + 1;
  for (let x = left - 1; x <= i; x++) {
    for (let y = right - 1; y <= j; y++) {
      const cell = (x - left + 1) * width + (y - right + 1);
      if (x < left || y < right) {
        cells[cell] = UNIT * (x - left + 1 + (y - right + 1));
        continue;
      }
      const [leafX, leafY] = [before.leftmost[x] ?? 0, after.leftmost[y] ?? 0];
      const isWhole = leafX === left && leafY === right;
      const apart = Math.min((cells[cell - width] ?? 0) + UNIT, (cells[cell - 1] ?? 0) + UNIT);
      const together = isWhole
        ? (cells[cell - width - 1] ?? 0) + (costs[x - 1]?.[y - 1] ?? 0)
        : (cells[(leafX - left) * width + (leafY - right)] ?? 0) + (trees[x * stride + y] ?? 0);
      cells[cell] = Math.min(apart, together);
      if (isWhole) trees[x * stride + y] = cells[cell];
    }
  }
  return { at: (x, y) => cells[(x - left + 1) * width + (y - right + 1)] ?? 0, left, right };
}
