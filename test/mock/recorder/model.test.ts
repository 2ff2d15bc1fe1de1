import { expect, test } from "vitest";
import { type Dialect, writeEvent } from "../../../src/mock/model-api/dialect.ts";
import { ANTHROPIC_MESSAGES, DIALECTS, OPENAI_CHAT, OPENAI_RESPONSES } from "../../../src/mock/model-api/dialects.ts";
import { createModelApi } from "../../../src/mock/model-api/handler.ts";
import { modelPassages } from "../../../src/mock/recorder/model.ts";
import type { Message, ModelAnswer } from "../../../src/scenario/model.ts";
import { recordedAnswers } from "../../../src/recording/exchanges.ts";
import { scriptedModel } from "../../../src/scenario/model.ts";
import type { PassedReply } from "../../../src/wire/http-proxy.ts";
import { hearing } from "./hearings.ts";

const UPSTREAMS = {
  openai: { url: "https://api.openai.com/v1", key: "sk-real" },
  anthropic: { url: "https://api.anthropic.com/", key: "sk-ant-real" },
  dummyKey: "dummy",
};

const CONVERSATION: readonly Message[] = [
  { role: "system", text: "Be kind." },
  { role: "user", text: "Where is A-17?" },
  { role: "assistant", text: "", toolCalls: [{ id: "call_1", name: "lookup", arguments: { id: "A-17" } }] },
  { role: "tool", tool: "lookup", text: "lost", isError: false, callId: "call_1" },
];

function requestOf(dialect: Dialect, isStream: boolean, headers: Readonly<Record<string, string>> = {}) {
  const call = {
    model: "some-model",
    conversation: CONVERSATION,
    tools: [],
    toolChoice: "auto",
    isParallel: true,
    isStream,
    hasUsage: true,
  } as const;
  const own = dialect === ANTHROPIC_MESSAGES ? { "anthropic-version": "2023-06-01" } : {};
  return {
    url: `http://127.0.0.1:1${dialect.path}`,
    method: "POST",
    headers: new Headers({ ...own, ...headers }),
    text: JSON.stringify({ max_tokens: 9, ...Object(dialect.writeRequest(call)) }),
  };
}

/** What is heard when a reply passes. */
function heardOf(dialect: Dialect, passed: PassedReply) {
  const told = hearing();
  modelPassages(UPSTREAMS, told)(requestOf(dialect, false)).hear(passed);
  return told;
}

function reply(status: number, text: string, type = "application/json"): PassedReply {
  return { status, headers: new Headers({ "content-type": type }), text, ending: "whole" };
}

const ANSWERS: readonly ModelAnswer[] = [
  { say: "It is lost.\n\nSorry!" },
  { call: [{ tool: "refund", id: "call_7", arguments: { id: "A-17", cents: 0 } }] },
  {
    say: "Both",
    call: [
      { tool: "a", id: "call_8", arguments: {} },
      { tool: "b", id: "call_9", malformed: '{"x": ' },
    ],
  },
  { say: "It is", finish: "length" },
  { say: "" },
];

const CASES = DIALECTS.flatMap((dialect) =>
  [false, true].flatMap((isStream) =>
    ANSWERS.map((answer) => ({
      dialect,
      isStream,
      answer,
      name: `${dialect.path} ${isStream} ${JSON.stringify(answer)}`,
    })),
  ),
);

test.for(CASES)("what an API answers is heard as it was meant: $name", async ({ dialect, isStream, answer }) => {
  const api = createModelApi(scriptedModel("some-model", [{ answer }]), {
    seed: 1,
    clock: { nowUnixNano: () => 0n },
    pause: () => Promise.resolve(),
    onFault: (sentence) => expect(sentence).toBe(""),
  });
  const request = requestOf(dialect, isStream);
  const { status, headers, body } = await api({ ...request, signal: new AbortController().signal });
  const text = await new Response(body).text();
  const told = hearing();
  modelPassages(UPSTREAMS, told)(request).hear({ status, headers, text, ending: "whole" });
  const { inputTokens: _, outputTokens: __, ...heard } = Object(told.exchanges[0]).answer;
  const isMute = answer.call !== undefined && answer.say === undefined;
  expect(heard).toEqual(isMute ? answer : { say: "", ...answer });
  expect(told.exchanges).toMatchObject([
    { kind: "model", agent: "helper", model: "some-model", conversation: CONVERSATION },
  ]);
  expect(told.lacks).toEqual([]);
});

test.for([OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES])(
  "a request to $path goes to its vendor, with the real key in place of the dummy",
  (dialect) => {
    const passages = modelPassages(UPSTREAMS, hearing());
    const given = dialect === ANTHROPIC_MESSAGES ? { "x-api-key": "dummy" } : { authorization: "Bearer dummy" };
    const { url, headers } = passages(requestOf(dialect, false, given));
    expect(url).toBe(
      dialect === ANTHROPIC_MESSAGES
        ? "https://api.anthropic.com/v1/messages"
        : `https://api.openai.com${dialect.path}`,
    );
    expect(headers).toEqual(
      dialect === ANTHROPIC_MESSAGES ? { "x-api-key": "sk-ant-real" } : { authorization: "Bearer sk-real" },
    );
  },
);

