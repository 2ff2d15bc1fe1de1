import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TreeDiff } from "../../src/shape/diff/diff.ts";
import { diffTrees } from "../../src/shape/diff/diff.ts";
import type { FactChange } from "../../src/shape/diff/fact-changes.ts";
import type { DiffOperation, Position } from "../../src/shape/diff/operations.ts";
import type { Kind } from "../../src/trace/kinds.ts";
import type { Tree } from "../../src/trace/tree.ts";
import { applied, formOf } from "./diff-apply.ts";
import type { Sketch } from "./sketch.ts";
import { planted } from "./planted.ts";
import { sketch, treeOf } from "./sketch.ts";

/** A span to be, its times and id left open. */
interface Plan {
  readonly kind: Kind;
  readonly name: string;
  readonly service: string;
  readonly color?: string;
  readonly under: readonly Plan[];
}

function planOf(under: fc.Arbitrary<readonly Plan[]>): fc.Arbitrary<Plan> {
  return fc.record(
    {
      kind: fc.constantFrom<Kind>("agent", "tool", "chain"),
      name: fc.constantFrom("a", "b", "c"),
      service: fc.constantFrom("s", "s", "s", "t"),
      color: fc.constantFrom("red", "blue"),
      under,
    },
    { requiredKeys: ["kind", "name", "service", "under"] },
  );
}

const leaf = planOf(fc.constant([]));
const branch = planOf(fc.array(leaf, { maxLength: 3 }));
const plan = planOf(fc.array(fc.oneof(leaf, branch), { maxLength: 3 }));

const forest = fc.array(fc.array(plan, { minLength: 1, maxLength: 3 }), { maxLength: 3 });

/** Sequential siblings: each starts when the one before it has ended. */
function sequential(traces: readonly (readonly Plan[])[], firstId = 1): readonly Tree[] {
  let clock = 0;
  const grow = ({ kind, name, service, color, under }: Plan): Sketch => {
    const start = clock++;
    const children = under.map(grow);
    const attributes = color === undefined ? {} : { color };
    return { kind, name, service, attributes, start, end: clock++, children };
  };
  return traces.map((roots, index) => treeOf(roots.map(grow), `t${firstId}-${index}`, firstId + index * 1000));
}

/** All at once: every sibling starts at one time. */
function parallel(traces: readonly (readonly Plan[])[], firstId = 1): readonly Tree[] {
  const grow = ({ kind, name, service, color, under }: Plan): Sketch => {
    const attributes = color === undefined ? {} : { color };
    return { kind, name, service, attributes, start: 0, end: 9, children: under.map(grow) };
  };
  return traces.map((roots, index) => treeOf(roots.map(grow), `t${firstId}-${index}`, firstId + index * 1000));
}

/** A forest and one made of it by a few edits at random places. */
const edited = fc
  .tuple(forest, fc.array(fc.tuple(fc.nat(), fc.nat(), plan), { maxLength: 4 }))
  .map(
    ([traces, edits]) =>
      [traces, edits.reduce((list, [what, where, other]) => edit(list, what, where, other), traces)] as const,
  );

function edit(traces: Plan[][], what: number, where: number, other: Plan): Plan[][] {
  let left =
    where %
    Math.max(
      1,
      traces.flat().reduce((sum, each) => sum + sizeOf(each), 0),
    );
  const inList = (list: readonly Plan[]): Plan[] =>
    list.flatMap((each) => {
      const isHere = left-- === 0;
      const under = inList(each.under);
      if (!isHere) return [{ ...each, under }];
      if (what % 6 === 0) return [];
      if (what % 6 === 1) return under;
      if (what % 6 === 2) return [{ ...each, name: "renamed", under }];
      if (what % 6 === 3) return [{ ...each, color: "green", under }];
      if (what % 6 === 4) return [{ ...each, under }, other];
      return [{ ...each, under: under.toReversed() }];
    });
  return traces.map(inList);
}

function sizeOf({ under }: Plan): number {
  return under.reduce((sum, each) => sum + sizeOf(each), 1);
}

