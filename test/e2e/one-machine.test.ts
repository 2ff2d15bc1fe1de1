/** What the machine, its place and its other programs must not change. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { TROUPE } from "../cli/run-child.ts";

const OPTIONS = { timeout: 30_000 };
// Inside the package, so that `troupe` is this checkout.
const home = mkdtempSync(join("test", ".tmp-one-machine-"));
afterAll(() => rmSync(home, { recursive: true }));

function scenarioOf(name: string, work: string): string {
  const path = join(home, `${name}.scenario.ts`);
  writeFileSync(
    path,
    `import { agent, defineScenario, user } from "troupe";
import { trace } from "@opentelemetry/api";
export default defineScenario({
  name: "${name}",
  agents: [agent("solo", async (turn) => { ${work} })],
  script: [user.says("Hello")],
});
export const tracer = trace.getTracer("user");
`,
  );
  return path;
}

function digest(path: string, env: Readonly<Record<string, string>> = {}): { verdict: unknown; digest: unknown } {
  const [node, ...args] = TROUPE;
  const options = { encoding: "utf8", env: { ...process.env, ...env } } as const;
  const { stdout } = spawnSync(node, [...args, "run", path, "--json"], options);
  const [run] = JSON.parse(stdout).runs;
  return { verdict: run.verdict, digest: run.spansDigest };
}

test("the time zone of the machine changes no byte of a run", OPTIONS, () => {
  const path = scenarioOf(
    "zone",
    `return \`\${new Date().getHours()} \${tracer.startSpan(String(new Date())).end()}\`;`,
  );
  expect(digest(path, { TZ: "Asia/Tokyo" })).toEqual(digest(path, { TZ: "America/Lima" }));
});

test("an exception recorded by user code carries no path of the machine", OPTIONS, () => {
  const record = `const span = tracer.startSpan("s"); span.recordException(new Error("mine")); span.end(); return "done";`;
  const first = digest(scenarioOf("stack", record));
  // The same file with other lines, as it would be on another Node or in another folder.
  expect(digest(scenarioOf("stack", `\n\n${record}`))).toEqual(first);
});

test("a microtask or a tick that throws is one failure of the run, and the suite goes on", OPTIONS, () => {
  const [node, ...args] = TROUPE;
  const paths = [
    scenarioOf("microtask", `queueMicrotask(() => { throw new Error("loose"); }); await turn.model(); return "done";`),
    scenarioOf("tick", `process.nextTick(() => { throw new Error("loose"); }); await turn.model(); return "done";`),
    scenarioOf("sound", `return "done";`),
  ];
  const { stdout, stderr, status } = spawnSync(node, [...args, "run", ...paths, "--json"], { encoding: "utf8" });
  const runs: readonly { scenario: string; verdict: string; expectations: { mismatches: { message: string }[] }[] }[] =
    JSON.parse(stdout).runs;
  expect([status, runs.map(({ verdict }) => verdict)]).toEqual([1, ["failed", "failed", "passed"]]);
  for (const run of runs.slice(0, 2))
    expect(run.expectations.flatMap(({ mismatches }) => mismatches.map(({ message }) => message))).toEqual([
      "agent solo threw and nobody caught it: Error: loose",
    ]);
  expect(stderr).not.toContain("outside of every run");
});
