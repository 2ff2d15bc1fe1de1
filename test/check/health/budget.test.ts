import { expect, test } from "vitest";
import { readBudget } from "../../../src/check/health/budget.ts";
import { readPolicy } from "../../../src/check/health/policy.ts";
import { isTroupeError } from "../../../src/core/errors.ts";
import { agent, llm, treesOf } from "../traces.ts";
import { health, SOUND, TROUBLED } from "../../report/healths.ts";

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    return error.faults.map(({ where, what, mend }) => `${where} ${what} | ${mend}`);
  }
}

test("an empty budget is the default one: errors fail, and nothing has a limit", () => {
  const budget = readBudget("", "b.yaml");
  expect([budget.failOn, budget.limits, budget.rules]).toEqual(["error", {}, {}]);
  expect([health(SOUND).verdict, health(TROUBLED).verdict]).toEqual(["passed", "failed"]);
});

test("a rule may be off, at another level, or with other thresholds", () => {
  const budget =
    "rules:\n  orphan-rate: off\n  secret-in-attribute: note\n  repeated-tool-call: { level: error, callsMax: 4 }\n";
  expect(health(TROUBLED, budget).verdict).toBe("passed");
  expect(health(TROUBLED, budget.replace("callsMax: 4", "callsMax: 3")).verdict).toBe("failed");
});

test("failOn says from which level on a finding fails the check", () => {
  const none = "rules:\n  orphan-rate: warning\n  secret-in-attribute: warning\n";
  const verdicts = ["error", "warning", "never"].map(
    (failOn) => health(TROUBLED, `failOn: ${failOn}\n${none}`).verdict,
  );
  expect(verdicts).toEqual(["passed", "failed", "passed"]);
  expect(health(SOUND, "failOn: note").verdict).toBe("failed");
});

test("what a budget requires is added to what is always required", () => {
  const { rules } = health(SOUND, "required:\n  any: [tenant.id]\n");
  const seen = rules.find(({ rule }) => rule === "required-attributes")?.shown.map((finding) => finding.seen);
  expect(seen).toEqual(["2 of 2 spans have no tenant.id"]);
});

test("every fault of a budget is told, with its place and the nearest spelling", () => {
  const text = `failOn: eror
rules:
  orphan-rat: off
  slow-step: { shareMx: 1, fromMs: fast }
  late-child: loud
limits:
  cost.perTrace.max: -1
  tokens.total: 5
  duration.p95.max: { lm: 100, tool: 5 }
required:
  agnt: [x]
  llm: y
colour: red
`;
  const expected = [
    'b.yaml:1:9 this is "eror"; did you mean "error"? | Write one of error, warning, note, never.',
    'b.yaml:3:3 there is no "orphan-rat" here; did you mean "orphan-rate"? | Known:',
    'b.yaml:4:16 there is no "shareMx" here; did you mean "shareMax"? | Known: level, shareMax, fromMs.',
    "b.yaml:4:36 a number is due here | Write a number from 0.",
    'b.yaml:5:15 this is "loud" | Write one of off, error, warning, note.',
    "b.yaml:7:22 a number from 0 is due here | Write a number from 0.",
    'b.yaml:8:3 there is no "tokens.total" here; did you mean "tokens.total.max"?',
    'b.yaml:9:23 "lm" begins with no kind; did you mean "llm"?',
    'b.yaml:11:3 "agnt" begins with no kind; did you mean "agent"?',
    "b.yaml:12:8 a list of attributes is due here",
    'b.yaml:13:1 there is no "colour" here',
  ];
  const found = faultsOf(() => readBudget(text, "b.yaml"));
  expect(found).toHaveLength(expected.length);
  for (const line of expected) expect(found).toContainEqual(expect.stringContaining(line));
});

test("a budget that is no YAML is told with its line", () => {
  expect(faultsOf(() => readBudget("rules:\n  a: b: c\n", "b.yaml"))).toEqual([
    expect.stringMatching(/^b\.yaml:2:\d+ this is not valid YAML/),
  ]);
  expect(faultsOf(() => readBudget("- a\n", "b.yaml"))).toEqual([expect.stringContaining("budget is a mapping")]);
});

test("0 is a limit", () => {
  expect(health(SOUND, "limits:\n  orphans.rate.max: 0\n").verdict).toBe("passed");
  expect(health(TROUBLED, "failOn: never\nlimits:\n  orphans.rate.max: 0\n").verdict).toBe("failed");
  expect(health(SOUND, "limits:\n  tokens.perTrace.max: 0\n").excesses).toMatchObject([
    { limit: "tokens.perTrace.max", seen: "the largest trace used 110 tokens, at most 0 tokens allowed" },
  ]);
});

test.for([
  ["tokens.perTrace.max: 110", "tokens.perTrace.max: 109"],
  ["tokens.total.max: 110", "tokens.total.max: 109"],
  ["trace.duration.p95.max: 3", "trace.duration.p95.max: 2.9"],
  ["duration.p95.max: { llm: 1 }", "duration.p95.max: { llm: 0.9 }"],
  ['duration.p50.max: { "llm small": 1 }', 'duration.p50.max: { "llm small": 0 }'],
  ["successes.rate.min: 1", "successes.rate.min: 1.1"],
  ["coverage.min: 1", "coverage.min: 1.1"],
  ["duration.p95.max: { rerank: 0 }", "duration.p99.max: { agent: 0 }"],
])("%s is held where %s is not", ([held, broken]) => {
  const verdictOf = (limit: string | undefined): string =>
    health(SOUND, `failOn: never\nlimits:\n  ${limit}\n`).verdict;
  expect([verdictOf(held), verdictOf(broken)]).toEqual(["passed", "failed"]);
});

test("money spent without one success is more than any limit on the cost of a success", () => {
  const priced = { ...llm("small", 1, 1), attributes: { ...llm("small", 1, 1).attributes, "gen_ai.cost.total": 0.5 } };
  const budget = "limits:\n  cost.perSuccess.max: 1000\n  cost.perTrace.max: 0.4\n  cost.total.max: 0.5\n";
  const { excesses } = health(treesOf(agent("triage", [priced], { error: "no" })), budget);
  expect(excesses.map(({ limit }) => limit).toSorted()).toEqual(["cost.perSuccess.max", "cost.perTrace.max"]);
});

test("a policy says what has to be kept, and where the traces are from before", () => {
  const text = "before: [all/]\nkeep:\n  errors: true\n  evaluationScoreMin: 0\n  costFromUsd: 0\nrestRate: 0.1\n";
  expect(readPolicy(text, "p.yaml")).toEqual({
    before: ["all/"],
    policy: { errors: true, failedEvaluations: true, evaluationScoreMin: 0, costFromUsd: 0, restRate: 0.1 },
  });
});

test("a policy without the traces from before is refused, with all its other faults", () => {
  expect(faultsOf(() => readPolicy("keep:\n  erors: true\nrestRate: 2\n", "p.yaml"))).toEqual([
    expect.stringContaining("before is a list"),
    expect.stringContaining('p.yaml:2:3 there is no "erors" here; did you mean "errors"?'),
    expect.stringContaining("p.yaml:3:11 a share from 0 to 1 is due here"),
  ]);
});
