import { expect, test } from "vitest";
import { randomStream } from "../../src/core/random.ts";
import type { ModelExchange } from "../../src/recording/exchange.ts";
import { recordedAnswers } from "../../src/recording/exchanges.ts";
import type { Message, ModelAnswer } from "../../src/scenario/model.ts";

const HELLO: Message = { role: "user", text: "Where is order A-17?" };
const CALLED: Message = {
  role: "assistant",
  text: "",
  toolCalls: [
    { id: "c1", name: "lookup", arguments: { id: "A-17" } },
    { id: "c2", name: "refunds", arguments: {} },
  ],
};
const FOUND: Message = { role: "tool", tool: "lookup", text: "late", isError: false, callId: "c1" };
const NONE: Message = { role: "tool", tool: "refunds", text: "none", isError: false, callId: "c2" };

const EXCHANGES: readonly ModelExchange[] = [
  { conversation: [HELLO], answer: { call: [{ tool: "lookup", arguments: { id: "A-17" } }] } },
  { conversation: [HELLO, CALLED, FOUND, NONE], answer: { say: "It is late." } },
  { conversation: [HELLO], answer: { say: "Once more?" } },
];

function answer(conversation: readonly Message[], attempt = 1, exchanges = EXCHANGES): ModelAnswer {
  const rest = { agent: "a", model: "m", tools: [], toolChoice: "auto", isParallel: true } as const;
  return recordedAnswers(exchanges)(conversation, { ...rest, conversation, attempt, random: randomStream(1, "x") });
}

test("a recorded conversation is answered as it was", () => {
  expect(answer([HELLO, CALLED, FOUND, NONE])).toEqual({ say: "It is late." });
});

test("system messages, ids, and the order of results make no difference", () => {
  const other = { ...CALLED, toolCalls: CALLED.toolCalls.map((call) => ({ ...call, id: `x${call.id}` })) };
  const system: Message = { role: "system", text: "Be terse." };
  expect(answer([system, HELLO, other, NONE, FOUND])).toEqual({ say: "It is late." });
});

test("a conversation that was recorded twice is answered in the order of the recording", () => {
  expect([answer([HELLO], 1), answer([HELLO], 2)]).toEqual([EXCHANGES[0]?.answer, EXCHANGES[2]?.answer]);
});

test.for<readonly [string, readonly Message[], number, string]>([
  ["asked too often", [HELLO], 3, "this is request 3 with this conversation, and 2 were recorded"],
  [
    "that differs",
    [HELLO, CALLED, { ...FOUND, text: "gone" }, NONE],
    1,
    'in the nearest, messages[2] of exchange 2, the result of lookup, says "late", and this was "gone"',
  ],
  ["that goes on", [...(EXCHANGES[1]?.conversation ?? []), HELLO], 1, "the nearest, exchange 2, ends after 4 messages"],
  ["that is not yet there", [HELLO, CALLED], 1, "the nearest, exchange 2, goes on after 2 messages"],
])("a conversation %s is refused with the nearest", ([, conversation, attempt, words]) => {
  expect(() => answer(conversation, attempt)).toThrow(words);
});

test("an empty recording says so", () => {
  expect(() => answer([HELLO], 1, [])).toThrow(
    "no exchange with this conversation was recorded; the recording is empty",
  );
});
