import { expect, test } from "vitest";

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

test("the scenario's door exports these names and no others", async () => {
  expect(Object.keys(await import("troupe")).toSorted(byText)).toMatchInlineSnapshot(`
    [
      "a2aAgent",
      "agent",
      "calls",
      "check",
      "dataset",
      "defineScenario",
      "handsOff",
      "healthy",
      "matchesShape",
      "maxTokens",
      "mcpServer",
      "mustFail",
      "noErrors",
      "noOrphans",
      "noRepeatedCall",
      "oneTrace",
      "persona",
      "propagation",
      "randomAnswers",
      "reachesOutcome",
      "recordedAnswers",
      "recordedConversation",
      "scriptedModel",
      "shape",
      "shapeFile",
      "tool",
      "toolError",
      "user",
    ]
  `);
});

test("the run's door exports these names and no others", async () => {
  expect(Object.keys(await import("troupe/run")).toSorted(byText)).toMatchInlineSnapshot(`
    [
      "buildTrees",
      "collectTrace",
      "passHatK",
      "readTrace",
      "run",
      "traceProcessor",
      "writeOtlpJson",
    ]
  `);
});

test("the Vitest door exports these names and no others", async () => {
  expect(Object.keys(await import("troupe/vitest"))).toMatchInlineSnapshot(`
    [
      "scenarioTests",
    ]
  `);
});
