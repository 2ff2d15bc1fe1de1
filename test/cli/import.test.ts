import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadScenarios } from "../../src/campaign/load.ts";
import { playRun } from "../../src/campaign/play-run.ts";
import { readRecording } from "../../src/recording/recording.ts";
import { readMineJson } from "../../src/report/mine-json.ts";
import { readSuite } from "../../src/recording/suite.ts";
import { type Draft, TRACE_ID, agent, llm, mcpServer, tool } from "../check/traces.ts";
import { newFolder, otlpText } from "./files.ts";
import { troupe, troupeWithInput } from "./run-program.ts";

const said = (text: string): string => JSON.stringify([{ role: "user", parts: [{ type: "text", content: text }] }]);

/** An agent that was asked something, and looks it up. */
function desk(question: string, more: readonly Draft[] = [], name = "desk"): Draft {
  const asked = llm("m", 3, 4);
  const spoken = { ...asked, attributes: { ...asked.attributes, "gen_ai.input.messages": said(question) } };
  return agent(name, [
    spoken,
    tool("look", { mail: "ann@example.org" }, [mcpServer("tools/call", "look", "shop")]),
    ...more,
  ]);
}

const withId = (text: string, traceId: string): string => text.replaceAll(TRACE_ID, traceId);
const ids = ["1", "2", "3"].map((digit) => digit.repeat(32));

test("import writes a case of three files, and prints what was replaced and what the trace lacks", async () => {
  const folder = await newFolder();
  const file = await folder.write("a.json", otlpText(desk("I am ann@example.org. Where is it?")));
  const out = join(folder.path, "cases");
  const { code, out: printed, err } = await troupe("import", file, "--out", out);
  expect([code, err]).toEqual([0, ""]);
  expect(await readdir(join(out, "desk"))).toEqual(["desk.recording.json", "desk.scenario.ts", "desk.shape.yaml"]);
  expect(printed).toContain("desk: 1 turn, 1 model call, 1 tool call");
  expect(printed).toContain("replaced: 1 email");
  expect(printed).toContain("lacks 1 of 1 tool calls without a result: the tool answers with an empty text");
  const recording = readRecording(await readFile(join(out, "desk/desk.recording.json"), "utf8"), "a");
  expect(recording.source).toMatchObject({ traceIds: [TRACE_ID], format: "otlp-json", store: file });
  expect(await readFile(join(out, "desk/desk.scenario.ts"), "utf8")).toContain(
    'user.says("I am [email-1]. Where is it?")]',
  );
  for (const name of await readdir(join(out, "desk")))
    expect(await readFile(join(out, "desk", name), "utf8")).not.toContain("ann@example.org");
});

test("what it wrote passes where it is run, from standard input as from a file", async () => {
  // Beside the package, which the case imports by its name.
  const folder = { path: join("test", `.tmp-import-${process.pid}`) };
  const input = Buffer.from(otlpText(desk("Where is it?")));
  const { code } = await troupeWithInput(input, "import", "-", "--out", folder.path);
  try {
    const [loaded] = await loadScenarios([folder.path]);
    if (loaded === undefined) throw new Error("no scenario was written");
    const { result } = await playRun(loaded, 1, { mode: "sim", checkDeterminism: false });
    expect([code, result.verdict]).toEqual([0, "passed"]);
  } finally {
    await rm(folder.path, { recursive: true });
  }
});

test("--redact adds patterns, and one that is none is refused with every other fault", async () => {
  const folder = await newFolder();
  const file = await folder.write("a.json", otlpText(desk("Order 4711")));
  const out = join(folder.path, "cases");
  expect((await troupe("import", file, "--out", out, "--redact", "/ORDER (?<value>\\d+)/i")).out).toContain(
    "1 redacted",
  );
  const { code, err } = await troupe("import", "--redact", "(", "--redact", "x*", "--top", "0", "--failing");
  expect(code).toBe(2);
  for (const words of [
    "--out FOLDER",
    "nothing to import",
    "--redact ( is no regular expression",
    "finds nothing at all",
    "--top 0",
    "--failing",
  ])
    expect(err).toContain(words);
});

test("a case that is there is not written over, unless it is forced; nothing is written beside it then", async () => {
  const folder = await newFolder();
  const text = [otlpText(desk("a")), withId(otlpText(desk("b", [], "shop")), ids[0] ?? "")].join("\n");
  const file = await folder.write("a.jsonl", text);
  await mkdir(join(folder.path, "shop"));
  const refused = await troupe("import", file, "--out", folder.path);
  expect([refused.code, refused.out]).toEqual([2, ""]);
  expect(refused.err).toContain(`${join(folder.path, "shop")}: a case of this name is there already`);
  expect(existsSync(join(folder.path, "desk"))).toBe(false);
  expect((await troupe("import", file, "--out", folder.path, "--force")).code).toBe(0);
  expect(existsSync(join(folder.path, "desk"))).toBe(true);
});

