/** A recording replayed with a program of another process: its model over HTTP, its tools over MCP, both from the recording. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadAgents } from "../../src/campaign/agent-spec.ts";
import { readCase } from "../../src/campaign/replay/cases.ts";
import { replayCase } from "../../src/campaign/replay/lanes.ts";
import type { ReplayResult } from "../../src/campaign/replay/result.ts";
import { caseFiles } from "../../src/recording/case-files.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { changesOf, recordedParcels } from "../campaign/replay/parcels.ts";

prepareThread();

// Beside the package, which the case's scenario imports by its name.
const FOLDER = "test/.tmp-replay";
const file = `${FOLDER}/parcel/parcel.recording.json`;
const PROGRAM = resolve("test/processes/fixtures-foreign/parcel-agent.mjs");

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

async function replayed(...words: readonly string[]): Promise<ReplayResult> {
  for (const { path, text } of caseFiles(await recordedParcels(), { slug: "parcel" })) {
    mkdirSync(dirname(`${FOLDER}/${path}`), { recursive: true });
    writeFileSync(`${FOLDER}/${path}`, text);
  }
  const source = { name: "parcel", file, path: file };
  const { recording, edited } = await readCase(source, true);
  if (edited === undefined) throw new Error("the scenario was not loaded");
  const agents = [await loadAgents(["node", "--import", "troupe/register", PROGRAM, ...words].join(" "))];
  const how = { seed: 1, miss: "nearest", wanted: [], mode: "wire", repeat: "" } as const;
  return await replayCase({ name: "parcel", file, recording, edited, agents, ...how });
}

test("a program that does what was recorded differs in nothing, and every match is named, wherever it was made", async () => {
  const result = await replayed();
  expect([result.quarantine, result.failures, changesOf(result), result.verdict]).toEqual([[], [], [], "passed"]);
  expect(result.answered.map(({ by }) => by)).toEqual(Array.from({ length: 7 }, () => "exact"));
});

test("a program that does one thing more is told apart by just that", async () => {
  const result = await replayed("--curious");
  expect([changesOf(result), result.verdict]).toEqual([["added tool shelf"], "failed"]);
  expect(result.answered.filter(({ by }) => by !== "exact")).toMatchObject([
    { by: "nearest", about: "tool shelf", asked: '{"parcel":"P2"}', recorded: '{"parcel":"P1"}' },
  ]);
});
