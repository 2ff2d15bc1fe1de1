/** What `troupe/vitest` does to the files of a project, and what Vitest reports of it, in Vitest processes of their own. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { inferShape } from "../../src/shape/infer/infer.ts";
import { printShape } from "../../src/shape/print.ts";
import { agent, tool, treesOf } from "../check/traces.ts";

const OPTIONS = { timeout: 120_000 };
// Inside the package, so that `troupe` is this checkout.
const home = mkdtempSync(join("test", ".tmp-vitest-"));
afterAll(() => rmSync(home, { recursive: true }));

// The build of `troupe` is loaded as it would be from `node_modules`.
const CONFIG = `export default { test: { sequence: { shuffle: false }, server: { deps: { external: [/\\/dist\\//] } } } };
`;

/** An agent that uses the tool that the environment names. */
const TRACED = `import { trace } from "@opentelemetry/api";
import { collectTrace } from "troupe/run";
import "troupe/vitest";
import { expect, test } from "vitest";
const tracer = trace.getTracer("library");
const named = (operation: string, key: string, name: string) => ({
  attributes: { "gen_ai.operation.name": operation, [key]: name },
});
const traced = (tool = process.env.TOOL ?? "refund") =>
  collectTrace(() =>
    tracer.startActiveSpan("agent", named("invoke_agent", "gen_ai.agent.name", "triage"), (span) => {
      tracer.startSpan("tool", named("execute_tool", "gen_ai.tool.name", tool)).end();
      span.end();
    }),
  );
`;

/** What is inferred from it. */
function shapeOf(name: string): string {
  return printShape(inferShape([treesOf(agent("triage", [tool(name)]))]));
}

const SHAPE = shapeOf("refund");

interface Told {
  readonly name: string;
  readonly status: string;
  readonly message: string;
}

interface Project {
  readonly folder: string;
  read(path: string): string;
  write(path: string, text: string): void;
  /** All files but those given at the start and what Vitest remembers, sorted. */
  made(): readonly string[];
  /** Runs Vitest in it; tests in the order of the file. */
  run(options?: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> }): Promise<{
    readonly code: number | null;
    readonly out: string;
    readonly tests: readonly Told[];
  }>;
}

let projects = 0;

function project(files: Readonly<Record<string, string>>): Project {
  const folder = join(home, String(++projects));
  const given = { ...files, "vitest.config.ts": CONFIG };
  const write = (path: string, text: string): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  for (const [path, text] of Object.entries(given)) write(path, text);
  const report = resolve(home, `${projects}.json`);
  return {
    folder,
    write,
    read: (path) => readFileSync(join(folder, path), "utf8"),
    made: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .filter((path) => !(path in given) && !path.startsWith("node_modules"))
        .toSorted(),
    async run({ args = ["--update=new"], env = {} } = {}) {
      const vitest = resolve("node_modules/vitest/vitest.mjs");
      const words = ["run", "--root", folder, "--reporter=verbose", "--reporter=json", `--outputFile=${report}`];
      const child = spawn(process.execPath, [vitest, ...words, ...args], {
        env: { ...process.env, VITEST: "", NO_COLOR: "1", FORCE_COLOR: "0", ...env },
      });
      let out = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (out += chunk.toString()));
      const code = await new Promise<number | null>((done) => child.on("close", done));
      return { code, out, tests: toldIn(report, out) };
    },
  };
}

function toldIn(report: string, out: string): readonly Told[] {
  if (!existsSync(report)) throw new Error(out);
  const { testResults }: { testResults: { assertionResults: Record<string, never>[] }[] } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .map(({ fullName = "", status = "", failureMessages = [] }) => ({
      name: fullName,
      status,
      message: failureMessages.join("\n"),
    }));
}

const statuses = (tests: readonly Told[]) => Object.fromEntries(tests.map(({ name, status }) => [name, status]));

