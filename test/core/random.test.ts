import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../../src/core/json.ts";
import { hash32, hash64, mix32, randomStream } from "../../src/core/random.ts";

const names = fc.stringMatching(/^[a-z/]{1,12}$/);

test("a stream's numbers are these, on every machine and Node version", () => {
  const random = randomStream(42, "persona/alice");
  expect([random.next(), random.next(), random.next()]).toMatchInlineSnapshot(`
    [
      0.07871843967586756,
      0.04007839923724532,
      0.6702712222468108,
    ]
  `);
  expect(Array.from({ length: 6 }, () => random.integer(1, 6))).toMatchInlineSnapshot(`
    [
      4,
      4,
      3,
      4,
      4,
      5,
    ]
  `);
  expect(Buffer.from(random.bytes(8)).toString("hex")).toMatchInlineSnapshot(`"380977b663f07e0e"`);
  expect([random.chance(0.5), random.chance(0.5), random.pick(["a", "b", "c"])]).toMatchInlineSnapshot(`
    [
      true,
      true,
      "c",
    ]
  `);
});

test("the hash that decides ties is this one", () => {
  expect([hash32(""), hash32("7/1000/agent/triage"), hash32("é")]).toMatchInlineSnapshot(`
    [
      2872998923,
      38707177,
      3136788073,
    ]
  `);
});

test("the hashes that shorten names and mix in numbers are these", () => {
  expect([hash64(""), hash64("triage/lookup_order"), mix32(7, 0), mix32(7, 2 ** 40 + 3)]).toMatchInlineSnapshot(`
    [
      "1biic5n.18jf5vw",
      "ua8glt.tjmsam",
      1733237950,
      2395077437,
    ]
  `);
});

test("a mixed hash is 32 bits without a sign, and uses all 53 bits of its number", () => {
  const hashes = fc.nat({ max: 0xffff_ffff });
  fc.assert(
    fc.property(hashes, fc.nat({ max: 2 ** 21 - 2 }), fc.nat({ max: 0xffff_ffff }), (hash, high, low) => {
      const mixed = mix32(hash, high * 2 ** 32 + low);
      expect(mixed).toBe(mixed >>> 0);
      expect(mix32(hash, (high + 1) * 2 ** 32 + low)).not.toBe(mixed);
      expect(mix32(hash, high * 2 ** 32 + (low ^ 1))).not.toBe(mixed);
    }),
  );
});

test("two texts that share a hash of 32 bits do not share one of 64", () => {
  const seen = new Map<number, string>();
  const pairs: (readonly [string, string])[] = [];
  for (let count = 0; count < 200_000; count++) {
    const text = sha256(String(count));
    const other = seen.get(hash32(text));
    if (other !== undefined) pairs.push([text, other]);
    seen.set(hash32(text), text);
  }
  expect(pairs.length).toBeGreaterThan(0);
  expect(pairs.filter(([text, other]) => hash64(text) === hash64(other))).toEqual([]);
});

test("the same seed and name give the same numbers", () => {
  fc.assert(
    fc.property(fc.nat(), names, (seed, name) => {
      expect(randomStream(seed, name).bytes(8)).toEqual(randomStream(seed, name).bytes(8));
    }),
  );
});

test("another name, or another seed, gives other numbers", () => {
  fc.assert(
    fc.property(fc.nat(), names, names, (seed, name, other) => {
      fc.pre(name !== other);
      expect(randomStream(seed, name).bytes(8)).not.toEqual(randomStream(seed, other).bytes(8));
      expect(randomStream(seed, name).bytes(8)).not.toEqual(randomStream(seed + 1, name).bytes(8));
    }),
  );
});

test("draws from one stream never shift another", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 20 }), (seed, draws) => {
      const alone = randomStream(seed, "alice").bytes(16);
      const [alice, bob] = [randomStream(seed, "alice"), randomStream(seed, "bob")];
      const first = alice.bytes(8);
      bob.bytes(draws);
      expect(Uint8Array.from([...first, ...alice.bytes(8)])).toEqual(alone);
    }),
  );
});

test("integers lie between their bounds, and both bounds come up", () => {
  const random = randomStream(1, "dice");
  const seen = new Set(Array.from({ length: 300 }, () => random.integer(-1, 1)));
  expect([...seen].toSorted((a, b) => a - b)).toEqual([-1, 0, 1]);
});

test("a chance of 0 never comes and a chance of 1 always does", () => {
  const random = randomStream(1, "coin");
  const tosses = Array.from({ length: 200 }, () => [random.chance(0), random.chance(1)].join());
  expect(new Set(tosses)).toEqual(new Set(["false,true"]));
});

test("picking from nothing is an error that names the stream", () => {
  expect(() => randomStream(1, "persona/alice").pick([])).toThrow('"persona/alice" is empty');
});
