import { expect, test } from "vitest";
import { agreementOn } from "./agreement.ts";
import { randomCases, scopedCases } from "./random-case.ts";

// Every small case, and that each rule of the definition is felt, is in the long tier. To look longer or elsewhere: TROUPE_ORACLE_SHAPES=100000 TROUPE_ORACLE_SEED=7 npx vitest run test/shape/oracle.test.ts
const SHAPES = Number(process.env["TROUPE_ORACLE_SHAPES"] ?? 600);
const FIRST_SEED = Number(process.env["TROUPE_ORACLE_SEED"] ?? 1);
const PATIENCE = { timeout: 3_600_000 };

test("the matcher agrees with the definition, enumerated, on random shapes and traces", PATIENCE, () => {
  let refused = 0;
  const { faults, cases, matched, cautious } = agreementOn(randomCases(FIRST_SEED, SHAPES, () => refused++));
  expect(faults.join("\n")).toBe("");
  // A third or so should match, and most shapes be allowed, or the test would prove little.
  expect(matched).toBeGreaterThan(cases / 4);
  expect(refused).toBeLessThan(SHAPES);
  expect(cautious).toBeLessThanOrEqual(cases / 1000);
});

test("the matcher agrees with the definition on random scopes of captures within each other", PATIENCE, () => {
  const { faults, cases, matched, cautious } = agreementOn(scopedCases(FIRST_SEED, Math.ceil(SHAPES / 5)));
  expect(faults.join("\n")).toBe("");
  expect(matched).toBeGreaterThan(cases / 6);
  expect(cautious).toBeLessThanOrEqual(cases / 500);
});