const THREE = `${TRACED}
test("refunds an order", async () => {
  expect(await traced()).toMatchShapeSnapshot();
});
test("by name", async () => {
  expect(await traced()).toMatchShapeSnapshot("refund");
});
test("inline", async () => {
  expect(await traced()).toMatchShapeInlineSnapshot();
});
`;
const FILE = "__shapes__/a.test.ts/refunds-an-order.shape.yaml";
const NAMED = "__shapes__/refund.shape.yaml";
/** As it stands in a test, between the lines of that. */
function inlineOf(shape: string): string {
  return `toMatchShapeInlineSnapshot(\`\n${shape.replaceAll(/^(?=.)/gm, "    ")}  \`);`;
}

test(
  "shapes that are not there are inferred and written, beside the test and into it, and then matched",
  OPTIONS,
  async () => {
    const { run, made, read } = project({ "a.test.ts": THREE });
    const first = await run();
    expect(first.code, first.out).toBe(0);
    expect(first.out).toMatch(/Snapshots +3 written/);
    expect(made()).toEqual([FILE, NAMED]);
    expect([read(FILE), read(NAMED)]).toEqual([SHAPE, SHAPE]);
    expect(read("a.test.ts")).toContain(inlineOf(SHAPE));
    const again = await run({ args: ["--update=none"] });
    expect(again.code, again.out).toBe(0);
  },
);

test(
  "where nothing may be written, as in CI, what is not there fails and shows what it would be",
  OPTIONS,
  async () => {
    const { run, made, read } = project({ "a.test.ts": THREE });
    const { code, tests, out } = await run({ args: [], env: { CI: "true" } });
    expect([code, statuses(tests)], out).toEqual([
      1,
      { "refunds an order": "failed", "by name": "failed", inline: "failed" },
    ]);
    for (const { message } of tests) {
      expect(message).toContain("there is no shape snapshot");
      expect(message).toContain(SHAPE);
    }
    expect([made(), read("a.test.ts")]).toEqual([[], THREE]);
  },
);

const EDITED = "# checked by hand\n- agent tri*:\n    - tool re* x1..3\n";

/** A project whose three shapes are there, in words of their own. */
function edited(): Project {
  const inline = THREE.replace("InlineSnapshot()", `InlineSnapshot(\`${EDITED}\`)`);
  return project({ "a.test.ts": inline, [FILE]: EDITED, [NAMED]: EDITED });
}

test("what was edited by hand holds as long as it matches, also with -u", OPTIONS, async () => {
  const { run, made, read } = edited();
  for (const args of [["--update=none"], ["-u"]]) {
    const before = read("a.test.ts");
    const { code, out } = await run({ args });
    expect(code, out).toBe(0);
    expect([made(), read(FILE), read(NAMED), read("a.test.ts")]).toEqual([[], EDITED, EDITED, before]);
  }
});

test(
  "a trace that does not match fails with the place in the shape and the tree, and changes nothing",
  OPTIONS,
  async () => {
    const { run, read, folder } = edited();
    const before = read("a.test.ts");
    const { code, tests } = await run({ env: { TOOL: "cancel" } });
    expect(code).toBe(1);
    expect(tests.map(({ status }) => status)).toEqual(["failed", "failed", "failed"]);
    const [own, , inline] = tests;
    expect(own?.message).toContain(`expected the trace to match its shape snapshot (${join(folder, FILE)})`);
    expect(own?.message).toContain(`${join(folder, FILE)}:3:7: `);
    expect(own?.message).toMatch(/└─ .*✗/);
    expect(own?.message).toContain("bring it up to date with `vitest -u`");
    expect(inline?.message).toContain("expected the trace to match its shape snapshot (inline)");
    expect([read(FILE), read(NAMED), read("a.test.ts")]).toEqual([EDITED, EDITED, before]);
  },
);