const pairOfForests = fc.oneof(fc.tuple(forest, forest), edited);

/** One for each span that came or went and for each other operation; a span of another kind is one that went and one that came. */
function cost({ operations }: TreeDiff): number {
  return operations.map(costOf).reduce((sum, each) => sum + each, 0);
}

function costOf(operation: DiffOperation): number {
  if (operation.kind === "removed" || operation.kind === "added") return operation.size;
  if (operation.kind !== "renamed") return 1;
  return operation.before.label.split(" ")[0] === operation.after.label.split(" ")[0] ? 1 : 2;
}

/** The exact edit distance of ordered forests, by its definition: take the last root away, put it in, or match it. */
function distance(first: readonly Plan[], second: readonly Plan[], known = new Map<string, number>()): number {
  if (first.length === 0) return second.reduce((sum, each) => sum + sizeOf(each), 0);
  if (second.length === 0) return first.reduce((sum, each) => sum + sizeOf(each), 0);
  const key = JSON.stringify([first, second]);
  const memo = known.get(key);
  if (memo !== undefined) return memo;
  const [restOne, one] = [first.slice(0, -1), first.at(-1)];
  const [restOther, other] = [second.slice(0, -1), second.at(-1)];
  if (one === undefined || other === undefined) throw new Error("both have a last root");
  const isDifferent = one.service !== other.service || one.color !== other.color;
  const match = one.kind === other.kind ? Number(one.name !== other.name) + Number(isDifferent) : Infinity;
  const best = Math.min(
    distance([...restOne, ...one.under], second, known) + 1,
    distance(first, [...restOther, ...other.under], known) + 1,
    match === Infinity ? match : match + distance(restOne, restOther, known) + distance(one.under, other.under, known),
  );
  known.set(key, best);
  return best;
}

test("applying the script to what was before gives what is after", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(pairOfForests, ([one, other]) => {
      const [before, after] = [sequential(one), sequential(other, 100_000)];
      expect(applied(diffTrees(before, after), before, after)).toEqual(
        formOf(after.filter(({ roots }) => roots.length > 0)),
      );
    }),
    { numRuns: 500 },
  );
});

test("with siblings at work at once the script gives the same spans under the same spans", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(pairOfForests, fc.boolean(), ([one, other], isMixed) => {
      const [before, after] = [parallel(one), (isMixed ? sequential : parallel)(other, 100_000)];
      const script = diffTrees(before, after);
      expect(script.operations.filter(({ kind }) => kind === "reordered")).toEqual([]);
      expect(applied(script, before, after, false)).toEqual(
        formOf(
          after.filter(({ roots }) => roots.length > 0),
          false,
        ),
      );
    }),
    { numRuns: 300 },
  );
});

test("a forest differs in nothing from itself with other ids, times and order of traces", () => {
  fc.assert(
    fc.property(forest, (traces) => {
      const stretched = sequential(traces.toReversed(), 100_000);
      expect(diffTrees(sequential(traces), stretched).operations).toEqual([]);
      expect(
        diffTrees(
          parallel(traces),
          parallel(
            traces.map((roots) => roots.toReversed()),
            100_000,
          ),
        ).operations,
      ).toEqual([]);
    }),
  );
});

test("the script costs what the exact edit distance is, or less where it moves something", { timeout: 60_000 }, () => {
  let exact = 0;
  fc.assert(
    fc.property(pairOfForests, ([[one = []], [other = []]]) => {
      const script = diffTrees(sequential([one]), sequential([other], 100_000));
      const wanted = distance(one, other);
      const hasMoves = script.operations.some(({ kind }) => kind === "moved" || kind === "reordered");
      if (!hasMoves && one.length > 0 && other.length > 0) exact++;
      if (hasMoves) expect(cost(script)).toBeLessThanOrEqual(wanted);
      else expect(cost(script)).toBe(wanted);
    }),
    { numRuns: 400 },
  );
  expect(exact).toBeGreaterThan(100);
});

