import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readTraceFile } from "../../../src/format/read.ts";
import { criticalPathOf } from "../../../src/trace/health/critical-path.ts";
import { buildTrees, type Tree } from "../../../src/trace/tree.ts";
import { at, span, wildSpans } from "../spans.ts";

/** Recorded by others and not ours to copy: where the folder is absent, these tests are skipped. */
const DATA = join(import.meta.dirname, "../../../../shared/data");
const CRISP = join(DATA, "crisp/test_cases");
const JAEGER = join(DATA, "jaeger-ui/critical_path_cases.json");
const isAbsent = !existsSync(CRISP) || !existsSync(JAEGER);
if (isAbsent) console.warn(`${DATA} is not here; the critical paths of CRISP and Jaeger are not compared`);

function own(tree: Tree | undefined): Readonly<Record<string, number>> {
  const path = criticalPathOf(tree?.roots ?? []).ownNano;
  return Object.fromEntries([...path].map(([node, nano]) => [node.span.spanId, Number(nano)]));
}

test("time between children is their parent's, and what was beside a later one is nobody's", () => {
  const [tree] = buildTrees([
    span("a", undefined, { startTimeUnixNano: 0n, endTimeUnixNano: 100n }),
    span("b", "a", { startTimeUnixNano: 10n, endTimeUnixNano: 40n }),
    span("c", "a", { startTimeUnixNano: 20n, endTimeUnixNano: 60n }),
    span("d", "a", { startTimeUnixNano: 70n, endTimeUnixNano: 90n }),
  ]);
  expect(own(tree)).toEqual({ a: 10 + 10 + 20, c: 40, d: 20 });
});

test("an open span lasts as long as what is under it", () => {
  const { endTimeUnixNano: _end, ...open } = at(0n, "a", undefined);
  const [tree] = buildTrees([open, span("b", "a", { startTimeUnixNano: 5n, endTimeUnixNano: 50n })]);
  expect(own(tree)).toEqual({ a: 5, b: 45 });
});

test("what is on the path adds up to no more than the trace lasted, and nothing is below 0", () => {
  fc.assert(
    fc.property(wildSpans, (spans) => {
      for (const { roots } of buildTrees(spans)) {
        const { ownNano, totalNano } = criticalPathOf(roots);
        const sum = [...ownNano.values()].reduce((all, nano) => all + nano, 0n);
        expect(sum <= totalNano).toBe(true);
        expect([...ownNano.values()].every((nano) => nano >= 0n)).toBe(true);
      }
    }),
  );
});

test("with one root that holds all, the path fills the whole time of the trace", () => {
  const times = fc.array(fc.tuple(fc.nat(100), fc.nat(100), fc.nat()), { maxLength: 12 });
  fc.assert(
    fc.property(times, (drafts) => {
      const root = span("0", undefined, { startTimeUnixNano: 0n, endTimeUnixNano: 200n });
      const rest = drafts.map(([start, length, parent], index) =>
        span(String(index + 1), String(parent % (index + 1)), {
          startTimeUnixNano: BigInt(start),
          endTimeUnixNano: BigInt(start + length),
        }),
      );
      const [tree] = buildTrees([root, ...rest]);
      const path = criticalPathOf(tree?.roots ?? []);
      expect([...path.ownNano.values()].reduce((all, nano) => all + nano, 0n)).toBe(200n);
    }),
  );
});

test("a path through 30,000 levels is found", () => {
  const spans = Array.from({ length: 30_000 }, (_, index) =>
    span(String(index), index === 0 ? undefined : String(index - 1), {
      startTimeUnixNano: BigInt(index),
      endTimeUnixNano: 1_000_000n,
    }),
  );
  const [tree] = buildTrees(spans);
  expect(criticalPathOf(tree?.roots ?? []).ownNano.size).toBe(30_000);
});

test.skipIf(isAbsent)("CRISP's own cases have the critical paths that CRISP finds", () => {
  const truth: Readonly<Record<string, readonly { readonly cp: readonly string[] }[]>> = JSON.parse(
    readFileSync(join(DATA, "ground_truth_dev.json"), "utf8"),
  ).crisp_critical_path;
  // CRISP takes siblings that overlap by a hundredth for one after the other, as in 10.json; Jaeger does not, nor do we.
  const files = readdirSync(CRISP, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".json") && file !== "10.json",
  );
  expect(files.length).toBeGreaterThan(12);
  const found = files.map((file) => {
    const [tree] = buildTrees(readTraceFile(readFileSync(join(CRISP, file), "utf8"), file).spans);
    return [file, ...Object.keys(own(tree)).toSorted()];
  });
  expect(found).toEqual(
    files.map((file) => [file, ...(truth[`crisp/test_cases/${file}`]?.[0]?.cp ?? [])].toSorted(byFirst)),
  );
});

/** The file's name stays first. */
function byFirst(a: string, b: string): number {
  const isFile = (word: string): boolean => word.endsWith(".json");
  return isFile(a) ? -1 : isFile(b) ? 1 : a < b ? -1 : 1;
}

interface JaegerCase {
  readonly trace: object;
  readonly criticalPathSections: readonly {
    readonly spanID: string;
    readonly sectionStart: number;
    readonly sectionEnd: number;
  }[];
}

test.skipIf(isAbsent)("Jaeger's own cases have the sections that Jaeger draws", () => {
  // Where a span only follows from another Jaeger does not wait for it; in Troupe's tree it hangs under that one.
  const cases: Readonly<Record<string, JaegerCase>> = JSON.parse(readFileSync(JAEGER, "utf8"));
  const waiting = Object.entries(cases).filter(([, { trace }]) => !JSON.stringify(trace).includes("FOLLOWS_FROM"));
  expect(waiting.length).toBeGreaterThan(6);
  for (const [name, { trace, criticalPathSections }] of waiting) {
    const { spans } = readTraceFile(JSON.stringify({ data: [trace] }), name);
    const [tree] = buildTrees(spans);
    const expected: Record<string, number> = {};
    for (const { spanID, sectionStart, sectionEnd } of criticalPathSections)
      expected[spanID] = (expected[spanID] ?? 0) + (sectionEnd - sectionStart) * 1000;
    // Jaeger draws one root; a span without a parent beside it is no part of its picture.
    const [root] = tree?.roots ?? [];
    const path = criticalPathOf(root === undefined ? [] : [root]).ownNano;
    const waitedFor = [...path].filter(([, nano]) => nano > 0n);
    const found = Object.fromEntries(waitedFor.map(([node, nano]) => [node.span.spanId, Number(nano)]));
    expect([name, found]).toEqual([name, expected]);
  }
});
