/** The door for Vitest tests: importing it registers the matchers. */
import { expect } from "vitest";
import type { NodeBuilder } from "./shape/builders/lines.ts";
import type { Shape } from "./shape/pattern.ts";
import { MATCHERS } from "./vitest/matchers.ts";
import { SNAPSHOT_MATCHERS } from "./vitest/shape-snapshots.ts";

expect.extend({ ...MATCHERS, ...SNAPSHOT_MATCHERS });

export { scenarioTests } from "./vitest/scenario-tests.ts";
export type { ScenarioTestOptions } from "./vitest/scenario-tests.ts";

/**
 * Nothing where it asserts; a value of any type where it stands inside of another matcher, as Vitest's own are.
 */
// oxlint-disable-next-line typescript/no-explicit-any
type Asserted = any;

/**
 * Matchers for traces: a run of `troupe/run`, what `collectTrace` or `readTrace` gave, trees, spans of Troupe or of
 * OpenTelemetry's SDK, or an exporter with `getFinishedSpans()`.
 */
interface TraceMatchers {
  /** The trace matches a shape: its YAML text, or what `shape.of(…)` made. */
  toMatchShape: (shape: string | Shape) => Asserted;
  /** The trace has such a step, at any depth: a shape's line (`tool lookup_order {args.id = A-17}`), or a builder of one. */
  toHaveStep: (step: string | NodeBuilder) => Asserted;
  /** One agent hands off to another, at least once. */
  toHaveHandoff: (from: string, to: string) => Asserted;
  /** There is exactly one trace with one root, and every other span is below it. */
  toBeOneTrace: () => Asserted;
  /** No span names a parent that is absent. */
  toHaveNoOrphans: () => Asserted;
}

interface TraceSnapshotMatchers {
  /**
   * The trace matches the shape that is kept beside the test, in `__shapes__/`; where there is none, one is inferred and
   * written, and `-u` brings it up to date. `name` names the file, which several tests may share; one that ends with
   * `.yaml` is a path from the test.
   */
  toMatchShapeSnapshot: (name?: string) => void;
  /** The trace matches the shape that stands here; where none does, one is inferred and written into the test. */
  toMatchShapeInlineSnapshot: (shape?: string) => void;
}

declare module "vitest" {
  // The type parameter repeats Vitest's own, or the two declarations would not merge. Not `Assertion`, which Vitest
  // itself augments: whether a second augmentation is seen depends on the order in which files are read.
  // oxlint-disable-next-line typescript/no-explicit-any
  interface Matchers<T = any> extends TraceMatchers, TraceSnapshotMatchers {}
  /** What stands after `expect.not`. */
  interface AsymmetricMatchersContaining extends TraceMatchers {}
}
