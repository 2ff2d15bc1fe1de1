import { NO_LEDGER } from "../../src/report/hop-table.ts";
import { expect, test } from "vitest";
import { checkSchema } from "../../src/report/json-schema.ts";
import { agent, tool } from "../check/traces.ts";
import { newFolder, otlpText } from "./files.ts";
import { troupe } from "./run-program.ts";

const TRACE = otlpText(agent("triage", [tool("lookup_order")]));
const FITS = "- agent triage:\n    - tool lookup_order\n";
const DIFFERS = "- agent triage:\n    - tool refund\n";

test("a trace that matches its shape passes with exit code 0, and it is told that no hops are judged", async () => {
  const folder = await newFolder();
  const [trace, shape] = [await folder.write("t.json", TRACE), await folder.write("a.yaml", FITS)];
  expect(await troupe("check", trace, "--shape", shape)).toEqual({
    code: 0,
    out: `✓ ${shape}\n\n${NO_LEDGER}\n`,
    err: "",
  });
});

test("a trace that does not match fails with exit code 1, marked on the tree", async () => {
  const folder = await newFolder();
  const [trace, shape] = [await folder.write("t.json", TRACE), await folder.write("a.yaml", DIFFERS)];
  const { code, out } = await troupe("check", trace, "--shape", shape);
  expect(code).toBe(1);
  expect(out).toContain("└─ ✗ missing: tool refund");
  expect(out).toContain(`✗ ${shape}\n    ${shape}:2:7: `);
});

test("where a part of a file is broken, what it may have held is missing, and told", async () => {
  const folder = await newFolder();
  const trace = await folder.write("t.jsonl", `${TRACE}\n${TRACE.slice(0, 50)}\n`);
  const [fits, differs] = [await folder.write("a.yaml", FITS), await folder.write("b.yaml", DIFFERS)];
  // More spans cannot undo that there are these.
  expect((await troupe("check", trace, "--shape", fits)).code).toBe(0);
  const { code, err } = await troupe("check", trace, "--shape", differs);
  expect([code, err]).toEqual([4, expect.stringContaining(`${trace}: line 2 could not be read and is left out`)]);
});

test("one of several shapes that does not match decides", async () => {
  const folder = await newFolder();
  const [trace, fits, differs] = [
    await folder.write("t.json", TRACE),
    await folder.write("a.yaml", FITS),
    await folder.write("b.yaml", DIFFERS),
  ];
  expect((await troupe("check", trace, "--shape", fits, "--shape", differs)).code).toBe(1);
});

test("check --json prints one document that its schema takes", async () => {
  const folder = await newFolder();
  const [trace, shape] = [await folder.write("t.json", TRACE), await folder.write("a.yaml", DIFFERS)];
  const { code, out } = await troupe("check", trace, "--shape", shape, "--json");
  expect(code).toBe(1);
  expect(checkSchema.parse(JSON.parse(out))).toMatchObject({ verdict: "failed", expectations: [{ name: shape }] });
});

test("the faults of all shapes are told at once, before the trace is looked at", async () => {
  const folder = await newFolder();
  const [one, two] = [await folder.write("a.yaml", "- tol x\n"), await folder.write("b.yaml", "- agnt x\n")];
  const { code, err } = await troupe("check", "nowhere.json", "--shape", one, "--shape", two);
  expect(code).toBe(2);
  expect(err).toContain(`${one}:1:3`);
  expect(err).toContain(`${two}:1:3`);
});

test("with --each every trace has to match by itself, and those that do not are counted, named and drawn", async () => {
  const folder = await newFolder();
  const shape = await folder.write("a.yaml", FITS);
  const calling = (name: string, digit: string): string =>
    TRACE.replaceAll("lookup_order", name).replaceAll(/"traceId":"(.{31})."/g, `"traceId":"$1${digit}"`);
  const traces = await folder.write(
    "traces.jsonl",
    [calling("lookup_order", "1"), calling("refund", "2"), calling("lookup_order", "3")].join("\n"),
  );
  const together = await troupe("check", traces, "--shape", shape);
  expect(together.code).toBe(0);
  const { code, out } = await troupe("check", traces, "--shape", shape, "--each");
  expect(code).toBe(1);
  expect(out).toContain(`✗ ${shape}: 1 of 3 traces differ`);
  expect(out).toMatch(/trace [0-9a-f]{31}2: /);
  expect(out).toContain("✗ missing: tool lookup_order");
  const document = JSON.parse((await troupe("check", traces, "--shape", shape, "--each", "--json")).out);
  expect(checkSchema.parse(document).expectations[0]?.each).toEqual({ traces: 3, unmet: 1 });
});

test("with --each nothing is decided where a part of the traces could not be read", async () => {
  const folder = await newFolder();
  const trace = await folder.write("t.jsonl", `${TRACE}\n${TRACE.slice(0, 50)}\n`);
  const shape = await folder.write("a.yaml", FITS);
  expect((await troupe("check", trace, "--shape", shape, "--each")).code).toBe(4);
});

test("--each without a shape is refused", async () => {
  const folder = await newFolder();
  const { code, err } = await troupe("check", await folder.write("t.json", TRACE), "--each");
  expect(code).toBe(2);
  expect(err).toContain("--each: there is no shape to hold each trace against. Add --shape FILE.");
});
