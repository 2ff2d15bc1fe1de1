import sarifSchema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import type { CheckResult } from "../../src/check/result.ts";
import { sarifText } from "../../src/report/sarif.ts";
import { RULES } from "../../src/trace/health/rules.ts";
import { health, SECRET, TROUBLED } from "./healths.ts";
import { expectation, MISSING_REFUND } from "./results.ts";

// Of draft 4 it uses nothing but the name of its own id that later drafts write otherwise.
const { id: _id, $schema: _draft, ...schema } = sarifSchema;
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);

/** What OASIS' own schema says against a text. */
function faultsOf(text: string): unknown {
  return validate(JSON.parse(text)) ? [] : validate.errors;
}

const CHECKED: CheckResult = {
  verdict: "failed",
  expectations: [expectation("failed", [MISSING_REFUND])],
  health: health(TROUBLED, "limits:\n  tokens.total.max: 0\n"),
};

test("a check with findings, a limit and a mismatch is SARIF by its official schema", () => {
  expect(faultsOf(sarifText(CHECKED, "0.1.0"))).toEqual([]);
  expect(faultsOf(sarifText({ verdict: "passed", expectations: [] }, "0.1.0"))).toEqual([]);
});

test("the schema sees what is no SARIF", () => {
  expect(faultsOf(sarifText(CHECKED, "0.1.0").replace('"ruleId"', '"ruleID"'))).not.toEqual([]);
  expect(faultsOf(sarifText(CHECKED, "0.1.0").replace('"level": "error"', '"level": "fatal"'))).not.toEqual([]);
});

test("each finding is a result of its rule, at its file, trace and span", () => {
  const [run] = JSON.parse(sarifText(CHECKED, "0.1.0")).runs;
  const found = run.results.find(({ ruleId }: { readonly ruleId: string }) => ruleId === "secret-in-attribute");
  expect(found).toMatchObject({
    level: "error",
    message: { text: "tool find: gen_ai.tool.call.arguments holds an AWS access key, as on 3 other spans" },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: "traces/day%201.json" } },
        logicalLocations: [{ kind: "trace" }, { kind: "span", name: "tool find" }],
      },
    ],
  });
  const ids = run.results.map(({ ruleId }: { readonly ruleId: string }) => ruleId);
  expect(ids).toEqual(expect.arrayContaining(["limit", "shape"]));
});

test("every rule is described, whether it found something or not", () => {
  const [run] = JSON.parse(sarifText(CHECKED, "0.1.0")).runs;
  const ids = run.tool.driver.rules.map(({ id }: { readonly id: string }) => id);
  expect(ids).toEqual([...RULES.map(({ name }) => name), "limit", "shape"]);
});

test("the same finding has the same fingerprint, and another one another", () => {
  const fingerprints = (text: string): readonly string[] =>
    JSON.parse(text).runs[0].results.map((result: object) =>
      JSON.stringify(Reflect.get(result, "partialFingerprints")),
    );
  const [one, other] = [fingerprints(sarifText(CHECKED, "0.1.0")), fingerprints(sarifText(CHECKED, "0.2.0"))];
  expect(one).toEqual(other);
  expect(new Set(one).size).toBe(one.length);
});

test("no secret stands in the report", () => {
  expect(sarifText(CHECKED, "0.1.0")).not.toContain(SECRET);
});
