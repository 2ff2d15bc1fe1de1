import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadScenarios } from "../../src/campaign/load.ts";
import { playRun } from "../../src/campaign/play-run.ts";
import type { RunResult, SuiteResult } from "../../src/campaign/result.ts";
import type { SuiteRequest } from "../../src/campaign/suite.ts";
import { readArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { run } from "../../src/cli/run.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { suiteOf } from "../report/results.ts";

/** A folder in this package, so that `troupe` is this checkout, with what a test does in it. */
function newHome() {
  const home = mkdtempSync(join("test", ".tmp-update-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return {
    path: (name: string): string => join(home, name),
    read: (name: string): Promise<string> => readFile(join(home, name), "utf8"),
    write: (name: string, text: string): Promise<void> => writeFile(join(home, name), text),
    /** A scenario whose agent does `work`. */
    scenario: async (name: string, work: string, expected = `shapeFile("a.shape.yaml")`): Promise<string> => {
      const path = join(home, `${name}.scenario.ts`);
      const text = `import { agent, defineScenario, mustFail, oneTrace, shapeFile, user } from "troupe";
export default defineScenario({
  name: "${name}",
  agents: [agent("solo", async (turn) => { ${work} return "done"; })],
  script: [user.says("Hello")],
  expect: [oneTrace(), ${expected}],
});
`;
      await writeFile(path, text);
      return path;
    },
  };
}

/** `troupe run --update` with the suite played in this thread; `change` may change what a run has given. */
async function updated(
  words: readonly string[],
  {
    env = {},
    change = (result) => result,
  }: { env?: Record<string, string>; change?: (result: RunResult) => RunResult } = {},
) {
  const printed = { out: "", err: "" };
  const code = await run(
    readArguments("run", COMMANDS.run, ["--update", ...words]),
    {
      env,
      out: { paint: PLAIN, print: (text) => void (printed.out += `${text}\n`) },
      err: { paint: PLAIN, print: (text) => void (printed.err += `${text}\n`) },
    },
    (request) => playedHere(request, change),
  );
  return { code, ...printed };
}

async function playedHere(request: SuiteRequest, change: (result: RunResult) => RunResult): Promise<SuiteResult> {
  const loaded = await loadScenarios(request.paths, undefined, request.mayMissSnapshots);
  request.onLoaded?.(
    loaded.map(({ scenario, file, path, snapshots }) => {
      return { scenario: scenario.name, file, path, snapshots, survivors: scenario.survivors };
    }),
  );
  const runs: RunResult[] = [];
  for (const one of loaded)
    for (const seed of request.seeds)
      runs.push(change((await playRun(one, seed, { mode: "sim", checkDeterminism: false })).result));
  return suiteOf(...runs);
}

const ONE = "await turn.model();";
const TWO = "await turn.model(); await turn.model();";

test("a snapshot that is missing is written from all seeds, named, and met", async () => {
  const home = newHome();
  const { code, out, err } = await updated([await home.scenario("a", ONE), "--seeds", "3"]);
  expect([code, err]).toEqual([0, `wrote ${home.path("a.shape.yaml")} (3 seeds)\n`]);
  expect(out).toContain("3 runs: 3 passed");
  expect(await home.read("a.shape.yaml")).toMatch(
    /^children: exactly\ntrace:\n {2}- agent solo @agents:\n {6}- llm mock-model/,
  );
  expect((await readdir(home.path("."))).toSorted()).toEqual(["a.scenario.ts", "a.shape.yaml"]);
});

test("a snapshot that fails is refreshed: comments at its top, its header and lines that hold stay", async () => {
  const home = newHome();
  const top = "# Mine.\n\n# Reviewed.\n";
  await home.write("a.shape.yaml", `${top}shape: a title\nchildren: exactly\ntrace:\n  - agent so*:\n      - llm\n`);
  const { code, out, err } = await updated([await home.scenario("a", TWO)]);
  expect([code, err]).toEqual([0, `refreshed ${home.path("a.shape.yaml")} (1 seed)\n`]);
  expect(out).toContain("✓ a.shape.yaml");
  expect(await home.read("a.shape.yaml")).toBe(
    `${top}shape: a title\nchildren: exactly\ntrace:\n  - agent so*:\n      - llm x2\n`,
  );
});

test("a snapshot that matches is left byte for byte", async () => {
  const home = newHome();
  const text = "# x\n-   agent solo:   # y\n    - llm\n";
  await home.write("a.shape.yaml", text);
  const before = await stat(home.path("a.shape.yaml"));
  const { code, err } = await updated([await home.scenario("a", ONE)]);
  expect([code, err, await home.read("a.shape.yaml")]).toEqual([0, "", text]);
  expect((await stat(home.path("a.shape.yaml"))).ino).toBe(before.ino);
});

test("a snapshot that scenarios of one file share is not written from some of them", async () => {
  const home = newHome();
  const [both, file] = [await home.scenario("a", ONE), home.path("a.shape.yaml")];
  const text = (await home.read("a.scenario.ts")).replace("export default", "export const scenario =");
  await home.write("a.scenario.ts", `${text}export const other = defineScenario({ ...scenario, name: "b" });\n`);
  const some = await updated([`${both}#a`]);
  expect([some.code, some.err]).toEqual([
    1,
    `not written: ${file} (${both}#b is to match it too: run all of ${both})\n`,
  ]);
  expect(await readdir(home.path("."))).toEqual(["a.scenario.ts"]);
  const all = await updated([both]);
  expect([all.code, all.err]).toEqual([0, `wrote ${file} (1 seed)\n`]);
});

test("one scenario of a file refreshes the snapshot that it alone names", async () => {
  const home = newHome();
  const path = await home.scenario("a", ONE);
  const other = 'export const other = defineScenario({ ...scenario, name: "b", expect: [oneTrace()] });';
  const text = (await home.read("a.scenario.ts")).replace("export default", "export const scenario =");
  await home.write("a.scenario.ts", `${text}${other}\n`);
  const { code, err } = await updated([`${path}#a`]);
  expect([code, err]).toEqual([0, `wrote ${home.path("a.shape.yaml")} (1 seed)\n`]);
});

test("comments stay with the lines that stay, and those that are lost are told", async () => {
  const home = newHome();
  await home.write(
    "a.shape.yaml",
    "# top\n- agent solo: # who\n    # gone\n    - tool gone\n    # inside\n    - llm\n# end\n",
  );
  const { err } = await updated([await home.scenario("a", ONE)]);
  expect(err).toContain("(1 seed); 1 comment went with the lines they stood at\n");
  expect(await home.read("a.shape.yaml")).toBe("# top\n- agent solo: # who\n    # inside\n    - llm\n# end\n");
});

test.for(["true", "1"])(
  "with CI=%s nothing is written, and what is missing or differs has failed and is told",
  async (CI) => {
    const home = newHome();
    const path = await home.scenario("a", TWO);
    const missing = await updated([path], { env: { CI } });
    expect(missing.code).toBe(1);
    expect(missing.err).toBe(
      `not written: ${home.path("a.shape.yaml")} (it is missing, and with CI set no snapshot is written: run troupe run ${path} --update yourself, read the change, and commit it)\n`,
    );
    expect(await readdir(home.path("."))).toEqual(["a.scenario.ts"]);
    await home.write("a.shape.yaml", "- agent gone\n");
    const different = await updated([path], { env: { CI } });
    expect([different.code, await home.read("a.shape.yaml")]).toEqual([1, "- agent gone\n"]);
    expect(different.err).toContain("the runs differ from it, and with CI set");
  },
);

test.for(["", "0", "false"])("CI=%j is no CI", async (CI) => {
  const home = newHome();
  const { code } = await updated([await home.scenario("a", ONE)], { env: { CI } });
  expect(code).toBe(0);
});

test("one snapshot of several scenarios is written from the runs of all", async () => {
  const home = newHome();
  const paths = [await home.scenario("one", ONE), await home.scenario("two", TWO)];
  const { code, err } = await updated([...paths, "--seeds", "2"]);
  expect([code, err]).toEqual([0, `wrote ${home.path("a.shape.yaml")} (2 seeds)\n`]);
  expect(await home.read("a.shape.yaml")).toContain("llm mock-model x1..2");
});

test.for<readonly [string, Partial<RunResult>, string]>([
  ["spans are missing of", { missing: ["ab"] }, "a with seed 2 is inconclusive"],
  ["did not end", { failures: ["it got stuck"], verdict: "failed" }, "a with seed 2 did not come to its end"],
  ["means nothing", { trees: [] }, "a with seed 2 has no span that a shape could name"],
])("a run that %s updates nothing", async ([, change, why]) => {
  const home = newHome();
  const { code, err } = await updated([await home.scenario("a", ONE), "--seeds", "2"], {
    change: (result) => (result.seed === 2 ? { ...result, ...change } : result),
  });
  expect([code, err]).toEqual([1, `not written: ${home.path("a.shape.yaml")} (${why})\n`]);
  expect(await readdir(home.path("."))).toEqual(["a.scenario.ts"]);
});

test("a run that failed otherwise has its snapshot written, and has still failed", async () => {
  const home = newHome();
  const path = await home.scenario("a", ONE, `shapeFile("a.shape.yaml"), mustFail(oneTrace(), "x")`);
  const { code, err } = await updated([path]);
  expect([code, err]).toEqual([1, `wrote ${home.path("a.shape.yaml")} (1 seed)\n`]);
});

test("a shape that the runs must fail is never updated", async () => {
  const home = newHome();
  const path = await home.scenario("a", ONE, `mustFail(shapeFile("a.shape.yaml"), "missing")`);
  await expect(updated([path])).rejects.toThrow("there is no such file");
  await home.write("a.shape.yaml", "- agent solo\n");
  const { code, err } = await updated([path]);
  expect([code, err, await home.read("a.shape.yaml")]).toEqual([1, "", "- agent solo\n"]);
});

test("only files beside or below the scenario are written, wherever links lead", async () => {
  const home = newHome();
  await mkdir(home.path("in"));
  await mkdir(home.path("out"));
  await symlink(resolve(home.path("out")), home.path("in/link"));
  for (const path of ["../a.shape.yaml", "link/a.shape.yaml"]) {
    const scenario = await home.scenario("in/a", ONE, `shapeFile("${path}")`);
    // A module is loaded once, so each has a name of its own.
    const own = scenario.replace("a.scenario", `${path.length}.scenario`);
    await writeFile(own, await readFile(scenario, "utf8"));
    const { code, err } = await updated([own]);
    expect([code, err]).toEqual([1, expect.stringContaining(`it is not in the folder of ${own}, nor below it`)]);
  }
  expect(await readdir(home.path("out"))).toEqual([]);
  const { err } = await updated([await home.scenario("in/below", ONE, `shapeFile("new/deep/a.shape.yaml")`)]);
  expect(err).toBe(`wrote ${home.path("in/new/deep/a.shape.yaml")} (1 seed)\n`);
});

test("without --update a snapshot that is missing is refused, and the mend names the command", async () => {
  const home = newHome();
  const path = await home.scenario("a", ONE);
  await expect(loadScenarios([path])).rejects.toThrow(`To have it written: troupe run ${path} --update.`);
});

test("a suite that was stopped updates nothing", async () => {
  const home = newHome();
  const path = await home.scenario("a", ONE);
  const printed: string[] = [];
  const print = (text: string): void => void printed.push(text);
  await run(
    readArguments("run", COMMANDS.run, ["--update", path]),
    { out: { paint: PLAIN, print: () => {} }, err: { paint: PLAIN, print } },
    async (request) => ({ ...(await playedHere(request, (result) => result)), runs: [], notRun: 1 }),
  );
  expect(printed).toEqual(["no snapshot was written, since the suite was stopped"]);
});
