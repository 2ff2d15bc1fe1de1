import { expect, test } from "vitest";
import { textTester } from "../../src/shape/match/text-test.ts";

const UUID = "0b3c6e1a-9f2d-4c58-8a77-1234567890aB";

test.for<readonly [glob: string, text: string, holds: boolean]>([
  ["fetch-[uuid]", `fetch-${UUID}`, true],
  ["fetch-[uuid]", `fetch-${UUID}0`, false],
  ["fetch-[uuid]", `fetch-${UUID.slice(1)}`, false],
  ["fetch-[uuid]", "fetch-[uuid]", false],
  ["[hex]", "deadbeef", true],
  ["[hex]", "deadbee", false],
  ["[hex]", "deadbeef01234567", true],
  ["[hex]", "deadbeeg", false],
  ["page [number]", "page 12", true],
  ["page [number]", "page -1.5", true],
  ["page [number]", "page 1.", false],
  ["page [number]", "page ", false],
  ["at [time]", "at 2026-11-21", true],
  ["at [time]", "at 2026-11-21T04:05Z", true],
  ["at [time]", "at 2026-11-21T04:05:06.789+01:00", true],
  ["at [time]", "at 2026-11-21T04", false],
  ["at [time]", "at 26-11-21", false],
  ["call_[id]", "call_aB-9_z", true],
  ["call_[id]", "call_", false],
  ["call_[id]", "call_a b", false],
  ["[id][id]", "a", false],
  ["[id][id]", "ab", true],
  ["[id]-[number]", "a-1-2", true],
  ["*[number]*", "a1b", true],
  ["*[number]*", "ab", false],
  ["[hex][number]", "deadbeef1", true],
  ["[hex][number]", "deadbeef", false],
  ["[word] x", "[word] x", true],
])("%s on %s", ([text, value, holds]) => {
  expect(textTester({ type: "glob", text })(value)).toBe(holds);
});

test("placeholders that can be cut in many ways are told apart in time that grows with the text alone", () => {
  const fits = textTester({ type: "glob", text: `${"[id]".repeat(20)}!` });
  expect(fits("a".repeat(50_000))).toBe(false);
  expect(fits(`${"a".repeat(50_000)}!`)).toBe(true);
});
