import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import type { Tree } from "../../src/trace/tree.ts";
import { sketch, treeOf } from "./sketch.ts";

interface Case {
  readonly shape: string;
  readonly matches: readonly Tree[];
  readonly fails: readonly Tree[];
}

function sketched(shape: string, matches: string, fails: string): Case {
  return { shape, matches: [sketch(matches)], fails: [sketch(fails)] };
}

const timedOut = {
  name: "exception",
  timeUnixNano: 1n,
  attributes: { "exception.type": "Timeout" },
};

function called(type: string): Tree {
  const event = { ...timedOut, attributes: { "exception.type": type } };
  return treeOf([{ kind: "tool", name: "x", start: 0, span: { events: [event] } }]);
}

function failed(type: string): Tree {
  const attributes = { "error.type": type };
  return treeOf([{ kind: "tool", name: "x", start: 0, attributes, span: { status: { code: "error" } } }]);
}

function pushedFrom(spanId: string): readonly Tree[] {
  const links = [{ traceId: "asked", spanId, attributes: {} }];
  return [
    treeOf(
      [
        { kind: "a2a.client", name: "risk", start: 0 },
        { kind: "llm", start: 0 },
      ],
      "asked",
    ),
    treeOf([{ kind: "a2a.server", name: "push", start: 5, span: { links } }], "pushed", 9),
  ];
}

function inRegion(region: string): Tree {
  return treeOf([{ kind: "agent", name: "a", start: 0, span: { spanKind: "server", resource: { region } } }]);
}

function spends(inputTokens: number, costUsd: number): Tree {
  const llm = { kind: "llm", start: 0, meaning: { inputTokens, costUsd } } as const;
  return treeOf([{ kind: "agent", name: "a", start: 0, children: [llm, llm] }]);
}

const WORKER = "define:\n  worker:\n    - agent:\n        - exactly: [llm, <worker> x0..*]\ntrace:\n  - <worker>\n";

/** For each row of the table, the shape of its last column in full. */
const CASES: Readonly<Record<string, Case>> = {
  "a span with these attributes": sketched(
    "- //tool refund {currency = EUR}",
    "agent a(tool refund {currency=EUR})",
    "agent a(tool refund {currency=USD})",
  ),
  "a name by pattern": sketched("- //tool lookup_*", "agent a(tool lookup_order)", "agent a(tool refund)"),
  "a direct child": sketched("- agent a: [tool x]", "agent a(tool x)", "agent a(agent b(tool x))"),
  "a descendant at any depth": sketched("- agent a: [//tool x]", "agent a(agent b(tool x))", "agent a(agent b)"),
  "the whole tree": sketched(
    "children: exactly\ntrace:\n  - agent a: [llm, agent b: [tool x]]",
    "agent a(llm, agent b(tool x))",
    "agent a(llm, agent b(tool x, tool y))",
  ),
  "exactly these children": sketched(
    "- agent a: [exactly: [llm, tool x]]",
    "agent a(llm, tool x)",
    "agent a(llm, tool x, llm)",
  ),
  "no children at all": sketched("- agent a: [exactly: []]", "agent a", "agent a(llm)"),
  "children in order": sketched("- agent a: [llm, tool x]", "agent a(llm, tool x)", "agent a(tool x, llm)"),
  "children in any order": sketched(
    "- agent a: [any-order: [tool x, tool y]]",
    "agent a(tool y, tool x)",
    "agent a(tool y)",
  ),
  "at least, at most, exactly so many": sketched(
    "- agent a: [tool x x2..3]",
    "agent a(tool x, tool x)",
    "agent a(tool x)",
  ),
  optional: sketched("- agent a: [tool x x0..1]", "agent a(llm)", "agent a(tool x, tool x)"),
  "a loop of several steps": sketched(
    "- agent a: [in-order x1..*: [llm, tool x]]",
    "agent a(llm, tool x, llm, tool x)",
    "agent a(llm, tool x, tool x)",
  ),
  "one of several": sketched("- agent a: [one-of: [tool x, tool y]]", "agent a(tool y)", "agent a(tool z)"),
  "never, at any depth": sketched(
    "- agent a: [never: tool delete_*]",
    "agent a(agent b(tool x))",
    "agent a(agent b(tool delete_order))",
  ),
  "one ended before the next started": sketched(
    "- agent a: [sequence: [tool x, tool y]]",
    "agent a(tool x 0-2, tool y 2-3)",
    "agent a(tool x 0-2, tool y 1-3)",
  ),
  "at work at the same time": sketched(
    "- agent a: [parallel: [agent b, agent c]]",
    "agent a(agent b 0-2, agent c 1-3)",
    "agent a(agent b 0-2, agent c 2-3)",
  ),
  "a status, an error": {
    shape: "- tool x {status = error, error = Timeout}",
    matches: [failed("Timeout")],
    fails: [failed("Refused")],
  },
  "an event": {
    shape: "- tool x:\n    - event: exception {exception.type = Timeout}",
    matches: [called("Timeout")],
    fails: [called("Refused")],
  },
  "a link": {
    shape: "- a2a.client\n- a2a.server push:\n    - link: a2a.client risk",
    matches: pushedFrom("s1"),
    fails: pushedFrom("s2"),
  },
  "OTLP's own kind, scope and resource": {
    shape: "- any {span.kind = server, resource.region = eu}",
    matches: [inRegion("eu")],
    fails: [inRegion("us")],
  },
  "a bound on duration": sketched(
    "- //tool x {duration < 2s}",
    "agent a(tool x 0-1999999999)",
    "agent a(tool x 0-2000000000)",
  ),
  "a bound on tokens or cost of all below": {
    shape: "- agent a {tokens <= 500, cost < 0.01}",
    matches: [spends(250, 0.004)],
    fails: [spends(250, 0.006)],
  },
  "inside JSON, as tool arguments are": sketched(
    "- //tool refund {args.amount <= 50}",
    "agent a(tool refund {args.amount=42})",
    "agent a(tool refund {args.amount=80})",
  ),
  "the same value in two places": sketched(
    "- agent a:\n    - //tool x {args.id = $id}\n    - //tool y {args.id = $id}",
    "agent a(tool x {args.id=1}, tool x {args.id=2}, tool y {args.id=2})",
    "agent a(tool x {args.id=1}, tool y {args.id=2})",
  ),
  "a pattern with a name, that may hold itself": sketched(
    WORKER,
    "agent a(llm, agent b(llm, agent c(llm)))",
    "agent a(llm, agent b(llm, agent c))",
  ),
  "several traces": {
    shape: "traces:\n  - trace:\n      - agent a\n  - trace:\n      - agent b",
    matches: [
      treeOf([{ kind: "agent", name: "b", start: 0 }], "1"),
      treeOf([{ kind: "agent", name: "a", start: 0 }], "2"),
    ],
    fails: [sketch("agent a, agent b")],
  },
  "which service, so which process": sketched(
    "- //mcp.server @orders",
    "tool x(mcp.server m @orders)",
    "tool x(mcp.server m @payments)",
  ),
  "one span never meets two lines": sketched(
    "- agent a: [tool *, tool *]",
    "agent a(tool x, tool y)",
    "agent a(tool x)",
  ),
  "the best assignment, not the first": sketched(
    "- agent a: [any-order: [tool *, tool x]]",
    "agent a(tool x, tool y)",
    "agent a(tool y, tool z)",
  ),
};

