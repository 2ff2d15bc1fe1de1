import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import type { RunResult } from "../../src/campaign/result.ts";
import { githubAnnotations, noRoomNotice } from "../../src/report/github.ts";
import { SUMMARY_MAX_BYTES, githubSummary } from "../../src/report/github-summary.ts";
import { runText } from "../../src/report/text.ts";
import { FAILED, LATE, MISSING_REFUND, expectation, runOf, suiteOf } from "./results.ts";

interface Annotation {
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Reads a workflow command as GitHub's runner does (`ActionCommand.TryParseV2`): properties end at the first `::`. */
function parsed(line: string): Annotation {
  const end = line.indexOf("::", 2);
  expect([line.slice(0, 2), end > 0, line.includes("\n")]).toEqual(["::", true, false]);
  const [, command = "", list = ""] = /^(\S+) ?(.*)$/.exec(line.slice(2, end)) ?? [];
  const pairs = list.split(",").map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), plain(plain(pair.slice(at + 1), "%3A", ":"), "%2C", ",")];
  });
  const decoded = pairs.map(([name, value]) => [name, unescaped(value)]);
  return { command, properties: Object.fromEntries(decoded), message: unescaped(line.slice(end + 2)) };
}

function plain(text: string, code: string, sign: string): string {
  return text.replaceAll(code, sign);
}

function unescaped(text: string): string {
  return plain(plain(plain(text, "%0D", "\r"), "%0A", "\n"), "%25", "%");
}

function annotations(...runs: readonly RunResult[]): readonly Annotation[] {
  const text = githubAnnotations(suiteOf(...runs));
  return text === "" ? [] : text.split("\n").map(parsed);
}

test("a failed run is an error at its scenario file, with its first cause and the line that repeats it", () => {
  expect(annotations(runOf(), FAILED)).toEqual([
    {
      command: "error",
      properties: { file: "scenarios/refund-handoff.scenario.ts", title: "refund-handoff seed 7 sim failed" },
      message:
        "refund.shape.yaml:7:13: tool refund is missing under agent billing\nrepeat: troupe run scenarios/refund-handoff.scenario.ts --seed 7",
    },
  ]);
});

test("each fault of a run that failed is a line of its annotation", () => {
  const { message } = parsed(githubAnnotations(suiteOf({ ...FAILED, faults: [LATE] })));
  expect(message.split("\n")[1]).toBe(
    "fault: delay 350 ms: reply tools/call lookup_order of triage to orders, occurrence 2",
  );
});

test("an inconclusive run is an error too; what passed or was skipped is none", () => {
  const inconclusive = runOf({ verdict: "inconclusive", missing: ["00000000000000b1"] });
  const found = annotations(runOf(), runOf({ verdict: "skipped", skipped: "no" }), inconclusive);
  expect(found.map(({ properties }) => properties["title"])).toEqual(["refund-handoff seed 7 sim inconclusive"]);
});

test("the line is given where the mismatch stands in the scenario file itself", () => {
  const place = { ...MISSING_REFUND, expectedAt: "a.scenario.yaml:8:9" };
  const run = runOf({ ...FAILED, file: "a.scenario.yaml", expectations: [expectation("failed", [place])] });
  expect(annotations(run)[0]?.properties).toMatchObject({ file: "a.scenario.yaml", line: "8" });
});

test("signs that would end a command or a property are escaped and come back whole", () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      const nasty = `${text}%:,\r\n::error::%0A`;
      const [found] = annotations({ ...FAILED, scenario: nasty, file: nasty, failures: [nasty] });
      expect(found?.properties).toMatchObject({ title: `${nasty} seed 7 sim failed` });
      expect(found?.message).toContain(nasty);
    }),
  );
});

test("more than ten errors are nine and one that counts the rest", () => {
  const runs = Array.from({ length: 25 }, (_, index) => runOf({ ...FAILED, seed: index }));
  const found = annotations(...runs);
  expect(found).toHaveLength(10);
  expect(found[9]?.properties).toEqual({ title: "16 more runs did not pass" });
});

test("ten errors are ten", () => {
  const runs = Array.from({ length: 10 }, (_, index) => runOf({ ...FAILED, seed: index }));
  expect(annotations(...runs)[9]?.properties).toMatchObject({ title: "refund-handoff seed 9 sim failed" });
});

