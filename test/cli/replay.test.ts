import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CaseFile, caseFiles } from "../../src/recording/case-files.ts";
import { replaySchema } from "../../src/report/replay-json.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { recordedParcels } from "../campaign/replay/parcels.ts";
import { newFolder } from "./files.ts";
import { troupe } from "./run-program.ts";

prepareThread();

const recording = await recordedParcels();
const filesOf = (slug: string): readonly CaseFile[] => caseFiles(recording, { slug });

const asItIs = (text: string): string => text;

function writeCase(folder: string, slug: string, change: (text: string) => string = asItIs): void {
  mkdirSync(join(folder, slug), { recursive: true });
  for (const { path, text } of filesOf(slug)) {
    const isRecording = path.endsWith(".recording.json");
    // Beside a recording that was changed, its scenario would count as edited.
    if (isRecording || change === asItIs) writeFileSync(join(folder, path), isRecording ? change(text) : text);
  }
}

test("cases that are broken are named, each with its mend, and the others are replayed", async () => {
  const { path } = await newFolder();
  writeCase(path, "good");
  writeCase(path, "newer", (text) => text.replace('"version": 1', '"version": 9'));
  writeCase(path, "torn", (text) => text.slice(0, 400));
  writeCase(path, "odd", (text) => text.replace('"kind": "user"', '"kind": "usher"'));
  writeCase(path, "silent", (text) => {
    const document: { exchanges: { kind: string }[] } = JSON.parse(text);
    return JSON.stringify({ ...document, exchanges: document.exchanges.filter(({ kind }) => kind !== "user") });
  });
  const { code, out, err } = await troupe("replay", path, "--json");
  expect(code).toBe(2);
  expect(err).toContain("this is a recording of version 9, and this Troupe reads version 1");
  expect(err).toContain("torn.recording.json: it is no JSON");
  expect(err).toContain("its kind is none of user, model, tool");
  const document = replaySchema.parse(JSON.parse(out));
  expect(document.cases.map(({ scenario, verdict }) => [scenario, verdict])).toEqual([
    ["good", "passed"],
    ["newer", "inconclusive"],
    ["odd", "inconclusive"],
    ["silent", "inconclusive"],
    ["torn", "inconclusive"],
  ]);
  expect(document.cases[3]?.quarantine).toEqual(["it holds no turn of a user, so that nobody speaks to the agents"]);
  expect([document.passed, document.quarantined, document.notRun]).toEqual([1, 4, 0]);
});

test.for([
  ["a folder without a case", ["replay", "docs"], "docs: there is no case in this folder"],
  [
    "a policy that there is not",
    ["replay", "docs", "--miss", "nearst"],
    'there is no such policy; did you mean "nearest"?',
  ],
  [
    "no real world",
    ["replay", "docs", "--miss", "live"],
    "no real server is named for --miss live. Add --mcp NAME=URL",
  ],
  ["a real world for nothing", ["replay", "docs", "--mcp", "a=http://a.example"], "with --miss live alone"],
  [
    "no tool",
    ["replay", "docs", "--miss", "live", "--mcp", "a=http://a.example", "--allow-call", "refund"],
    "--allow-call refund names no tool. Write SERVER/TOOL.",
  ],
  [
    "real tools where the agent has its own",
    ["replay", "docs", "--miss", "live", "--mcp", "a=http://a.example", "--mode", "live"],
    "the agent asks its own tools",
  ],
  [
    "changes that are none",
    ["replay", "docs", "--expect-change", "package.json"],
    '"name" is nothing that happens to a step',
  ],
  ["a file of changes that is not there", ["replay", "docs", "--expect-change", "no.yaml"], "no.yaml"],
  ["variants that are one", ["compare", "scenarios", "scenarios"], "both variants are the same"],
] as const)("%s is refused in clear words", async ([, words, sentence]) => {
  const { code, out, err } = await troupe(...words);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(sentence);
});
