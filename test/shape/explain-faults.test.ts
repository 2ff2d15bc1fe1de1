import { expect, test } from "vitest";
import * as fc from "fast-check";
import { inferShape } from "../../src/shape/infer/infer.ts";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { Kind } from "../../src/trace/kinds.ts";
import type { Mismatch } from "../../src/trace/mismatch.ts";
import type { Sketch } from "./sketch.ts";
import { treeOf } from "./sketch.ts";

/** A span that can still be edited; its id is known before. */
interface Draft {
  readonly id: string;
  readonly kind: Kind;
  name: string;
  service?: string;
  start: number;
  end: number;
  readonly children: Draft[];
}

function sketchOf({ id, kind, name, service, start, end, children }: Draft): Sketch {
  const own = { kind, name, start, end, span: { spanId: id }, children: children.map(sketchOf) };
  return service === undefined ? own : { ...own, service };
}

function everySpan(root: Draft): readonly Draft[] {
  const all: Draft[] = [];
  const stack = [root];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    all.push(next);
    stack.push(...next.children);
  }
  return all;
}

test.for<readonly [fault: string, plant: (turn: Draft, root: Draft) => void, told: string]>([
  [
    "a server span that was dropped",
    (turn) => at(turn, 0, 1).children.splice(0),
    "missing big.yaml:8:21: expected mcp.server tools/call lookup_order @orders under tool lookup_order; there is none",
  ],
  [
    "a tool of another name",
    (turn) => (at(turn, 0, 5, 0, 1).name = "fetch_contract"),
    "changed big.yaml:18:29: expected tool get_contract under agent billing; found tool fetch_contract instead",
  ],
  [
    "a second retrieval",
    (turn) => at(turn, 0, 5, 0, 3, 0, 0).children.push(spanOf("retrieval", "policies")),
    "too-many big.yaml:24:37: expected retrieval once under agent risk; found 2",
  ],
  [
    "a server that hangs under the root",
    (turn, root) => root.children.push(...at(turn, 0, 5, 0, 3).children.splice(0)),
    "moved big.yaml:22:29: expected a2a.server @risk under a2a.client risk; it is under workflow refund",
  ],
  [
    "a model call before its tool",
    (turn) => {
      const [tool, llm] = [at(turn, 0, 1), at(turn, 0, 2)];
      [tool.start, llm.start] = [llm.start, tool.start];
    },
    "out-of-order big.yaml:9:17: expected llm gpt under agent triage, after tool lookup_order; llm gpt (2nd of 3) starts before it",
  ],
])("of 10,000 spans, %s is the first mismatch and the only one", ([, plant, told]) => {
  const root = bigTrace();
  expect(everySpan(root)).toHaveLength(9997);
  const shape = parseShape(BIG_SHAPE, "big.yaml");
  expect(matchShape(shape, [treeOf([sketchOf(root)])]).verdict).toBe("matched");
  plant(at(root, 300), root);
  const { mismatches } = matchShape(shape, [treeOf([sketchOf(root)])]);
  expect(mismatches.map(({ kind, message }) => `${kind} ${message}`)).toEqual([told]);
});

const BIG_SHAPE = `children: exactly
trace:
  - workflow refund:
      - turn x476:
          - agent triage:
              - llm gpt
              - tool lookup_order:
                  - mcp.server tools/call lookup_order @orders
              - llm gpt
              - tool search_*:
                  - mcp.server tools/call search_* @orders
              - llm gpt
              - handoff triage -> billing:
                  - agent billing:
                      - any-order:
                          - tool get_invoice:
                              - mcp.server
                          - tool get_contract:
                              - mcp.server
                      - llm
                      - a2a.client risk:
                          - a2a.server @risk:
                              - agent risk:
                                  - retrieval
                                  - llm
`;

let clock = 0;
let ids = 0;

function spanOf(kind: Kind, name: string, children: readonly (() => Draft)[] = [], service?: string): Draft {
  const draft = { id: `b${ids++}`, kind, name, start: clock++, end: 0, children: children.map((make) => make()) };
  draft.end = clock++;
  return service === undefined ? draft : { ...draft, service };
}

function bigTrace(): Draft {
  clock = 0;
  ids = 0;
  const tool = (name: string) => () =>
    spanOf("tool", name, [() => spanOf("mcp.server", `tools/call ${name}`, [], "orders")]);
  const llm = (): Draft => spanOf("llm", "gpt");
  const risk = (): Draft => spanOf("agent", "risk", [() => spanOf("retrieval", "policies"), llm]);
  const server = (): Draft => spanOf("a2a.server", "risk", [risk], "risk");
  const ask = (): Draft => spanOf("a2a.client", "risk", [server]);
  const billing = (): Draft => spanOf("agent", "billing", [tool("get_invoice"), tool("get_contract"), llm, ask]);
  const handoff = (): Draft => spanOf("handoff", "triage -> billing", [billing]);
  const turn = (number: number) => () => {
    const steps = [llm, tool("lookup_order"), llm, tool(`search_${number % 7}`), llm, handoff];
    return spanOf("turn", String(number), [() => spanOf("agent", "triage", steps)]);
  };
  return spanOf(
    "workflow",
    "refund",
    Array.from({ length: 476 }, (_, index) => turn(index + 1)),
  );
}

