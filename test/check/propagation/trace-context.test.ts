import fc from "fast-check";
import { expect, test } from "vitest";
import { readTraceparent, tracestateFault } from "../../../src/check/propagation/trace-context.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID = "00f067aa0ba902b7";

test.each([
  ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true],
  ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", false],
])("the examples of the text are read: %s", (text, isSampled) => {
  expect(readTraceparent(text)).toEqual({ traceId: TRACE_ID, spanId: SPAN_ID, isSampled });
});

test.each([
  ["in upper case", `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`],
  ["with a short trace id", `00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`],
  ["with a trace id of zeros", `00-${"0".repeat(32)}-${SPAN_ID}-01`],
  ["with a span id of zeros", `00-${TRACE_ID}-${"0".repeat(16)}-01`],
  ["of version ff", `ff-${TRACE_ID}-${SPAN_ID}-01`],
  ["of version 00 with a field more", `00-${TRACE_ID}-${SPAN_ID}-01-what`],
  ["of version 00 with a dash more", `00-${TRACE_ID}-${SPAN_ID}-01-`],
  ["of a later version with more after no dash", `cc-${TRACE_ID}-${SPAN_ID}-01.what`],
  ["with flags of one digit", `00-${TRACE_ID}-${SPAN_ID}-1`],
  ["with blanks around it", ` 00-${TRACE_ID}-${SPAN_ID}-01 `],
  ["twice, as HTTP joins headers", `00-${TRACE_ID}-${SPAN_ID}-01, 00-${TRACE_ID}-${SPAN_ID}-01`],
  ["of nothing", ""],
])("a traceparent %s is malformed", (_, text) => {
  expect(readTraceparent(text)).toEqual({ fault: expect.any(String) });
});

test("a traceparent of a later version may have more fields, whose flags nobody knows yet", () => {
  for (const text of [
    `cc-${TRACE_ID}-${SPAN_ID}-01`,
    `cc-${TRACE_ID}-${SPAN_ID}-01-what`,
    `cc-${TRACE_ID}-${SPAN_ID}-ff`,
  ])
    expect(readTraceparent(text)).toEqual({ traceId: TRACE_ID, spanId: SPAN_ID, isSampled: true });
});

test("of version 00 the flags are sampled and random; a sender that sets others is told, and read all the same", () => {
  for (const flags of ["00", "01", "02", "03"])
    expect(readTraceparent(`00-${TRACE_ID}-${SPAN_ID}-${flags}`)).not.toHaveProperty("fault");
  expect(readTraceparent(`00-${TRACE_ID}-${SPAN_ID}-09`)).toMatchObject({ isSampled: true, fault: /flags 09/ });
  expect(readTraceparent(`00-${TRACE_ID}-${SPAN_ID}-fe`)).toMatchObject({ isSampled: false });
});

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdef")), minLength: length, maxLength: length });
const id = (length: number): fc.Arbitrary<string> => hex(length).filter((text) => /[^0]/.test(text));

test("whatever is written by the rules is read as it was meant", () => {
  fc.assert(
    fc.property(id(32), id(16), fc.integer({ min: 0, max: 3 }), (traceId, spanId, flags) => {
      const read = readTraceparent(`00-${traceId}-${spanId}-0${flags}`);
      expect(read).toEqual({ traceId, spanId, isSampled: flags % 2 === 1 });
    }),
  );
});

test("one sign changed for another that is no small hex digit makes it malformed", () => {
  const text = `00-${TRACE_ID}-${SPAN_ID}-01`;
  const alien = fc.string({ minLength: 1, maxLength: 1 }).filter((sign) => !/[0-9a-f-]/.test(sign));
  fc.assert(
    fc.property(fc.nat(text.length - 1), alien, (at, sign) => {
      expect(readTraceparent(text.slice(0, at) + sign + text.slice(at + 1))).not.toHaveProperty("traceId");
    }),
  );
});

test.each([
  "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
  "vendorname1=opaqueValue1,vendorname2=opaqueValue2",
  "congo=ucfJifl5GOE,rojo=00f067aa0ba902b7",
  "fw529a3039@dt=FfHXxXyZ,rojo=00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
  "foo=1 \t , \t bar=2, \t baz=3",
  "foo=1,,bar=2",
  "",
  "1a-2f@foo=bar1",
  "foo=:;<>?@[\\]^_`{|}~ !\"#$%&'()*+-./",
  Array.from({ length: 32 }, (_, index) => `bar${index}=${index}`).join(","),
])("a tracestate that the text allows: %s", (text) => {
  expect(tracestateFault(text)).toBeUndefined();
});

test.each([
  ["a member without a value", "foo", /"foo" has no "="/],
  ["a value that is empty", "foo=", /value of foo/],
  ["a key in upper case", "FOO=1", /"FOO" is no key/],
  ["a key with a dot", "foo.fighters=1", /no key/],
  ["a key that begins with @", "@foo=1", /no key/],
  ["a key with a blank", "foo =1", /no key/],
  ["a key of 257 signs", `${"a".repeat(257)}=1`, /no key/],
  ["a value of 257 signs", `foo=${"a".repeat(257)}`, /value of foo/],
  ["a value with an equals sign", "foo=bar=baz", /value of foo/],
  ["a value that is not ASCII", "foo=ÿ", /value of foo/],
  ["a key twice", "foo=1,foo=2", /foo stands there twice/],
  ["33 members", Array.from({ length: 33 }, (_, index) => `bar${index}=${index}`).join(","), /33 members/],
])("a tracestate may not have %s", (_, text, fault) => {
  expect(tracestateFault(text)).toMatch(fault);
});

const chars = (pattern: RegExp): readonly string[] =>
  Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index)).filter((sign) =>
    pattern.test(sign),
  );
const key = fc
  .tuple(
    fc.constantFrom(...chars(/[a-z0-9]/)),
    fc.string({ unit: fc.constantFrom(...chars(/[a-z0-9_\-*/@]/)), maxLength: 255 }),
  )
  .map(([first, rest]) => first + rest);
const value = fc
  .tuple(fc.string({ unit: fc.constantFrom(...chars(/[^,=]/)), maxLength: 255 }), fc.constantFrom(...chars(/[^,= ]/)))
  .map(([head, last]) => head + last);

test("every list by the grammar is sound, with blanks and empty members between", () => {
  const members = fc.uniqueArray(fc.tuple(key, value), { maxLength: 32, selector: ([name]) => name });
  const between = fc.constantFrom(",", " ,", ",\t", " , ,, ");
  fc.assert(
    fc.property(members, between, (list, comma) => {
      expect(tracestateFault(list.map((pair) => pair.join("=")).join(comma))).toBeUndefined();
    }),
  );
});

test("no text at all throws, and a control character is never allowed", () => {
  fc.assert(fc.property(fc.string(), (text) => void tracestateFault(text)));
  fc.assert(
    fc.property(value, fc.constantFrom("\n", "\0", "\x7f", "é"), (text, sign) => {
      expect(tracestateFault(`foo=a${sign}${text}`)).toBeDefined();
    }),
  );
});
