import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { openTraceFiles } from "../../src/cli/trace-file.ts";
import { drawForest } from "../../src/report/draw.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { NO_LEDGER } from "../../src/report/hop-table.ts";
import { showSchema } from "../../src/report/json-schema.ts";
import { agent, tool } from "../check/traces.ts";
import { newFolder, otlpText } from "./files.ts";
import { troupe, troupeWithInput } from "./run-program.ts";

test("show draws the trees of a file", async () => {
  const folder = await newFolder();
  const file = await folder.write("trace.json", otlpText(agent("triage", [tool("lookup_order", { id: 1 })])));
  const { code, out } = await troupe("show", file);
  expect(code).toBe(0);
  expect(out.split("\n").slice(1)).toEqual([
    "agent triage @agents 3 ms",
    '└─ tool lookup_order {"id":1} 1 ms',
    "",
    NO_LEDGER,
    "",
  ]);
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

test("a missing file, a folder without traces and bytes that are no text are each refused with a way out", async () => {
  const folder = await newFolder();
  const bytes = await folder.write("trace.bin", Uint8Array.from([0xff, 0x00, 0xfe, 0x80]));
  const missing = await troupe("show", "nowhere.json");
  expect([missing.code, missing.err]).toEqual([
    2,
    "nowhere.json: there is no such file. Check the path; it is relative to the folder you are in.\n",
  ]);
  expect((await troupe("show", folder.path)).err).toContain(`${folder.path}: the folder holds no trace file`);
  expect((await troupe("show", bytes)).err).toContain("the file is not UTF-8 text. Unpack it");
});

test("one trace over several files is one tree, and standard input is one of them", async () => {
  const folder = await newFolder();
  const whole = otlpText(agent("triage", [tool("lookup_order")]));
  const [first, second] = linesOf(whole);
  const file = await folder.write("a.json", first ?? "");
  const { code, out } = await troupeWithInput(Buffer.from(second ?? ""), "show", file, "-", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ traces: [{ spans: 2, roots: 1, orphans: 0 }] });
});

test("a folder is all traces in it; what is none is named on standard error and in the document", async () => {
  const folder = await newFolder();
  await folder.write("a.json", otlpText(agent("triage")));
  await folder.write("b.json.gz", gzipSync(otlpText(agent("billing"))));
  const notes = await folder.write("notes.txt", "hello");
  const { code, out, err } = await troupe("show", folder.path, "--json");
  expect([code, err]).toEqual([0, `${notes} is left out: it is in no known trace format\n`]);
  expect(showSchema.parse(JSON.parse(out))).toMatchObject({
    notes: [`${notes} is left out: it is in no known trace format`],
  });
  expect(JSON.parse(out)).toMatchObject({ traces: [{ spans: 2 }] });
});

function linesOf(otlp: string): readonly string[] {
  const { resourceSpans }: { resourceSpans: readonly unknown[] } = JSON.parse(otlp);
  return resourceSpans.map((each) => JSON.stringify({ resourceSpans: [each] }));
}

test("of many traces the first by start are drawn, wherever they stand in the file", async () => {
  const folder = await newFolder();
  const lines = Array.from({ length: 60 }, (_, index) => {
    const one = otlpText(agent("triage", [tool("lookup_order")])).replaceAll(
      /"traceId":"[^"]*"/g,
      `"traceId":"t${index}"`,
    );
    return one.replaceAll(
      /("(?:start|end)TimeUnixNano":")\d+/g,
      (_time, key: string) => `${key}${1000 - ((index * 7) % 60)}`,
    );
  });
  const file = await folder.write("t.jsonl", lines.join("\n"));
  const { trees } = await openTraceFiles([file], { out: QUIET, err: QUIET });
  const { out } = await troupe("show", file);
  expect(out).toBe(`${drawForest(trees)}\n\n${NO_LEDGER}\n`);
  expect(out).toContain("drawn: 20 of 60 traces");
  expect((await troupe("show", file, "--all")).out).toBe(`${drawForest(trees, { isWhole: true })}\n\n${NO_LEDGER}\n`);
});

const QUIET = { paint: PLAIN, print: () => {} };

test("a file in no known format is refused", async () => {
  const folder = await newFolder();
  const file = await folder.write("notes.txt", "hello");
  const { code, err } = await troupe("show", file);
  expect(code).toBe(2);
  expect(err).toContain("this is no trace file");
});

test("show --explain says by which rule each field of a span was recognised", async () => {
  const folder = await newFolder();
  const file = await folder.write("trace.json", otlpText(agent("triage", [tool("lookup_order", { id: 1 })])));
  const { spanId } = spansOf(await readFile(file, "utf8")).find(({ name }) => name.includes("lookup_order")) ?? NO_SPAN;
  const { code, out } = await troupe("show", file, "--explain", spanId);
  expect(code).toBe(0);
  expect(out).toMatch(/^span \S+ .*lookup_order.* of trace /);
  expect(out).toMatch(/^ {2}kind +tool {2}by otel-genai: gen_ai\.operation\.name$/m);
  expect(out).toMatch(/^ {2}agent at work +triage {2}by the nearest agent above it$/m);
  expect(out).toMatch(/^ {2}transparent +no: tool is work of the agents$/m);
});

test("show --explain --json is what show prints, and the spans explained", async () => {
  const folder = await newFolder();
  const file = await folder.write("trace.json", otlpText(agent("triage")));
  const [{ spanId } = NO_SPAN] = spansOf(await readFile(file, "utf8"));
  const { out } = await troupe("show", file, "--json", "--explain", `0x${spanId}`);
  expect(showSchema.parse(JSON.parse(out))).toMatchObject({
    traces: [{ spans: 1 }],
    explained: [{ spanId, fields: [{ field: "kind", value: "agent" }, { field: "name", value: "triage" }, {}] }],
  });
});

test("a span that is not there, or of which several begin so, is refused with ids that are", async () => {
  const folder = await newFolder();
  const file = await folder.write("trace.json", otlpText(agent("triage", [tool("lookup_order")])));
  const ids = spansOf(await readFile(file, "utf8")).map(({ spanId }) => spanId);
  const none = await troupe("show", file, "--explain", "zz");
  expect([none.code, none.err]).toEqual([
    2,
    expect.stringContaining("there is no span zz. Name one by its id, such as "),
  ]);
  const [first = "", second = ""] = ids;
  // The fixture counts its spans: only the last digits tell their ids apart.
  expect(first.slice(0, 12)).toBe(second.slice(0, 12));
  const many = await troupe("show", file, "--explain", first.slice(0, 12));
  expect(many.err).toContain(`2 spans have an id that begins with ${first.slice(0, 12)}`);
});

const NO_SPAN = { spanId: "", name: "" };

function spansOf(otlp: string): readonly { readonly spanId: string; readonly name: string }[] {
  const { resourceSpans }: { resourceSpans: { scopeSpans: { spans: { spanId: string; name: string }[] }[] }[] } =
    JSON.parse(otlp);
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}
