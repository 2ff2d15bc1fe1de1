import type { Random } from "../../src/core/random.ts";
import { randomStream } from "../../src/core/random.ts";
import type { Shape } from "../../src/shape/pattern.ts";
import { printShape } from "../../src/shape/print.ts";
import { refusalsOf } from "../../src/shape/text/refusal.ts";
import { randomScopedShape } from "./random-scopes.ts";
import { randomFeatures, randomShape } from "./random-shape.ts";
import { randomTraces } from "./random-trace.ts";
import { randomWitness } from "./random-witness.ts";
import type { Sketch } from "./sketch.ts";

/** One shape and the traces that it is held against. */
export interface Case {
  /** Of a random case: what repeats it. */
  readonly seed?: number;
  readonly shape: Shape;
  readonly traces: readonly (readonly Sketch[])[];
}

const TREES_A_SHAPE = 4;

/** Cases of the whole language from seed `first` on; `refused` hears of each shape that the language does not allow. */
export function* randomCases(first: number, seeds: number, refused: (shape: Shape) => void): Generator<Case> {
  for (let seed = first; seed < first + seeds; seed++) {
    const random = randomStream(seed, "oracle");
    const features = randomFeatures(random);
    let shape = randomShape(random, 5, features);
    for (; refusalsOf(shape).length > 0; shape = randomShape(random, 5, features)) refused(shape);
    // What an absent span matches would be another question for each value of a capture.
    const mayMissSpans = !features.captures && random.chance(0.3);
    yield* casesOfShape(random, { seed, shape, mayMissSpans });
  }
}

/** Cases of scopes of captures within each other from seed `first` on. */
export function* scopedCases(first: number, seeds: number): Generator<Case> {
  for (let seed = first; seed < first + seeds; seed++) {
    const random = randomStream(seed, "scopes");
    let shape = randomScopedShape(random);
    while (refusalsOf(shape).length > 0) shape = randomScopedShape(random);
    yield* casesOfShape(random, { seed, shape, mayMissSpans: random.chance(0.1) });
  }
}

function* casesOfShape(
  random: Random,
  { seed, shape, mayMissSpans }: { readonly seed: number; readonly shape: Shape; readonly mayMissSpans: boolean },
): Generator<Case> {
  for (let made = 0; made < TREES_A_SHAPE; made++) {
    const witness = made % 2 === 0 ? undefined : randomWitness(random, shape, mayMissSpans);
    yield { seed, shape, traces: witness ?? randomTraces(random, 6, mayMissSpans) };
  }
}

/** Each shape with each forest as its one trace. */
export function* casesOf(shapes: readonly Shape[], forests: readonly (readonly Sketch[])[]): Generator<Case> {
  for (const shape of shapes) for (const forest of forests) yield { shape, traces: [forest] };
}

/** A case as text, for a report. */
export function printCase({ shape, traces }: Case): string {
  return `${printShape(shape)}${traces.map((roots) => JSON.stringify(roots)).join("\n")}\n`;
}

/** A case from which nothing more can be left out without losing what `isWanted` asks for. */
export function smallest(given: Case, isWanted: (smaller: Case) => boolean): Case {
  const isValid = (smaller: Case): boolean => {
    try {
      return refusalsOf(smaller.shape).length === 0 && isWanted(smaller);
    } catch {
      return false;
    }
  };
  for (let current: Case = { shape: given.shape, traces: given.traces }; ;) {
    const smaller = firstOf(editsOf(current) as Generator<Case>, isValid);
    if (smaller === undefined) return current;
    current = smaller;
  }
}

const OPTIONAL = ["count", "name", "service", "list", "attributes", "events", "links", "isHarness"];

function firstOf<T>(values: Iterable<T>, isWanted: (value: T) => boolean): T | undefined {
  for (const value of values) if (isWanted(value)) return value;
  return undefined;
}

/** Every value that has one part less. */
function* editsOf(value: unknown): Generator {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) yield value.toSpliced(index, 1);
    for (const [index, part] of (value as readonly unknown[]).entries()) {
      const hoisted = partsOf(part);
      if (hoisted !== undefined) yield value.toSpliced(index, 1, ...hoisted);
      for (const edited of editsOf(part)) yield value.with(index, edited);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      if (OPTIONAL.includes(key) && !(Array.isArray(part) && "isDeep" in value)) {
        yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
      }
      if (key === "isDeep" && part === true) yield { ...value, isDeep: false };
      if (key === "children" && part === "exactly") yield { ...value, children: "contain" };
      if (key === "end" && typeof part === "number" && "start" in value && part !== value.start)
        yield { ...value, end: value.start };
      for (const edited of editsOf(part)) yield { ...value, [key]: edited };
    }
  } else if (typeof value === "number" && value > 0) {
    yield value === Infinity ? 2 : value - 1;
  }
}

function partsOf(part: unknown): readonly unknown[] | undefined {
  if (typeof part !== "object" || part === null) return undefined;
  if ("items" in part && "type" in part && Array.isArray(part.items)) return part.items as readonly unknown[];
  return "children" in part && Array.isArray(part.children) ? (part.children as readonly unknown[]) : undefined;
}
