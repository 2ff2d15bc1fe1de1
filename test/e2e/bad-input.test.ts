import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { nearestWord } from "../../src/core/errors.ts";
import { runSchema } from "../../src/report/json-schema.ts";
import { COMMAND_NAMES } from "../../src/cli/commands.ts";
import type { Exited } from "../cli/run-child.ts";
import { TROUPE, troupeProcess } from "../cli/run-child.ts";
import { troupe } from "../cli/run-program.ts";
import { parseXml } from "../report/xml.ts";

// Inside the package, so that `troupe` is this checkout; relative, so that sentences name files as a user does.
const ROOT = mkdtempSync(join("test", ".tmp-bad-input-"));
afterAll(() => rmSync(ROOT, { recursive: true }));
let folders = 0;

/** Writes files into a folder of their own and gives its path. */
function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const path = join(ROOT, `f${++folders}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

/** Refused: exit code 2, nothing on standard output, and these sentences on standard error, their folder left out. */
function refusal({ code, out, err }: Exited, path = ROOT): readonly string[] {
  expect([code, out]).toEqual([2, ""]);
  return err.trimEnd().replaceAll(`${path}/`, "").split("\n");
}

const AGENTS = `
const DEFINITION = Symbol.for("troupe.definition");
const input = { type: "object" };
export const solver = { name: "solver", work: async () => "done", [DEFINITION]: "agent" };
export const orders = { name: "orders", tools: { find: { input, handle: () => 1 } }, latencyMs: [0, 0], [DEFINITION]: "mcp-server" };
export const five = 5;
`;
const KINDS =
  "A line starts with one of: workflow, turn, agent, chain, llm, embedding, retrieval, rerank, tool, handoff, mcp.client, mcp.server, mcp.lifecycle, a2a.client, a2a.server, gateway, guardrail, evaluator, approval, memory, stt, tts, http, span, any.";

// --- Scenarios in YAML, in this process

/** What `troupe run` says to one YAML scenario among these files, also when a document was asked for. */
async function yaml(text: string, files: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const path = folder({ "agents.mjs": AGENTS, "a.scenario.yaml": text, ...files });
  const words = refusal(await troupe("run", path, "--json"), path);
  expect(refusal(await troupe("run", path), path)).toEqual(words);
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
    /^oen\.yaml: there is no such file; did you mean "one\.yaml"\?.* Correct the path in a\.scenario\.yaml; it is relative to that file\.$/,
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
  const faults = refusal(await troupe("run", ...words, "--json"), path);
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
  const faults = refusal(await troupe("run", ...words), path);
  expect(faults).toHaveLength(3);
  for (const fault of faults) expect(fault).toContain(": there is no such file or folder");
});

test("an empty path is refused by name", async () => {
  expect(refusal(await troupe("run", ""))[0]).toMatch(/^"": there is no such file or folder/);
});

test("a name that a file does not hold is refused with the nearest, also where the path holds a #", async () => {
  const path = folder({
    "agents.mjs": AGENTS,
    "c#/a.scenario.yaml": "name: refund\nagents: [../agents.mjs#solver]\nscript: [says: x]\n",
  });
  expect(refusal(await troupe("run", join(path, "c#/a.scenario.yaml#refnd")), path)).toEqual([
    expect.stringMatching(
      /^c#\/a\.scenario\.yaml: there is no scenario "refnd" in it; did you mean "refund"\?.* It holds refund\.$/,
    ),
  ]);
});

test("two faulty files in one call are both told", async () => {
  const path = folder({ "a.scenario.yaml": "name: a\n", "b.scenario.yaml": "name: b\n" });
  const faults = refusal(await troupe("run", join(path, "a.scenario.yaml"), join(path, "b.scenario.yaml")), path);
  expect(faults.filter((fault) => fault.startsWith("a.scenario.yaml:1:1: "))).toHaveLength(2);
  expect(faults.filter((fault) => fault.startsWith("b.scenario.yaml:1:1: "))).toHaveLength(2);
});

// --- Trace files and shapes of check

test.each([
  [
    "no JSON",
    "hello\n",
    /^t\.json: this is no trace file that Troupe can read; it begins with "hello\\n"\. Looked for OTLP JSON .*\.$/,
  ],
  ["JSON of something else", '{"a":1}', /^t\.json: this is no trace file .*\{\\"a\\":1\}/],
  ["an empty list", "[]", /^t\.json: this is no trace file .*"\[\]"/],
  ["null", "null", /^t\.json: this is no trace file .*"null"/],
  ["empty", "", /^t\.json: this is no trace file that Troupe can read; it is empty\./],
  [
    "cut off",
    '{"resourceSpans":[',
    /^t\.json: it begins like JSON and is not valid JSON \(.*\)\. Was the file cut off.*\.$/,
  ],
  ["of the wrong form", '{"resourceSpans":5}', /^t\.json: this is no trace file/],
  ["binary", Uint8Array.from([0xff, 0xfe, 0x00, 0x80]), /^t\.json: the file is not UTF-8 text\. Unpack it/],
])("a trace file that is %s is refused", async (_name, content, sentence) => {
  const path = folder({ "t.json": content, "s.yaml": "- agent x\n" });
  const file = join(path, "t.json");
  expect(refusal(await troupe("show", file, "--json"), path)).toEqual([expect.stringMatching(sentence)]);
  const checked = await troupe("check", file, "--shape", join(path, "s.yaml"), "--json");
  expect(refusal(checked, path)).toEqual([expect.stringMatching(sentence)]);
});

test("spans without ids are all told, each at its place, with what to write", async () => {
  const path = folder({
    "t.json":
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":"0123456789abcdef"},{"traceId":"0123456789abcdef0123456789abcdef"}]}]}]}',
  });
  const at = "resourceSpans[0].scopeSpans[0].spans";
  expect(refusal(await troupe("show", join(path, "t.json")), path)).toEqual([
    `t.json: ${at}[0].traceId: the span has no trace id. Write its trace id as 32 hexadecimal digits.`,
    `t.json: ${at}[1].spanId: the span has no span id. Write its span id as 16 hexadecimal digits.`,
  ]);
});

test("a folder given as a trace or as a shape is refused", async () => {
  const path = folder({ "t.json": '{"resourceSpans":[]}' });
  expect(refusal(await troupe("show", path))).toEqual([
    `${path}: this is a folder. Name a file in it.`.replace(`${ROOT}/`, ""),
  ]);
  const checked = await troupe("check", join(path, "t.json"), "--shape", path);
  expect(refusal(checked)[0]).toContain("this is a folder. Name a file in it.");
});

test("faults of every shape and of the trace are told at once", async () => {
  const path = folder({ "t.json": "{", "empty.yaml": "", "list.yaml": "[]", "bad.yaml": "- tol x\n" });
  const shapes = ["nowhere.yaml", "empty.yaml", "list.yaml", "bad.yaml"].flatMap((name) => [
    "--shape",
    join(path, name),
  ]);
  const faults = refusal(await troupe("check", join(path, "t.json"), ...shapes, "--json"), path);
  expect(faults.map((fault) => /^[\w.]+/.exec(fault)?.[0])).toEqual([
    "nowhere.yaml",
    "empty.yaml",
    "list.yaml",
    "bad.yaml",
    "t.json",
  ]);
});

// --- The command line

const SEED = "A seed is an integer from 0 to 9007199254740991.";
const RANGE = "Write --seeds N for 1 to N, or --seeds A..B with A up to B.";

test.each([
  [["--seed", "x"], `--seed x is no seed. ${SEED}`],
  [["--seed", "-1"], `--seed -1 is no seed. ${SEED}`],
  [["--seed", "1.5"], `--seed 1.5 is no seed. ${SEED}`],
  [["--seed", "9007199254740992"], `--seed 9007199254740992 is no seed. ${SEED}`],
  [["--seed", ""], "--seed has no value. Write --seed N|random."],
  [["--seeds", "5..2"], `--seeds 5..2 holds no seed. ${RANGE}`],
  [["--seeds", "0"], `--seeds 0 holds no seed. ${RANGE}`],
  [["--seeds", "1.."], `--seeds 1.. is no range of seeds. ${RANGE} ${SEED}`],
  [["--seeds", "-1..2"], `--seeds -1..2 is no range of seeds. ${RANGE} ${SEED}`],
  [["--sed", "1"], "unknown flag --sed. Did you mean --seed?"],
  [
    ["--wibble"],
    "unknown flag --wibble. Known: --mode, --seed, --seeds, --report, --json, --check-determinism, --help.",
  ],
])("run %j is refused", async (flags, sentence) => {
  expect(refusal(await troupe("run", ...flags, "--json"))).toEqual([`troupe run: ${sentence}`]);
});

test("wire mode is refused as what it is: not there yet", async () => {
  expect(refusal(await troupe("run", "--mode", "wire", "--json"))).toEqual([
    "troupe run --mode wire: wire mode is not built yet. Use --mode sim, or leave it out.",
  ]);
});

test.each([
  ["rnu", "unknown command rnu. Did you mean run?"],
  ["xyzzy", "unknown command xyzzy. Known: run, show, check."],
  ["--hlp", "unknown flag --hlp. Did you mean --help?"],
  ["-v", "unknown flag -v. Known: --help, --version."],
])("troupe %s is refused", async (word, sentence) => {
  expect(nearestWord("rnu", COMMAND_NAMES)).toBe("run");
  expect(refusal(await troupe(word))).toEqual([`troupe: ${sentence}`]);
});

// --- Scenarios in TypeScript, in processes of their own

const OPTIONS = { timeout: 60_000 };
const GOOD = `import { agent, defineScenario, user } from "troupe";
export default defineScenario({ name: "good", agents: [agent("a", async () => "x")], script: [user.says("Hello")] });
`;

test(
  "scenario files that cannot be loaded are told at once, with the line, the column and the message",
  OPTIONS,
  async () => {
    const path = folder({
      "a-throws.scenario.ts": 'import "troupe";\n\nthrow new RangeError("no database");\n',
      "b-syntax.scenario.ts": 'import "troupe";\nexport const a = async ( => "x";\n',
      "c-none.scenario.ts": 'import { agent } from "troupe";\nexport const a = agent("a", async () => "x");\n',
      "d-import.scenario.ts": 'import { agnt } from "troupe";\nagnt();\n',
      "e-deep.scenario.ts": 'import { x } from "./lib.ts";\nexport default x;\n',
      "lib.ts": 'export const x = 1;\nthrow new Error("deep");\n',
      "f-missing.scenario.ts": 'import "./nowhere.ts";\n',
      "g-waits.scenario.ts": "await new Promise(() => {});\nexport {};\n",
    });
    const faults = refusal(await troupeProcess(["run", path, "--json"]), path);
    const mend = "Mend the file; loading a scenario runs its top level, nothing else.";
    expect(faults).toHaveLength(7);
    expect(faults[0]).toBe(`a-throws.scenario.ts:3:7: it throws while it loads: RangeError: no database. ${mend}`);
    expect(faults[1]).toBe('b-syntax.scenario.ts:2:26: it cannot be read: Unexpected "=>". Correct the syntax.');
    expect(faults[2]).toBe("c-none.scenario.ts: it exports no scenario. Write `export default defineScenario({ … })`.");
    expect(faults[3]).toMatch(/^d-import\.scenario\.ts:1:10: it throws while it loads: SyntaxError: .*'agnt'\. /);
    expect(faults[4]).toMatch(/^lib\.ts:2:7: it throws while e-deep\.scenario\.ts loads it: Error: deep\. /);
    expect(faults[5]).toMatch(
      /^f-missing\.scenario\.ts: it throws while it loads: Error: Cannot find module .*nowhere\.ts.*\. Correct the path/,
    );
    expect(faults[6]).toBe(
      `g-waits.scenario.ts: it throws while it loads: Error: its top level waits for something that never comes. ${mend}`,
    );
  },
);

test("definitions of the wrong form, as plain JavaScript can write them, are told at once", OPTIONS, async () => {
  const path = folder({
    "a.scenario.mjs": `import { agent, defineScenario, matchesShape, user } from "troupe";
const a = agent("a", async () => "x");
const script = [user.says("Hello")];
export const s1 = defineScenario({ name: "s1" });
export const s2 = defineScenario({ name: "s2", agents: [a, 5, agent("b", "c")], servers: [a], script: ["Hello"], expcet: [] });
export const s3 = defineScenario({ name: "s3", agents: [a], script, limits: { replyMs: "1", replyMS: 1 } });
export const s4 = defineScenario({ name: "s4", agents: [a], script, expect: [5, matchesShape("- agnt x")] });
export const s5 = defineScenario({ name: "s4", agents: [a], script });
export const s6 = defineScenario({ name: "s6\\u001b[31m", agents: [agent("", a.work), agent("b\\n", a.work), agent(7, a.work)], script });
export const s7 = defineScenario({ name: "s7\\u001b[31m", agents: [agent("", a.work), agent("b\\n", a.work)], script });
`,
  });
  const faults = refusal(await troupeProcess(["run", path]), path);
  expect(faults.map((fault) => fault.replace("a.scenario.mjs, scenario ", "").split(". ")[0])).toEqual([
    'a.scenario.mjs: two of its scenarios are called "s4"',
    '"s1", agents: this is no list',
    '"s1", script: this is no list',
    '"s2", agents[1]: this is no agent',
    '"s2", agents[2]: its work is no function',
    '"s2", servers[0]: this is no MCP server',
    '"s2", script[0]: this is no step of a script',
    expect.stringMatching(/^"s2": there is no "expcet"; did you mean "expect"/),
    '"s3", limits.replyMs: this is no number',
    expect.stringMatching(/^"s3", limits: there is no "replyMS"; did you mean "replyMs"/),
    '"s4", expect[0]: this is no expectation',
    '"s4", expect[1], shape:1:3: unknown kind "agnt"',
    '"s6\\u001b[31m", agents[2]: its name is no text',
    '"s7\\u001b[31m": its name holds a line break or another control character',
    '"s7\\u001b[31m", agents[0]: it has no name',
    '"s7\\u001b[31m", agents[1]: its name holds a line break or another control character',
  ]);
});

test("an agent that calls process.exit fails its run and no other", OPTIONS, async () => {
  const path = folder({
    "a.scenario.ts": GOOD.replace('async () => "x"', "async () => process.exit(0)"),
    "b.scenario.ts": GOOD,
  });
  const { code, out } = await troupeProcess(["run", path]);
  expect(code).toBe(1);
  expect(out).toContain("it called process.exit(0), which would end every run of this process");
  expect(out).toContain("2 runs: 1 failed, 1 passed");
});

test("code under test that ends the process, or throws outside of every run, ends with 2", OPTIONS, async () => {
  const path = folder({
    "exit.scenario.ts": `${GOOD}process.exit(0);\n`,
    "floating.scenario.ts": `${GOOD}setTimeout(() => { throw new Error("left over"); }, 0);\nawait new Promise((resolve) => setTimeout(resolve, 50));\n`,
  });
  const [ended, floating] = await Promise.all(
    ["exit", "floating"].map((name) => troupeProcess(["run", join(path, `${name}.scenario.ts`), "--json"])),
  );
  expect(ended).toEqual({
    code: 2,
    out: "",
    err: "troupe: code under test ended the process before the command was done. Let it throw instead of calling process.exit.\n",
  });
  expect(floating).toMatchObject({ code: 2, out: "" });
  expect(floating?.err).toMatch(
    /^troupe: code under test threw outside of every run, .*\nError: left over\n +at .*floating\.scenario\.ts:3:/,
  );
});

test(
  "what code under test prints stays out of the document, and out of the way of --check-determinism",
  OPTIONS,
  async () => {
    const noisy = `console.log("loading");\n${GOOD.replace('"x")', '(console.log("working"), "x"))')}`;
    const path = folder({ "a.scenario.ts": noisy });
    const { code, out, err } = await troupeProcess(["run", path, "--json", "--check-determinism"]);
    expect([code, runSchema.parse(JSON.parse(out)).verdict]).toEqual([0, "passed"]);
    expect(err).toMatch(/^loading\nworking\nworking\n/);
  },
);

test(
  "the printed line repeats a run from a path that a shell would take apart, for one of several scenarios",
  OPTIONS,
  async () => {
    const twice = `${GOOD}export const other = defineScenario({ name: "it's other", agents: [agent("a", async () => { throw new Error("x"); })], script: [user.says("Hello")] });\n`;
    const path = folder({ 'it\'s "a" $HOME #1/-x y.scenario.ts': twice });
    const first = await troupeProcess(["run", path]);
    const line = /^ {2}repeat: troupe (run .*other.*)$/m.exec(first.out)?.[1] ?? "";
    const command = TROUPE.map((word) => `'${word}'`).join(" ");
    const again = spawnSync("/bin/sh", ["-c", `${command} ${line}`], { encoding: "utf8" });
    expect([first.code, again.status, again.stderr]).toEqual([1, 1, ""]);
    expect(again.stdout).toContain("✗ failed it's other seed 1");
    expect(again.stdout).toContain("1 run: 1 failed");
  },
);

test(
  "the printed line names a file whose name begins as a flag or a comment does so that it is neither",
  OPTIONS,
  async () => {
    const path = folder({ "-x.scenario.ts": GOOD, "#y.scenario.ts": GOOD });
    const main = resolve("src/cli/main.ts");
    const { stdout } = spawnSync(process.execPath, [...TROUPE.slice(1, -1), main, "run", "."], {
      cwd: path,
      encoding: "utf8",
    });
    expect([...stdout.matchAll(/repeat: troupe run (.*) --seed 1/g)].map(([, file]) => file)).toEqual([
      "'#y.scenario.ts'",
      "./-x.scenario.ts",
    ]);
  },
);

test("a scenario given twice is played twice, with the same bytes", OPTIONS, async () => {
  const file = join(folder({ "a.scenario.ts": GOOD }), "a.scenario.ts");
  const { code, out } = await troupeProcess(["run", file, file, "--json"]);
  const { runs } = runSchema.parse(JSON.parse(out));
  expect([code, runs.length, new Set(runs.map(({ spansDigest }) => spansDigest)).size]).toEqual([0, 2, 1]);
});

const DIFFERING = {
  "a.scenario.ts": `let replies = 0;\n${GOOD.replace('"x")', "`reply ${++replies}`)")}`,
  "b.scenario.ts": GOOD.replace('async () => "x"', "async () => `${process.pid}`"),
  "c.scenario.ts": `if (process.send !== undefined) throw new Error("not here");\n${GOOD}`,
};

test(
  "what differs in a second run or in a fresh process fails --check-determinism, with the first event that does",
  OPTIONS,
  async () => {
    const { code, out } = await troupeProcess(["run", folder(DIFFERING), "--check-determinism"]);
    const causes = [...out.matchAll(/first cause: it is not deterministic: (.*)/g)].map(([, cause]) => cause);
    expect([code, causes.length]).toEqual([1, 3]);
    expect(causes[0]).toMatch(
      /^run again in the same process, event 3 \(reply message from agents to troupe\) differs: .*reply 1.* became .*reply 2/,
    );
    expect(causes[1]).toMatch(/^in a fresh process, event 3 \(reply message from agents to troupe\) differs: /);
    expect(causes[2]).toMatch(
      /^in a fresh process, it did not run: .*c\.scenario\.ts:1:\d+: it throws while it loads: Error: not here/,
    );
    expect(out).toMatch(/repeat: troupe run .*a\.scenario\.ts --seed 1 --check-determinism\n/);
  },
);

test("--seed random prints the seed that the document holds", OPTIONS, async () => {
  const { code, out, err } = await troupeProcess([
    "run",
    folder({ "a.scenario.ts": GOOD }),
    "--seed",
    "random",
    "--json",
  ]);
  const [run] = runSchema.parse(JSON.parse(out)).runs;
  expect(code).toBe(0);
  expect(err).toMatch(new RegExp(`^seed ${run?.seed}\n`));
  expect(run?.repeat).toMatch(new RegExp(` --seed ${run?.seed}$`));
});

test(
  "a reader that closes standard output early, as head does, changes neither exit code nor standard error",
  OPTIONS,
  async () => {
    const path = folder({ "a.scenario.ts": GOOD });
    const { code, err } = await troupeProcess(["run", path, "--seeds", "300"], 1);
    expect([code, err]).toEqual([0, ""]);
  },
);

// --- What only running shows

const RUNNING = `
import { readFile } from "node:fs/promises";
import { type Agent, type Turn, agent, defineScenario, mcpServer, oneTrace, tool, user } from "troupe";
import * as z from "zod";

const input = { type: "object" } as const;
const never = (): Promise<never> => new Promise(() => {});
const shop = mcpServer("shop", {
  tools: {
    throws: tool({ input, handle: () => { throw new Error("no database"); } }),
    wrong: tool({ input, output: z.object({ n: z.number() }), handle: () => ({ n: "x" }) as never }),
    never: tool({ input, handle: never }),
  },
});
const of = (name: string, work: Agent["work"], others: readonly Agent[] = []) =>
  defineScenario({ name, agents: [agent("solo", work), ...others], servers: [shop], script: [user.says("Hello")], expect: [oneTrace()] });
const call = (name: "throws" | "wrong" | "never") => async (turn: Turn) => String(await turn.tool(shop, name, {}));
const other = agent("other", async (turn) => (await turn.ask(deadlocked, "and you?")).text);
const deadlocked: Agent = agent("solo", async (turn) =>
  turn.input === "and you?" ? never() : (await turn.ask(other, "?")).text);

export const a = of("handler throws", call("throws"));
export const b = of("handler wrong", call("wrong"));
export const c = of("handler never", call("never"));
export const d = of("agent throws", () => { throw new Error("out of ideas"); });
export const e = of("agent nothing", async () => undefined as never);
export const f = of("agent never", never);
export const g = of("agent polls", () => { setInterval(() => {}, 10); return never(); });
export const h = of("deadlock", deadlocked.work, [other]);
export const i = of("real i/o", async () => (await readFile("package.json", "utf8")).slice(0, 1));
export const z1 = of("last", async () => "fine");
`;

const FAULTY = `
export const q = of("unknown tool", async (turn) => String(await turn.tool(shop, "thows" as "throws", {})));
export const r = of("unknown server", async (turn) => String(await turn.tool({ ...shop, name: "shp" }, "throws", {})));
export const s = of("unknown agent", (turn) => turn.handoff({ ...other, name: "othr" }), [other]);
`;

interface Reported extends Exited {
  readonly text: string;
  readonly junit: string;
}

/** One call for all tests below: it is looked at from many sides. */
const reported = new Map<string, Promise<Reported>>();

function report(scenarios: string): Promise<Reported> {
  const known = reported.get(scenarios) ?? reportNow(scenarios);
  reported.set(scenarios, known);
  return known;
}

async function reportNow(scenarios: string): Promise<Reported> {
  const path = folder({ "a.scenario.ts": scenarios });
  const [text, junit] = [join(path, "out.txt"), join(path, "out.xml")];
  const ended = await troupeProcess(["run", path, "--json", "--report", `text=${text}`, "--report", `junit=${junit}`]);
  return { ...ended, text: readFileSync(text, "utf8"), junit: readFileSync(junit, "utf8") };
}

/** The text report's block of one scenario. */
async function block(name: string, scenarios = RUNNING): Promise<string> {
  const { text } = await report(scenarios);
  return text.split(/^(?=[✓✗?] )/m).find((one) => one.split("\n")[0]?.includes(` ${name} seed`)) ?? "";
}

const TREE = "workflow .* @troupe";

test.for<readonly [string, RegExp]>([
  ["handler throws", /first cause: server shop, tools\/call throws: its handler threw Error: no database\n/],
  ["handler wrong", /first cause: server shop, tools\/call wrong: its handler returned the wrong shape: n: .*number/],
  ["handler never", /server shop did not answer tools\/call never within 60 s of virtual time \(limits\.requestMs\)\n/],
  ["agent throws", /first cause: agent solo failed: Error: out of ideas\n/],
  ["agent nothing", /first cause: agent solo failed: Error: it returned nothing, which is no reply; return a text or/],
  ["agent never", /first cause: no reply: agent solo has not answered the message of persona user, /],
  ["agent polls", /first cause: agent solo did not reply within 120 s of virtual time \(limits\.replyMs\)\n/],
  [
    "deadlock",
    /first cause: deadlock: .*agent other has not answered .*agent solo has not answered the .* of agent other/,
  ],
])("a run with %s has failed, says so in a sentence and draws its tree", OPTIONS, async ([name, sentence]) => {
  const text = await block(name);
  expect(text).toMatch(/^✗ failed /);
  expect(text).toMatch(sentence);
  expect(text).toMatch(new RegExp(TREE));
  expect(text).toMatch(/repeat: troupe run .* --seed 1\n/);
});

test("an agent that does real I/O passes, with a note that names it", OPTIONS, async () => {
  const { err } = await report(RUNNING);
  const text = await block("real i/o");
  expect(text).toMatch(/^✓ passed real i\/o .*\n +note: agent solo did real I\/O; /);
  expect(err).toContain("agent solo did real I/O");
});

test("a suite goes on after each failure, ends with 1, and its document holds every run", OPTIONS, async () => {
  const { code, out } = await report(RUNNING);
  const { verdict, runs } = runSchema.parse(JSON.parse(out));
  expect([code, verdict, runs.length]).toEqual([1, "failed", 10]);
  expect(runs.filter((run) => run.verdict === "passed").map(({ scenario }) => scenario)).toEqual(["real i/o", "last"]);
});

test(
  "names that only running shows to be unknown end with 2, and the rest of the suite is run and reported",
  OPTIONS,
  async () => {
    const { code, out, err } = await report(RUNNING + FAULTY);
    const { runs } = runSchema.parse(JSON.parse(out));
    expect([code, runs.length]).toEqual([2, 13]);
    expect(runs.at(-1)).toMatchObject({ scenario: "last", verdict: "passed" });
    for (const [name, what] of [
      ["unknown tool", 'there is no tool "thows" among server shop; did you mean "throws"?'],
      ["unknown server", 'there is no server "shp" among the scenario\'s `servers`; did you mean "shop"?'],
      ["unknown agent", 'there is no agent "othr" among the scenario\'s `agents`; did you mean "other"?'],
    ] as const) {
      const line = err
        .split("\n")
        .find((text) => text.includes(`a.scenario.ts, scenario "${name}", agent solo: ${what}`));
      expect(line).toMatch(/ Known: .*\. Add it, or correct the name\.$/);
      expect(await block(name, RUNNING + FAULTY)).toMatch(new RegExp(`^✗ failed [^]*${TREE}`));
    }
  },
);

test("the JUnit report of passed, failed and faulty runs is well-formed and counts them", OPTIONS, async () => {
  const { junit } = await report(RUNNING + FAULTY);
  expect(parseXml(junit)).toMatchObject({ name: "testsuites", attributes: { tests: "13" } });
});

test("the worst exit code wins: a faulty definition over a failed run over a passed one", OPTIONS, async () => {
  const path = folder({ "a.scenario.ts": GOOD });
  const [passed, failed, faulty] = await Promise.all([
    troupeProcess(["run", path, "--json"]),
    report(RUNNING),
    report(RUNNING + FAULTY),
  ]);
  expect([passed.code, failed.code, faulty.code]).toEqual([0, 1, 2]);
});
