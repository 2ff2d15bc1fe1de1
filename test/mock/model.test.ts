import { expect, test } from "vitest";
import { randomStream } from "../../src/core/random.ts";
import { type Completion, complete } from "../../src/mock/model.ts";
import {
  type Message,
  type ModelRequest,
  type ModelRule,
  QUIET_MODEL,
  scriptedModel,
} from "../../src/scenario/model.ts";

const HELLO: Message = { role: "user", text: "Where is order A-17?" };
const CALLED: Message = { role: "assistant", text: "", toolCalls: [] };
const FOUND: Message = { role: "tool", tool: "lookup_order", text: '{"id":"A-17"}', isError: false };

const ASKED: ModelRequest = {
  agent: "a",
  model: "m",
  conversation: [],
  tools: [],
  toolChoice: "auto",
  isParallel: true,
  attempt: 1,
  random: randomStream(1, "x"),
};

function answered(
  rules: readonly ModelRule[],
  conversation: readonly Message[] = [HELLO],
  { seed = 1, ...more }: Partial<ModelRequest> & { readonly seed?: number } = {},
): Completion {
  const request = { ...ASKED, agent: "triage", conversation, random: randomStream(seed, "model"), ...more };
  return complete(scriptedModel("m", rules), request);
}

const say = (text: string): { readonly say: string } => ({ say: text });

test("the first rule that applies answers", () => {
  const rules = [
    { when: { agent: "billing" }, answer: say("no") },
    { answer: say("first") },
    { answer: say("second") },
  ];
  expect(answered(rules).text).toBe("first");
});

test.for<readonly [string, ModelRule["when"], readonly Message[], boolean]>([
  ["the agent's name", { agent: "triage" }, [HELLO], true],
  ["another agent's name", { agent: "triag" }, [HELLO], false],
  ["a text of the user's, ignoring case", { user: "ORDER a-17" }, [HELLO], true],
  ["a pattern of the user's", { user: /order [A-Z]-\d+/ }, [HELLO], true],
  ["a global pattern, each time anew", { user: /order/g }, [HELLO, HELLO], true],
  ["what the user did not say", { user: "refund" }, [HELLO], false],
  ["what the user said before the newest message", { user: "order" }, [HELLO, { role: "user", text: "Hi" }], false],
  ["the newest tool result", { after: "lookup_order" }, [HELLO, CALLED, FOUND], true],
  ["a tool result that is not the newest message", { after: "lookup_order" }, [HELLO, FOUND, CALLED], false],
  ["another tool's result", { after: "refund" }, [HELLO, FOUND], false],
  ["a result's text", { result: "a-17" }, [HELLO, FOUND], true],
  ["a result's text where there is none", { result: "a-17" }, [HELLO], false],
  ["no answer yet", { answered: 0 }, [CALLED, HELLO], true],
  ["one answer since the user spoke", { answered: 1 }, [CALLED, HELLO, CALLED, FOUND], true],
  ["a count of answers that is not reached", { answered: 2 }, [HELLO, CALLED], false],
  ["all of several parts", { agent: "triage", user: "order", answered: 0 }, [HELLO], true],
  ["only some of several parts", { agent: "triage", user: "refund" }, [HELLO], false],
])("a rule for %s", ([, when, conversation, applies]) => {
  const rules = [
    { ...(when === undefined ? {} : { when }), answer: say("it applies") },
    { answer: say("it does not") },
  ];
  expect(answered(rules, conversation).text).toBe(applies ? "it applies" : "it does not");
});

const TERSE: Message = { role: "system", text: "Be terse." };

test.for<readonly [string, ModelRule["when"], Partial<ModelRequest>, boolean]>([
  ["the model that is asked for", { model: "m" }, {}, true],
  ["a part of the model's name", { model: "gpt" }, { model: "gpt-5" }, false],
  ["a pattern of the model's name", { model: /^gpt-/ }, { model: "gpt-5" }, true],
  ["what a system message says", { system: "terse" }, { conversation: [TERSE, HELLO] }, true],
  ["what no system message says", { system: "order" }, { conversation: [TERSE, HELLO] }, false],
  ["a tool that is offered", { offers: "refund" }, { tools: [{ name: "refund", schema: {} }] }, true],
  ["a tool that is not offered", { offers: "refund" }, { tools: [{ name: "refunds", schema: {} }] }, false],
  ["the attempt that this is", { attempt: 2 }, { attempt: 2 }, true],
  ["another attempt", { attempt: 1 }, { attempt: 2 }, false],
])("a rule for %s", ([, when, more, applies]) => {
  const rules = [
    { ...(when === undefined ? {} : { when }), answer: say("it applies") },
    { answer: say("it does not") },
  ];
  expect(answered(rules, [HELLO], more).text).toBe(applies ? "it applies" : "it does not");
});

