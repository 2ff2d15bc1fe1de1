import { expect, test } from "vitest";
import { readSeeds } from "../../src/cli/seeds.ts";
import type { Fault } from "../../src/core/errors.ts";

function read(
  seed: string | undefined,
  seeds?: string,
): { readonly seeds: readonly number[]; readonly faults: readonly string[] } {
  const faults: Fault[] = [];
  return { seeds: readSeeds({ seed, seeds }, faults), faults: faults.map(({ what }) => what) };
}

test.each([
  [undefined, undefined, [1]],
  ["0", undefined, [0]],
  ["9007199254740991", undefined, [9007199254740991]],
  [undefined, "3", [1, 2, 3]],
  [undefined, "0..2", [0, 1, 2]],
  [undefined, "5..5", [5]],
])("--seed %s --seeds %s gives %j", (seed, seeds, wanted) => {
  expect(read(seed, seeds)).toEqual({ seeds: wanted, faults: [] });
});

test.each(["-1", "1.5", "1e3", "0x10", "", " ", "9007199254740992", "one"])("--seed %j is no seed", (seed) => {
  expect(read(seed).faults).toEqual([`--seed ${seed} is no seed`]);
});

test.each([
  ["0", "--seeds 0 holds no seed"],
  ["5..4", "--seeds 5..4 holds no seed"],
  ["1..", "--seeds 1.. is no range of seeds"],
  ["1..2..3", "--seeds 1..2..3 is no range of seeds"],
  ["0..9007199254740991", "--seeds 0..9007199254740991 is more than 1000000 seeds"],
])("--seeds %s is refused", (seeds, fault) => {
  expect(read(undefined, seeds).faults).toEqual([fault]);
});

test("--seed and --seeds together are refused", () => {
  expect(read("1", "2").faults).toEqual(["--seed and --seeds are both given"]);
});

test("--seed random draws a seed that can be given again", () => {
  const [seed = -1] = read("random").seeds;
  expect(read(String(seed))).toEqual({ seeds: [seed], faults: [] });
});
