import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Exited } from "../cli/run-child.ts";

/** Writes files into a folder that is gone after the test, and gives its path. */
export function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  // Inside the package, so that `troupe` is this checkout; relative, so that sentences name files as a user does.
  const path = mkdtempSync(join("test", ".tmp-bad-input-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

/** Refused: exit code 2, nothing on standard output, and these sentences on standard error, their folder left out. */
export function refusal({ code, out, err }: Exited, path?: string): readonly string[] {
  expect([code, out]).toEqual([2, ""]);
  const sentences = path === undefined ? err : err.replaceAll(`${path}/`, "");
  return sentences.trimEnd().split("\n");
}

/** A scenario that passes. */
export const GOOD = `import { agent, defineScenario, user } from "troupe";
export default defineScenario({ name: "good", agents: [agent("a", async () => "x")], script: [user.says("Hello")] });
`;
