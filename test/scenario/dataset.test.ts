import { expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { impatientCustomer } from "../../personas/impatient-customer.ts";
import { terseCustomer } from "../../personas/terse-customer.ts";
import { undecidedCustomer } from "../../personas/undecided-customer.ts";
import { loadScenarios } from "../../src/campaign/load.ts";
import { isTroupeError } from "../../src/core/errors.ts";
import { agent } from "../../src/scenario/agent.ts";
import { type Case, dataset, parseCases, personaOfCase } from "../../src/scenario/dataset.ts";
import { variants } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";

const CASES: readonly Case[] = [
  { persona: "terse-customer", situation: 'He said "twice", twice.', outcome: "/refunded/i" },
  { persona: "impatient-customer", situation: "Line one\nand line two, both mine.", outcome: "Refunded, at last" },
  { persona: "terse-customer", situation: "Öl — 油", outcome: "ok" },
];

const CSV = `persona,situation,outcome
terse-customer,"He said ""twice"", twice.",/refunded/i

impatient-customer,"Line one
and line two, both mine.","Refunded, at last"
terse-customer,Öl — 油,ok
`;

function meaning(cases: readonly Case[]): readonly Case[] {
  return cases.map(({ persona, situation, outcome }) => ({ persona, situation, outcome }));
}

function faultsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (isTroupeError(error)) return error.faults.map(({ where, what }) => `${where} ${what}`);
    throw error;
  }
  return [];
}

test.each([
  ["csv", CSV],
  ["csv with CRLF", CSV.replaceAll("\n", "\r\n")],
  ["csv with a BOM", `\uFEFF${CSV}`],
  ["csv with its columns in another order and one more", reordered()],
  ["json", JSON.stringify(CASES)],
  ["json with a BOM and indentation", `\uFEFF${JSON.stringify(CASES, null, "\t")}`],
])("cases from %s equal those written in code", (kind, text) => {
  expect(meaning(parseCases(text, kind.startsWith("json") ? "cases.json" : "cases.csv"))).toEqual(CASES);
});