const rows = readFileSync("docs/compared.md", "utf8")
  .split("\n")
  .filter((line) => /^\| (?!what you want|---)/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map((cells) => ({ title: cells[1] ?? "", ours: (cells.at(-2) ?? "").replaceAll("`", "") }));

test("the table has a row for each of these cases, and no other", () => {
  expect(rows.map(({ title }) => title)).toEqual(Object.keys(CASES));
});

test.for(rows)("$title: $ours says it", ({ title, ours }) => {
  const { shape = "", matches = [], fails = [] } = CASES[title] ?? {};
  expect(shape).toContain(ours);
  const read = parseShape(`${shape}\n`, "f.yaml");
  expect(matchShape(read, matches)).toMatchObject({ verdict: "matched", mismatches: [] });
  expect(matchShape(read, fails).verdict).toBe("mismatched");
});

function verdictOf(shape: string, tree: string): string {
  return matchShape(parseShape(shape, "f.yaml"), [sketch(tree)]).verdict;
}

test("a limit of zero is a limit", () => {
  expect(verdictOf("- agent a: [tool x x0]\n", "agent a(tool x)")).toBe("mismatched");
  expect(verdictOf("- agent a: [exactly: []]\n", "agent a(tool x, tool y)")).toBe("mismatched");
  expect(verdictOf("- agent a {tokens <= 0}\n", "agent a(llm {in=1})")).toBe("mismatched");
});

test("two questions about the same spans are both answered from all of them", () => {
  const both = "- agent a:\n    - //tool x\n    - never: tool y\n";
  expect(verdictOf(both, "agent a(agent b(tool x, tool y))")).toBe("mismatched");
  expect(verdictOf(both, "agent a(agent b(tool x))")).toBe("matched");
});

test("must not call looks at every span, not for some span that is another", () => {
  expect(verdictOf("- never: tool delete_order\n", "agent a(llm, tool delete_order)")).toBe("mismatched");
  expect(verdictOf("- never: tool delete_order\n", "agent a(llm, tool x)")).toBe("matched");
});

test.for(["- tool x {args.amount <= }\n", "- tol x\n", "- tool x {\n", "never\n", "- tool /(/\n", "[]\n"])(
  "%j cannot be read, and so matches nothing",
  (text) => {
    expect(() => parseShape(text, "f.yaml")).toThrow(/f\.yaml/);
  },
);

test("one call does not meet two expectations", () => {
  expect(verdictOf("- agent a: [tool x, tool x]\n", "agent a(tool x)")).toBe("mismatched");
});
