import { expect, test } from "vitest";
import { matchShape } from "../../src/shape/match/match.ts";
import { parseShape } from "../../src/shape/text/parse.ts";
import { flagsOf, isParentRemote } from "../../src/trace/span.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { span } from "./spans.ts";

const SAMPLED = 1;

test.each([
  ["in another process", { flags: flagsOf(SAMPLED, true) }, true],
  ["in the same process", { flags: flagsOf(SAMPLED, false) }, false],
  ["not said to be anywhere", { flags: SAMPLED }, undefined],
  ["of a tracer without flags", {}, undefined],
])("a parent %s", (_, given, isRemote) => {
  expect(isParentRemote(span("child", "parent", given))).toBe(isRemote);
});

test("a root has no remote parent, whatever its flags say", () => {
  expect(isParentRemote(span("root", undefined, { flags: flagsOf(SAMPLED, true) }))).toBeUndefined();
});

test("of the trace flags only W3C's eight bits are taken over", () => {
  expect([flagsOf(0xfff, false), flagsOf(0, true)]).toEqual([0x1ff, 0x300]);
});

test.each([
  ["parent.remote = true", flagsOf(SAMPLED, true)],
  ["parent.remote = false", flagsOf(SAMPLED, false)],
  ["!parent.remote", SAMPLED],
])("of the three, a shape that says {%s} takes one", (predicate, flags) => {
  const shape = parseShape(`- span p:\n    - span {${predicate}}\n`, "remote");
  const verdicts = [flagsOf(SAMPLED, true), flagsOf(SAMPLED, false), SAMPLED].map((given) => {
    const child = span("child", "parent", { flags: given });
    return matchShape(shape, buildTrees([span("parent", undefined, { name: "p" }), child])).verdict === "matched";
  });
  expect(verdicts).toEqual([0x301, 0x101, 1].map((given) => given === flags));
});
