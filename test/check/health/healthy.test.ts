import { expect, test } from "vitest";
import { mustFail } from "../../../src/check/expectation.ts";
import { healthy } from "../../../src/check/health/healthy.ts";
import { judge } from "../../../src/check/judge.ts";
import { SOUND, TROUBLED } from "../../report/healths.ts";

const subject = (trees: typeof SOUND): Parameters<typeof judge>[1] => ({ trees, ledger: [], isComplete: true });

test("healthy passes where its rule finds nothing, and fails with what it found and where", () => {
  expect(judge(healthy("repeated-tool-call"), subject(SOUND)).verdict).toBe("passed");
  const { verdict, mismatches } = judge(healthy("repeated-tool-call"), subject(TROUBLED));
  expect(verdict).toBe("failed");
  expect(mismatches).toMatchObject([
    {
      kind: "forbidden",
      found: { label: "tool find" },
      message: expect.stringContaining("tool find: called 4 times by agent triage"),
    },
  ]);
});

test("healthy looks at its own rule alone, with the thresholds that it is given", () => {
  expect(judge(healthy("repeated-tool-call", { callsMax: 4 }), subject(TROUBLED)).verdict).toBe("passed");
  expect(judge(healthy("slow-step"), subject(TROUBLED)).verdict).toBe("passed");
});

test("healthy can be turned round", () => {
  expect(judge(mustFail(healthy("orphan-rate"), "name 1 parent"), subject(TROUBLED)).verdict).toBe("passed");
});

test("a rule or a threshold that there is not is refused with the nearest one", () => {
  expect(() => healthy("repeated-tool-cal")).toThrow('Did you mean "repeated-tool-call"?');
  expect(() => healthy("slow-step", { fromMS: 1 })).toThrow('there is no threshold "fromMS". Did you mean "fromMs"?');
  expect(() => healthy("missing-root", { x: 1 })).toThrow("It has none.");
});
