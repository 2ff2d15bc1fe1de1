/** What `troupe run` refuses before it runs anything: paths, and scenarios in YAML. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder, refusal } from "./bad-files.ts";
import { troupeRun } from "./run-program.ts";

const AGENTS = `
const DEFINITION = Symbol.for("troupe.definition");
const input = { type: "object" };
export const solver = { name: "solver", work: async () => "done", [DEFINITION]: "agent" };
export const orders = { name: "orders", tools: { find: { input, handle: () => 1 } }, latencyMs: [0, 0], [DEFINITION]: "mcp-server" };
export const five = 5;
`;
const KINDS =
  "A line starts with one of: workflow, turn, agent, chain, llm, embedding, retrieval, rerank, tool, handoff, mcp.client, mcp.server, mcp.lifecycle, a2a.client, a2a.server, gateway, guardrail, evaluator, approval, memory, stt, tts, http, span, any.";

/** What `troupe run` says to one YAML scenario among these files, also when a document was asked for. */
async function yaml(text: string, files: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const path = folder({ "agents.mjs": AGENTS, "a.scenario.yaml": text, ...files });
  const words = refusal(await troupeRun(path, "--json"), path);
  expect(refusal(await troupeRun(path), path)).toEqual(words);
  return words;
}

const HEAD = "name: a\nagents: [./agents.mjs#solver]\nservers: [./agents.mjs#orders]\n";

test("an unknown persona, agent, tool and server are told at once, each where it stands, with the nearest", async () => {
  const faults = await yaml(`${HEAD}personas: [{ name: eve, situation: x, goal: y }]
cases: [{ persona: evee, situation: x, outcome: y }]
model:
  name: m
  rules:
    - when: { agent: slover }
      call: [{ tool: fnd }]
script: [untilSatisfied]
expect:
  - calls: { tool: find, server: ordrs }
`);
  expect(faults).toHaveLength(4);
  expect(faults[0]).toMatch(/^a\.scenario\.yaml:5:9: there is no persona "evee"; did you mean "eve"\?.* Known: eve\./);
  expect(faults[1]).toMatch(/^a\.scenario\.yaml:9:22: there is no agent "slover"; did you mean "solver"\?/);
  expect(faults[2]).toMatch(/^a\.scenario\.yaml:10:22: there is no tool "fnd"; did you mean "find"\?/);
  expect(faults[3]).toMatch(/^a\.scenario\.yaml:13:34: there is no server "ordrs"; did you mean "orders"\?/);
});

test("what a module does not hold, or is no agent, is told where it is named", async () => {
  const faults = await yaml(
    "name: a\nagents: [./agents.mjs#slver, ./agnts.mjs#solver, ./agents.mjs#five]\nscript: [says: x]\n",
  );
  expect(faults).toHaveLength(3);
  expect(faults[0]).toMatch(
    /^a\.scenario\.yaml:2:10: there is no export "slver" in \.\/agents\.mjs; did you mean "solver"/,
  );
  expect(faults[1]).toMatch(/^a\.scenario\.yaml:2:30: there is no module \.\/agnts\.mjs; did you mean "agents\.mjs"/);
  expect(faults[2]).toBe(
    "a.scenario.yaml:2:50: five in ./agents.mjs is not an agent. Name an export that is an agent.",
  );
});

test("a broken regex and an unknown kind in YAML are told at once, at their places", async () => {
  const faults = await yaml(`${HEAD}script: [says: x]
persona: { name: bob, situation: x, goal: y, satisfiedBy: /(/ }
expect:
  - shape:
      - agnt solver
      - tool /(/
`);
  expect(faults).toEqual([
    "a.scenario.yaml:5:59: this is no pattern: Invalid regular expression: /(/: Unterminated group. Correct the regular expression between the slashes.",
    `a.scenario.yaml:8:9: unknown kind "agnt". Did you mean agent? ${KINDS}`,
    "a.scenario.yaml:9:14: the regular expression is broken: /(/: Unterminated group. Correct it, or write a glob with *.",
  ]);
});

test.each([
  ["a tab", "name: a\n\tagents: []\n", /^a\.scenario\.yaml:2:1: a tab indents this line\. Indent with spaces\.$/],
  ["an open quote", 'name: "a\n', /^a\.scenario\.yaml:2:1: this is not valid YAML: .*quote.*\. .*quotes\.$/],
  [
    "a list",
    "- name: a\n",
    /^a\.scenario\.yaml:1:1: a mapping is due here, and this is a list\. Write key: value lines\.$/,
  ],
  [
    "nothing",
    "",
    /^a\.scenario\.yaml:1:1: the file holds no scenario\. Write name:, agents: and script: with their values\.$/,
  ],
])("YAML that is broken by %s is refused at its place", async (_name, text, sentence) => {
  expect(await yaml(text)).toEqual([expect.stringMatching(sentence)]);
});

