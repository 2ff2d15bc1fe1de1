import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import {
  type AskedQuestion,
  type Matching,
  argumentParts,
  conversationParts,
  matchingOf,
} from "../../src/recording/matching.ts";
import type { Message } from "../../src/scenario/model.ts";

const lookups = (list: readonly (Json | undefined)[], agent: string | null = null): Matching<number> =>
  matchingOf(
    list.map((args, answer) => ({
      agent,
      answer,
      parts: argumentParts("lookup", args ?? "not recorded"),
      isKnown: args !== undefined,
    })),
  );

function asked(args: Json, given: Partial<AskedQuestion> = {}): AskedQuestion {
  return { agent: null, parts: argumentParts("lookup", args), occurrence: 1, place: 1, ...given };
}

test("equal arguments match exactly, whatever the order of their keys", () => {
  const match = lookups([{ id: "A-1" }, { id: "A-2", all: true }]);
  expect(match(asked({ all: true, id: "A-2" }))).toEqual({ answer: 1, closeness: "exact", index: 1 });
});

test.for<readonly [string, Json, Json]>([
  ["white space", { words: "two  words\n" }, { words: "two words" }],
  ["letter case", { words: "Berlin" }, { words: "berlin" }],
  ["a number as text", { count: "3" }, { count: 3 }],
  ["a member that is null", { id: "A-1", note: null }, { id: "A-1" }],
  ["a UUID", { key: "6f1c2c3e-8a1b-4c2d-9e3f-0a1b2c3d4e5f" }, { key: "00000000-8a1b-4c2d-9e3f-0a1b2c3d4e5f" }],
  ["a time", { at: "2026-01-02T03:04:05Z" }, { at: "2026-11-21T10:00:00Z" }],
])("arguments that differ by %s alone match once normalised", ([, recorded, given]) => {
  expect(lookups([{ id: "other" }, recorded])(asked(given))).toMatchObject({ answer: 1, closeness: "normalised" });
});

test("what decides comes before what is near: exact, normalised, nearest", () => {
  const match = lookups([{ id: "a-1" }, { id: "A-1" }, { id: "A-1", all: true }]);
  expect(match(asked({ id: "A-1" }))).toMatchObject({ answer: 1, closeness: "exact" });
  expect(match(asked({ id: " A-1" }))).toMatchObject({ answer: 0, closeness: "normalised" });
  expect(match(asked({ id: "A-1", all: false }))).toMatchObject({ answer: 2, closeness: "nearest" });
});

test("the nearest has the fewest members that differ, then the nearest texts, then it is the first", () => {
  const match = lookups([{ id: "B-99" }, { id: "A-17" }, { id: "A-19" }]);
  expect(match(asked({ id: "A-18" }))).toMatchObject({ answer: 1, closeness: "nearest" });
});

test("equal questions are answered in their order, and one too many as the last", () => {
  const match = lookups([{ id: "A" }, { id: "B" }, { id: "A" }]);
  const answers = [1, 2, 3].map((occurrence) => match(asked({ id: "A" }, { occurrence })));
  expect(answers.map((one) => [one?.answer, one?.closeness])).toEqual([
    [0, "exact"],
    [2, "exact"],
    [2, "nearest"],
  ]);
});

test("an agent's own recorded questions come before those of others", () => {
  const match = matchingOf(
    ["triage", "billing"].map((agent, answer) => ({
      agent,
      answer,
      parts: argumentParts("lookup", { id: "A" }),
      isKnown: true,
    })),
  );
  expect(match(asked({ id: "A" }, { agent: "billing" }))?.answer).toBe(1);
  expect(match(asked({ id: "A" }, { agent: "somebody new" }))?.answer).toBe(0);
});

test("questions without recorded content are answered in their sequence", () => {
  const match = lookups([undefined, undefined]);
  expect(match(asked({ id: "A" }, { place: 2 }))).toEqual({ answer: 1, closeness: "next", index: 1 });
  expect(match(asked({ id: "A" }, { place: 3 }))).toBeUndefined();
});

test("nothing recorded matches nothing", () => {
  expect(lookups([])(asked({ id: "A" }))).toBeUndefined();
});

const says = (text: string): Message => ({ role: "user", text });
const result = (text: string): Message => ({ role: "tool", tool: "lookup", text, isError: false });
const answered = (text: string): Message => ({ role: "assistant", text, toolCalls: [] });

test("a conversation with one message more matches the recorded one that it grew from", () => {
  const recorded = [[says("Hi")], [says("Hi"), result("late")], [says("Hi"), result("late"), answered("Late.")]];
  const match = matchingOf(
    recorded.map((conversation, answer) => ({
      agent: "a",
      answer,
      parts: conversationParts(conversation),
      isKnown: true,
    })),
  );
  const parts = conversationParts([says("Hi"), result("checked"), result("late")]);
  expect(match({ agent: "a", parts, occurrence: 1, place: 2 })).toMatchObject({ answer: 1, closeness: "nearest" });
});

test("a conversation that has nothing in common is answered by its place in the agent's sequence", () => {
  const match = matchingOf(
    ["Hi", "Bye"].map((text, answer) => ({
      agent: "a",
      answer,
      parts: conversationParts([says(text)]),
      isKnown: true,
    })),
  );
  const parts = conversationParts([says("Something else")]);
  expect(match({ agent: "a", parts, occurrence: 1, place: 2 })).toMatchObject({ answer: 1, closeness: "next" });
});

const argumentsOf = fc.dictionary(fc.constantFrom("id", "all", "note"), fc.jsonValue({ maxDepth: 2 })) as fc.Arbitrary<
  Record<string, Json>
>;

test("what was recorded is always matched exactly, in its order, and a match depends on its question alone", () => {
  fc.assert(
    fc.property(fc.array(argumentsOf, { minLength: 1, maxLength: 8 }), fc.nat(), (list, pick) => {
      const match = lookups(list);
      const one = list[pick % list.length] ?? {};
      const key = JSON.stringify(argumentParts("lookup", one));
      const places = list.flatMap((other, at) => (JSON.stringify(argumentParts("lookup", other)) === key ? [at] : []));
      for (const [index, place] of places.entries()) {
        const question = asked(one, { occurrence: index + 1 });
        expect(match(question)).toEqual({ answer: place, closeness: "exact", index: place });
        expect(lookups(list)(question)).toEqual(match(question));
      }
    }),
  );
});
