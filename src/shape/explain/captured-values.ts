import type { Pass } from "../match/pass.ts";
import type { CaptureScope } from "../match/scopes.ts";
import { captureKeys } from "../match/text-test.ts";
import { placeOf } from "../pattern.ts";

/** The value that a capture is taken to have while a mismatch is explained, and a place that has it. */
export interface CapturedValue {
  readonly name: string;
  readonly key: string;
  readonly text: string;
  readonly at: string;
}

interface Tally {
  readonly uses: Set<number>;
  readonly at: string;
}

/**
 * For each capture of a scope the value that joins most of its uses below `row`, among equals the first; what differs
 * from it is then what is wrong. Values that the match itself came nearest with win.
 */
export function capturedValues({ names, uses }: CaptureScope, row: number, pass: Pass): readonly CapturedValue[] {
  const { columns, usage } = pass;
  const tallies = new Map(names.map((name) => [name, new Map<string, Tally>()]));
  const users = new Set(uses.map(({ pattern }) => pattern));
  for (let below = Math.max(1, row); below <= (columns.last[row] ?? row); below++) {
    const node = columns.nodes[below];
    if (node === undefined) continue;
    for (const pattern of pass.program.patternsOf[columns.label[below] ?? -1] ?? []) {
      if (!users.has(pattern) || !pattern.tests.every(({ holds }) => holds(node, below, usage))) continue;
      for (const { capture, valueOf } of pattern.tests) {
        const value = capture === undefined ? undefined : valueOf(node, below, usage);
        if (capture !== undefined && value !== undefined) count(capture, captureKeys(value), pattern);
      }
      for (const event of pattern.events) {
        for (const name of event.captures) count(name, event.keysOf(node.span, name), pattern);
      }
    }
  }
  return names.flatMap((name) => {
    const found = [...(tallies.get(name) ?? [])];
    const known = found.find(([key]) => key === pass.captured.get(name));
    const [best] = known === undefined ? found.toSorted(([, a], [, b]) => b.uses.size - a.uses.size) : [known];
    return best === undefined ? [] : { name, key: best[0], text: best[0].slice(1), at: best[1].at };
  });

  function count(name: string, keys: readonly string[], { id, source }: (typeof uses)[number]["pattern"]): void {
    const tally = tallies.get(name);
    for (const key of keys) {
      const known = tally?.get(key);
      if (known === undefined) tally?.set(key, { uses: new Set([id]), at: placeOf(source) });
      else known.uses.add(id);
    }
  }
}
