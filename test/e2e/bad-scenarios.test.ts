/** Scenarios in TypeScript that cannot be loaded or are no good, as the program tells of them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runSchema } from "../../src/report/json-schema.ts";
import { GOOD, folder, refusal } from "../cli/bad-files.ts";
import { TROUPE, troupeProcess } from "../cli/run-child.ts";

const OPTIONS = { timeout: 60_000 };
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
    const [node, ...args] = TROUPE;
    const { stdout } = spawnSync(node, [...args, "run", "."], { cwd: path, encoding: "utf8" });
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
