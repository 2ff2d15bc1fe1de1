import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { mineSchema } from "../../src/report/mine-json.ts";
import { agent, tool } from "../check/traces.ts";
import { newFolder, otlpText } from "./files.ts";
import { troupe, troupeWithInput } from "./run-program.ts";

/** A trace of its own id, as OTLP JSON on one line. */
const traceLine = (traceId: string, ...tools: readonly string[]): string =>
  otlpText(
    agent(
      "triage",
      tools.map((name) => tool(name)),
    ),
  ).replaceAll(/"traceId":"[^"]*"/g, `"traceId":"${traceId}"`);
const jsonl = (...lines: readonly string[]): string => lines.join("\n");

const MONDAY = jsonl(traceLine("m1", "search"), traceLine("m2", "search"), traceLine("m3", "refund"));
const TUESDAY = jsonl(traceLine("t1", "search"), traceLine("t2", "search", "search"));

test("mine prints one document that its schema takes, and --out writes the same", async () => {
  const folder = await newFolder();
  const file = await folder.write("monday.jsonl", MONDAY);
  const kept = join(folder.path, "out", "mine.json");
  const { code, out, err } = await troupe("mine", file, "--json", "--out", kept);
  expect([code, err]).toEqual([0, ""]);
  expect(await readFile(kept, "utf8")).toBe(out);
  expect(mineSchema.parse(JSON.parse(out))).toMatchObject({
    total: { count: 3 },
    clusters: [
      { count: 1, example: { traceId: "m3", source: file } },
      { count: 2, errors: 0, example: { source: file } },
    ],
  });
});

test("the shape of a cluster, in a file, is what check takes", async () => {
  const folder = await newFolder();
  const file = await folder.write("monday.jsonl", traceLine("m1", "search"));
  const { out } = await troupe("mine", file, "--json");
  const shape = await folder.write("mined.shape.yaml", mineSchema.parse(JSON.parse(out)).clusters[0]?.shape ?? "");
  expect((await troupe("check", file, "--shape", shape)).code).toBe(0);
  const other = await folder.write("other.jsonl", traceLine("m3", "refund"));
  expect((await troupe("check", other, "--shape", shape)).code).toBe(1);
});

test("parts that are mined apart and merged print what both together print, also with traces added", async () => {
  const folder = await newFolder();
  const [monday, tuesday] = [
    await folder.write("m.jsonl", MONDAY),
    await folder.write("t.jsonl.gz", gzipSync(TUESDAY)),
  ];
  const [first, second] = [join(folder.path, "m.json"), join(folder.path, "t.json")];
  await troupe("mine", monday, "--out", first);
  await troupe("mine", tuesday, "--out", second);
  const whole = await troupe("mine", monday, tuesday, "--json");
  expect(await troupe("mine", "--merge", first, "--merge", second, "--json")).toEqual(whole);
  expect(await troupe("mine", monday, "--merge", second, "--json")).toEqual(whole);
});

test("--compare says what is new and gone, in text and in the document", async () => {
  const folder = await newFolder();
  const [monday, tuesday] = [await folder.write("m.jsonl", MONDAY), await folder.write("t.jsonl", TUESDAY)];
  const old = join(folder.path, "old.json");
  await troupe("mine", monday, "--out", old);
  const { code, out } = await troupe("mine", tuesday, "--compare", old);
  expect(code).toBe(0);
  expect(out).toMatch(/^3 traces before, 2 now\n\nnew [^]*- tool search x2\.\.\*[^]*\n\ngone [^]*- tool refund\n/);
  const document = mineSchema.parse(JSON.parse((await troupe("mine", tuesday, "--compare", old, "--json")).out));
  expect(document.compared?.changes.map(({ change }) => change)).toEqual(["new", "gone", "same"]);
});

test("--counts tells two rounds from three, and is not mixed with what was made without it", async () => {
  const folder = await newFolder();
  const text = jsonl(traceLine("a", "search", "search"), traceLine("b", "search", "search", "search"));
  const file = await folder.write("t.jsonl", text);
  expect((await troupe("mine", file)).out).toContain("2 traces in 1 shape,");
  expect((await troupe("mine", file, "--counts")).out).toContain("2 traces in 2 shapes,");
  const old = join(folder.path, "old.json");
  await troupe("mine", file, "--out", old);
  const { code, err } = await troupe("mine", file, "--counts", "--compare", old);
  expect([code, err]).toEqual([2, `${old}: it was made without --counts. Mine both the same way.\n`]);
});

test("standard input is mined, and what is left out of it is told and stands in the document", async () => {
  const { code, out, err } = await troupeWithInput(Buffer.from(`${MONDAY}\n{"resourceSpans":`), "mine", "-", "--json");
  expect([code, err]).toEqual([0, expect.stringContaining("standard input: line 4 could not be read")]);
  expect(mineSchema.parse(JSON.parse(out))).toMatchObject({ total: { count: 3 }, notes: [expect.any(String)] });
});

test("all faults of the command are told at once", async () => {
  const folder = await newFolder();
  const file = await folder.write("old.json", "{}");
  const { code, err } = await troupe("mine", "--top", "many", "--compare", file, "--merge", "nowhere.json");
  expect(code).toBe(2);
  expect(err.trimEnd().split("\n")).toEqual([
    "troupe mine: --top many is no number of shapes. Write how many are drawn.",
    expect.stringContaining(`${file}: this is no document of troupe mine`),
    "nowhere.json: there is no such file. Check the path; it is relative to the folder you are in.",
  ]);
  expect((await troupe("mine")).err).toContain("there is nothing to mine. Write troupe mine TRACE…, or --merge FILE.");
});
