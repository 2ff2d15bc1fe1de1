import { request as httpRequest } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { type Serving, listens, ran, serving } from "./fixtures-serve/serving.ts";

const DESK = "test/processes/fixtures-serve/desk.ts#desk";
const HELLO = [{ role: "user" as const, content: "hello" }];

/** The environment that it prints, as a shell would take it. */
function environmentOf({ printed }: Serving): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...printed().out.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = "", value]) => [name, value ?? ""]),
  );
}

test("the official clients find the model by the environment that is printed, and by nothing else", async () => {
  const server = await serving([DESK]);
  const environment = environmentOf(server);
  expect(Object.keys(environment)).toEqual([
    "OPENAI_BASE_URL",
    "OPENAI_API_KEY",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_KEY",
  ]);
  Object.assign(process.env, environment);
  try {
    const chat = await new OpenAI().chat.completions.create({ model: "gpt-5", messages: HELLO });
    expect(chat.choices[0]?.message.content).toBe("Hello to you.");
    const message = await new Anthropic().messages.create({ model: "claude", max_tokens: 9, messages: HELLO });
    expect(message.content).toEqual([{ type: "text", text: "Hello to you." }]);
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
  }
  expect(await server.stop("SIGTERM")).toMatchObject({ code: 0, err: "" });
});

test("below its name an agent is known to the rules", async () => {
  const { url } = await serving([DESK]);
  const openai = new OpenAI({ apiKey: "none", baseURL: `${url}/agents/billing/v1` });
  const chat = await openai.chat.completions.create({ model: "gpt-5", messages: HELLO });
  expect(chat.choices[0]?.message.content).toBe("To billing.");
});

test("a request for which there is no rule is told where it is served, and in the exit code", async () => {
  const server = await serving([DESK]);
  const openai = new OpenAI({ apiKey: "none", baseURL: `${server.url}/v1` });
  const messages = [{ role: "user" as const, content: "goodbye" }];
  await openai.chat.completions.create({ model: "gpt-5", messages }).catch(() => undefined);
  expect(await server.stop("SIGTERM")).toMatchObject({
    code: 1,
    err: 'model desk has no rule for a client after "goodbye" (user); rule 1 came nearest, but for agent "billing"\n',
  });
});

test("when it is stopped nothing listens there any more", async () => {
  const server = await serving([DESK]);
  await server.stop("SIGINT");
  expect(await listens(server.url)).toBe(false);
});

test("a model is spoken to over HTTP only", async () => {
  const { code, err } = await ran(["serve", DESK, "--transport", "stdio"]);
  expect([code, err]).toEqual([
    2,
    `${DESK}: model desk cannot speak stdio: its APIs are spoken over HTTP. Use --transport http, or leave it out.\n`,
  ]);
});

test.for([
  ["another's Host header", { host: "evil.example" }, "{}", 403],
  ["a page's Origin", { origin: "http://evil.example" }, "{}", 403],
  ["a body that is no JSON", {}, "{", 400],
  ["a body beyond all measure", {}, " ".repeat(65 * 1024 * 1024), 413],
] as const)("%s is refused, and the next request answered", async ([, headers, body, status]) => {
  const { url } = await serving([DESK]);
  expect(await post(`${url}/v1/chat/completions`, headers, body)).toBe(status);
  expect(await post(`${url}/v1/messages`, {}, JSON.stringify({ model: "m", max_tokens: 1, messages: HELLO }))).toBe(
    200,
  );
});

function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: "POST", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject).end(body);
  });
}
