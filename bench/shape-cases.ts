import { randomStream } from "../src/core/random.ts";
import type { Tree } from "../src/trace/tree.ts";
import type { Sketch } from "../test/shape/sketch.ts";
import { treeOf } from "../test/shape/sketch.ts";

/** A shape, what it is held against, and the answer that must come within the stated time. */
export interface ShapeCase {
  readonly name: string;
  readonly shape: string;
  readonly tree: () => Tree;
  readonly verdict: "matched" | "mismatched" | "undecided";
  /** On a machine of 2025 with nothing else to do. */
  readonly statedMs: number;
}

const random = randomStream(7, "bench/shape");
const LETTERS = Array.from("abcdefghijklmnopqrstuvwx");
const KINDS = ["agent", "tool", "llm"] as const;
const NAMES = ["a", "x", "m"];

/** One shape of 151 patterns against ever more spans: the time should grow as they do. */
export const GROWTH: readonly ShapeCase[] = [
  [1000, 6],
  [10_000, 23],
  [100_000, 265],
  [1_000_000, 2700],
].map(([spans = 0, statedMs = 0]) => ({
  name: `${spans.toLocaleString("en-US")} spans, 151 patterns, exactly: loops, one-of of 20, any-order of 50 with ties`,
  shape: agentsShape(26),
  tree: () => agents(spans),
  verdict: "matched",
  statedMs,
}));

