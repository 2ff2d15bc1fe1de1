/** The oracles are the official clients, which are given what the printed configuration says. */
import { type AgentCard, Role } from "@a2a-js/sdk";
import {
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from "@a2a-js/sdk/client";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { SHOP, connected, httpTransport } from "./fixtures-serve/clients.ts";
import { type Serving, serving } from "./fixtures-serve/serving.ts";

const TROUPE_TOKEN = "7c0ffee-of-tests";
const AUTHORIZATION = { Authorization: `Bearer ${TROUPE_TOKEN}` };
const env = { TROUPE_TOKEN };

/** What it prints, as a shell or a client reads it that puts the variable in. */
function expanded({ printed }: Serving): string {
  expect(printed().out + printed().err).not.toContain(TROUPE_TOKEN);
  return printed().out.replaceAll(/\$\{?TROUPE_TOKEN\}?/g, TROUPE_TOKEN);
}

test("an MCP server beyond loopback serves the official client of the printed configuration, and none without token", async () => {
  const server = await serving([SHOP, "--transport", "http", "--host", "0.0.0.0"], { env });
  const text = expanded(server);
  const { mcpServers } = JSON.parse(text.slice(text.indexOf("\n{"))) as {
    mcpServers: { shop: { url: string; headers: Record<string, string> } };
  };
  const { url, headers } = mcpServers.shop;
  await expect(connected(httpTransport(url))).rejects.toThrow(/401|token/);
  await expect(connected(httpTransport(url, { Authorization: "Bearer other" }))).rejects.toThrow(/401|token/);
  const client = await connected(httpTransport(url, headers));
  expect(await client.callTool({ name: "count" })).toMatchObject({ structuredContent: { calls: 1 } });
  expect(await server.stop("SIGTERM")).toMatchObject({ code: 0, err: "" });
});

test("a remote agent shows its card and answers with the token alone, and so do the agents that it asks itself", async () => {
  const researcher = "scenarios/delegation-chain.scenario.ts#researcher";
  const server = await serving([researcher, "--host", "localhost"], { env });
  expect(expanded(server)).toContain(AUTHORIZATION.Authorization);
  const withToken = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const headers = new Headers(init?.headers);
    headers.set("Authorization", AUTHORIZATION.Authorization);
    return fetch(input, { ...init, headers });
  };
  const clientBy = (fetchImpl: typeof fetch, cardFetch = fetchImpl) =>
    new ClientFactory(
      ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
        transports: [new JsonRpcTransportFactory({ fetchImpl })],
        cardResolver: new DefaultAgentCardResolver({ fetchImpl: cardFetch }),
      }),
    ).createFromUrl(server.url);
  await expect(clientBy(fetch)).rejects.toThrow("401");
  const content = { $case: "text" as const, value: "lighthouses" };
  const parts = [{ content, mediaType: "text/plain", filename: "", metadata: undefined }];
  const message = { messageId: "m", contextId: "", taskId: "", role: Role.ROLE_USER, parts, metadata: undefined };
  const sent = {
    tenant: "",
    message: { ...message, extensions: [], referenceTaskIds: [] },
    configuration: undefined,
    metadata: undefined,
  };
  await expect((await clientBy(fetch, withToken)).sendMessage(sent)).rejects.toThrow();
  expect(JSON.stringify(await (await clientBy(withToken)).sendMessage(sent))).toContain("Log of the keeper");
  const card = (await (await withToken(`${server.url}/.well-known/agent-card.json`)).json()) as AgentCard;
  expect(card.supportedInterfaces.map(({ url }) => url)).toEqual([server.url]);
  expect(new URL(server.url).hostname).toBe("localhost");
});

test("a model answers the official clients by the environment that is printed, and no other key", async () => {
  const server = await serving(["test/processes/fixtures-serve/desk.ts#desk", "--host", "127.0.0.1"], { env });
  const printed = Object.fromEntries(
    [...expanded(server).matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  const messages = [{ role: "user" as const, content: "hello" }];
  const openai = new OpenAI({ baseURL: printed["OPENAI_BASE_URL"], apiKey: printed["OPENAI_API_KEY"] ?? "" });
  const chat = await openai.chat.completions.create({ model: "gpt-5", messages });
  expect(chat.choices[0]?.message.content).toBe("Hello to you.");
  const anthropic = new Anthropic({
    baseURL: printed["ANTHROPIC_BASE_URL"] ?? "",
    apiKey: null,
    authToken: printed["ANTHROPIC_AUTH_TOKEN"] ?? "",
  });
  const answer = await anthropic.messages.create({ model: "claude", max_tokens: 9, messages });
  expect(answer.content).toEqual([{ type: "text", text: "Hello to you." }]);
  const stranger = new OpenAI({ baseURL: printed["OPENAI_BASE_URL"], apiKey: "other", maxRetries: 0 });
  await expect(stranger.chat.completions.create({ model: "gpt-5", messages })).rejects.toMatchObject({ status: 401 });
});
