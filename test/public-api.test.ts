import { readFile, writeFile } from "node:fs/promises";
import { expect, expectTypeOf, test } from "vitest";
import type { ReplayResult } from "troupe/run";
import { newFolder } from "./cli/files.ts";

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

test("the scenario's door exports these names and no others", async () => {
  expect(Object.keys(await import("troupe")).toSorted(byText)).toMatchInlineSnapshot(`
    [
      "a2aAgent",
      "a2aEndpoint",
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
      "toolContents",
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
      "replay",
      "run",
      "traceProcessor",
      "writeOtlpJson",
    ]
  `);
});

test("a program replays a folder of cases with an agent of its own, and is told of each, also of one that is torn", async () => {
  const { agent } = await import("troupe");
  const { replay } = await import("troupe/run");
  const trace = await readFile("docs/replay.md", "utf8");
  const { path, write } = await newFolder();
  await write("refund.jsonl", /^```jsonl refund.jsonl\n(.*?)^```$/ms.exec(trace)?.[1] ?? "");
  const hasty = agent("support", async (turn) => (await turn.model()).text);
  const once = await replay(`${path}/refund.jsonl`, {
    agents: [hasty],
    expectChange: { removed: ["tool lookup_order"] },
  });
  expectTypeOf(once.cases).toEqualTypeOf<readonly ReplayResult[]>();
  expect(once).toMatchObject({ verdict: "failed", failed: 1, cases: [{ scenario: "support", candidate: "support" }] });
  expect(once.cases[0]?.judged.changes.map(({ word, wantedBy }) => [word, wantedBy?.line])).toEqual([
    ["removed", "tool lookup_order"],
    ["removed", undefined],
  ]);
  await writeFile(`${path}/torn.recording.json`, "{");
  const both = await replay([path, `${path}/refund.jsonl`]);
  expect(both).toMatchObject({ verdict: "inconclusive", passed: 1, quarantined: 1 });
  expect(both.cases[0]?.quarantine[0]).toContain("torn.recording.json: it is no JSON");
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
