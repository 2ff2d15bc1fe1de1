import * as fc from "fast-check";
import { expect, test } from "vitest";
import { randomStream } from "../../src/core/random.ts";
import { decided } from "../../src/shape/match/absent-links.ts";
import { columnsOf } from "../../src/shape/match/columns.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { isMonotone } from "../../src/shape/match/monotone.ts";
import { programOf } from "../../src/shape/match/program.ts";
import type { Shape } from "../../src/shape/pattern.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { AttributeValue } from "../../src/trace/span.ts";
import type { SpanNode, Tree } from "../../src/trace/tree.ts";
import { preorder } from "../../src/trace/walk.ts";
import type { Case } from "./random-case.ts";
import { randomCases } from "./random-case.ts";
import { randomForest } from "./random-shape.ts";
import type { Sketch } from "./sketch.ts";
import { sketch, treeOf, treesOf } from "./sketch.ts";

function verdictOf(text: string, ...trees: readonly Tree[]): string {
  return matchShape(parseShape(text, "f.yaml"), trees).verdict;
}

function chain(length: number, leaf: Sketch, link: Sketch): Tree {
  let sketched = leaf;
  for (let made = 1; made < length; made++) sketched = { ...link, children: [sketched] };
  return treeOf([sketched]);
}

function fan(count: number, child: (index: number) => Sketch): Tree {
  return treeOf([
    { kind: "agent", name: "a", start: 0, children: Array.from({ length: count }, (_, index) => child(index)) },
  ]);
}

/** The verdict without its explanation. */
function bareVerdict(shape: Shape, trees: readonly Tree[]): string {
  const columns = columnsOf(trees, "traces" in shape);
  const pass = decided(columns, programOf(shape, columns));
  const { isMatch } = pass;
  return pass.undecided.length > 0 ? "undecided" : isMatch ? "matched" : "mismatched";
}

/** The same traces as they might have come: trees and siblings in another order, ids with a `z` before them. */
function rearranged(trees: readonly Tree[], order: (count: number) => number): readonly Tree[] {
  const renamed = ({ span, meaning, parent, owner, children }: SpanNode): SpanNode => ({
    span: {
      ...span,
      spanId: `z${span.spanId}`,
      traceId: `z${span.traceId}`,
      links: shuffled(span.links, order).map((link) => {
        return { ...link, traceId: `z${link.traceId}`, spanId: `z${link.spanId}` };
      }),
    },
    meaning,
    parent,
    owner,
    children: shuffled(children, order).map(renamed),
  });
  return shuffled(trees, order).map((tree) => {
    const roots = shuffled(tree.roots, order).map(renamed);
    return { ...tree, roots, nodes: preorder(roots) };
  });
}

function shuffled<T>(given: readonly T[], order: (count: number) => number): readonly T[] {
  const rest = [...given];
  const drawn: T[] = [];
  while (rest.length > 0) drawn.push(...rest.splice(order(rest.length), 1));
  return drawn;
}

function caseOf(seed: number): Case {
  for (const made of randomCases(seed, 1, () => undefined)) return made;
  throw new Error("no case");
}

test("neither the order in which spans come nor their ids change a verdict", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { shape, traces } = caseOf(seed);
      const random = randomStream(seed, "shuffle");
      const trees = treesOf(traces);
      const other = rearranged(trees, (count) => random.integer(0, count - 1));
      expect(bareVerdict(shape, other)).toBe(bareVerdict(shape, trees));
    }),
    { numRuns: 1500 },
  );
});

test("a match that is called monotone survives spans that come late", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { shape, traces } = caseOf(seed);
      if (!isMonotone(shape) || bareVerdict(shape, treesOf(traces)) !== "matched") return;
      const random = randomStream(seed, "late");
      const late = traces.map((roots) => grown(roots, randomForest(random, 4), () => random.chance(0.3)));
      // Ids count up in preorder, so what the links lead to is as random as it was.
      if (JSON.stringify(traces).includes("links")) return;
      expect(bareVerdict(shape, treesOf([...late, randomForest(random, 3)]))).toBe("matched");
    }),
    { numRuns: 3000 },
  );
});

function grown(forest: readonly Sketch[], more: readonly Sketch[], isHere: () => boolean): readonly Sketch[] {
  const inner = forest.map((each) => ({ ...each, children: grown(each.children ?? [], isHere() ? more : [], isHere) }));
  return [...inner, ...more];
}

