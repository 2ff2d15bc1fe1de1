import { expect, test } from "vitest";
import { canonicalDigest } from "../../src/trace/canonical.ts";
import type { Span } from "../../src/trace/span.ts";
import { summarize } from "../../src/trace/summary.ts";
import { trajectoriesOf } from "../../src/trace/trajectory.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { agent, at, chat, tool } from "./spans.ts";

/** Everything that walks a tree; a recursive step would overflow, and a quadratic one would not come back. */
function readAll(size: number, make: (index: number, size: number) => Span): void {
  const trees = buildTrees(Array.from({ length: size }, (_, index) => make(index, size)));
  expect(trees.map((tree) => summarize(tree).spans)).toEqual([size]);
  trajectoriesOf(trees);
  expect(canonicalDigest(trees)).toMatch(/^[0-9a-f]{64}$/);
}

const parentOf = (index: number): string | undefined => (index === 0 ? undefined : `s${index - 1}`);

test("a chain of 100,000 agents is read", { timeout: 60_000 }, () =>
  readAll(100_000, (index) => at(BigInt(index), `s${index}`, parentOf(index), agent("a"))),
);

test("a row of 100,000 siblings that start together is read", { timeout: 60_000 }, () =>
  readAll(100_000, (index) => at(1n, `s${index}`, "gone", tool("x"))),
);

test.each<[string, (index: number, size: number) => Span]>([
  ["chain of transparent spans", (index) => at(BigInt(index), `s${index}`, parentOf(index))],
  ["chain of model calls", (index) => at(BigInt(index), `s${index}`, parentOf(index), chat(1, 1))],
  ["row of spans under one id", (index) => at(BigInt(index), "same", undefined, tool("x"))],
  ["ring of parents", (index, size) => at(BigInt(index), `s${index}`, `s${(index + 1) % size}`)],
])("a %s is read, 30,000 spans long", { timeout: 60_000 }, (_shape, make) => readAll(30_000, make));
