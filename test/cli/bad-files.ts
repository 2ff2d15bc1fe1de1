import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, expect } from "vitest";
import type { Exited } from "../cli/run-child.ts";

// Inside the package, so that `troupe` is this checkout; relative, so that sentences name files as a user does.
const ROOT = mkdtempSync(join("test", ".tmp-bad-input-"));
afterAll(() => rmSync(ROOT, { recursive: true }));
let folders = 0;

/** Writes files into a folder of their own and gives its path. */
export function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const path = join(ROOT, `f${++folders}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

/** Refused: exit code 2, nothing on standard output, and these sentences on standard error, their folder left out. */
export function refusal({ code, out, err }: Exited, path = ROOT): readonly string[] {
  expect([code, out]).toEqual([2, ""]);
  return err.trimEnd().replaceAll(`${path}/`, "").split("\n");
}

/** A scenario that passes. */
export const GOOD = `import { agent, defineScenario, user } from "troupe";
export default defineScenario({ name: "good", agents: [agent("a", async () => "x")], script: [user.says("Hello")] });
`;
