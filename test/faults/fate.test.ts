/** What faults make of a message's text and time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { randomStream } from "../../src/core/random.ts";
import type { MessageFault } from "../../src/scenario/fault.ts";
import { type Fate, fateOf } from "../../src/wire/faults/fate.ts";

const REPLY = { jsonrpc: "2.0", id: 4, result: { content: [{ type: "text", text: "ok" }], count: 3 } };

function fated(
  fault: MessageFault,
  text: string = JSON.stringify(REPLY),
  isStream = false,
): Fate & { readonly told: readonly string[] } {
  const told: string[] = [];
  const subject = {
    message: "a>b#4",
    protocol: "mcp",
    transport: "sim",
    from: "a",
    to: "b",
    agent: undefined,
    method: "tools/call",
    tool: "t",
    content: "",
  } as const;
  const chosen = { fault, subject, random: randomStream(1, "x"), fire: (detail: string) => void told.push(detail) };
  return { ...fateOf([chosen], text, isStream), told };
}

test.for<readonly [MessageFault, unknown]>([
  [{ fault: "wrong-id" }, { ...REPLY, id: 1_000_004 }],
  [{ fault: "wrong-shape" }, { ...REPLY, result: { content: 0, count: "no number" } }],
  [{ fault: "rpc-error" }, { jsonrpc: "2.0", id: 4, error: { code: -32603, message: "Internal error" } }],
  [
    { fault: "rpc-error", code: 7, message: "no" },
    { jsonrpc: "2.0", id: 4, error: { code: 7, message: "no" } },
  ],
  [
    { fault: "is-error" },
    { jsonrpc: "2.0", id: 4, result: { content: [{ type: "text", text: "the tool failed" }], isError: true } },
  ],
])("$0.fault makes another message of a reply", ([fault, expected]) => {
  expect(JSON.parse(fated(fault).text)).toEqual(expected);
});

test("no object survives being truncated or malformed", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      for (const fault of ["truncated", "malformed"] as const)
        expect(() => void JSON.parse(fated({ fault }, JSON.stringify(value)).text)).toThrow(SyntaxError);
    }),
  );
});

test("an oversized message has that many bytes, and says what it said", () => {
  const { text } = fated({ fault: "oversized", bytes: 5000 }, JSON.stringify({ words: "größer" }));
  expect([Buffer.byteLength(text), JSON.parse(text)]).toEqual([5000, { words: "größer" }]);
});

test("of an event stream, the last event is hit", () => {
  const events = `data: {"id":1,"result":{"a":1}}\n\ndata: {"id":1,"result":{"b":2}}\n\n`;
  expect(fated({ fault: "rpc-error", code: 5, message: "x" }, events, true).text).toBe(
    `data: {"id":1,"result":{"a":1}}\n\ndata: {"jsonrpc":"2.0","id":1,"error":{"code":5,"message":"x"}}\n\n`,
  );
});

test.for<MessageFault>([
  { fault: "wrong-id" },
  { fault: "wrong-shape" },
  { fault: "rpc-error" },
  { fault: "is-error" },
])("$fault cannot happen to what is no JSON-RPC, and says nothing then", (fault) => {
  for (const text of ["", "overloaded", "[]", "null", '{"no":"id"}']) {
    const { told, ...fate } = fated(fault, text);
    expect([told, fate.text, fate.end]).toEqual([[], text, "arrives"]);
  }
});

test("a delay is what was stated, inside its range, or by its quantiles", () => {
  fc.assert(
    fc.property(fc.nat(), fc.tuple(fc.nat(5000), fc.nat(5000), fc.nat(5000)), (name, sizes) => {
      const [low = 0, middle = 0, high = 0] = sizes.toSorted((a, b) => a - b);
      const delay = (ms: Extract<MessageFault, { fault: "delay" }>["ms"]): number => {
        const random = randomStream(1, String(name));
        const fault = { fault: "delay", ms } as const;
        const subject = {
          message: "",
          protocol: "mcp",
          transport: "sim",
          from: "",
          to: "",
          agent: undefined,
          method: "",
          tool: undefined,
          content: "",
        } as const;
        return fateOf([{ fault, subject, random, fire: () => {} }], "").delayMs;
      };
      expect(delay(low)).toBe(low);
      expect(delay([low, high])).toBeGreaterThanOrEqual(low);
      expect(delay([low, high])).toBeLessThanOrEqual(high);
      expect(delay({ p50: low, p90: middle, p99: high })).toBeLessThanOrEqual(high);
    }),
  );
});

test("half of all delays are below the median, and one in ten above the ninetieth percentile", () => {
  const drawn = Array.from({ length: 4000 }, (_, index) => {
    const random = randomStream(index, "delay");
    const fault = { fault: "delay", ms: { p50: 20, p90: 100, p99: 1000 } } as const;
    const subject = {
      message: "",
      protocol: "mcp",
      transport: "sim",
      from: "",
      to: "",
      agent: undefined,
      method: "",
      tool: undefined,
      content: "",
    } as const;
    return fateOf([{ fault, subject, random, fire: () => {} }], "").delayMs;
  });
  const share = (limit: number): number => drawn.filter((ms) => ms < limit).length / drawn.length;
  expect(Math.abs(share(20) - 0.5)).toBeLessThan(0.03);
  expect(Math.abs(share(100) - 0.9)).toBeLessThan(0.02);
  expect(share(1000)).toBeGreaterThan(0.98);
});