test("a chain of 100,000 spans is matched and explained without overflow", () => {
  const tree = chain(100_000, { kind: "llm", name: "m", start: 0 }, { kind: "agent", name: "a", start: 0 });
  expect(verdictOf("- //agent a:\n    - //agent a:\n        - //llm\n", tree)).toBe("matched");
  expect(verdictOf("- //agent a:\n    - tool x\n", tree)).toBe("mismatched");
  expect(verdictOf("- agent a:\n    - exactly:\n        - agent a\n    - never: tool x\n", tree)).toBe("matched");
});

test("a chain of 100,000 transparent spans is passed through", () => {
  const tree = chain(100_000, { kind: "llm", name: "m", start: 0 }, { kind: "http", name: "h", start: 0 });
  expect(verdictOf("- exactly:\n    - llm m\n", tree)).toBe("matched");
  expect(verdictOf("- exactly:\n    - llm n\n", tree)).toBe("mismatched");
});

test("a fan-out of 10,000 is matched by every plan", () => {
  const tree = fan(10_000, (index) => ({
    kind: index % 3 === 0 ? "llm" : "tool",
    name: `t${index % 50}`,
    start: index,
  }));
  expect(verdictOf("- agent a:\n    - exactly:\n        - in-order x1..*: [llm, tool x0..*]\n", tree)).toBe("matched");
  expect(verdictOf("- agent a:\n    - llm\n    - tool t1\n    - tool t2\n", tree)).toBe("matched");
  const lines = Array.from({ length: 50 }, (_, index) => `        - any t${index} x0..*\n`).join("");
  expect(verdictOf(`- agent a:\n    - any-order:\n${lines}`, tree)).toBe("matched");
  const alternating = parseShape("- agent a:\n    - exactly:\n        - in-order x1..*: [llm, tool]\n", "f.yaml");
  expect(bareVerdict(alternating, [tree])).toBe("mismatched");
});

test("2,000 spans that start at once are decided exactly", () => {
  const tied = fan(2000, (index) => ({ kind: index % 2 === 0 ? "llm" : "tool", start: 0 }));
  expect(verdictOf("- agent a:\n    - exactly:\n        - in-order x1..*: [llm, tool]\n", tied)).toBe("matched");
  const uneven = parseShape("- agent a:\n    - exactly:\n        - in-order x1..*: [llm, llm, tool]\n", "f.yaml");
  expect(bareVerdict(uneven, [tied])).toBe("mismatched");
});

test("an order that takes too many steps to decide is undecided, and says how to decide it", () => {
  const letters = Array.from("abcdefghijklmnopqrstuvwx");
  const random = randomStream(7, "ties");
  const tied = fan(24, () => ({ kind: "tool", name: letters.filter(() => random.chance(0.3)).join(""), start: 0 }));
  const ways = letters.slice(0, 12).map((letter, index) => {
    return `                - in-order: [tool *${letter}*, tool *${letters[index + 12]}*, tool *${letters[(index * 5) % 24]}*]\n`;
  });
  const text = `- agent a:\n    - exactly:\n        - in-order x0..*:\n            - one-of:\n${ways.join("")}`;
  const { verdict, mismatches } = matchShape(parseShape(text, "f.yaml"), [tied]);
  expect(verdict).toBe("undecided");
  expect(mismatches.map(({ kind }) => kind)).toEqual(["undecided"]);
  expect(mismatches[0]?.message).toContain("24 spans under agent a start at once");
});

test("the roots of all trees stand together under one virtual span", () => {
  const trees = [sketch("agent a 5-6"), sketch("agent b 1-2")];
  expect(verdictOf("- agent b\n- agent a\n", ...trees)).toBe("matched");
  expect(verdictOf("- agent a\n- agent b\n", ...trees)).toBe("mismatched");
  expect(verdictOf("- exactly:\n    - agent a\n", ...trees)).toBe("mismatched");
});

test.for<readonly [text: string, isKept: boolean]>([
  ["- agent a:\n    - //llm\n    - one-of: [tool x, tool y]\n", true],
  ["- agent a {tokens > 5, duration >= 1s, !x}\n", true],
  ["- exactly:\n    - llm\n", false],
  ["- never: llm\n", false],
  ["- llm x1..*\n- tool\n", false],
  ["- agent a {duration < 1s}\n", false],
  ["- agent a {cost <= 1}\n", false],
])("%j: whether late spans cannot undo a match", ([text, isKept]) => {
  expect(matchShape(parseShape(text, "f.yaml"), []).isMonotone).toBe(isKept);
});