/** What a matcher may come to grief on, with bounds of our own for time and captures. */
export const ADVERSARIAL: readonly ShapeCase[] = [
  green("10,000 spans, 200 nodes: any-order of 50, repetitions", 50, agentsShape(42), () => agents(10_000)),
  green("10,000 equal siblings, any-order of 50 equal", 200, under("any-order:", lines(50, "tool t")), () =>
    fan(10_000, same),
  ),
  {
    name: "the same, one can not be filled",
    shape: under("any-order:", [...lines(50, "tool t"), "tool u"]),
    tree: () => fan(10_000, same),
    verdict: "mismatched",
    statedMs: 330,
  },
  green("10,000 siblings, exactly any-order of 50 sets of 40 names", 220, anyOrderOfSets("x0..*"), () =>
    fan(10_000, oneOfNames),
  ),
  green("the same, 200 of each and no more", 800, anyOrderOfSets("x200"), () => fan(10_000, oneOfNames)),
  green("2,000 children, any-order of 2,000 in a chain of two-way choices", 490, chainOfChoices(), () => {
    return fan(2000, (index) => ({ kind: "tool", name: `k${2000 - index}`, start: index }));
  }),
  green(
    "10,000 children, 3 nested stars",
    75,
    exactly(["in-order x0..*: [in-order x0..*: [in-order x0..*: [tool]]]"]),
    () => fan(10_000, inTurn),
  ),
  {
    name: "((((a*)*)*)*)* and a wrong last",
    shape: exactly(["in-order x0..*: [in-order x0..*: [in-order x0..*: [in-order x0..*: [tool x0..*]]]]"]),
    tree: () => fan(10_000, (index) => ({ kind: index === 9999 ? "llm" : "tool", start: index })),
    verdict: "mismatched",
    statedMs: 11,
  },
  green(
    "a? 200 times, then a 200 times, on 300",
    24,
    exactly([...lines(200, "tool x0..1"), ...lines(200, "tool")]),
    () => fan(300, inTurn),
  ),
  green(
    "30 optional in order, tied",
    0.1,
    exactly(Array.from({ length: 30 }, (_, index) => `tool t${index} x0..1`)),
    () => fan(30, tiedNames),
  ),
  green("200 distinct in order, tied", 2.8, exactly(Array.from({ length: 200 }, (_, index) => `tool t${index}`)), () =>
    fan(200, tiedNames),
  ),
  green("2,000 tied, (llm tool)*", 130, exactly(["in-order x1..*: [llm, tool]"]), () => fan(2000, tiedKinds)),
  green("200 tied, (llm tool*)*", 120, exactly(["in-order x1..*: [llm, tool x0..*]"]), () => fan(200, tiedKinds)),
  { name: "24 tied under 24 crossing globs", shape: crossing(), tree: crossed, verdict: "undecided", statedMs: 90 },
  green(
    "10,000, any-order of 50 after x0..* of anything",
    82,
    exactly(["tool x0..*", ["any-order:", Array.from({ length: 50 }, (_, index) => `tool t${index}`)]]),
    () => {
      return fan(10_000, (index) => ({ kind: "tool", name: `t${index % 50}`, start: index }));
    },
  ),
  green("100,000 children, 200 items in order", 75, `- workflow w:\n${block(lines(200, "tool t"), 4)}`, () =>
    fan(100_000, inTurn),
  ),
  green("a chain of 100,000, three nested //", 240, "- //agent a:\n    - //agent a:\n        - //llm\n", () => {
    return chain(100_000, (index) => ({ kind: index === 99_999 ? "llm" : "agent", name: "a", start: index }));
  }),
  {
    name: "a chain of 3,000, two // in the wrong order at every node",
    shape: "- //agent a:\n    - //tool x\n    - //llm\n",
    tree: () =>
      chain(3000, (index) => ({
        kind: KINDS[index % 3] ?? "llm",
        name: NAMES[index % 3] ?? "",
        start: index % 3 === 1 ? 3000 : 0,
      })),
    verdict: "mismatched",
    statedMs: 860,
  },
  {
    name: "10,000 spans, 200 nodes whose heads fit every span",
    shape: `- workflow w:\n${block(Array.from({ length: 20 }, everything).flat(), 4)}`,
    tree: () => fan(100, (index) => ({ kind: "agent", start: index, children: Array.from({ length: 10 }, inside) })),
    verdict: "mismatched",
    statedMs: 590,
  },
  green("10,000 overlapping, exactly rounds of parallel", 100, exactly(["parallel x1..*: [tool x0..*]"]), () => {
    return fan(10_000, (index) => ({ kind: "tool", start: index, end: index + 5000 }));
  }),
  {
    name: "10,000, parallel of 50 of which 49 overlap",
    shape: under(
      "parallel:",
      Array.from({ length: 50 }, (_, index) => `tool t${index}`),
    ),
    tree: () => fan(10_000, (index) => ({ kind: "tool", name: `t${index % 50}`, start: index, end: index + 49 })),
    verdict: "mismatched",
    statedMs: 200,
  },
  green("10,000 of which 40 overlap, sequence of 200", 300, under("sequence:", lines(200, "tool")), () => {
    return fan(10_000, (index) => ({ kind: "tool", start: index, end: index + 40 }));
  }),
  {
    name: "10,000 siblings, 5,000 values of a capture, all in the wrong order",
    shape: "- workflow w:\n    - tool {k = $x}\n    - llm {k = $x}\n",
    tree: () =>
      fan(10_000, (index) => ({ kind: index % 2 === 0 ? "llm" : "tool", start: index, attributes: { k: index >> 1 } })),
    verdict: "mismatched",
    statedMs: 2000,
  },
];

type Lines = readonly (string | readonly [string, Lines])[];

function green(name: string, statedMs: number, shape: string, tree: () => Tree): ShapeCase {
  return { name, shape, tree, verdict: "matched", statedMs };
}

function block(entries: Lines, indent: number): string {
  return entries
    .map((entry) => {
      const [line, inner] = typeof entry === "string" ? [entry, []] : entry;
      return `${" ".repeat(indent)}- ${line}\n${block(inner, indent + 4)}`;
    })
    .join("");
}

function lines(count: number, line: string): string[] {
  return Array.from({ length: count }, () => line);
}

function under(group: string, inner: Lines): string {
  return `- workflow w:\n${block([[group, inner]], 4)}`;
}

function exactly(inner: Lines): string {
  return under("exactly:", inner);
}

function anyOrderOfSets(count: string): string {
  const members = Array.from({ length: 50 }, () => {
    const names = Array.from({ length: 80 }, (_, index) => index)
      .map((index) => ({ index, rank: random.next() }))
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, 40);
    return `tool /^(${names.map(({ index }) => `n${index}`).join("|")})$/ ${count}`;
  });
  return exactly([["any-order:", members]]);
}

