import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, sha256 } from "../../src/core/json.ts";

test("keys stand in code-unit order at every depth, without white space", () => {
  expect(canonicalJson({ b: [{ z: 1, a: 2 }], Z: 0, a: { d: 1, c: 2 } })).toBe(
    '{"Z":0,"a":{"c":2,"d":1},"b":[{"a":2,"z":1}]}',
  );
});

test("a bigint is a decimal string, and what is undefined is left out", () => {
  expect(canonicalJson({ at: 2n ** 64n, gone: undefined })).toBe('{"at":"18446744073709551616"}');
});

test("equal values give equal bytes whatever the order of their keys", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).toReversed());
      expect(canonicalJson(turned)).toBe(canonicalJson(value));
    }),
  );
});

test("reading canonical JSON gives the value back", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("a digest is that of the text's UTF-8 bytes", () => {
  expect(sha256("é")).toBe("4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c");
});
