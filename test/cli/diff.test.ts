import { expect, test } from "vitest";
import { diffSchema } from "../../src/report/json-schema.ts";
import { agent, tool } from "../check/traces.ts";
import { newFolder, otlpText } from "./files.ts";
import { troupe } from "./run-program.ts";

const TRACE = otlpText(agent("triage", [tool("lookup_order")]));
const OTHER = otlpText(agent("triage", [tool("lookup_order"), tool("refund")]));

test("two files that differ in nothing end with 0 and say so", async () => {
  const folder = await newFolder();
  const [one, other] = [await folder.write("a.json", TRACE), await folder.write("b.json", TRACE)];
  const { code, out, err } = await troupe("diff", one, other);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/\n\nno difference in 2 spans\n$/);
});

test("two files that differ end with 1 and a drawing of what does", async () => {
  const folder = await newFolder();
  const [one, other] = [await folder.write("a.json", TRACE), await folder.write("b.json", OTHER)];
  const { code, out } = await troupe("diff", one, other);
  expect(code).toBe(1);
  expect(out.split("\n").slice(1)).toEqual([
    "  agent triage @agents",
    "  ├─ … 1 span unchanged",
    "+ └─ tool refund",
    "",
    "1 added",
    "",
  ]);
});

test("diff --all draws what is unchanged too", async () => {
  const folder = await newFolder();
  const [one, other] = [await folder.write("a.json", TRACE), await folder.write("b.json", OTHER)];
  expect((await troupe("diff", one, other, "--all")).out).toContain("  ├─ tool lookup_order\n+ └─ tool refund\n");
});

test("diff --json prints one document that its schema takes, with the same exit code", async () => {
  const folder = await newFolder();
  const [one, other] = [await folder.write("a.json", TRACE), await folder.write("b.json", OTHER)];
  const { code, out, err } = await troupe("diff", one, other, "--json");
  expect([code, err]).toEqual([1, ""]);
  const document = diffSchema.parse(JSON.parse(out));
  expect(document).toMatchObject({
    equal: false,
    before: { format: "otlp-json" },
    operations: [{ kind: "added", size: 1 }],
  });
  expect((await troupe("diff", one, one, "--json")).code).toBe(0);
});

test("the faults of both files are told at once", async () => {
  const folder = await newFolder();
  const notes = await folder.write("notes.txt", "hello");
  const { code, out, err } = await troupe("diff", "nowhere.json", notes);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain("nowhere.json: there is no such file.");
  expect(err).toContain(`${notes}: this is no trace file`);
});

test("one file alone is refused", async () => {
  const { code, err } = await troupe("diff", "a.json");
  expect(code).toBe(2);
  expect(err).toContain("AFTER is missing");
});

test("a file without spans and one with are different", async () => {
  const folder = await newFolder();
  const [none, some] = [await folder.write("a.json", '{"resourceSpans":[]}'), await folder.write("b.json", TRACE)];
  const { code, out } = await troupe("diff", none, some);
  expect(code).toBe(1);
  expect(out).toMatch(
    /, only after: 2 spans\n\+ agent triage @agents\n\+ └─ tool lookup_order\n\n1 added \(2 spans\)\n$/,
  );
  expect((await troupe("diff", none, none)).out).toBe("no difference in 0 spans\n");
});