function at(root: Draft, ...path: readonly number[]): Draft {
  let found = root;
  for (const step of path) found = found.children[step] ?? found;
  return found;
}

const NAMES: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  agent: ["triage", "billing", "risk"],
  tool: ["lookup_order", "refund", "search_one", "search_two"],
  llm: ["gpt", "claude"],
  handoff: ["a -> b", "b -> c"],
  "mcp.server": ["tools/call lookup", "tools/call refund"],
};
const EDITS = ["delete", "insert", "rename", "swap", "move"] as const;

/** Draws from a run of numbers: what a property is given, so that a failure shrinks. */
interface Draw {
  <T>(from: readonly T[]): T;
}

function grown(draw: Draw, depth: number): Draft {
  const [kind, names] = draw(entriesOf(NAMES));
  if (draw(SOMETIMES)) clock--;
  const draft: Draft = { id: `n${ids++}`, kind, name: draw(names), start: ++clock, end: 0, children: [] };
  const count = depth === 0 ? 0 : draw([0, 1, 2, 3, 4]);
  for (let index = 0; index < count; index++) draft.children.push(grown(draw, depth - 1));
  draft.end = draw(SOMETIMES) ? clock + 3 : ++clock;
  return draft;
}

const SOMETIMES = [true, ...Array.from({ length: 9 }, () => false)];

function entriesOf(names: typeof NAMES): readonly (readonly [Kind, readonly string[]])[] {
  return Object.entries(names).map(([kind, list]) => [kind as Kind, list]);
}

/** Plants one fault; gives the ids of the spans that it is about, or nothing where it can not be planted. */
function planted(root: Draft, edit: (typeof EDITS)[number], draw: Draw): ReadonlySet<string> | undefined {
  const all = everySpan(root);
  const parents = new Map(all.flatMap((parent) => parent.children.map((child) => [child, parent] as const)));
  const [span, parent] = draw([...parents, [undefined, undefined]]);
  if (span === undefined) return undefined;
  if (edit === "delete") {
    parent.children.splice(parent.children.indexOf(span), 1);
    return new Set([parent.id]);
  }
  if (edit === "insert") {
    const [kind, names] = draw(entriesOf(NAMES));
    const start = draw([span.end, span.start]);
    span.children.push({ id: "new", kind, name: draw(names), start, end: start, children: [] });
    return new Set(["new", span.id]);
  }
  if (edit === "rename") {
    const name = draw([`${span.name}s`, "other", ...(NAMES[span.kind] ?? [])]);
    if (name === span.name) return undefined;
    span.name = name;
    return new Set([span.id, parent.id]);
  }
  if (edit === "swap") {
    const sorted = parent.children.toSorted((a, b) => a.start - b.start);
    const next = sorted[sorted.indexOf(span) + 1];
    if (next === undefined || next.start <= span.start || next.start < span.end) return undefined;
    [span.start, span.end, next.start, next.end] = [next.start, next.end, span.start, span.end];
    return new Set([span.id, next.id, parent.id]);
  }
  const below = new Set(everySpan(span));
  const target = draw([...all.filter((other) => !below.has(other) && other !== parent), undefined]);
  if (target === undefined) return undefined;
  parent.children.splice(parent.children.indexOf(span), 1);
  target.children.push(span);
  return new Set([span.id, parent.id, target.id]);
}

test("the first mismatch of a single fault names the span that was edited, or its parent", () => {
  const seen = { faults: 0, named: 0, alone: 0 };
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(999)), fc.constantFrom(...EDITS), (stream, edit) => {
      const numbers = stream[Symbol.iterator]();
      const draw: Draw = (from) => from[Number(numbers.next().value) % from.length] as (typeof from)[number];
      clock = 0;
      ids = 0;
      const root = grown(draw, 3);
      const shape = inferShape([[treeOf([sketchOf(root)])]]);
      const about = planted(root, edit, draw);
      const { verdict, mismatches } = matchShape(shape, [treeOf([sketchOf(root)])]);
      expect(mismatches.length > 0).toBe(verdict !== "matched");
      const ids_ = new Set(everySpan(root).map(({ id }) => id));
      expect(mismatches.flatMap(placesOf).filter((id) => !ids_.has(id))).toEqual([]);
      const [first] = mismatches;
      if (about === undefined || first === undefined) return;
      seen.faults++;
      if (placesOf({ ...first, competes: [] }).some((id) => about.has(id))) seen.named++;
      if (mismatches.length === 1) seen.alone++;
    }),
    { numRuns: 250 },
  );
  expect(seen.faults).toBeGreaterThan(80);
  expect(seen.named / seen.faults).toBeGreaterThan(0.95);
  expect(seen.alone / seen.faults).toBeGreaterThan(0.95);
}, 60_000);

function placesOf({ under, found, competes = [] }: Mismatch): readonly string[] {
  return [under, found, ...competes].flatMap((place) => place?.spanId ?? []);
}