test("of several variants the seed picks one, and each comes up", () => {
  const rules = [{ answer: [say("a"), say("b"), say("c")] }];
  const texts = Array.from({ length: 40 }, (_, seed) => answered(rules, [HELLO], { seed }).text);
  expect(new Set(texts)).toEqual(new Set(["a", "b", "c"]));
  expect(answered(rules, [HELLO], { seed: 5 })).toEqual(answered(rules, [HELLO], { seed: 5 }));
});

test("an answer may be made from the conversation", () => {
  expect(answered([{ answer: (heard) => say(`${heard.length} heard`) }], [HELLO, FOUND]).text).toBe("2 heard");
});

test("tool calls get an id from the seed, and the finish reason says so", () => {
  const rules = [{ answer: { call: [{ tool: "lookup_order", arguments: { id: "A-17" } }, { tool: "list_orders" }] } }];
  const { toolCalls, finishReason } = answered(rules);
  expect(toolCalls.map(({ name, arguments: args }) => [name, args])).toEqual([
    ["lookup_order", { id: "A-17" }],
    ["list_orders", {}],
  ]);
  expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2);
  expect(answered(rules).toolCalls).toEqual(toolCalls);
  expect(finishReason).toBe("tool_call");
  expect(answered([{ answer: say("done") }]).finishReason).toBe("stop");
});

test("stated tokens are kept, zero too, and cost what the price says", () => {
  const model = scriptedModel("m", [{ answer: { say: "x", inputTokens: 1_000_000, outputTokens: 0 } }], {
    price: { input: 3, output: 15 },
  });
  const done = complete(model, ASKED);
  expect([done.inputTokens, done.outputTokens, done.costUsd]).toEqual([1_000_000, 0, 3]);
});

test("tokens that are not stated grow with what was heard and said", () => {
  const rules = [{ when: { user: "long" }, answer: say("word ".repeat(100)) }, { answer: say("w") }];
  const short = answered(rules);
  const long = answered(rules, [{ role: "user", text: "long ".repeat(100) }]);
  expect(long.inputTokens).toBeGreaterThan(short.inputTokens + 50);
  expect(long.outputTokens).toBeGreaterThan(short.outputTokens + 50);
});

test("an answer takes the model's time: the first chunk within its bounds, the rest by its speed", () => {
  const model = scriptedModel("m", [{ answer: { say: "x", outputTokens: 50 } }], {
    timing: { firstChunkMs: [100, 100], tokensPerSecond: 25 },
  });
  const done = complete(model, ASKED);
  expect([done.firstChunkMs, done.totalMs]).toEqual([100, 2100]);
});

test("when no rule applies the error says what was asked, and which rule came nearest but for what", () => {
  const rules = [
    { when: { agent: "billing", user: "refund" }, answer: say("x") },
    { when: { agent: "triage", after: "lookup_order" }, answer: say("y") },
  ];
  expect(() => answered(rules)).toThrow(
    'model m has no rule for agent triage after "Where is order A-17?" (user); rule 2 came nearest, but for after "lookup_order"',
  );
});

test("a model without rules says so", () => {
  expect(() => answered([], [])).toThrow("after an empty conversation; it has no rules");
});

const MEND = 'answer { say: "…" } or { call: [{ tool: "…" }] }';

const FINISH_FAULT = 'its `finish` is "stop", which is neither "length" nor "content_filter"';
const FAIL_FAULT = 'which is none of { status: 429 }, { breakAfter: 3 } and "hang"';

