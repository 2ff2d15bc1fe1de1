import { expect, test } from "vitest";
import { type TroupeError, isTroupeError } from "../../src/core/errors.ts";
import { type RecordedMessage, readChat } from "../../src/recording/chat.ts";

const asks = { role: "user", content: "Is it open?" } as const;
const says = { role: "assistant", content: "It is." } as const;

function looks(id: string, place: string): RecordedMessage {
  const called = { name: "look", arguments: JSON.stringify({ place }) };
  return { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: called }] };
}

function sees(id: string, content: string): RecordedMessage {
  return { role: "tool", tool_call_id: id, name: "look", content };
}

function faultsOf(messages: unknown): readonly string[] {
  try {
    readChat("shop", messages as readonly RecordedMessage[]);
    return [];
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    return (error satisfies TroupeError).faults.map(({ where, what }) => `${where}: ${what}`);
  }
}

test("a chat keeps every message but the system's, with its place", () => {
  const { messages } = readChat("shop", [{ role: "system", content: "Be kind." }, asks, says]);
  expect(messages).toEqual([
    { role: "user", text: "Is it open?", at: 1 },
    { role: "assistant", text: "It is.", toolCalls: [], at: 2 },
  ]);
});

test("what the user says last and nobody answers is left out", () => {
  expect(readChat("shop", [asks, says, { role: "user", content: "Bye" }])).toEqual(readChat("shop", [asks, says]));
});

test("each call has its result, in the order of the calls, whatever the order of the results", () => {
  const both = [...(looks("a", "door").tool_calls ?? []), ...(looks("b", "shelf").tool_calls ?? [])];
  const turn = { role: "assistant", tool_calls: both };
  const { exchanges } = readChat("shop", [asks, turn, sees("b", "full"), sees("a", "ajar"), says]);
  expect(exchanges).toEqual([
    { tool: "look", arguments: { place: "door" }, result: "ajar" },
    { tool: "look", arguments: { place: "shelf" }, result: "full" },
  ]);
});

test("an id that a later message uses again is another call's", () => {
  const { exchanges } = readChat("shop", [
    asks,
    looks("a", "door"),
    sees("a", "1"),
    looks("a", "door"),
    sees("a", "2"),
  ]);
  expect(exchanges.map(({ result }) => result)).toEqual(["1", "2"]);
});

test("content may be a text, parts of text, null, or absent", () => {
  const parts = [
    { type: "text", text: "Is it" },
    { type: "text", text: "open?" },
  ];
  const empty = { role: "assistant", content: null };
  const { messages } = readChat("shop", [{ role: "user", content: parts }, empty, asks, { role: "assistant" }]);
  expect(messages.map(({ text }) => text)).toEqual(["Is it\nopen?", "", "Is it open?", ""]);
});

test("a call without arguments has none", () => {
  const calls = [{ id: "a", function: { name: "look", arguments: "" } }];
  const { exchanges } = readChat("shop", [asks, { role: "assistant", tool_calls: calls }, sees("a", "x")]);
  expect(exchanges).toEqual([{ tool: "look", arguments: {}, result: "x" }]);
});

const WHERE = 'recording "shop"';

test.for<readonly [string, unknown, readonly string[]]>([
  ["no list", { messages: [] }, [`${WHERE}: this is no list of messages`]],
  ["nothing", [], [`${WHERE}: no user message in it is answered`]],
  ["an unanswered user", [asks], [`${WHERE}: no user message in it is answered`]],
  [
    "an unknown role",
    [{ role: "critic", content: "" }],
    [`${WHERE}, messages[0].role: this is none of the roles system, developer, user, assistant and tool`],
  ],
  [
    "an image and a number",
    [
      { role: "user", content: [{ type: "image_url" }] },
      { role: "assistant", content: 5 },
    ],
    [`${WHERE}, messages[0].content: this is no text`, `${WHERE}, messages[1].content: this is no text`],
  ],
  [
    "arguments that are no object",
    [asks, { role: "assistant", tool_calls: [{ id: "a", function: { name: "look", arguments: "[1" } }] }],
    [`${WHERE}, messages[1].tool_calls[0].function.arguments: "[1" is no JSON object`],
  ],
  ["a greeting", [says, asks, says], [`${WHERE}, messages[0]: the assistant speaks first`]],
  ["two questions", [asks, asks, says], [`${WHERE}, messages[1]: the user speaks twice in a row`]],
  ["two answers", [asks, says, says], [`${WHERE}, messages[2]: the assistant speaks twice in a row`]],
  [
    "a question after a result",
    [asks, looks("a", "door"), sees("a", "ajar"), asks, says],
    [`${WHERE}, messages[3]: the user speaks before the assistant did`],
  ],
  [
    "a call without a result",
    [asks, looks("a", "door")],
    [`${WHERE}, messages[1]: its call look {"place":"door"} has no result`],
  ],
  [
    "a call without a result, and talk after it",
    [asks, looks("a", "door"), asks, says],
    [`${WHERE}, messages[1]: its call look {"place":"door"} has no result`],
  ],
  [
    "a result of no call, and a second one",
    [asks, looks("a", "door"), sees("b", "?"), sees("a", "ajar"), sees("a", "shut"), says],
    [
      `${WHERE}, messages[2]: no call "b" waits for this result`,
      `${WHERE}, messages[4]: no call "a" waits for this result`,
    ],
  ],
])("a recording with %s is refused, with every fault at its message", ([, messages, faults]) => {
  expect(faultsOf(messages)).toEqual(faults);
});
