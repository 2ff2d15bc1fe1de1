import { NO_LEDGER } from "../../src/report/hop-table.ts";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkSchema } from "../../src/report/json-schema.ts";
import { agent, llm, tool } from "../check/traces.ts";
import { newFolder, otlpText } from "./files.ts";
import { troupe, troupeWithInput } from "./run-program.ts";

const SOUND = otlpText(agent("triage", [llm("small", 10, 5), tool("find")]));
const ORPHANED = otlpText(agent("triage", [tool("find", {}, [], { parentId: "00000000000000ff" })]));
const other = (id: string): string =>
  otlpText(agent("billing", [llm("small", 10, 5)], { traceId: id.padStart(32, "0") }));

test("without a shape the health of the traces is told, and a sound one passes", async () => {
  const folder = await newFolder();
  const { code, out, err } = await troupe("check", await folder.write("t.json", SOUND));
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/✓ health of 1 trace: passed; 1 rule found something\n$/);
});

test("a rule of level error fails the check with exit code 1", async () => {
  const folder = await newFolder();
  const { code, out } = await troupe("check", await folder.write("t.json", ORPHANED));
  expect(code).toBe(1);
  expect(out).toContain("✗ orphan-rate error, 1 finding");
});

test("many traces, in files, folders and standard input, are one check", async () => {
  const folder = await newFolder();
  await folder.write("a.json", other("1"));
  await folder.write("b.jsonl", `${other("2")}\n${other("3")}\n`);
  const { out } = await troupeWithInput(Buffer.from(other("4")), "check", folder.path, "-");
  expect(out).toContain("health of 4 traces: passed");
});

test("a budget decides the exit code", async () => {
  const folder = await newFolder();
  const trace = await folder.write("t.json", ORPHANED);
  const lenient = await folder.write("lenient.yaml", "rules:\n  orphan-rate: off\n");
  const strict = await folder.write("strict.yaml", "rules:\n  orphan-rate: off\nlimits:\n  orphans.rate.max: 0\n");
  expect((await troupe("check", trace, "--budget", lenient)).code).toBe(0);
  const { code, out } = await troupe("check", trace, "--budget", strict);
  expect([code, out]).toEqual([
    1,
    expect.stringContaining("✗ orphans.rate.max the rate of orphans is 0.5, at most 0 allowed"),
  ]);
});

test("with a shape the rules are silent unless they are asked for", async () => {
  const folder = await newFolder();
  const [trace, shape] = [await folder.write("t.json", ORPHANED), await folder.write("a.yaml", "- agent triage\n")];
  expect(await troupe("check", trace, "--shape", shape)).toMatchObject({
    code: 0,
    out: `✓ ${shape}\n\n${NO_LEDGER}\n`,
  });
  const { code, out } = await troupe("check", trace, "--shape", shape, "--rules");
  expect(code).toBe(1);
  expect(out).toMatch(/^✓ .*\n\nno hops .*\n\n✗ orphan-rate/);
});

test("where a part cannot be read a check that found nothing is inconclusive, and so is one without a trace", async () => {
  const folder = await newFolder();
  const broken = await folder.write("t.jsonl", `${SOUND}\n${SOUND.slice(0, 50)}\n`);
  expect((await troupe("check", broken)).code).toBe(4);
  const empty = await folder.write("e.json", '{"resourceSpans":[]}');
  expect(await troupe("check", empty)).toMatchObject({
    code: 4,
    out: expect.stringContaining("health of 0 traces: inconclusive"),
  });
});

test("check --json is one document with the summaries and the health, and the text stays away", async () => {
  const folder = await newFolder();
  const { code, out, err } = await troupe("check", await folder.write("t.json", ORPHANED), "--json");
  expect([code, err]).toEqual([1, ""]);
  expect(checkSchema.parse(JSON.parse(out))).toMatchObject({
    verdict: "failed",
    expectations: [],
    traces: [{ orphans: 1 }],
    health: { verdict: "failed", figures: { orphans: 1 } },
  });
});

test("reports go to files beside the text, each in its kind", async () => {
  const folder = await newFolder();
  const trace = await folder.write("t.json", ORPHANED);
  const file = (name: string): string => join(folder.path, name);
  const reports = ["junit", "sarif", "json", "text"].flatMap((kind) => ["--report", `${kind}=${file(`r.${kind}`)}`]);
  const { code, out } = await troupe("check", trace, ...reports);
  expect(code).toBe(1);
  expect(out).toContain("✗ orphan-rate");
  expect(await readFile(file("r.junit"), "utf8")).toContain('<testcase name="orphan-rate"');
  expect(JSON.parse(await readFile(file("r.sarif"), "utf8"))).toMatchObject({ version: "2.1.0" });
  expect(JSON.parse(await readFile(file("r.json"), "utf8"))).toMatchObject({ verdict: "failed" });
  expect(await readFile(file("r.text"), "utf8")).toBe(out);
});

test("a report without a file has standard output to itself", async () => {
  const folder = await newFolder();
  const { out } = await troupe("check", await folder.write("t.json", SOUND), "--report", "sarif");
  expect(JSON.parse(out)).toMatchObject({ version: "2.1.0" });
});

test("a policy is held against the traces from before the sampler, which lie beside it", async () => {
  const folder = await newFolder();
  const failing = otlpText(agent("triage", [], { error: "no" }));
  await folder.write("before.jsonl", `${failing}\n${other("2")}\n`);
  const [lost, kept] = [await folder.write("lost.json", other("2")), await folder.write("kept.json", failing)];
  const policy = await folder.write("policy.yaml", "before: [before.jsonl]\nkeep:\n  errors: true\n");
  const { code, out } = await troupe("check", lost, "--policy", policy);
  expect(code).toBe(1);
  expect(out).toContain("agent triage ended with an error, and the trace was dropped");
  expect((await troupe("check", kept, "--policy", policy)).out).not.toContain("sampling-policy");
});

test("the faults of shapes, budget, policy and reports are told at once", async () => {
  const folder = await newFolder();
  const shape = await folder.write("a.yaml", "- tol x\n");
  const budget = await folder.write("b.yaml", "failOn: eror\n");
  const policy = await folder.write("p.yaml", "keep: {}\n");
  const { code, err } = await troupe(
    "check",
    "nowhere.json",
    "--shape",
    shape,
    "--budget",
    budget,
    "--policy",
    policy,
    "--report",
    "sarf",
  );
  expect(code).toBe(2);
  for (const fault of [`${shape}:1:3`, `${budget}:1:9`, `${policy}:1:1`, "Did you mean sarif?", "nowhere.json"])
    expect(err).toContain(fault);
});

test("a budget that is not there is told with its path", async () => {
  const folder = await newFolder();
  const { code, err } = await troupe("check", await folder.write("t.json", SOUND), "--budget", "none.yaml");
  expect([code, err]).toEqual([2, expect.stringContaining("none.yaml: there is no such file")]);
});
