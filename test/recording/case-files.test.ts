import fc from "fast-check";
import { expect, test } from "vitest";
import { freeSlug, slugOf } from "../../src/recording/case-files.ts";

test("any name gives a slug that stays in its folder", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (name) => /^[a-z0-9-]{1,60}$/.test(slugOf(name))),
  );
});

test.for([
  ["Réfund & Handoff", "refund-handoff"],
  ["../../etc/passwd", "etc-passwd"],
  ["…", "case"],
  ["a".repeat(100_000), "a".repeat(60)],
])("%s gives the slug %s", ([name = "", slug]) => {
  expect(slugOf(name)).toBe(slug);
});

test("a slug that is taken gets the next number, and is no longer for it", () => {
  const taken = new Set(["a", "a-2", "b".repeat(60)]);
  const isTaken = (slug: string): boolean => taken.has(slug);
  expect(["a", "b".repeat(60), "c"].map((slug) => freeSlug(slug, isTaken))).toEqual([
    "a-3",
    `${"b".repeat(58)}-2`,
    "c",
  ]);
});
