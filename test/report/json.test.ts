import { expect, test } from "vitest";
import { checkJson, jsonText, runJson, showJson } from "../../src/report/json.ts";
import { checkSchema, jsonSchemas, runSchema, showSchema } from "../../src/report/json-schema.ts";
import { summarize } from "../../src/trace/summary.ts";
import { expectation, FAILED, LATE, MISSING_REFUND, REFUND, runOf, suiteOf } from "./results.ts";

const SHOWN = showJson(
  "otlp-json",
  REFUND,
  REFUND.map((tree) => summarize(tree)),
);

function words(text: string): readonly string[] {
  return text.split(/\s+/);
}

test("the document of run has the promised keys in the promised order", () => {
  const document = runJson(suiteOf(FAILED));
  expect(Object.keys(document)).toEqual(["version", "node", "verdict", "runs"]);
  expect(Object.keys(document.runs[0] ?? {})).toEqual(
    words(`scenario file seed mode verdict skipped spansDigest canonicalDigest durationMs
      summary expectations hops faults missing repeat notes`),
  );
});

test("the document of show has the promised keys in the promised order", () => {
  expect(Object.keys(SHOWN)).toEqual(["format", "dialects", "traces"]);
  expect(Object.keys(SHOWN.traces[0] ?? {})).toEqual(
    words(`traceId spans uniqueSpans duplicates roots orphans depth services errors kinds
      tokens cost durationMs agents handoffs tools earlyStarts lateEnds anomalies`),
  );
});

test("the document of check is that of show with the verdict", () => {
  const document = checkJson(SHOWN, { verdict: "failed", expectations: [expectation("failed", [MISSING_REFUND])] });
  expect(Object.keys(document)).toEqual(["format", "dialects", "traces", "verdict", "expectations"]);
  expect(checkSchema.parse(document)).toEqual(document);
});

test("what run and show print is valid by their schemas, after a way through text", () => {
  const hop = { from: "a", to: "b", agent: null, method: "m", transport: "sim", carrier: null, status: null } as const;
  const run = runOf({
    ...FAILED,
    hops: [{ ...hop, verdict: "broken", causes: ["not-injected"], detail: null }],
    faults: [LATE],
  });
  expect(() => runSchema.parse(JSON.parse(jsonText(runJson(suiteOf(run, runOf())))))).not.toThrow();
  expect(() => showSchema.parse(JSON.parse(jsonText(SHOWN)))).not.toThrow();
});

test("a mismatch keeps its places and drops what it does not have", () => {
  const after = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "00f067aa0ba902b7", label: "llm" };
  const told = [MISSING_REFUND, { ...MISSING_REFUND, after }];
  const document = checkJson(SHOWN, { verdict: "failed", expectations: [expectation("failed", told)] });
  expect(document.expectations[0]?.mismatches).toEqual(told);
  expect(() => checkSchema.parse(document)).not.toThrow();
});

test("a run that did not come to its end fails an expectation that says so", () => {
  const document = runJson(suiteOf(runOf({ verdict: "failed", failures: ["deadlock"] })));
  expect(document.runs[0]?.expectations.at(-1)).toMatchObject({
    name: "the run comes to its end",
    verdict: "failed",
    mismatches: [{ kind: "run-failed", message: "deadlock" }],
  });
});

test("what is noted of a run stands in its document", () => {
  const document = runJson(suiteOf(runOf({ notes: ["agent solo did real I/O"] })));
  expect(runSchema.parse(document).runs[0]?.notes).toEqual(["agent solo did real I/O"]);
});

test("the schema refuses a key that is not promised", () => {
  expect(runSchema.safeParse({ ...runJson(suiteOf()), trees: [] }).success).toBe(false);
});

test("the published JSON Schemas close every object and require every promised key", () => {
  const { run, show } = jsonSchemas();
  expect(run).toMatchObject({ additionalProperties: false, required: ["version", "node", "verdict", "runs"] });
  expect(show).toMatchObject({ additionalProperties: false, required: ["format", "dialects", "traces"] });
});

test("a fault of a run is told without what only ties evidence together, its keys in the promised order", () => {
  const [fault] = runJson(suiteOf(runOf({ faults: [LATE] }))).runs[0]?.faults ?? [];
  expect(Object.keys(fault ?? {})).toEqual(
    words("index fault from to agent method tool direction occurrence transport detail"),
  );
});