/** The operations between two sketched traces, each as a line. */
function told(before: string, after: string): readonly string[] {
  return diffTrees([sketch(before)], [sketch(after)]).operations.map(lineOf);
}

function lineOf(operation: DiffOperation): string {
  if (operation.kind === "removed")
    return `- ${operation.before.label} (${operation.size}, ${operation.around.length} stay)`;
  const { label } = operation.after;
  if (operation.kind === "added")
    return `+ ${label} (${operation.size}, around ${operation.around.length}) at ${positionText(operation.to)}`;
  if (operation.kind === "renamed") return `${operation.before.label} -> ${label}`;
  if (operation.kind === "changed") return `${label}: ${operation.changes.map(changeText).join(", ")}`;
  return `${operation.kind} ${label} from ${positionText(operation.from)} to ${positionText(operation.to)}`;
}

function positionText({ index, under }: Position): string {
  return `${index} of ${under?.label ?? "top"}`;
}

function changeText({ key, from, to, isInherited }: FactChange): string {
  return `${isInherited ? "~" : ""}${key} ${from} -> ${to}`;
}

const REFUND =
  "workflow w(agent triage(llm, tool lookup(mcp.server m), llm), agent billing(llm, tool refund(mcp.server m)))";

test.for<readonly [says: string, after: string, operations: readonly string[]]>([
  ["nothing", REFUND, []],
  ["one span less", REFUND.replace("tool lookup(mcp.server m), ", ""), ["- tool lookup (2, 0 stay)"]],
  [
    "one span more",
    REFUND.replace("agent billing(", "agent billing(tool audit, "),
    ["+ tool audit (1, around 0) at 0 of agent billing"],
  ],
  ["another name", REFUND.replace("tool lookup", "tool find"), ["tool lookup -> tool find"]],
  ["another agent's name", REFUND.replace("agent billing", "agent refunds"), ["agent billing -> agent refunds"]],
  [
    "a span under another one",
    "workflow w(agent triage(llm, llm), agent billing(llm, tool lookup(mcp.server m), tool refund(mcp.server m)))",
    ["moved tool lookup from 1 of agent triage to 1 of agent billing"],
  ],
  [
    "another order",
    "workflow w(agent billing(llm, tool refund(mcp.server m)), agent triage(llm, tool lookup(mcp.server m), llm))",
    ["reordered agent triage from 0 of workflow w to 1 of workflow w"],
  ],
  [
    "a span around others",
    "workflow w(agent triage(llm, tool lookup(mcp.server m), llm), chain plan(agent billing(llm, tool refund(mcp.server m))))",
    ["+ chain plan (1, around 1) at 1 of workflow w"],
  ],
  [
    "a span in between gone",
    "workflow w(agent triage(llm, mcp.server m, llm), agent billing(llm, tool refund(mcp.server m)))",
    ["- tool lookup (1, 1 stay)"],
  ],
  [
    "another kind around the same",
    REFUND.replace("agent billing", "chain billing"),
    ["agent billing -> chain billing"],
  ],
  [
    "another attribute",
    REFUND.replace("tool lookup(", "tool lookup {order.state=paid}("),
    ["tool lookup: order.state null -> paid"],
  ],
])("a single edit comes back as itself: %s", ([, after, operations]) => {
  expect(told(REFUND, after)).toEqual(operations);
});

test("every canonical field that a span holds is compared", () => {
  const from = {
    arguments: '{"a":1,"b":2}',
    result: "1",
    model: "m1",
    inputTokens: 1,
    outputTokens: 0,
    finishReason: "stop",
  };
  const to = { arguments: '{"a":1,"b":3}', result: "2", model: "m2", inputTokens: 2, finishReason: "length" };
  const tree = (meaning: Sketch["meaning"], rest: Partial<Sketch>): Tree =>
    treeOf([{ kind: "tool", name: "t", start: 0, meaning: { ...meaning }, ...rest }]);
  const before = tree(
    { ...from, taskState: "working", method: "message/send", server: "x", agent: "a" },
    { service: "s" },
  );
  const after = tree(
    { ...to, taskState: "failed", method: "message/stream", server: "y", agent: "b" },
    { service: "u", span: { status: { code: "error" } } },
  );
  expect(diffTrees([before], [after]).operations.map(lineOf)).toEqual([
    "tool t: service s -> u, status unset -> error, agent a -> b, server x -> y, model m1 -> m2, " +
      'method message/send -> message/stream, arguments {"a":1,"b":2} -> {"a":1,"b":3}, result 1 -> 2, ' +
      "finishReason stop -> length, inputTokens 1 -> 2, outputTokens 0 -> null, taskState working -> failed",
  ]);
});

