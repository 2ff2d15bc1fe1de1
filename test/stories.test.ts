/** The shipped stories: each scenario leaves the trace that lies beside it, and there the rule names the cause. */
import { beforeAll, expect, test } from "vitest";
import { type LoadedScenario, loadScenarios } from "../src/campaign/load.ts";
import { playRun } from "../src/campaign/play-run.ts";
import { writeOtlpJson } from "../src/format/otlp-write.ts";
import { execute } from "../src/run/execute.ts";
import { plan } from "../src/scenario/plan.ts";
import { troupe } from "./cli/run-program.ts";

const STORIES = [
  { name: "slow-reranker", rule: "slow-step", seen: "rerank cross-encoder: 3.8 s of" },
  {
    name: "failed-retrieval",
    rule: "retrieval-low-score",
    seen: "retrieval tickets: the best of 3 documents scores 0.14",
  },
  { name: "cost-spike", rule: "context-budget", seen: "llm long-context-model: this call reads 44900 tokens" },
  { name: "looping-agent", rule: "repeated-tool-call", seen: "tool search_flights: called 6 times by agent booker" },
] as const;

const NAMES = STORIES.flatMap(({ name }) => [name, `${name}-healthy`]);

let stories: ReadonlyMap<string, LoadedScenario>;

beforeAll(async () => {
  const loaded = await loadScenarios(["scenarios/stories"]);
  stories = new Map(loaded.map((each) => [each.scenario.name, each]));
});

function storyOf(name: string): LoadedScenario {
  const story = stories.get(name);
  if (story === undefined) throw new Error(`no story ${name}`);
  return story;
}

function traceOf(name: string): string {
  return `scenarios/stories/${name}.trace.jsonl`;
}

test("there are four stories, each with its healthy twin", () => {
  expect([...stories.keys()].toSorted()).toEqual(NAMES.toSorted());
});

test.for(NAMES)("seed 1 of %s leaves the trace beside it, byte for byte", async (name) => {
  const { spans } = await execute(plan(storyOf(name).scenario, 1));
  // Rewritten by `vitest -u`.
  await expect(`${writeOtlpJson(spans)}\n`).toMatchFileSnapshot(`../${traceOf(name)}`);
});

test.for(NAMES)("%s passes with other seeds, too", async (name) => {
  for (const seed of [2, 3, 4711]) {
    const { result } = await playRun(storyOf(name), seed, { mode: "sim", checkDeterminism: false });
    expect([seed, result.verdict, result.failures]).toEqual([seed, "passed", []]);
  }
});

test.for(STORIES)(
  "in the trace of $name $rule names the cause, and no other rule finds anything",
  async ({ name, rule, seen }) => {
    const { out } = await troupe("check", traceOf(name), "--json");
    const { rules } = JSON.parse(out).health;
    const found = rules.filter(({ count }: { readonly count: number }) => count > 0);
    expect(found).toMatchObject([{ rule, count: 1, findings: [{ spanId: expect.any(String) }] }]);
    const [{ label, seen: words }] = found[0].findings;
    expect(`${label}: ${words}`).toContain(seen);
  },
);

test.for(STORIES)("in the trace of $name's healthy twin no rule finds anything", async ({ name }) => {
  const { code, out } = await troupe("check", traceOf(`${name}-healthy`));
  expect([code, out]).toEqual([0, expect.stringContaining("no rule found anything")]);
});

test("the four stories cost what their budget says only in their healthy form", async () => {
  const budget = ["--budget", "scenarios/stories/budget.yaml"];
  const troubled = await troupe("check", ...STORIES.map(({ name }) => traceOf(name)), ...budget);
  const healthy = await troupe("check", ...STORIES.map(({ name }) => traceOf(`${name}-healthy`)), ...budget);
  expect([troubled.code, healthy.code]).toEqual([1, 0]);
  for (const limit of ["cost.perTrace.max", "duration.p95.max"]) expect(troubled.out).toContain(`✗ ${limit} `);
});
