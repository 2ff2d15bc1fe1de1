import { expect, test } from "vitest";

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

test("the scenario's door exports these names and no others", async () => {
  expect(Object.keys(await import("troupe")).toSorted(byText)).toMatchInlineSnapshot(`
    [
      "a2aAgent",
      "agent",
      "calls",
      "chatAgent",
      "check",
      "commandAgent",
      "dataset",
      "defineScenario",
      "handsOff",
      "healthy",
      "httpAgent",
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
      "recordedCase",
      "recordedConversation",
      "recordedWorld",
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

test("the preload exports nothing, and outside of Troupe does nothing", async () => {
  const { fetch } = globalThis;
  expect(Object.keys(await import("troupe/register"))).toEqual([]);
  expect(globalThis.fetch).toBe(fetch);
});
