import type { Random } from "../../src/core/random.ts";
import type { Kind } from "../../src/trace/kinds.ts";
import type { Sketch } from "./sketch.ts";

const KINDS: readonly Kind[] = ["llm", "tool", "tool", "tool", "agent", "http", "turn"];
export const NAMES = ["a", "b", "ab"] as const;
export const KEYS = ["k", "m"] as const;
export const VALUES = ["a", "b", "1", "2"] as const;

/** One to three small traces, with attributes, events and links between spans, and to absent ones where that may be. */
export function randomTraces(random: Random, spansMax: number, mayMissSpans: boolean): readonly (readonly Sketch[])[] {
  const counts = [random.integer(0, spansMax)];
  while (counts.length < 3 && random.chance(0.35)) counts.push(random.integer(0, Math.ceil(spansMax / 2)));
  const spans = counts.flatMap((count, trace) => {
    return Array.from({ length: count }, (_, index) => `t${trace + 1}/s${index + 1}`);
  });
  const linked = mayMissSpans ? [...spans, "t9/s9"] : spans;
  return counts.map((count) => randomTrace(random, count, linked));
}

/** One trace of `count` spans in which ties and overlaps are common; with attributes, events and links where it may link. */
export function randomTrace(random: Random, count: number, linked?: readonly string[]): readonly Sketch[] {
  const parents: { sketch: Sketch & { children: Sketch[] } }[] = [];
  const roots: Sketch[] = [];
  for (let made = 0; made < count; made++) {
    const parent = random.chance(0.3) || parents.length === 0 ? undefined : random.pick(parents);
    const kind = random.pick(KINDS);
    const start = random.integer(0, random.pick([0, 2, 6]));
    const sketch = {
      kind,
      ...(kind === "tool" || random.chance(0.1) ? { name: random.pick(NAMES) } : {}),
      ...(random.chance(0.1) ? { service: "s" } : {}),
      isHarness: kind === "turn" && random.chance(0.5),
      start,
      end: start + random.integer(linked === undefined ? 0 : random.pick([0, 0, 0, -1]), 3),
      ...(linked === undefined ? {} : randomDetails(random, linked)),
      children: [],
    };
    (parent?.sketch.children ?? roots).push(sketch);
    parents.push({ sketch });
  }
  return roots;
}

function randomDetails(random: Random, linked: readonly string[]): Pick<Sketch, "attributes" | "events" | "links"> {
  const attributes = (): NonNullable<Sketch["attributes"]> => {
    return Object.fromEntries(KEYS.filter(() => random.chance(0.4)).map((key) => [key, randomValue(random)]));
  };
  const upTo = (most: number): readonly unknown[] => Array.from({ length: random.integer(0, most) });
  return {
    attributes: attributes(),
    ...(random.chance(0.3)
      ? { events: upTo(3).map(() => ({ name: random.pick(NAMES), attributes: attributes() })) }
      : {}),
    ...(random.chance(0.4) ? { links: upTo(2).map(() => random.pick(linked)) } : {}),
  };
}

function randomValue(random: Random): string | number | readonly string[] {
  const value = random.pick(VALUES);
  if (random.chance(0.05)) return [value, random.pick(VALUES)];
  return random.chance(0.5) && /\d/.test(value) ? Number(value) : value;
}
