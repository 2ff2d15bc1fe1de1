import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { judgeRun } from "../src/campaign/judge-run.ts";
import { loadScenarios } from "../src/campaign/load.ts";
import { endpointsOf } from "../src/run/endpoints.ts";
import { execute } from "../src/run/execute.ts";
import { runText } from "../src/report/text.ts";
import { CARRIER_MUTATIONS, DIRECTIONS } from "../src/scenario/fault.ts";
import { whyNotOver } from "../src/scenario/fault-transport.ts";
import { plan } from "../src/scenario/plan.ts";
import { parseScenarioYaml } from "../src/scenario/yaml.ts";
import { matchShape } from "../src/shape/match/match.ts";
import { printShape } from "../src/shape/print.ts";
import { parseShape } from "../src/shape/text/parse.ts";
import { expectedCause } from "./faults/carrier-cells.ts";
import { CELLS, callMeeting } from "./faults/cells.ts";
import { sketch } from "./shape/sketch.ts";

interface Example {
  readonly line: number;
  readonly shape: string;
  readonly trees: readonly { readonly text: string; readonly isMatch: boolean }[];
}

/** Every fenced shape of the page, with the trees of the fence that follows it. */
function examplesOf(page: string): readonly Example[] {
  const fences = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return fences.flatMap(([, language, shape = ""], index) => {
    if (language !== "yaml") return [];
    const [, next, trees = ""] = fences[index + 1] ?? [];
    const line = page.slice(0, fences[index]?.index).split("\n").length;
    return [{ line, shape, trees: next === "text" ? treesOf(trees) : [] }];
  });
}

function treesOf(text: string): Example["trees"] {
  return text
    .trim()
    .split("\n")
    .map((line) => ({ text: line.slice(2), isMatch: line.startsWith("✓") }));
}

const examples = examplesOf(readFileSync("docs/shapes.md", "utf8"));

test("the page on shapes has examples with trees that match and trees that do not", () => {
  const trees = examples.flatMap((example) => example.trees);
  expect(trees.filter(({ isMatch }) => isMatch).length).toBeGreaterThan(15);
  expect(trees.filter(({ isMatch }) => !isMatch).length).toBeGreaterThan(15);
});

test.for(examples)(
  "the shape at line $line of the page on shapes is strict YAML, and is printed as it reads",
  (example) => {
    const { errors, warnings } = parseDocument(example.shape, { strict: true, version: "1.2" });
    expect([...errors, ...warnings]).toEqual([]);
    expect(printShape(parseShape(example.shape, "page"))).toBe(example.shape);
  },
);

test.for(examples.flatMap(({ line, shape, trees }) => trees.map((tree) => ({ line, shape, ...tree }))))(
  "line $line: whether $text matches",
  ({ shape, text, isMatch }) => {
    const { verdict } = matchShape(parseShape(shape, "page"), [sketch(text)]);
    expect(verdict).toBe(isMatch ? "matched" : "mismatched");
  },
);

const MODELS = readFileSync("docs/models.md", "utf8");
const FAULTS = readFileSync("docs/faults.md", "utf8");
const FOLDER = "test/.tmp-docs-models";

const SCENARIOS = [...`${MODELS}${FAULTS}`.matchAll(/^```ts\n\/\/ (\S+\.scenario\.ts)\n([\s\S]*?)^```$/gm)].map(
  ([, file = "", code = ""]) => [file, code] as const,
);
mkdirSync(FOLDER, { recursive: true });
// One may build on another.
for (const [file, code] of SCENARIOS) writeFileSync(`${FOLDER}/${file}`, code);

test.for(SCENARIOS)(
  "the scenario %s of the pages on models and faults passes with each of some seeds",
  async ([file]) => {
    const [loaded] = await loadScenarios([`${FOLDER}/${file}`]);
    if (loaded === undefined) throw new Error("it holds no scenario");
    for (const seed of [1, 2, 3]) {
      const { verdict, failures } = judgeRun(await execute(plan(loaded.scenario, seed)), { ...loaded, repeat: "" });
      expect([verdict, failures]).toEqual(["passed", []]);
    }
  },
);

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

test("the page on models shows the environment that is printed", () => {
  const lines = Object.entries(endpointsOf({ models: "http://127.0.0.1:4000" })).map(
    ([name, value]) => `export ${name}=${value}`,
  );
  expect(MODELS).toContain(lines.join("\n"));
});

/** The rows of a table of the page on faults, each as its cells without their marks. */
function rowsUnder(title: string): readonly (readonly string[])[] {
  const [, section = ""] = FAULTS.split(`## ${title}\n`);
  const rows =
    section
      .split("\n## ")[0]
      ?.match(/^\|.*\|$/gm)
      ?.slice(2) ?? [];
  return rows.map((row) =>
    row
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", ""))
      .slice(1, -1),
  );
}

test("the page on faults has every fault, with the directions that it can hit", () => {
  const told = rowsUnder("What can happen").map(([name = "", hits = ""]) => [name, hits.split(", ")]);
  expect(Object.fromEntries(told)).toEqual(DIRECTIONS);
});

test("the page on faults has every fault of a carrier, with what breaks the hop", () => {
  const told = rowsUnder("What can happen to a carrier").map(([name, , cause]) => [name, cause]);
  const due = CARRIER_MUTATIONS.map((carrier) => [carrier, expectedCause({ carrier, by: "sender" }, "pipe")]);
  expect(told).toEqual(due);
});

test("the page on faults has every key of a rule", () => {
  const keys = rowsUnder("Which messages").map(([key]) => key);
  expect(keys).toEqual(["from", "to", "agent", "method", "tool", "occurrence", "rate", "direction"]);
});

test("the page on faults says what cannot happen over each transport", () => {
  for (const [transport, words = ""] of rowsUnder("Over which transport")) {
    if (transport !== "stdio" && transport !== "http" && transport !== "ws") continue;
    const impossible = CELLS.filter(({ fault }) => whyNotOver(callMeeting(fault), transport) !== undefined);
    const told = impossible.map(({ name, fault }) => (name === "duplicate of a reply" ? name : fault.fault));
    expect([...new Set(told)].join(", ")).toBe(words);
  }
});

test("the faults of the page in YAML are read as they stand, and its report is what a run tells", async () => {
  const [, list = ""] = /^```yaml\n(faults:[\s\S]*?)^```$/m.exec(FAULTS) ?? [];
  const head = "name: s\nagents: [./a.ts#guide]\nservers: [./a.ts#weather]\nscript: [{ says: Hello }]\n";
  expect(parseScenarioYaml(head + list, "page").fields.faults).toHaveLength(3);
  const [, report = ""] = /^```text\n( {2}faults put in\n[\s\S]*?)^```$/m.exec(FAULTS) ?? [];
  const [, code = ""] = /^```ts\n([\s\S]*?)^```$/m.exec(FAULTS) ?? [];
  writeFileSync(`${FOLDER}/told.scenario.ts`, code);
  const [loaded] = await loadScenarios([`${FOLDER}/told.scenario.ts`]);
  if (loaded === undefined) throw new Error("it holds no scenario");
  const result = judgeRun(await execute(plan(loaded.scenario, 5)), { ...loaded, repeat: "" });
  const lines = runText(result, { isFull: true }).split("\n");
  expect(
    report
      .trimEnd()
      .split("\n")
      .filter((line) => !lines.includes(line)),
  ).toEqual([]);
});