test("ids, times, sessions and addresses are no difference, nor is the order of keys in arguments", () => {
  const tree = (salt: string, json: string): Tree =>
    treeOf([
      {
        kind: "tool",
        name: `fetch-${salt}23e4567-e89b-12d3-a456-42661417400${salt}`,
        start: 0,
        meaning: { arguments: json },
        attributes: {
          "session.id": salt,
          "order.id": salt,
          "mcp.session.id": salt,
          "jsonrpc.request.id": salt,
          "network.transport": salt,
          "server.port": salt,
          "job.startTime": salt,
          "gen_ai.input.messages": salt,
          "troupe.seed": salt,
        },
      },
    ]);
  expect(diffTrees([tree("1", '{"a":1,"b":2}')], [tree("2", '{ "b": 2, "a": 1 }')]).operations).toEqual([]);
});

test("another model is a change of the span that called it, with what was asked of it", () => {
  const tree = (name: string, temperature: number): Tree =>
    treeOf([{ kind: "llm", name, start: 0, attributes: { "gen_ai.request.temperature": temperature } }]);
  expect(diffTrees([tree("small", 0)], [tree("large", 1)]).operations.map(lineOf)).toEqual([
    "llm large: model small -> large, gen_ai.request.temperature 0 -> 1",
  ]);
});

test("what a span above changed in the same way is marked as said", () => {
  const at = (service: string, version: string): string =>
    `agent a @${service} {prompt.version=${version}}(tool b @${service} {prompt.version=${version}}(mcp.server c @orders), tool d @${service})`;
  expect(told(at("s", "v1"), at("t", "v2"))).toEqual([
    "agent a: service s -> t, prompt.version v1 -> v2",
    "tool b: ~service s -> t, ~prompt.version v1 -> v2",
    "tool d: ~service s -> t",
  ]);
});

test("step numbers that only shift are no change, and one out of order is", () => {
  const steps = (...list: readonly (readonly [name: string, step: number])[]): Tree =>
    treeOf([
      {
        kind: "agent",
        name: "a",
        start: 0,
        end: 9,
        children: list.map(([name, trajectoryStep]): Sketch => ({
          kind: "tool",
          name,
          start: 1,
          meaning: { trajectoryStep },
        })),
      },
    ]);
  const before = steps(["x", 1], ["y", 2], ["z", 3]);
  expect(diffTrees([before], [steps(["w", 1], ["x", 2], ["y", 3], ["z", 4])]).operations.map(lineOf)).toEqual([
    "+ tool w (1, around 0) at 0 of agent a",
  ]);
  expect(diffTrees([before], [steps(["x", 3], ["y", 1], ["z", 2])]).operations.map(lineOf)).toEqual([
    "tool x: step 1 -> 3",
  ]);
});

test("a hop that lost its context is a subtree that moved to the top of another trace", () => {
  const whole = sketch("agent a(llm, a2a.client risk(a2a.server risk @risk(agent risk @risk(llm @risk))))");
  const first = sketch("agent a(llm, a2a.client risk)");
  const second = treeOf(
    [
      {
        kind: "a2a.server",
        name: "risk",
        service: "risk",
        start: 3,
        end: 9,
        children: [
          {
            kind: "agent",
            name: "risk",
            service: "risk",
            start: 4,
            end: 8,
            children: [{ kind: "llm", service: "risk", start: 5 }],
          },
        ],
      },
    ],
    "second",
    50,
  );
  const { operations, traces } = diffTrees([whole], [first, second]);
  expect(operations.map(lineOf)).toEqual(["moved a2a.server risk from 0 of a2a.client risk to 0 of top"]);
  expect(operations[0]).toMatchObject({ to: { traceId: "second" }, size: 3, isChanged: false });
  expect(traces).toEqual([
    { before: "trace", after: "trace", isMinimal: true },
    { after: "second", isMinimal: false },
  ]);
});