function cell(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function reordered(): string {
  const rows = CASES.map(({ persona, situation, outcome }, id) => [
    cell(outcome),
    `${id}`,
    cell(persona),
    cell(situation),
  ]);
  return [["outcome", "id", "persona", "situation"], ...rows].map((row) => row.join(",")).join("\n");
}

function linesOf(text: string, file: string): readonly unknown[] {
  return parseCases(text, file).map(({ at }) => at);
}

test("a case knows the line on which it begins", () => {
  expect(linesOf(CSV, "c.csv")).toEqual(["c.csv:2", "c.csv:4", "c.csv:6"]);
  expect(linesOf(CSV.replaceAll("\n", "\r\n"), "c.csv")).toEqual(["c.csv:2", "c.csv:4", "c.csv:6"]);
  const json = `[\n\n${CASES.map((one) => JSON.stringify(one)).join(",\n")}]`;
  expect(linesOf(json, "c.json")).toEqual(["c.json:3", "c.json:4", "c.json:5"]);
});

test.each([
  ["an empty CSV", "c.csv", "", ["c.csv there is no case in it"]],
  ["a header alone", "c.csv", "persona,situation,outcome\n", ["c.csv there is no case in it"]],
  ["an empty JSON", "c.json", " ", ["c.json there is no case in it"]],
  ["an empty JSON list", "c.json", "[]", ["c.json there is no case in it"]],
  [
    "a misspelt column",
    "c.csv",
    "persona,situaton,outcome\na,b,c\n",
    ['c.csv:1 the column "situation" is missing; is "situaton" meant for it?'],
  ],
  ["a missing column", "c.csv", "persona,situation\na,b\n", ['c.csv:1 the column "outcome" is missing']],
  [
    "empty and missing cells, all of them",
    "c.csv",
    "persona,situation,outcome\na,,\na,b,c\na,b\na,b,c,d\n",
    [
      'c.csv:2 "situation" is empty',
      'c.csv:2 "outcome" is empty',
      "c.csv:4 it has 2 cells, and the header has 3",
      "c.csv:5 it has 4 cells, and the header has 3",
    ],
  ],
  [
    "a quote that is never closed",
    "c.csv",
    'persona,situation,outcome\na,"b,c\n',
    ["c.csv:2 it is no CSV: Quote Not Closed: the parsing is finished with an opening quote at line 2"],
  ],
  [
    "wrong members",
    "c.json",
    '[\n{"persona": "a", "situation": 3, "outcom": "c"},\n7]',
    [
      'c.json:2 "situation" is 3, not a text',
      'c.json:2 "outcome" is missing; is "outcom" meant for it?',
      "c.json:3 case 2 is no object",
    ],
  ],
  ["no list", "c.json", "{}", ["c.json:1 it is no list"]],
])("%s is refused with its lines", (_, file, text, faults) => {
  expect(faultsOf(() => parseCases(text, file)).toSorted()).toEqual(faults.toSorted());
});

test("broken JSON is refused", () => {
  expect(faultsOf(() => parseCases('[{"persona": "a"},\n', "c.json"))[0]).toMatch(/^c\.json:1 it is no JSON: /);
});

const SCENARIO = defineScenario({
  name: "refunds",
  personas: [terseCustomer, impatientCustomer],
  cases: dataset("c.csv"),
  agents: [agent("desk", async () => "Refunded.")],
  script: [user.untilSatisfied()],
});

test("each case is a scenario of its own that expects its persona to leave satisfied", () => {
  const found = variants(SCENARIO, CASES, "c.csv");
  expect(found.map(({ name, persona }) => [name, persona?.name, persona?.situation, persona?.satisfiedBy])).toEqual([
    ["refunds/1", "terse-customer", CASES[0]?.situation, /refunded/i],
    ["refunds/2", "impatient-customer", CASES[1]?.situation, "Refunded, at last"],
    ["refunds/3", "terse-customer", CASES[2]?.situation, "ok"],
  ]);
  expect(found.map((one) => one.expect.map(({ name }) => name))).toEqual(found.map(() => ["reachesOutcome"]));
});

test("an unknown persona and a broken outcome are refused with their lines and the nearest name", () => {
  const text = "persona,situation,outcome\nterse-custumer,a,b\nterse-customer,a,/(/\nnobody,a,b\n";
  const faults = faultsOf(() => variants(SCENARIO, parseCases(text, "c.csv"), "c.csv"));
  expect(faults).toEqual([
    'c.csv:2 there is no persona "terse-custumer"; did you mean "terse-customer"?',
    expect.stringMatching(/^c\.csv:3 the outcome is no pattern: /),
    'c.csv:4 there is no persona "nobody"',
  ]);
  const inCode = [{ persona: "nobody", situation: "a", outcome: "b" }];
  expect(faultsOf(() => variants(SCENARIO, inCode, "x.ts"))).toEqual(['x.ts, case 1 there is no persona "nobody"']);
});

test("the outcome of a case is also what counts for a persona that changes its mind", () => {
  const given = { persona: "undecided-customer", situation: "a", outcome: "/voucher 7/" };
  expect(personaOfCase(given, [undecidedCustomer], "x")).toMatchObject({
    satisfiedBy: /voucher 7/,
    traits: { changesGoal: { satisfiedBy: /voucher 7/ } },
  });
});

test("the shipped dataset loads as one scenario a line", async () => {
  const loaded = await loadScenarios(["scenarios/refund-cases.scenario.ts"]);
  const lines = readFileSync("scenarios/refund-cases.csv", "utf8").trim().split("\n");
  expect(loaded.map(({ scenario }) => scenario.name)).toEqual(
    lines.slice(1).map((_, index) => `refund-cases/${index + 1}`),
  );
  for (const { expectations } of loaded) expect(expectations.at(-1)?.name).toBe("reachesOutcome");
});
