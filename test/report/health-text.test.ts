import { expect, test } from "vitest";
import { healthText } from "../../src/report/health-text.ts";
import { health, SECRET, SOUND, TROUBLED } from "./healths.ts";

test("a sound trace has figures and one line that says so", () => {
  expect(healthText(health(SOUND, "rules:\n  prompt-version-missing: off\n"))).toBe(
    `figures 1 trace, 1 successful, 2 spans, 0 orphans
  100 tokens in, 10 out; cost not stated
  a trace takes 3 ms (p95 3 ms, p99 3 ms); the slowest kind is llm

  kind, route  spans   p50   p95   p99  first chunk  p95  critical
  agent            1  3 ms  3 ms  3 ms                      66.7 %
  llm              1  1 ms  1 ms  1 ms                      33.3 %

  model  calls  tokens in  out        cost
  small      1        100   10  not stated

✓ health of 1 trace: passed; no rule found anything`,
  );
});

test("each rule that found something says what, why it matters and how to mend it; limits follow", () => {
  const text = healthText(health(TROUBLED, "limits:\n  tokens.total.max: 0\n"));
  expect(text).toMatch(/✗ secret-in-attribute error, 1 finding\n {4}tool find: .*\n {4}Why: .*\n {4}Mend: /);
  expect(text).toMatch(/! repeated-tool-call warning/);
  expect(text).toMatch(/· prompt-version-missing note/);
  expect(text).toContain("✗ tokens.total.max all traces used 110 tokens, at most 0 tokens allowed");
  expect(text).toMatch(/✗ health of 1 trace: failed; \d+ rules found something, 1 limit is not held$/);
});

test("no secret stands in the report", () => {
  expect(healthText(health(TROUBLED))).not.toContain(SECRET);
});