test("traces are paired by what is in them", () => {
  const at = (traceId: string, name: string, ...tools: readonly string[]): Tree => {
    const children = tools.map((tool, start): Sketch => ({ kind: "tool", name: tool, start }));
    return treeOf([{ kind: "agent", name, start: 0, end: 9, children }], traceId);
  };
  const { operations, traces } = diffTrees(
    [at("1", "a", "x", "y"), at("2", "b", "z"), at("3", "c")],
    [at("4", "c"), at("5", "d"), at("6", "b", "z", "z"), at("7", "a", "x", "y")],
  );
  expect(traces.map(({ before, after }) => [before, after])).toEqual([
    ["1", "7"],
    ["2", "6"],
    ["3", "4"],
    [undefined, "5"],
  ]);
  expect(operations.map(lineOf)).toEqual([
    "+ agent d (1, around 0) at 0 of top",
    "+ tool z (1, around 0) at 1 of agent b",
  ]);
});

test("planted edits come back in a repetitive trace of 10,000 spans", { timeout: 60_000 }, () => {
  for (const seed of [1, 2]) {
    const { before, after } = planted(10_000, { removed: 13, renamed: 13, moved: 12, added: 12 }, seed);
    const script = diffTrees([before], [after]);
    const count = (...kinds: readonly DiffOperation["kind"][]): number =>
      script.operations.filter(({ kind }) => kinds.includes(kind)).length;
    const off = [count("removed") - 13, count("renamed") - 13, count("moved", "reordered") - 12, count("added") - 12];
    expect(off.reduce((sum, each) => sum + Math.abs(each), 0)).toBeLessThanOrEqual(4);
    expect(count("changed")).toBe(0);
    expect(applied(script, [before], [after])).toEqual(formOf([after]));
  }
});

test.for(["removed", "renamed", "moved", "added"] as const)(
  "a single planted edit comes back alone: %s",
  { timeout: 60_000 },
  (kind) => {
    for (const spans of [60, 1000]) {
      for (let seed = 1; seed <= 5; seed++) {
        const none = { removed: 0, renamed: 0, moved: 0, added: 0 };
        const { before, after } = planted(spans, { ...none, [kind]: 1 }, seed);
        const kinds = diffTrees([before], [after]).operations.map((operation) => operation.kind);
        expect(kinds).toEqual(kinds[0] === "reordered" && kind === "moved" ? ["reordered"] : [kind]);
      }
    }
  },
);

test("deep and wide traces are compared without recursion", { timeout: 60_000 }, () => {
  const chain = (depth: number, name: string): Tree => {
    let last: Sketch = { kind: "tool", name, start: 0 };
    for (let level = 0; level < depth; level++) last = { kind: "agent", name: "a", start: 0, end: 9, children: [last] };
    return treeOf([last]);
  };
  expect(diffTrees([chain(20_000, "x")], [chain(20_000, "y")]).operations.map(lineOf)).toEqual(["tool x -> tool y"]);
  const wide = (count: number): Tree =>
    treeOf(
      Array.from({ length: count }, (_, index): Sketch => ({ kind: "tool", name: `t${index % 7}`, start: index })),
    );
  expect(diffTrees([wide(20_000)], [wide(20_001)]).operations).toHaveLength(1);
});

test("transparent spans and traces of nothing else are no difference", () => {
  const plain = sketch("agent a(tool b)");
  const noisy = sketch("span x(agent a(http y(tool b), mcp.lifecycle initialize))");
  expect(diffTrees([plain], [noisy, { ...sketch("http z"), traceId: "z" }]).operations).toEqual([]);
});
