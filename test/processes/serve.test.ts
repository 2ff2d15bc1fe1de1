import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport, getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  SHOP,
  TRANSPORTS,
  byUrl,
  call,
  clientOf,
  connected,
  session,
  stdioTransport,
} from "./fixtures-serve/clients.ts";
import { isAlive, listens, ran, serveCommand, serving } from "./fixtures-serve/serving.ts";

const ORDERS = "mock-servers/orders.ts#orders";

describe.for(TRANSPORTS)("the official client over %s", (spoken) => {
  let client: Client;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    client = await clientOf(spoken, [SHOP], {}, (work) => ends.unshift(work));
  }, 60_000);
  afterAll(async () => {
    for (const end of ends) await end();
  });

  test("learns who the server is, what it can do and how to use it", () => {
    expect(client.getServerVersion()).toEqual({ name: "shop", version: "2.0.0" });
    expect(client.getServerCapabilities()).toEqual({ tools: {}, resources: {}, prompts: {} });
    expect(client.getInstructions()).toBe("Ask before you refund.");
  });

  test("lists the tools with the schemas of their arguments and results", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["find", "count", "draw", "noisy", "slow", "throwing"]);
    expect(tools[0]).toMatchObject({
      description: "Finds an order",
      inputSchema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
      outputSchema: { type: "object", properties: { amount: { type: "number" } }, required: ["id", "amount"] },
    });
    expect(tools[3]).not.toHaveProperty("outputSchema");
  });

  test("gets a result as text and as structured content", async () => {
    expect(await client.callTool({ name: "find", arguments: { id: "A-17" } })).toEqual({
      content: [{ type: "text", text: '{"id":"A-17","amount":249}' }],
      structuredContent: { id: "A-17", amount: 249 },
    });
  });

  test("gets a tool's failure as a result that is an error", async () => {
    expect(await client.callTool({ name: "find", arguments: { id: "Z-1" } })).toEqual({
      content: [{ type: "text", text: "no order Z-1" }],
      isError: true,
    });
  });

  test("gets invalid arguments as a result that is an error and names them", async () => {
    expect(await client.callTool({ name: "find", arguments: { id: 17 } })).toMatchObject({
      content: [{ text: expect.stringMatching(/^invalid arguments for find: id: .*string/) }],
      isError: true,
    });
  });

  test("gets an error of the protocol for a tool that there is not", async () => {
    await expect(client.callTool({ name: "fnd" })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining('there is no tool "fnd"'),
    });
  });

  test("gets an error of the protocol where the tool's own code throws, without its stack", async () => {
    await expect(client.callTool({ name: "throwing" })).rejects.toMatchObject({
      code: -32603,
      message: "MCP error -32603: the handler threw Error: no such table",
    });
  });

  test("reads resources, and those of a template", async () => {
    expect(await client.listResources()).toEqual({
      resources: [{ uri: "shop://hours", name: "shop://hours", description: "When it is open" }],
    });
    expect(await client.listResourceTemplates()).toMatchObject({
      resourceTemplates: [{ uriTemplate: "shop://{city}/stock" }],
    });
    expect(await client.readResource({ uri: "shop://hours" })).toEqual({
      contents: [{ uri: "shop://hours", mimeType: "text/plain", text: "9 to 17" }],
    });
    expect(await client.readResource({ uri: "shop://Oslo/stock" })).toEqual({
      contents: [{ uri: "shop://Oslo/stock", mimeType: "application/json", text: '{"city":"Oslo","lamps":3}' }],
    });
    await expect(client.readResource({ uri: "shop://nowhere" })).rejects.toMatchObject({ code: -32002 });
  });

  test("gets prompts, and is told which argument one lacks", async () => {
    expect(await client.listPrompts()).toEqual({
      prompts: [
        {
          name: "apology",
          description: "A letter",
          arguments: [{ name: "name", description: "to whom", required: true }],
        },
      ],
    });
    expect(await client.getPrompt({ name: "apology", arguments: { name: "Ann" } })).toEqual({
      messages: [{ role: "user", content: { type: "text", text: "Write to Ann that we are sorry." } }],
    });
    await expect(client.getPrompt({ name: "apology" })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining("prompt apology needs name"),
    });
  });

  test("is answered by a handler that prints to standard output, and by one that takes its time", async () => {
    expect(await client.callTool({ name: "noisy" })).toMatchObject({ content: [{ text: "still here" }] });
    expect(await client.callTool({ name: "slow", arguments: { ms: 5 } })).toMatchObject({
      content: [{ text: "at last" }],
    });
  });

  test("pings", async () => {
    expect(await client.ping()).toEqual({});
  });
});

/** The same calls in the same order. */
async function draws(client: Client): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  for (const sides of [1_000_000, 1_000_000, 6, 1_000_000])
    results.push((await client.callTool({ name: "draw", arguments: { sides } })).structuredContent);
  return results;
}