test.for<readonly [string, unknown, string]>([
  ["a function that is async", () => Promise.resolve(say("x")), "its answer is a promise"],
  ["an async function that rejects", () => Promise.reject(new Error("x")), "its answer is a promise"],
  ["a function that returns nothing", () => undefined, "its answer is nothing"],
  ["a function that returns null", () => null, "its answer is null"],
  ["a function that returns a list", () => [say("x")], 'its answer is [{"say":"x"}]'],
  ["a function that returns what JSON cannot write", () => 5n, "its answer is what JSON cannot write"],
  ["nothing", undefined, "its answer is nothing"],
  ["a text", "x", 'its answer is "x"'],
  ["no variants", [], "its list of variants is empty"],
  ["a say that is no text", { say: 5 }, "its `say` is 5, which is no text"],
  ["an end that there is not", { say: "x", finish: "stop" }, FINISH_FAULT],
  ["a failure that there is not", { fail: "boom" }, `its \`fail\` is "boom", ${FAIL_FAULT}`],
  ["an error that is none", { fail: { status: 200 } }, `its \`fail\` is {"status":200}, ${FAIL_FAULT}`],
  ["a call that is no list", { call: { tool: "x" } }, 'its `call` is {"tool":"x"}, which is no list'],
  ["a call without a tool", { call: [{ tool: "x" }, "y"] }, 'its `call[1]` is "y", which names no tool'],
])("a rule that answers with %s is named with its number", ([, answer, words]) => {
  const rules = [{ when: { agent: "billing" }, answer: say("no") }, { answer } as ModelRule];
  expect(() => answered(rules)).toThrow(new Error(`model m, rule 2: ${words}; ${MEND}`));
});

test.for([1, 2, 3, 4])("a broken variant is found with every seed, with its number: seed %i", (seed) => {
  const rules = [{ answer: [say("a"), undefined] } as unknown as ModelRule];
  expect(() => answered(rules, [HELLO], { seed })).toThrow(
    new Error(`model m, rule 1, variant 2: its answer is nothing; ${MEND}`),
  );
});

test("an agent that writes into a call's arguments changes nothing in the rule", () => {
  const given = { order: { id: "A-17" } };
  const [call] = answered([{ answer: { call: [{ tool: "lookup_order", arguments: given }] } }]).toolCalls;
  Reflect.set(Object(call?.arguments["order"]), "id", "B-1");
  expect(given).toEqual({ order: { id: "A-17" } });
});

test("arguments that are no plain data are named with the rule and the tool", () => {
  const call = [{ tool: "lookup_order", arguments: { id: () => 1 } as never }];
  expect(() => answered([{ answer: { call } }])).toThrow(
    new Error("model m, rule 1: the arguments of lookup_order are no plain data; leave out what JSON cannot write"),
  );
});

test("a rule that writes into the conversation it is given changes nothing", () => {
  const conversation = [{ ...HELLO }];
  const rules: readonly ModelRule[] = [
    {
      answer: (heard) => {
        Reflect.set(Object(heard[0]), "text", "");
        Reflect.set(heard, "length", 0);
        return say("x");
      },
    },
  ];
  answered(rules, conversation);
  expect(conversation).toEqual([HELLO]);
});

test("the model of a scenario without one answers anything and calls nothing", () => {
  const done = complete(QUIET_MODEL, ASKED);
  expect(done.toolCalls).toEqual([]);
  expect(done.text).not.toBe("");
});

const FORMAT = { type: "object", properties: { risk: { type: "number" } }, required: ["risk"] };

test("words that the format asks for are said, and any others are a fault of the rule", () => {
  expect(answered([{ answer: say('{"risk":1}') }], [HELLO], { format: FORMAT }).text).toBe('{"risk":1}');
  const wrong = (text: string): unknown => answered([{ answer: say(text) }], [HELLO], { format: FORMAT });
  expect(() => wrong("high")).toThrow(
    'model m, rule 1: its words "high" are not what the request\'s format asks for: they are no JSON',
  );
  expect(() => wrong('{"risk":"high"}')).toThrow("risk must be number");
});

test("an answer that is cut, fails or calls a tool is held to no format", () => {
  const answers = [
    { say: "{", finish: "length" },
    { say: "{", fail: { breakAfter: 1 } },
    { call: [{ tool: "x" }] },
  ] as const;
  for (const answer of answers) expect(() => answered([{ answer }], [HELLO], { format: FORMAT })).not.toThrow();
});
