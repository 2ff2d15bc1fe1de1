import { readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { reportToGithub } from "../../src/cli/github-report.ts";
import { SUMMARY_MAX_BYTES } from "../../src/report/github-summary.ts";
import { FAILED, suiteOf } from "../report/results.ts";
import { newFolder } from "./files.ts";

/** What is printed beside a step's summary that others have filled but for so many bytes, and the file. */
async function reported(leftBytes: number): Promise<{ readonly printed: readonly string[]; readonly file: string }> {
  const folder = await newFolder();
  const file = await folder.write("summary.md", "x".repeat(SUMMARY_MAX_BYTES - leftBytes));
  const printed: string[] = [];
  await reportToGithub(suiteOf(FAILED), undefined, (text) => void printed.push(text), { GITHUB_STEP_SUMMARY: file });
  return { printed, file };
}

test("where not even one line fits a step's summary, a notice says so and nothing is added", async () => {
  const { printed, file } = await reported(10);
  expect(printed).toHaveLength(2);
  expect(printed[1]).toMatch(/^::notice title=The job summary has no room for Troupe::/);
  expect((await stat(file)).size).toBe(SUMMARY_MAX_BYTES - 10);
});

test("where one line fits, it stands there, and no notice is printed", async () => {
  const { printed, file } = await reported(300);
  expect(printed).toHaveLength(1);
  expect(await readFile(file, "utf8")).toContain("(the table found no room here; the log has it all)\n");
  expect((await stat(file)).size).toBeLessThanOrEqual(SUMMARY_MAX_BYTES);
});
