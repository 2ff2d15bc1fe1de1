import { shape } from "troupe";
import { type CollectedTrace, type TraceProcessor, collectTrace, readTrace, traceProcessor } from "troupe/run";
import { scenarioTests } from "troupe/vitest";
import type { SpanProcessor } from "@opentelemetry/sdk-trace-node";
import { expect, expectTypeOf, test } from "vitest";
import type { Span } from "../../src/trace/span.ts";
import type { Tree } from "../../src/trace/tree.ts";

// Never called: `tsc` reads them.
const assertion = () => expect([]);
const not = () => expect([]).not;

test("every matcher has its parameters, also after not and resolves", () => {
  expectTypeOf(assertion).returns.toHaveProperty("toMatchShape").parameter(0).extract<string>().toEqualTypeOf<string>();
  expectTypeOf(assertion).returns.toHaveProperty("toMatchShape").toBeCallableWith(shape.of(shape.llm()));
  expectTypeOf(assertion)
    .returns.toHaveProperty("toHaveHandoff")
    .parameters.toEqualTypeOf<[from: string, to: string]>();
  expectTypeOf(assertion).returns.toHaveProperty("toHaveStep").toBeCallableWith("tool lookup_order");
  expectTypeOf(assertion).returns.toHaveProperty("toHaveStep").toBeCallableWith(shape.tool("lookup_order"));
  expectTypeOf(assertion).returns.toHaveProperty("toBeOneTrace").parameters.toEqualTypeOf<[]>();
  expectTypeOf(assertion).returns.toHaveProperty("toHaveNoOrphans").parameters.toEqualTypeOf<[]>();
  for (const snapshot of ["toMatchShapeSnapshot", "toMatchShapeInlineSnapshot"] as const) {
    expectTypeOf(assertion).returns.toHaveProperty(snapshot).toBeCallableWith();
    expectTypeOf(assertion).returns.toHaveProperty(snapshot).parameter(0).toEqualTypeOf<string | undefined>();
  }
  expectTypeOf(not).returns.toHaveProperty("toMatchShape");
  expectTypeOf(() => expect(Promise.resolve([])).resolves.toBeOneTrace()).returns.resolves.toBeAny();
});

test("what is no shape and no step is a type error", () => {
  // @ts-expect-error a number is no shape
  void (() => expect([]).toMatchShape(3));
  // @ts-expect-error a handoff has a target
  void (() => expect([]).toHaveHandoff("triage"));
  // @ts-expect-error there is no such matcher
  void (() => expect([]).toHaveStops("tool"));
  // @ts-expect-error a mode is sim or wire
  void (() => scenarioTests("scenarios", { mode: "live" }));
});

test("matchers that judge stand inside of others, also turned round", () => {
  expectTypeOf(expect.toMatchShape).toBeCallableWith("- agent triage");
  expectTypeOf(expect.not.toHaveStep).toBeCallableWith("tool refund");
  // @ts-expect-error a snapshot belongs to one assertion, and is not turned round
  void (() => expect.not.toMatchShapeSnapshot());
});

test("collectTrace gives the value's type, of functions with and without a promise", () => {
  expectTypeOf(() => collectTrace(() => 3)).returns.resolves.toEqualTypeOf<CollectedTrace<number>>();
  expectTypeOf(() => collectTrace(async () => "x")).returns.resolves.toEqualTypeOf<CollectedTrace<string>>();
  expectTypeOf<CollectedTrace<number>["trees"]>().toEqualTypeOf<readonly Tree[]>();
  expectTypeOf<CollectedTrace<number>["spans"]>().toEqualTypeOf<readonly Span[]>();
  expectTypeOf(readTrace).returns.resolves.toHaveProperty("trees");
});

test("the processor fits a provider of OpenTelemetry's", () => {
  expectTypeOf(traceProcessor).returns.toEqualTypeOf<TraceProcessor>();
  expectTypeOf<TraceProcessor>().toExtend<SpanProcessor>();
});