test.for<readonly [pred: string, value: AttributeValue | undefined, holds: boolean]>([
  ["k = 2", 2, true],
  ["k = 2", "2", true],
  ["k = 2", "2.0", true],
  ["k = 2", 2n, true],
  ['k = "2"', "2", true],
  ['k = "2"', "2.0", false],
  ["k = 0", "", false],
  ["k = 0", null, false],
  ["k = 0", false, false],
  ["k < 1", "", false],
  ["k < 1", 0, true],
  ["k >= 0", 0, true],
  ["k", 0, true],
  ["!k", 0, false],
  ["!k", undefined, true],
  ["k != 1", undefined, false],
  ["k != 1", 2, true],
  ["k = true", true, true],
  ["k = a*c", "abc", true],
  ["k = a*c", "abcd", false],
  ['k = "a*c"', "abc", false],
  ["k = *", "", true],
  ["k = /b/", "abc", true],
  ["k = b", ["a", "b"], true],
  ["k != b", ["a", "b"], false],
  ["k > 1", [0, 2], true],
  ["k = 9007199254740993", 9007199254740993n, true],
  ["k = 9007199254740993", 9007199254740992n, false],
  ["toString", undefined, false],
  ["constructor", undefined, false],
])("{%s} on %s", ([pred, value, holds]) => {
  const attributes = value === undefined ? {} : { k: value };
  const tree = treeOf([{ kind: "llm", start: 0, attributes }]);
  expect(verdictOf(`- llm {${pred}}\n`, tree)).toBe(holds ? "matched" : "mismatched");
});

test.for<readonly [pred: string, holds: boolean]>([
  ["args.a = 1", true],
  ["args.b.c = x", true],
  ["args.list.0.n = 1", true],
  ["args.list.n = 2", true],
  ["args.list.n = 3", false],
  ["args.none", false],
  ["args.zero", true],
  ["args.nothing", true],
  ["args.toString", false],
  ["result.ok = true", true],
  ["status = error", true],
  ["error = Timeout", true],
  ["error", true],
  ["attributes.status = open", true],
  ["span.id = s1", true],
  ["trace.id = trace", true],
  ['span.name = "tool "', true],
  ["span.kind = internal", true],
  ["status.message = too*", true],
  ["scope.name = sketch", true],
  ["!scope.version", true],
  ["resource.region = eu", true],
  ["!region", true],
  ["duration = 2ms", true],
  ["duration <= 2000us", true],
  ["duration < 2ms", false],
])("{%s} on a tool call", ([pred, holds]) => {
  const call = JSON.stringify({ a: 1, b: { c: "x" }, list: [{ n: 1 }, { n: 2 }], zero: 0, nothing: null });
  const tree = treeOf([
    {
      kind: "tool",
      start: 0,
      end: 2_000_000,
      attributes: { status: "open", "error.type": "Timeout" },
      meaning: { arguments: call, result: '{"ok":true}' },
      span: { status: { code: "error", message: "too late" }, resource: { region: "eu" } },
    },
  ]);
  expect(verdictOf(`- tool {${pred}}\n`, tree)).toBe(holds ? "matched" : "mismatched");
});

test("a value longer than 64 KiB matches no regular expression", () => {
  const verdicts = [65_536, 65_537].map((length) => {
    return verdictOf("- llm {k = /a/}\n", treeOf([{ kind: "llm", start: 0, attributes: { k: "a".repeat(length) } }]));
  });
  expect(verdicts).toEqual(["matched", "mismatched"]);
});

test("an open span has no duration, and one that ends before it starts lasts 0", () => {
  const open: SpanNode | undefined = sketch("llm 0-1").roots[0];
  if (open === undefined) throw new Error("no span");
  const { endTimeUnixNano: end = 0n, ...span } = open.span;
  const tree = (span_: SpanNode["span"]): Tree => ({ ...sketch("llm"), roots: [{ ...open, span: span_ }] });
  expect(verdictOf("- llm {duration}\n", tree(span))).toBe("mismatched");
  expect(verdictOf("- llm {duration = 0ns}\n", tree({ ...span, endTimeUnixNano: end - 5n }))).toBe("matched");
});