function chainOfChoices(): string {
  return under(
    "any-order:",
    Array.from({ length: 2000 }, (_, index) => `one-of: [tool k${index}, tool k${index + 1}]`),
  );
}

function crossing(): string {
  const ways = LETTERS.slice(0, 12).map((letter, index) => {
    return `in-order: [tool *${letter}*, tool *${LETTERS[index + 12]}*, tool *${LETTERS[(index * 5) % 24]}*]`;
  });
  return exactly([["in-order x0..*:", [["one-of:", ways]]]]);
}

function crossed(): Tree {
  const ties = randomStream(7, "ties");
  return fan(24, () => ({ kind: "tool", name: LETTERS.filter(() => ties.chance(0.3)).join(""), start: 0 }));
}

function everything(): Lines {
  return [
    [
      "any:",
      [
        ["any:", lines(4, "any")],
        ["any:", ["any", "any", ["any:", ["tool none"]]]],
      ],
    ],
  ];
}

/** 73 nodes, and 3 for each of `agentCount` loops. */
function agentsShape(agentCount: number): string {
  const loops = Array.from({ length: agentCount }, (_, index) => {
    return [`agent a${index} x0..*:`, ["in-order x1..*: [llm, tool x0..*]"]] as const;
  });
  const choice = ["agent b*:", [["in-order x0..*:", [["one-of:", numbered(20, "tool o")]]]]] as const;
  const free = ["agent c*:", [["any-order:", numbered(50, "tool t").map((line) => `${line} x0..*`)]]] as const;
  const groups: Lines = [...loops, ["in-order x1..*:", [choice]], ["in-order x1..*:", [free]]];
  return `children: exactly\ntrace:\n${block([["workflow w:", groups]], 2)}`;
}

function numbered(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

/** Agents of three sorts, for `agentsShape`, of 30 in all. */
function agents(spans: number): Tree {
  const size = Math.floor(spans / 30);
  let clock = 0;
  const children = Array.from({ length: 30 }, (_, agent): Sketch => {
    const sort = Math.floor(agent / 10);
    const start = clock;
    const calls = Array.from({ length: size }, (__, step): Sketch => {
      if (sort === 0) return { kind: step % 3 === 0 ? "llm" : "tool", start: clock++ };
      if (sort === 1) return { kind: "tool", name: `o${random.integer(0, 19)}`, start: clock++ };
      clock += random.chance(0.1) ? 1 : 0;
      return { kind: "tool", name: `t${random.integer(0, 49)}`, start: clock };
    });
    return { kind: "agent", name: `${"abc"[sort]}${agent % 10}`, start, children: calls };
  });
  return treeOf([{ kind: "workflow", name: "w", start: 0, children }]);
}

function fan(count: number, child: (index: number) => Sketch): Tree {
  const children = Array.from({ length: count }, (_, index) => child(index));
  return treeOf([{ kind: "workflow", name: "w", start: 0, children }]);
}

function chain(length: number, link: (index: number) => Sketch): Tree {
  let sketched = link(length - 1);
  for (let index = length - 2; index >= 0; index--) sketched = { ...link(index), children: [sketched] };
  return treeOf([sketched]);
}

function same(): Sketch {
  return { kind: "tool", name: "t", start: 0 };
}

function inTurn(index: number): Sketch {
  return { kind: "tool", name: "t", start: index };
}

function tiedNames(index: number): Sketch {
  return { kind: "tool", name: `t${index}`, start: 0 };
}

function tiedKinds(index: number): Sketch {
  return { kind: index % 2 === 0 ? "llm" : "tool", start: 0 };
}

function oneOfNames(index: number): Sketch {
  return { kind: "tool", name: `n${random.integer(0, 79)}`, start: index };
}

function inside(_: unknown, index: number): Sketch {
  const children = Array.from({ length: 9 }, (__, step): Sketch => ({ kind: "tool", start: step }));
  return { kind: "agent", start: index, children };
}
