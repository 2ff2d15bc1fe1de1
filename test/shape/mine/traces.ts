import type { Random } from "../../../src/core/random.ts";
import type { Sketch } from "../sketch.ts";

/** A small trace in which calls repeat, overlap and fail. */
export function randomTrace(random: Random): readonly Sketch[] {
  return Array.from({ length: random.integer(0, 2) }, (_, index) => randomSpan(random, index * 100, 2));
}

function randomSpan(random: Random, start: number, depth: number): Sketch {
  const children: Sketch[] = [];
  let at = start;
  const bodies = Array.from({ length: depth === 0 ? 0 : random.integer(0, 2) }, () =>
    Array.from({ length: random.integer(1, 2) }, () => depth - random.integer(1, depth)),
  );
  for (const body of bodies) {
    for (let rounds = random.integer(1, 3); rounds > 0; rounds--) {
      for (const each of body) {
        const child = randomSpan(random, at, each);
        children.push(child);
        // Some overlap with what comes next, some tie with it.
        at = random.chance(0.8) ? (child.end ?? at) + 1 : at + random.integer(0, 1);
      }
    }
  }
  const last = Math.max(start, ...children.map(({ end = start }) => end));
  return {
    kind: random.pick(["agent", "tool", "llm", "http"] as const),
    name: random.pick(["a", "b"]),
    ...(random.chance(0.3) ? { service: random.pick(["s", "t"]) } : {}),
    start,
    end: last + random.integer(0, 1),
    children,
    ...(random.chance(0.1) ? { span: { status: { code: "error" } } } : {}),
  };
}