test("the file is named from the root of the repository", () => {
  expect(githubAnnotations(suiteOf(FAILED), (file) => `packages/a/${file}`)).toContain(
    "file=packages/a/scenarios/refund-handoff.scenario.ts,",
  );
});

test("the summary has a row for each scenario, those that did not pass first", () => {
  const rows = githubSummary(suiteOf(runOf({ scenario: "fine" }), runOf(), FAILED, FAILED))
    .split("\n")
    .filter((line) => /^\| [✅❌]/u.test(line));
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatch(
    /^\| ❌ \| <code>refund&#45;handoff<\/code> \| sim \| 2 failed, 1 passed \| <code>refund&#46;/,
  );
  expect(rows[1]).toMatch(/^\| ✅ \| <code>fine<\/code> \| sim \| 1 passed \| {2}\|$/);
});

test("the summary holds the report of each failed run, tree and mismatch, and the line that repeats it", () => {
  const text = githubSummary(suiteOf(runOf(), FAILED));
  expect(text).toContain(`\`\`\`\n${runText(FAILED)}\n\`\`\`\n`);
  expect(text).toContain("```sh\ntroupe run scenarios/refund-handoff.scenario.ts --seed 7\n```\n");
  expect(text).not.toContain(runText(runOf(), { isFull: true }));
});

test("a suite that passed is its table alone", () => {
  expect(githubSummary(suiteOf(runOf()))).not.toContain("```");
});

/** What GitHub would read outside of code: fences are closed by the same number of backticks, references are text. */
function outsideOfFences(text: string): string {
  const kept: string[] = [];
  let fence: string | undefined;
  for (const line of text.split("\n")) {
    const marks = /^`{3,}/.exec(line)?.[0];
    if (fence === undefined && marks !== undefined) fence = marks;
    else if (fence !== undefined && line.trim() === fence) fence = undefined;
    else if (fence === undefined) kept.push(line);
  }
  expect(fence).toBeUndefined();
  return kept.join("\n").replaceAll(/&#\d+;/g, "");
}

test("nothing from outside is read as a mention, HTML, a link, a cell or the end of a fence", () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      const nasty = `${text}@octocat <img src=x> | [a](b) \`\`\`\`\n\`\`\`\n# top`;
      const run = { ...FAILED, scenario: nasty, failures: [nasty], repeat: nasty };
      const outside = outsideOfFences(githubSummary(suiteOf(run)));
      expect(outside).not.toMatch(/@|<(?!\/?code>)|\[|^# /m);
      const row = outside.split("\n").find((line) => line.startsWith("| ❌")) ?? "";
      expect(row.split("|")).toHaveLength(7);
    }),
  );
});

test("a summary is never longer than GitHub takes, and says what is left out", () => {
  const runs = Array.from({ length: 3000 }, (_, index) =>
    runOf({ ...FAILED, seed: index, failures: ["é".repeat(500)] }),
  );
  const text = githubSummary(suiteOf(...runs));
  const bytes = new TextEncoder().encode(text).length;
  expect(bytes).toBeLessThanOrEqual(SUMMARY_MAX_BYTES);
  expect(bytes).toBeGreaterThan(SUMMARY_MAX_BYTES / 2);
  expect(text).toMatch(/\*\*[\d,]+ more runs did not pass\*\* and found no room here; the log has them all\.\n$/);
});

test("one run's endless report is cut, and says so", () => {
  const failures = Array.from({ length: 10 }, () => "x".repeat(20_000));
  const text = githubSummary(suiteOf({ ...FAILED, failures }));
  expect(text.length).toBeLessThan(70_000);
  expect(text).toContain("… cut here; the log has the rest.\n```\n");
});

test("where other commands have filled the step's summary, one line that fits says so", () => {
  const text = githubSummary(suiteOf(FAILED), 300);
  expect(text).toMatch(/^## ❌ Troupe: .* \(the table found no room here; the log has it all\)\n$/u);
  const bytes = new TextEncoder().encode(text).length;
  expect(githubSummary(suiteOf(FAILED), bytes)).toBe(text);
  expect(githubSummary(suiteOf(FAILED), bytes - 1)).toBe("");
});

test("a notice says that the summary has no room", () => {
  expect(parsed(noRoomNotice())).toMatchObject({
    command: "notice",
    properties: { title: "The job summary has no room for Troupe" },
  });
});