test("two conversations of one name get a number, traces of one session are one case, and --trace takes one", async () => {
  const folder = await newFolder();
  const session = (draft: Draft, id: string): Draft => ({
    ...draft,
    attributes: { ...draft.attributes, "session.id": id },
  });
  const texts = [session(desk("a"), "s1"), session(desk("b"), "s2"), session(desk("c"), "s1")];
  const lines = texts.map((draft, index) => withId(otlpText(draft), ids[index] ?? ""));
  const file = await folder.write("a.jsonl", lines.join("\n"));
  const { out } = await troupe("import", file, "--out", join(folder.path, "all"), "--json");
  expect(JSON.parse(out).cases).toMatchObject([
    { slug: "desk", source: { traceIds: [ids[0], ids[2]] }, exchanges: { user: 2 } },
    { slug: "desk-2", source: { traceIds: [ids[1]] } },
  ]);
  const one = await troupe(
    "import",
    file,
    "--out",
    join(folder.path, "one"),
    "--trace",
    ids[1] ?? "",
    "--name",
    "My case",
    "--json",
  );
  expect(JSON.parse(one.out).cases).toMatchObject([{ slug: "my-case", source: { traceIds: [ids[1]] } }]);
  const absent = await troupe("import", file, "--out", join(folder.path, "no"), "--trace", "f");
  expect([absent.code, absent.err]).toEqual([2, `${file}: there is no trace f. There are ${ids.join(", ")}.\n`]);
});

test("a trace without work, one without spans, and too many conversations are refused", async () => {
  const folder = await newFolder();
  const idle = await folder.write("idle.json", otlpText({ name: "GET /", attributes: {} }));
  const empty = await folder.write("empty.json", '{"resourceSpans":[]}');
  const many = await folder.write("many.jsonl", ids.map((id) => withId(otlpText(desk("a")), id)).join("\n"));
  const out = join(folder.path, "cases");
  expect((await troupe("import", idle, "--out", out)).err).toContain("no span of it is work of an agent");
  expect((await troupe("import", empty, "--out", out)).err).toContain("there are no spans in it");
  expect((await troupe("import", many, "--out", out, "--top", "2")).err).toContain(
    "3 conversations are in it, and at most 2",
  );
  expect(existsSync(out)).toBe(false);
});

test("--from promotes shapes of a mine to a suite with their provenance, and adds only what is new to it", async () => {
  const folder = await newFolder();
  const failing: Draft = { ...desk("a", [tool("pay", {}, [], { error: "refused" })]), error: "refused" };
  const lines = [failing, failing, desk("b")].map((draft, index) => withId(otlpText(draft), ids[index] ?? ""));
  const file = await folder.write("a.jsonl", lines.join("\n"));
  const mined = join(folder.path, "mine.json");
  await troupe("mine", file, "--out", mined);
  const out = join(folder.path, "suite");
  const promote = (...flags: readonly string[]) => troupe("import", "--from", mined, "--out", out, ...flags);
  expect((await promote("--failing")).code).toBe(0);
  const first = readSuite(await readFile(join(out, "suite.json"), "utf8"), "suite");
  expect(first).toMatchObject({
    revision: 1,
    cases: [{ slug: "desk", traceId: expect.stringMatching(/^[12]+$/), store: file, traces: 2, failed: 2 }],
  });
  const mine = readMineJson(await readFile(mined, "utf8"), mined);
  const key = mine.clusters.find(({ tally }) => tally.failed > 0)?.key;
  const recordedAt = expect.stringMatching(/^1970-01-01T00:00:00\.\d{3}Z$/);
  expect(first.cases[0]).toMatchObject({ key, recordedAt, readBy: expect.stringMatching(/^troupe \d/) });
  const { source } = readRecording(await readFile(join(out, "desk/desk.recording.json"), "utf8"), "desk");
  expect(source).toMatchObject({
    store: file,
    recordedAt,
    format: "otlp-json",
    cluster: { key, traces: 2, failed: 2 },
  });
  expect((await promote("--failing")).out).toContain("nothing new");
  expect((await promote("--top", "20")).err).toContain("1 of 2 shapes are in");
  const second = readSuite(await readFile(join(out, "suite.json"), "utf8"), "suite");
  expect([second.revision, second.cases.map(({ slug }) => slug)]).toEqual([2, ["desk", "desk-2"]]);
  expect(second.cases[0]).toEqual(first.cases[0]);
});

test("a mine whose traces are gone says which, and one without failures says so", async () => {
  const folder = await newFolder();
  const file = await folder.write("a.jsonl", otlpText(desk("a")));
  const mined = join(folder.path, "mine.json");
  await troupe("mine", file, "--out", mined);
  const out = join(folder.path, "suite");
  expect((await troupe("import", "--from", mined, "--out", out, "--failing")).err).toContain(
    "no shape in it has a trace that failed",
  );
  await folder.write("a.jsonl", withId(otlpText(desk("a")), ids[0] ?? ""));
  expect((await troupe("import", "--from", mined, "--out", out)).err).toContain(
    `${file} holds no trace ${TRACE_ID} any more`,
  );
  expect((await troupe("import", file, "--from", mined, "--out", out)).code).toBe(2);
});
