/** A recording replayed with a program of another process: its model over HTTP, its tools over MCP, both from the recording. */
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, resolve } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import type { ReplayResult } from "../../src/campaign/replay/result.ts";
import { caseFiles } from "../../src/recording/case-files.ts";
import { replay } from "../../src/run.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import type { Agent } from "../../src/scenario/agent.ts";
import { commandAgent, httpAgent } from "../../src/scenario/foreign-agent.ts";
import { changesOf, recordedParcels } from "../campaign/replay/parcels.ts";

prepareThread();

// Beside the package, which the case's scenario imports by its name.
const FOLDER = "test/.tmp-replay";
const file = `${FOLDER}/parcel/parcel.recording.json`;
const PROGRAM = resolve("test/processes/fixtures-foreign/parcel-agent.mjs");

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

function program(over: "stdin" | "http", ...words: readonly string[]): Agent {
  return commandAgent("assistant", { command: ["node", "--import", "troupe/register", PROGRAM, ...words], over });
}

async function replayed(candidate: Agent): Promise<ReplayResult> {
  for (const { path, text } of caseFiles(await recordedParcels(), { slug: "parcel" })) {
    mkdirSync(dirname(`${FOLDER}/${path}`), { recursive: true });
    writeFileSync(`${FOLDER}/${path}`, text);
  }
  const { cases } = await replay(file, { agents: [candidate] });
  const [result] = cases;
  if (result === undefined) throw new Error("the case was not found");
  return result;
}

test("a program that does what was recorded differs in nothing, and every match is named, wherever it was made", async () => {
  const result = await replayed(program("stdin"));
  expect([result.quarantine, result.failures, changesOf(result), result.verdict]).toEqual([[], [], [], "passed"]);
  expect(result.answered.map(({ by }) => by)).toEqual(Array.from({ length: 7 }, () => "exact"));
});

test.for(["stdin", "http"] as const)(
  "a program that does one thing more is told apart by just that, over %s",
  async (over) => {
    const result = await replayed(program(over, "--curious"));
    expect([changesOf(result), result.verdict]).toEqual([["added tool shelf"], "failed"]);
    expect(result.answered.filter(({ by }) => by !== "exact")).toMatchObject([
      { by: "nearest", about: "tool shelf", asked: '{"parcel":"P2"}', recorded: '{"parcel":"P1"}' },
    ]);
  },
);

test("of a service whose spans do not come nothing is said but that: no step of it is called lost", async () => {
  const service = createServer((_, response) => void response.end('{"text":"It is late, on shelf B4."}'));
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  onTestFinished(() => void service.close());
  // Of a server that listens on a port it is no path.
  const { port } = service.address() as AddressInfo;
  const result = await replayed(httpAgent("assistant", { url: `http://127.0.0.1:${port}/chat` }));
  expect([result.verdict, changesOf(result), result.quarantine]).toEqual(["inconclusive", [], []]);
  expect(result.notes).toEqual([
    'agent assistant runs outside of Troupe, and no span of a service "assistant" has come from it',
  ]);
});
