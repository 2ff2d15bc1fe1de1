/** Troupe's `sitecustomize`, in real Python processes. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readToldEnvironment } from "../../src/telemetry/preload/told.ts";

const PRELOAD = join(process.cwd(), "python");
const folder = mkdtempSync(join(tmpdir(), "troupe-python-"));
afterAll(() => rmSync(folder, { recursive: true }));

function python(code: string, env: Readonly<Record<string, string>> = {}): { out: string; status: number | null } {
  const PYTHONPATH = [PRELOAD, process.env["PYTHONPATH"] ?? ""].join(delimiter);
  const all = { ...process.env, PYTHONPATH, PYTHONDONTWRITEBYTECODE: "1", ...env };
  const { stdout, stderr, status } = spawnSync("python3", ["-c", code], { encoding: "utf8", env: all });
  return { out: `${stdout}${stderr}`.trim(), status };
}

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const hasApi = hasPython && spawnSync("python3", ["-c", "import opentelemetry.trace"]).status === 0;

test.skipIf(!hasPython)("a program without opentelemetry-api notices nothing", () => {
  expect(python("print('works')")).toEqual({ out: "works", status: 0 });
});

test.skipIf(!hasPython)("a program that is asked to leave does what it does at its end", () => {
  const code = "import atexit, os, signal; atexit.register(print, 'flushed'); os.kill(os.getpid(), signal.SIGTERM)";
  expect(python(code)).toEqual({ out: "flushed", status: 143 });
  expect(python(code, { PYTHONPATH: "" })).toEqual({ out: "", status: null });
});

test.skipIf(!hasPython)("the sitecustomize that it hides still runs", () => {
  writeFileSync(join(folder, "sitecustomize.py"), "print('the other one')\n");
  expect(python("print('works')", { PYTHONPATH: [PRELOAD, folder].join(delimiter) }).out).toBe("the other one\nworks");
});

test.skipIf(!hasPython)("a program tells the context that stands in its environment, in whatever spelling", () => {
  const file = join(folder, "ledger.jsonl");
  python("pass", { TROUPE_LEDGER: file, TRACEPARENT: "tp", traceparent: "other" });
  expect(readToldEnvironment(readFileSync(file, "utf8"))).toEqual({
    carrier: { TRACEPARENT: "tp", traceparent: "other" },
    timeUnixNano: expect.any(BigInt),
  });
});

test.skipIf(!hasApi)(
  "with opentelemetry-api the context of the environment is the current one, and the end flushes",
  () => {
    const code = `
from opentelemetry import baggage, trace
class Provider(trace.NoOpTracerProvider):
    def force_flush(self, timeout): print("flushed")
trace.set_tracer_provider(Provider())
print(f"{trace.get_current_span().get_span_context().span_id:x}", baggage.get_baggage("tenant.id"))
`;
    const env = { TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", BAGGAGE: "tenant.id=acme" };
    expect(python(code, env).out).toBe("b7ad6b7169203331 acme\nflushed");
  },
);
