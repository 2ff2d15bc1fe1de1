/** Which messages faults hit: by rule and by chance, keyed so that nothing shifts anything else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { MessageFault } from "../../src/scenario/fault.ts";
import type { FaultSubject } from "../../src/wire/faults/subject.ts";
import { WireFaults } from "../../src/wire/faults/wire-faults.ts";

const CALL: FaultSubject = {
  message: "agents>orders#1",
  protocol: "mcp",
  transport: "sim",
  from: "agents",
  to: "orders",
  agent: "triage",
  method: "tools/call",
  tool: "find",
  content: "{}",
};

const subjects = fc.record({
  ...Object.fromEntries(Object.entries(CALL).map(([key, value]) => [key, fc.constant(value)])),
  from: fc.constantFrom("agents", "risk"),
  to: fc.constantFrom("orders", "payments"),
  agent: fc.constantFrom("triage", "billing", undefined),
  method: fc.constantFrom("tools/call", "resources/read"),
  tool: fc.constantFrom("find", "refund", undefined),
  content: fc.constantFrom("{}", '{"id":1}'),
}) as fc.Arbitrary<FaultSubject>;

const asked = fc.array(subjects, { minLength: 1, maxLength: 12 });
const rates = fc.double({ min: 0, max: 1, noNaN: true });
const rules = fc.record(
  {
    fault: fc.constantFrom("drop", "duplicate", "hang"),
    to: fc.constantFrom("orders", "payments"),
    agent: fc.constantFrom("triage", "billing"),
    tool: fc.constantFrom("find", "refund"),
    rate: rates,
  },
  { requiredKeys: ["fault", "rate"] },
) as fc.Arbitrary<MessageFault>;
const seeds = fc.integer({ min: 0, max: 2 ** 32 });

function opened(faults: readonly MessageFault[], seed: number): WireFaults {
  const clock = { nowUnixNano: () => 0n };
  return new WireFaults(faults, { seed, clock, setTimer: () => () => {}, keepInHand: () => {}, limitMs: 1000 });
}

/** Which of the faults hit each message, in the order in which they were asked. */
function hits(
  faults: readonly MessageFault[],
  seed: number,
  messages: readonly FaultSubject[],
): readonly (readonly number[])[] {
  const open = opened(faults, seed);
  return messages.map((message) => {
    const before = open.tally.fired.length;
    const { request, reply } = open.choose(message);
    for (const { fire } of [...request, ...reply]) fire("");
    return open.tally.fired.slice(before).map(({ index }) => index);
  });
}

test("a fault more never shifts another's draws", () => {
  fc.assert(
    fc.property(rules, rules, seeds, asked, (one, other, seed, messages) => {
      fc.pre(one.fault !== other.fault);
      const alone = hits([one], seed, messages).map(({ length }) => length > 0);
      for (const list of [
        [one, other],
        [other, one],
      ])
        expect(hits(list, seed, messages).map((found) => found.includes(list.indexOf(one)))).toEqual(alone);
    }),
  );
});

test("a message more, of whatever else, never shifts a draw", () => {
  fc.assert(
    fc.property(rules, seeds, asked, subjects, fc.nat(), (fault, seed, messages, more, at) => {
      const key = ({ from, to, agent, method, tool, content }: FaultSubject): string =>
        [from, to, agent, method, tool, content].join();
      fc.pre(messages.every((message) => key(message) !== key(more)));
      const index = at % (messages.length + 1);
      const longer = [...messages.slice(0, index), more, ...messages.slice(index)];
      expect(hits([fault], seed, longer).toSpliced(index, 1)).toEqual(hits([fault], seed, messages));
    }),
  );
});

test("whoever is asked first, each gets what it gets alone", () => {
  fc.assert(
    fc.property(rules, seeds, asked, (fault, seed, messages) => {
      const ours = messages.filter(({ agent }) => agent === "triage");
      const found = hits([fault], seed, messages).filter((_, index) => messages[index]?.agent === "triage");
      expect(found).toEqual(hits([fault], seed, ours));
    }),
  );
});

test("with a higher rate a fault hits what it hit before, and more", () => {
  fc.assert(
    fc.property(rules, rates, seeds, asked, (fault, rate, seed, messages) => {
      const [lower = 0, higher = 0] = [fault.rate ?? 1, rate].toSorted((a, b) => a - b);
      const [few, many] = [lower, higher].map((one) => hits([{ ...fault, rate: one }], seed, messages));
      for (const [index, found] of (few ?? []).entries())
        expect(many?.[index]).toEqual(expect.arrayContaining([...found]));
    }),
  );
});

test("a rate of 0 hits nothing and a rate of 1 everything, and one between about as many as it says", () => {
  const messages = Array.from({ length: 4000 }, () => CALL);
  const counted = (rate: number): number =>
    hits([{ fault: "drop", rate }], 7, messages).filter(({ length }) => length > 0).length;
  expect([counted(0), counted(1)]).toEqual([0, 4000]);
  expect(counted(0.25)).toBeGreaterThan(900);
  expect(counted(0.25)).toBeLessThan(1100);
});

test("another seed draws others", () => {
  const messages = Array.from({ length: 64 }, () => CALL);
  const drawn = [1, 2, 3].map((seed) => JSON.stringify(hits([{ fault: "drop", rate: 0.5 }], seed, messages)));
  expect(new Set(drawn).size).toBe(3);
});

test.for<readonly [string, MessageFault, Partial<FaultSubject>, boolean]>([
  ["who asks", { fault: "drop", from: "risk" }, {}, false],
  ["who is asked", { fault: "drop", to: "orders" }, {}, true],
  ["the agent", { fault: "drop", agent: "billing" }, {}, false],
  ["the tool", { fault: "drop", tool: "find" }, {}, true],
  [
    "the tool, of which a resource has none",
    { fault: "drop", tool: "find" },
    { method: "resources/read", tool: undefined },
    false,
  ],
  ["the method", { fault: "drop", method: "tools/call" }, {}, true],
  ["nothing, for what an agent asks", { fault: "drop" }, { method: "SendMessage" }, true],
  ["nothing, and a handshake is spared", { fault: "drop" }, { method: "initialize" }, false],
  ["nothing, and a list is spared", { fault: "drop" }, { method: "tools/list" }, false],
  ["nothing, and a notification is spared", { fault: "drop" }, { method: "notifications/initialized" }, false],
  ["nothing, and a card is spared", { fault: "drop" }, { method: "GET /.well-known/agent-card.json" }, false],
  ["a handshake by its name", { fault: "drop", method: "initialize" }, { method: "initialize" }, true],
  [
    "the reply of a notification, which has none",
    { fault: "drop", direction: "reply", method: "notifications/initialized" },
    { method: "notifications/initialized" },
    false,
  ],
  ["isError, of what is no tool", { fault: "is-error" }, { method: "resources/read" }, false],
])("a rule looks at %s", ([, fault, message, isHit]) => {
  expect(hits([fault], 1, [{ ...CALL, ...message }])[0]).toEqual(isHit ? [0] : []);
});

test("occurrences are counted for each agent that asks", () => {
  const billing = { ...CALL, agent: "billing" };
  const found = hits([{ fault: "drop", occurrence: 2 }], 1, [CALL, billing, CALL, CALL, billing]);
  expect(found.map(({ length }) => length)).toEqual([0, 0, 1, 0, 1]);
});