test("the same calls with the same seed get the same answers over every transport, and others with another", async () => {
  const [first, ...more] = await Promise.all(
    [...TRANSPORTS, ...TRANSPORTS].map(async (spoken) => await draws(await clientOf(spoken, [SHOP, "--seed", "7"]))),
  );
  expect(first).toMatchObject([{ occurrence: 1 }, { occurrence: 2 }, { occurrence: 1 }, { occurrence: 3 }]);
  for (const others of more) expect(others).toEqual(first);
  expect(await draws(await clientOf("stdio", [SHOP, "--seed", "8"]))).not.toEqual(first);
});

describe.for(["http", "ws"] as const)("a server over %s", (spoken) => {
  const counted = async (client: Client): Promise<unknown> =>
    (await client.callTool({ name: "count" })).structuredContent;

  test("keeps one state for two clients at once, and answers each its own", async () => {
    const { url } = await serving([SHOP, "--transport", spoken]);
    const [one, other] = await Promise.all([
      connected(byUrl(url), onTestFinished, "one"),
      connected(byUrl(url), onTestFinished, "other"),
    ]);
    expect(await counted(one)).toEqual({ calls: 1 });
    expect(await counted(other)).toEqual({ calls: 2 });
    const [mine, theirs] = await Promise.all([draws(one), draws(other)]);
    expect([mine[0], theirs[0]]).toMatchObject([
      { caller: "one", occurrence: 1 },
      { caller: "other", occurrence: 1 },
    ]);
    expect(mine).not.toEqual(theirs);
  });

  test("takes one client after another, and remembers", async () => {
    const { url } = await serving([SHOP, "--transport", spoken]);
    for (const calls of [1, 2, 3]) {
      const client = await connected(byUrl(url));
      expect(await counted(client)).toEqual({ calls });
      await client.close();
    }
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    test(`ends well with ${signal}, though a client is connected and waits for an answer`, async () => {
      const server = await serving([SHOP, "--transport", spoken]);
      const client = await connected(byUrl(server.url));
      const waiting = client.callTool({ name: "slow", arguments: { ms: 600_000 } });
      const refused = expect(waiting).rejects.toThrow();
      // Answered on the same connection after the slow call has begun.
      await client.ping();
      expect(await server.stop(signal)).toMatchObject({ code: 0, err: "" });
      expect(await listens(server.url)).toBe(false);
      await client.close();
      await refused;
    });

  test("what it prints for pasting names a server that the official client can use", async () => {
    const server = await serving([SHOP, "--transport", spoken]);
    const { type, url } = pasted(server.printed().out, "shop");
    expect(type).toBe(spoken);
    const client = await connected(byUrl(String(url)));
    expect(client.getServerVersion()?.name).toBe("shop");
  });
});

function pasted(printed: string, name: string): Readonly<Record<string, unknown>> {
  const { mcpServers } = JSON.parse(printed.slice(printed.indexOf("\n{"))) as { mcpServers: Record<string, object> };
  return { ...mcpServers[name] };
}

describe("a server over stdio", () => {
  test("ends when the official client closes", async () => {
    const transport = stdioTransport([ORDERS]);
    const client = await connected(transport);
    const pid = transport.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await client.close();
    expect(isAlive(pid)).toBe(false);
  });

  test("ends well when its input ends, and prints nothing but messages, whatever a handler prints", async () => {
    const { code, out, err } = await ran(["serve", SHOP], { input: session(call(2, "noisy"), call(3, "count")) });
    const messages = out
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(messages).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3, result: { structuredContent: { calls: 1 } } }]);
    expect(err).toContain("a line of the handler's\nand one without an end");
    expect(code).toBe(0);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    test(`ends well with ${signal}`, async () => {
      const { command, args } = serveCommand(SHOP);
      const child = spawn(command, args);
      onTestFinished(() => void child.kill("SIGKILL"));
      const ended = new Promise((done) => child.on("close", (code) => done(code)));
      child.stdin.write(session());
      await new Promise((done) => child.stdout.once("data", done));
      child.kill(signal);
      expect(await ended).toBe(0);
    });

  test("a line that is no message does not end it", async () => {
    const { code, out } = await ran(["serve", SHOP], { input: `hello\n${session(call(2, "count"))}` });
    expect(code).toBe(0);
    expect(out.trimEnd().split("\n")).toHaveLength(2);
  });

  test("what it prints for pasting starts the same server, from any folder", async () => {
    const { err } = await ran(["serve", SHOP, "--seed", "7"]);
    const { command, args } = pasted(err, "shop") as { readonly command: string; readonly args: string[] };
    const env = getDefaultEnvironment();
    const client = await connected(new StdioClientTransport({ command, args, cwd: tmpdir(), env, stderr: "pipe" }));
    expect(await draws(client)).toEqual(await draws(await clientOf("stdio", [SHOP, "--seed", "7"])));
  });
});
