import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { showSchema } from "../../src/report/json-schema.ts";
import { agent, tool } from "../check/traces.ts";
import { newFolder, otlpText } from "./files.ts";
import { troupe } from "./run-program.ts";

test("show draws the trees of a file", async () => {
  const folder = await newFolder();
  const file = await folder.write("trace.json", otlpText(agent("triage", [tool("lookup_order", { id: 1 })])));
  const { code, out } = await troupe("show", file);
  expect(code).toBe(0);
  expect(out.split("\n").slice(1)).toEqual(["agent triage @agents 3 ms", '└─ tool lookup_order {"id":1} 1 ms', ""]);
});

test("show --json prints one document that its schema takes", async () => {
  const folder = await newFolder();
  const file = await folder.write("trace.json", otlpText(agent("triage", [tool("lookup_order")])));
  const { out, err } = await troupe("show", file, "--json");
  expect(err).toBe("");
  const document = showSchema.parse(JSON.parse(out));
  expect(document).toMatchObject({
    format: "otlp-json",
    traces: [{ spans: 2, agents: ["triage"], kinds: { tool: 1 } }],
  });
});

test("a missing file, a folder and bytes that are no text are each refused with a way out", async () => {
  const folder = await newFolder();
  const packed = await folder.write("trace.json.gz", gzipSync("{}"));
  const missing = await troupe("show", "nowhere.json");
  expect([missing.code, missing.err]).toEqual([
    2,
    "nowhere.json: there is no such file. Check the path; it is relative to the folder you are in.\n",
  ]);
  expect((await troupe("show", folder.path)).err).toContain(`${folder.path}: this is a folder. Name a file in it.`);
  expect((await troupe("show", packed)).err).toContain("the file is not UTF-8 text. Unpack it");
});

test("a file in no known format is refused", async () => {
  const folder = await newFolder();
  const file = await folder.write("notes.txt", "hello");
  const { code, err } = await troupe("show", file);
  expect(code).toBe(2);
  expect(err).toContain("this is no trace file");
});