test("-u brings up to date what does not match, and keeps what holds", OPTIONS, async () => {
  const { run, read } = edited();
  const { code, out } = await run({ args: ["-u"], env: { TOOL: "cancel" } });
  expect(code, out).toBe(0);
  const text = read(FILE);
  expect(read(NAMED)).toBe(text);
  expect(text).toMatch(/^# checked by hand\n- agent tri\*:\n {4}- tool cancel/);
  expect(read("a.test.ts")).toContain(inlineOf(text));
  const again = await run({ args: ["--update=none"], env: { TOOL: "cancel" } });
  expect(again.code, again.out).toBe(0);
});

test(
  "a stored shape with a fault fails with the place of the fault, and -u does not wipe it out",
  OPTIONS,
  async () => {
    const { run, read, write, folder } = edited();
    const faulty = "- agnet triage\n";
    write(FILE, faulty);
    const { code, tests } = await run({ args: ["-u"] });
    expect(code).toBe(1);
    expect(tests[0]?.message).toContain(`${join(folder, FILE)}:1:3: `);
    expect(read(FILE)).toBe(faulty);
  },
);

const MANY = `${TRACED}
test.each(["refund", "cancel"])("one shape for all: %s", async (tool) => {
  expect(await traced(tool)).toMatchShapeSnapshot("all");
});
test("two in one test", async () => {
  expect(await traced("refund")).toMatchShapeSnapshot();
  expect(await traced("cancel")).toMatchShapeSnapshot();
});
let attempts = 0;
test("again", { retry: 1 }, async () => {
  expect(await traced()).toMatchShapeSnapshot();
  expect(++attempts).toBe(2);
});
test("same? name", async () => {
  expect(await traced()).toMatchShapeSnapshot();
});
test("same! name", async () => {
  expect(await traced()).toMatchShapeSnapshot();
});
test("at a path", async () => {
  expect(await traced()).toMatchShapeSnapshot("shapes/refund.shape.yaml");
});
test.concurrent("concurrent", async ({ expect }) => {
  expect(await traced()).toMatchShapeSnapshot();
});
test("not", async () => {
  expect(await traced()).not.toMatchShapeSnapshot();
});
test("asymmetric", async () => {
  expect({ trace: await traced() }).toEqual({ trace: (expect as any).toMatchShapeSnapshot() });
});
test("no trace", () => {
  expect([]).toMatchShapeSnapshot();
});
test("not complete", async () => {
  expect({ ...(await traced()), missing: ["0000000000000009"] }).toMatchShapeSnapshot();
});
`;

test("each test has files of its own, a name is shared, and what cannot be kept is refused", OPTIONS, async () => {
  const { run, made, read, folder } = project({ "a.test.ts": MANY });
  const { tests, out } = await run();
  expect(statuses(tests), out).toEqual({
    "one shape for all: refund": "passed",
    "one shape for all: cancel": "passed",
    "two in one test": "passed",
    again: "passed",
    "same? name": "passed",
    "same! name": "failed",
    "at a path": "passed",
    concurrent: "passed",
    not: "failed",
    asymmetric: "failed",
    "no trace": "failed",
    "not complete": "failed",
  });
  expect(made()).toEqual([
    "__shapes__/a.test.ts/again.shape.yaml",
    "__shapes__/a.test.ts/concurrent.shape.yaml",
    "__shapes__/a.test.ts/same-name.shape.yaml",
    "__shapes__/a.test.ts/two-in-one-test-2.shape.yaml",
    "__shapes__/a.test.ts/two-in-one-test.shape.yaml",
    "__shapes__/all.shape.yaml",
    "shapes/refund.shape.yaml",
  ]);
  expect(read("__shapes__/all.shape.yaml")).toMatch(/refund[\s\S]*cancel|cancel[\s\S]*refund/);
  const told = (name: string) => tests.find((one) => one.name === name)?.message;
  expect(told("same! name")).toContain(
    `would share the file ${join(folder, "__shapes__/a.test.ts/same-name.shape.yaml")}. Give one of them a name`,
  );
  expect(told("not")).toContain('toMatchShapeSnapshot cannot be used with "not"');
  expect(told("asymmetric")).toContain(
    "toMatchShapeSnapshot cannot be used as an asymmetric matcher; use toMatchShape",
  );
  expect(told("no trace")).toContain("none can be inferred: there is no trace");
  expect(told("not complete")).toContain("none can be inferred: spans that are known to exist have not arrived");
  const again = await run({ args: ["--update=none"] });
  expect(again.tests.filter(({ status }) => status === "failed").map(({ name }) => name)).toEqual([
    "same! name",
    "not",
    "asymmetric",
    "no trace",
    "not complete",
  ]);
});

const scenario = (name: string, expected: string, more = "") => `{ name: "${name}", ${more}
  agents: [agent("solo", async (turn) => turn.reply("done"))],
  script: [user.says("Hello")],
  expect: [matchesShape("- agent ${expected}")],
}`;

const SCENARIOS = {
  "suite/green.scenario.ts": `import { agent, defineScenario, matchesShape, user } from "troupe";
export default defineScenario(${scenario("green", "solo")});
`,
  "suite/deep/two.scenario.ts": `import { agent, defineScenario, matchesShape, user } from "troupe";
export const red = defineScenario(${scenario("red", "duo")});
export const wired = defineScenario(${scenario("wired", "solo", `modes: ["wire"],`)});
`,
  "broken/broken.scenario.ts": `throw new Error("not today");
`,
};

test(
  "scenarioTests gives a test for each scenario and seed, and a failure ends with the line that repeats it",
  OPTIONS,
  async () => {
    const { run, folder } = project({
      ...SCENARIOS,
      "a.test.ts": `import { scenarioTests } from "troupe/vitest";
import { expect, test } from "vitest";
scenarioTests("FOLDER/suite/**", { seeds: [1, 3] });
scenarioTests("FOLDER/suite/deep/two.scenario.ts#wired", { mode: "wire" });
scenarioTests("FOLDER/broken");
scenarioTests("FOLDER/suite/{none,nil}*");
test("beside them", () => expect(1).toBe(1));
`,
    });
    const path = join(folder, "a.test.ts");
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("FOLDER", folder));
    const { tests, out } = await run();
    const glob = `${folder}/suite/**`;
    expect(statuses(tests), out).toEqual({
      [`${glob} red seed 1`]: "failed",
      [`${glob} red seed 3`]: "failed",
      [`${glob} wired seed 1`]: "skipped",
      [`${glob} wired seed 3`]: "skipped",
      [`${glob} green seed 1`]: "passed",
      [`${glob} green seed 3`]: "passed",
      [`${folder}/suite/deep/two.scenario.ts#wired wired seed 1`]: "passed",
      [`${folder}/broken its scenarios load`]: "failed",
      [`${folder}/suite/{none,nil}* its scenarios load`]: "failed",
      "beside them": "passed",
    });
    const told = (name: string) => tests.find((one) => one.name === name)?.message;
    const red = told(`${glob} red seed 3`);
    expect(red).toContain("✗ failed red seed 3 · sim");
    expect(red).toContain("expected agent duo");
    expect(red?.trimEnd().split("\n").at(-1)).toBe(
      `  repeat: troupe run ${folder}/suite/deep/two.scenario.ts#red --seed 3`,
    );
    expect(out).toContain("wired seed 1");
    expect(out).toContain("[it runs in wire only (modes)]");
    expect(told(`${folder}/broken its scenarios load`)).toContain("it throws while it loads: Error: not today");
    expect(told(`${folder}/suite/{none,nil}* its scenarios load`)).toContain("no scenario file has such a path");
  },
);

test("a test file with matchers alone has no clock, timer or chance patched", OPTIONS, async () => {
  const { run } = project({
    "a.test.ts": `const before = [Date, setTimeout, Math.random];
const { expect, test } = await import("vitest");
await import("troupe/vitest");
test("nothing is patched", () => {
  expect([Date, setTimeout, Math.random]).toEqual(before);
  expect([Date, setTimeout, Math.random].every((one, index) => one === before[index])).toBe(true);
});
`,
  });
  const { code, out } = await run();
  expect(code, out).toBe(0);
});