test("shape files that are missing, empty, an empty list or faulty are told at once, with their paths", async () => {
  const faults = await yaml(
    `${HEAD}script: [says: x]\nexpect: [shapeFile: oen.yaml, shapeFile: empty.yaml, shapeFile: list.yaml, shapeFile: one.yaml]\n`,
    { "empty.yaml": "", "list.yaml": "[]\n", "one.yaml": "- agnt x:\n    - tool /(/\n" },
  );
  expect(faults).toHaveLength(5);
  expect(faults[0]).toMatch(
    /^oen\.yaml: there is no such file; did you mean "one\.yaml"\?.* Correct the path in a\.scenario\.yaml; it is relative to that file\. To have it written: troupe run a\.scenario\.yaml --update\.$/,
  );
  expect(faults.slice(1)).toEqual([
    "empty.yaml:1:1: the file holds no shape. State at least one span, for instance: - agent triage.",
    "list.yaml:1:1: the shape is empty and would match everything. State at least one span.",
    `one.yaml:1:3: unknown kind "agnt". Did you mean agent? ${KINDS}`,
    "one.yaml:2:12: the regular expression is broken: /(/: Unterminated group. Correct it, or write a glob with *.",
  ]);
});

test("every fault of a dataset is told, in the order of its lines, and the shape's beside them", async () => {
  const faults = await yaml(
    `${HEAD}personas: [{ name: eve, situation: x, goal: y }]
cases: cases.csv
script: [untilSatisfied]
expect: [shapeFile: nowhere.yaml]
`,
    { "cases.csv": "persona,situation,outcome\neev,x,y\neve,x,/(/\n,x,y\neve,x,y,z\n" },
  );
  expect(faults.map((fault) => fault.split(". ")[0]?.split("; ")[0])).toEqual([
    'cases.csv:2: there is no persona "eev"',
    "cases.csv:3: the outcome is no pattern: Invalid regular expression: /(/: Unterminated group",
    'cases.csv:4: "persona" is empty',
    "cases.csv:5: it has 4 cells, and the header has 3",
    "nowhere.yaml: there is no such file",
  ]);
});

// --- Paths

test("a missing file, an empty folder, one without scenarios and a file of another kind are told at once", async () => {
  const path = folder({ "a.scenario.yaml": "", "none/readme.md": "# Hi\n" });
  mkdirSync(join(path, "empty"));
  const words = ["a.scenario.yml", "empty", "none", "none/readme.md"].map((name) => join(path, name));
  const named = "Scenario files are called *.scenario.ts, .mts, .js, .mjs or .yaml.";
  const faults = refusal(await troupeRun(...words, "--json"), path);
  expect(faults).toEqual([
    expect.stringMatching(
      /^a\.scenario\.yml: there is no such file or folder; did you mean "a\.scenario\.yaml"\?.* Correct/,
    ),
    `empty: there is no scenario in this folder. ${named}`,
    `none: there is no scenario in this folder. ${named}`,
    `none/readme.md: this is no scenario file. ${named}`,
  ]);
});

test("a path through a file, round in a circle, or too long for a path is refused as missing", async () => {
  const path = folder({ "a.scenario.yaml": "" });
  symlinkSync("loop.scenario.yaml", join(path, "loop.scenario.yaml"));
  const words = ["a.scenario.yaml/x", "loop.scenario.yaml", "x".repeat(5000)].map((name) => join(path, name));
  const faults = refusal(await troupeRun(...words), path);
  expect(faults).toHaveLength(3);
  for (const fault of faults) expect(fault).toContain(": there is no such file or folder");
});

test("an empty path is refused by name", async () => {
  expect(refusal(await troupeRun(""))[0]).toMatch(/^"": there is no such file or folder/);
});

test("a name that a file does not hold is refused with the nearest, also where the path holds a #", async () => {
  const path = folder({
    "agents.mjs": AGENTS,
    "c#/a.scenario.yaml": "name: refund\nagents: [../agents.mjs#solver]\nscript: [says: x]\n",
  });
  expect(refusal(await troupeRun(join(path, "c#/a.scenario.yaml#refnd")), path)).toEqual([
    expect.stringMatching(
      /^c#\/a\.scenario\.yaml: there is no scenario "refnd" in it; did you mean "refund"\?.* It holds refund\.$/,
    ),
  ]);
});

test("two faulty files in one call are both told", async () => {
  const path = folder({ "a.scenario.yaml": "name: a\n", "b.scenario.yaml": "name: b\n" });
  const faults = refusal(await troupeRun(join(path, "a.scenario.yaml"), join(path, "b.scenario.yaml")), path);
  expect(faults.filter((fault) => fault.startsWith("a.scenario.yaml:1:1: "))).toHaveLength(2);
  expect(faults.filter((fault) => fault.startsWith("b.scenario.yaml:1:1: "))).toHaveLength(2);
});