test("a key of the agent's own stays as it is", () => {
  const { headers } = modelPassages(
    UPSTREAMS,
    hearing(),
  )(requestOf(OPENAI_CHAT, false, { authorization: "Bearer own" }));
  expect(headers).toEqual({});
});

test("below its name an agent is told apart", () => {
  const told = hearing();
  const request = requestOf(OPENAI_CHAT, false);
  const url = request.url.replace("/v1", "/agents/bill%20ing/v1");
  const passage = modelPassages(UPSTREAMS, told)({ ...request, url });
  expect(passage.url).toBe("https://api.openai.com/v1/chat/completions");
  passage.hear({ unreachable: "nobody is there" });
  expect(told.exchanges).toMatchObject([{ agent: "bill ing" }]);
});

test("an error is an answer, with the time after which to try again", () => {
  const body = JSON.stringify({ error: { message: "slow down" } });
  const headers = new Headers({ "content-type": "application/json", "retry-after": "3" });
  const told = heardOf(OPENAI_CHAT, { status: 429, headers, text: body, ending: "whole" });
  expect(told.exchanges).toMatchObject([
    { answer: { fail: { status: 429, message: "slow down", retryAfterMs: 3000 } } },
  ]);
  expect(Object(told.exchanges[0]).missing).toBeUndefined();
});

test("an error that is a page of HTML keeps its status and how it begins", () => {
  const told = heardOf(ANTHROPIC_MESSAGES, reply(500, "<html>oops</html>", "text/html"));
  expect(told.exchanges).toMatchObject([{ answer: { fail: { status: 500, message: "<html>oops</html>" } } }]);
});

test("an API that cannot be reached is heard as the gateway's answer that the agent got", () => {
  const told = heardOf(OPENAI_CHAT, { unreachable: "http://127.0.0.1:1 could not be reached" });
  expect(told.exchanges).toMatchObject([{ answer: { fail: { status: 502 } } }]);
});

test.for([
  [reply(200, "<html>login</html>", "text/html"), "it is text/html with status 200, and no JSON"],
  [reply(200, '{"choices": []}'), "id: Invalid input"],
  [reply(200, writeEvent({ data: { choices: [] } }), "text/event-stream"), "id: Invalid input"],
  [{ ...reply(200, "{"), ending: "broken" }, "its connection broke"],
  [{ ...reply(200, "{"), ending: "cancelled" }, "the agent did not wait for its end"],
] as const)("what is no answer is named, and its place is empty: %o", ([passed, why]) => {
  const told = heardOf(OPENAI_CHAT, passed);
  expect(told.exchanges).toMatchObject([{ answer: {}, missing: ["answer"] }]);
  expect(told.lacks.join()).toContain(`an answer of /v1/chat/completions could not be kept: ${why}`);
});

test("what no mock does again is named", () => {
  const told = hearing();
  const request = requestOf(OPENAI_RESPONSES, false);
  const body = JSON.stringify({ ...JSON.parse(request.text), n: 2, tools: [{ type: "web_search" }] });
  const passages = modelPassages(UPSTREAMS, told);
  passages({ ...request, text: body }).hear({ unreachable: "" });
  for (const path of ["/v1/embeddings", "/v1/models", "/v1/files"])
    passages({ ...request, url: `http://127.0.0.1:1${path}` }).hear(reply(200, "{}"));
  expect(told.lacks).toEqual([
    "2 choices were asked for",
    "the provider's own tool web_search was offered",
    "embeddings were asked for",
    "/v1/files was asked for",
  ]);
});

test("a reply that a client goes on from is known", () => {
  const told = hearing();
  const passages = modelPassages(UPSTREAMS, told);
  const output = {
    id: "resp_1",
    model: "m",
    createdUnixSeconds: 1,
    text: "It is lost.",
    toolCalls: [],
    finishReason: "stop",
    inputTokens: 1,
    outputTokens: 1,
  } as const;
  const first = requestOf(OPENAI_RESPONSES, false);
  passages(first).hear(reply(200, JSON.stringify(OPENAI_RESPONSES.writeReply(output))));
  const text = JSON.stringify({ model: "m", input: "Why?", previous_response_id: "resp_1" });
  passages({ ...first, text }).hear(
    reply(200, JSON.stringify(OPENAI_RESPONSES.writeReply({ ...output, id: "resp_2" }))),
  );
  expect(Object(told.exchanges[1]).conversation).toEqual([
    ...CONVERSATION.slice(1),
    { role: "assistant", text: "It is lost.", toolCalls: [] },
    { role: "user", text: "Why?" },
  ]);
});

test("a recorded error is given again to the first attempt, and the answer to the second", () => {
  const told = hearing();
  const passages = modelPassages(UPSTREAMS, told);
  const request = requestOf(OPENAI_CHAT, false);
  passages(request).hear(reply(503, "{}"));
  const output = {
    id: "1",
    model: "m",
    createdUnixSeconds: 1,
    text: "Lost.",
    toolCalls: [],
    inputTokens: 1,
    outputTokens: 1,
  };
  passages(request).hear(reply(200, JSON.stringify(OPENAI_CHAT.writeReply({ ...output, finishReason: "stop" }))));
  const answers = recordedAnswers(told.exchanges.filter((one) => one.kind === "model"));
  const given = [1, 2].map((attempt) => answers(CONVERSATION, { attempt, agent: "helper" } as never));
  expect(given).toMatchObject([{ fail: { status: 503 } }, { say: "Lost." }]);
});
