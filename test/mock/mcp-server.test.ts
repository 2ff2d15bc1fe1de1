import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { VIRTUAL_EPOCH_UNIX_NANO } from "../../src/core/clock.ts";
import { createMcpServer } from "../../src/mock/mcp-server.ts";
import { type HandlerContext, type McpServer, mcpServer, tool, toolError } from "../../src/scenario/server.ts";

interface Connected {
  readonly client: Client;
  readonly faults: string[];
  readonly pauses: number[];
}

/** The official SDK's client, connected to a mock over the SDK's own transport. */
async function connected(
  definition: McpServer,
  { state = definition.state(), caller = "agent", seed = 1 }: { state?: unknown; caller?: string; seed?: number } = {},
): Promise<Connected> {
  const [far, near] = InMemoryTransport.createLinkedPair();
  const faults: string[] = [];
  const pauses: number[] = [];
  const server = createMcpServer(definition, {
    seed,
    clock: { nowUnixNano: () => VIRTUAL_EPOCH_UNIX_NANO },
    pause: (nano) => (pauses.push(nano), Promise.resolve()),
    state: () => state,
    onFault: (sentence) => faults.push(sentence),
  });
  const client = new Client({ name: caller, version: "1" });
  await Promise.all([server.connect(far), client.connect(near)]);
  return { client, faults, pauses };
}

const text = (result: unknown): unknown =>
  CallToolResultSchema.parse(result).content.map((part) => "text" in part && part.text);

const shop = mcpServer("shop", {
  version: "2.3.4",
  instructions: "Be kind.",
  state: (): Map<string, number> => new Map(),
  tools: {
    price: tool({
      description: "What an item costs",
      input: z.object({ item: z.string(), count: z.number().int().positive().default(1) }),
      output: z.object({ item: z.string(), total: z.number() }),
      handle: ({ item, count }) => ({ item, total: count * 10 }),
    }),
    plain: tool({
      input: {
        type: "object",
        properties: { word: { type: "string" } },
        required: ["word"],
        additionalProperties: false,
      },
      handle: (args) => ({ got: args }),
    }),
    say: tool({ input: z.object({}), handle: () => "just text" }),
    list: tool({ input: z.object({}), handle: () => [1, 2] }),
    nothing: tool({ input: z.object({}), handle: () => undefined }),
    refuse: tool({ input: z.object({}), handle: () => toolError("not today") }),
    fail: tool({
      input: z.object({}),
      handle: () => {
        throw new Error("no database");
      },
    }),
    wrong: tool({ input: z.object({}), output: z.object({ id: z.string() }), handle: () => ({ id: 7 }) as never }),
    roll: tool({
      input: z.object({ die: z.string() }),
      handle: (_args, { random }) => random.integer(1, 1_000_000_000),
    }),
    count: tool({
      input: z.object({ who: z.string() }),
      handle: ({ who }, { state }: HandlerContext<Map<string, number>>) => {
        state.set(who, (state.get(who) ?? 0) + 1);
        return Object.fromEntries(state);
      },
    }),
    surroundings: tool({
      input: z.object({}),
      handle: (_args, { caller, clock }) => ({ caller, at: String(clock.nowUnixNano()) }),
    }),
  },
  resources: {
    "note://welcome": { description: "A note", read: () => "Welcome" },
    "order://{id}": { read: ({ id }) => ({ id }) },
    "page://{book}/{page}": { mimeType: "text/markdown", read: ({ book, page }) => `# ${book} ${page}` },
  },
  prompts: {
    greeting: { description: "Greets", arguments: { name: "Whom to greet" }, text: ({ name }) => `Hello, ${name}` },
    plain: { text: () => "Hello" },
  },
});

test("a server introduces itself, with its instructions and what it offers", async () => {
  const { client } = await connected(shop);
  expect(client.getServerVersion()).toMatchObject({ name: "shop", version: "2.3.4" });
  expect(client.getInstructions()).toBe("Be kind.");
  expect(Object.keys(client.getServerCapabilities() ?? {}).toSorted()).toEqual(["prompts", "resources", "tools"]);
});

test("a server that offers nothing says so", async () => {
  const { client } = await connected(mcpServer("empty", {}));
  expect(client.getServerCapabilities()).toEqual({});
});

// --- Tools

test("tools are listed with the JSON Schema that zod gives", async () => {
  const { client } = await connected(shop);
  const [price] = (await client.listTools()).tools;
  expect(price).toEqual({
    name: "price",
    description: "What an item costs",
    inputSchema: {
      type: "object",
      properties: {
        item: { type: "string" },
        count: { type: "integer", default: 1, exclusiveMinimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      },
      required: ["item"],
    },
    outputSchema: {
      type: "object",
      properties: { item: { type: "string" }, total: { type: "number" } },
      required: ["item", "total"],
    },
  });
});

test("a plain JSON Schema is listed as it was written", async () => {
  const { client } = await connected(shop);
  const { tools } = await client.listTools();
  expect(tools.find(({ name }) => name === "plain")).toEqual({
    name: "plain",
    inputSchema: {
      type: "object",
      properties: { word: { type: "string" } },
      required: ["word"],
      additionalProperties: false,
    },
  });
});

test("tools are listed in the order of their definition", async () => {
  const { client } = await connected(shop);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(Object.keys(shop.tools));
});

test("a call gives structured content that keeps to the output schema, and the same as text", async () => {
  const { client } = await connected(shop);
  // The SDK's client checks structured content against the schema that it was listed with.
  await client.listTools();
  const result = await client.callTool({ name: "price", arguments: { item: "lamp", count: 3 } });
  expect(result).toEqual({
    content: [{ type: "text", text: '{"item":"lamp","total":30}' }],
    structuredContent: { item: "lamp", total: 30 },
  });
});

test("a handler receives the arguments as the schema reads them, defaults filled in", async () => {
  const { client } = await connected(shop);
  const { structuredContent } = await client.callTool({ name: "price", arguments: { item: "lamp" } });
  expect(structuredContent).toEqual({ item: "lamp", total: 10 });
});

test.for<readonly [string, Record<string, unknown>, string]>([
  ["price", { item: 7 }, "invalid arguments for price: item: "],
  ["price", { item: "lamp", count: 0 }, "invalid arguments for price: count: "],
  ["price", {}, "invalid arguments for price: item: "],
  ["plain", {}, "invalid arguments for plain: "],
  ["plain", { word: "a", more: 1 }, "invalid arguments for plain: "],
])("%s called with %j is a tool error that says what is wrong", async ([name, args, words]) => {
  const { client, faults } = await connected(shop);
  const result = await client.callTool({ name, arguments: args });
  expect(result.isError).toBe(true);
  expect(text(result)).toEqual([expect.stringContaining(words)]);
  expect(faults).toEqual([]);
});

test.for<readonly [string, string]>([
  ["say", "just text"],
  ["list", "[1,2]"],
  ["nothing", "null"],
])("without an output schema the result of %s is the text %s alone", async ([name, words]) => {
  const { client } = await connected(shop);
  expect(await client.callTool({ name, arguments: {} })).toEqual({ content: [{ type: "text", text: words }] });
});

test("a tool error is a result with isError, and no fault of the mock", async () => {
  const { client, faults } = await connected(shop);
  const result = await client.callTool({ name: "refuse", arguments: {} });
  expect(result).toEqual({ content: [{ type: "text", text: "not today" }], isError: true });
  expect(faults).toEqual([]);
});

test("a handler that throws is a protocol error −32603, and a fault of the mock", async () => {
  const { client, faults } = await connected(shop);
  await expect(client.callTool({ name: "fail", arguments: {} })).rejects.toMatchObject({ code: -32603 });
  expect(faults).toEqual(["server shop, tools/call fail: its handler threw Error: no database"]);
});

test("a result of the wrong shape is a protocol error −32603, and a fault of the mock", async () => {
  const { client, faults } = await connected(shop);
  await expect(client.callTool({ name: "wrong", arguments: {} })).rejects.toMatchObject({ code: -32603 });
  expect(faults).toEqual([
    expect.stringContaining("server shop, tools/call wrong: its handler returned the wrong shape: id: "),
  ]);
});

test.for(["weather", "toString", "__proto__"])("the unknown tool %s is a protocol error −32602", async (name) => {
  const { client } = await connected(shop);
  await expect(client.callTool({ name, arguments: {} })).rejects.toMatchObject({
    code: -32602,
    message: expect.stringContaining(`there is no tool "${name}"`),
  });
});

// --- Resources

test("resources and templates are listed apart", async () => {
  const { client } = await connected(shop);
  expect((await client.listResources()).resources).toEqual([
    { uri: "note://welcome", name: "note://welcome", description: "A note" },
  ]);
  expect((await client.listResourceTemplates()).resourceTemplates).toEqual([
    { uriTemplate: "order://{id}", name: "order://{id}" },
    { uriTemplate: "page://{book}/{page}", name: "page://{book}/{page}", mimeType: "text/markdown" },
  ]);
});

test.for<readonly [string, string, string]>([
  ["note://welcome", "text/plain", "Welcome"],
  ["order://A-17", "application/json", '{"id":"A-17"}'],
  ["page://dune/3", "text/markdown", "# dune 3"],
])("reading %s gives %s", async ([uri, mimeType, words]) => {
  const { client } = await connected(shop);
  expect((await client.readResource({ uri })).contents).toEqual([{ uri, mimeType, text: words }]);
});

test.for(["note://nobody", "order://", "order://a/b", "page://dune", "noteX//welcome"])(
  "the unknown resource %s is a protocol error −32002",
  async (uri) => {
    const { client } = await connected(shop);
    await expect(client.readResource({ uri })).rejects.toMatchObject({
      code: -32002,
      message: expect.stringContaining(`there is no resource "${uri}"`),
    });
  },
);

// --- Prompts

test("prompts are listed with their arguments, all of them required", async () => {
  const { client } = await connected(shop);
  expect((await client.listPrompts()).prompts).toEqual([
    {
      name: "greeting",
      description: "Greets",
      arguments: [{ name: "name", description: "Whom to greet", required: true }],
    },
    { name: "plain", arguments: [] },
  ]);
});

test("a prompt gives one user message with its arguments filled in", async () => {
  const { client } = await connected(shop);
  expect((await client.getPrompt({ name: "greeting", arguments: { name: "Ada" } })).messages).toEqual([
    { role: "user", content: { type: "text", text: "Hello, Ada" } },
  ]);
});

test("a prompt without a required argument is a protocol error that names it", async () => {
  const { client } = await connected(shop);
  await expect(client.getPrompt({ name: "greeting" })).rejects.toMatchObject({
    code: -32602,
    message: expect.stringContaining("prompt greeting needs name"),
  });
});

test.for(["farewell", "constructor"])("the unknown prompt %s is a protocol error", async (name) => {
  const { client } = await connected(shop);
  await expect(client.getPrompt({ name })).rejects.toMatchObject({
    code: -32602,
    message: expect.stringContaining(`there is no prompt "${name}"`),
  });
});

// --- State, chance and time

test("a handler knows its caller by name, and the run's clock", async () => {
  const { client } = await connected(shop, { caller: "triage" });
  expect(text(await client.callTool({ name: "surroundings", arguments: {} }))).toEqual([
    `{"caller":"triage","at":"${VIRTUAL_EPOCH_UNIX_NANO}"}`,
  ]);
});

test("clients of one run share the server's state", async () => {
  const state = shop.state();
  const [one, other] = [await connected(shop, { state }), await connected(shop, { state, caller: "other" })];
  await one.client.callTool({ name: "count", arguments: { who: "ada" } });
  const result = await other.client.callTool({ name: "count", arguments: { who: "ada" } });
  expect(text(result)).toEqual(['{"ada":2}']);
});

const DICE = ["red", "blue", "red", "green", "red"];

async function rolls(connection: Connected, dice: readonly string[]): Promise<readonly unknown[]> {
  const drawn: unknown[] = [];
  for (const die of dice) drawn.push(text(await connection.client.callTool({ name: "roll", arguments: { die } })));
  return drawn;
}

test("equal calls of one caller differ by their occurrence, and each occurrence is stable", async () => {
  const first = await rolls(await connected(shop), ["red", "red", "red"]);
  expect(await rolls(await connected(shop), ["red", "red", "red"])).toEqual(first);
  expect(new Set(first.map(String)).size).toBe(3);
});

test("two callers, two servers' seeds and two arguments draw apart", async () => {
  const drawn = await Promise.all([
    connected(shop).then((one) => rolls(one, ["red"])),
    connected(shop, { caller: "other" }).then((one) => rolls(one, ["red"])),
    connected(shop, { seed: 2 }).then((one) => rolls(one, ["red"])),
    connected(shop).then((one) => rolls(one, ["blue"])),
  ]);
  expect(new Set(drawn.map(String)).size).toBe(4);
});

test("other calls in between, by the same caller, never change what a call draws", async () => {
  const alone = await rolls(await connected(shop), ["red", "red"]);
  const [red, , again] = await rolls(await connected(shop), ["red", "blue", "red"]);
  expect([red, again]).toEqual(alone);
});

test("in any interleaving of two callers each gets what it gets alone", async () => {
  const alone = {
    triage: await rolls(await connected(shop, { caller: "triage" }), DICE),
    billing: await rolls(await connected(shop, { caller: "billing" }), DICE),
  };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), async (turns) => {
      const state = shop.state();
      const ends = {
        triage: await connected(shop, { state, caller: "triage" }),
        billing: await connected(shop, { state, caller: "billing" }),
      };
      const drawn = { triage: [] as unknown[], billing: [] as unknown[] };
      for (const isTriage of turns) {
        const who = (isTriage && drawn.triage.length < 5) || drawn.billing.length === 5 ? "triage" : "billing";
        drawn[who].push(...(await rolls(ends[who], DICE.slice(drawn[who].length, drawn[who].length + 1))));
      }
      expect(drawn).toEqual(alone);
    }),
    { numRuns: 25 },
  );
});

test("the order of an argument object's keys does not change what a call draws", async () => {
  const server = mcpServer("dice", {
    tools: { roll: tool({ input: { type: "object" }, handle: (_args, { random }) => random.next() }) },
  });
  const roll = async (args: Record<string, unknown>): Promise<unknown> =>
    text(await (await connected(server)).client.callTool({ name: "roll", arguments: args }));
  expect(await roll({ a: 1, b: 2 })).toEqual(await roll({ b: 2, a: 1 }));
});

test("each call takes a keyed latency within the server's bounds", async () => {
  const slow = mcpServer("slow", { latencyMs: [5, 7], tools: { roll: shop.tools.roll } });
  const [one, again] = [await connected(slow), await connected(slow)];
  for (const { client } of [one, again])
    for (const die of DICE) await client.callTool({ name: "roll", arguments: { die } });
  expect(one.pauses).toEqual(again.pauses);
  expect(new Set(one.pauses).size).toBe(DICE.length);
  expect(one.pauses.every((nano) => nano >= 5_000_000 && nano <= 7_000_000)).toBe(true);
});

test("a result that is no object crosses as text, and is held to its schema all the same", async () => {
  const lists = mcpServer("lists", {
    tools: {
      good: tool({ input: z.object({}), output: z.array(z.number()), handle: () => [1, 2] }),
      bad: tool({ input: z.object({}), output: z.string(), handle: (): string => JSON.parse("5") }),
    },
  });
  const { client, faults } = await connected(lists);
  expect((await client.listTools()).tools.map(({ outputSchema }) => outputSchema)).toEqual([undefined, undefined]);
  expect(text(await client.callTool({ name: "good", arguments: {} }))).toEqual(["[1,2]"]);
  await expect(client.callTool({ name: "bad", arguments: {} })).rejects.toThrow("the wrong shape");
  expect(faults).toHaveLength(1);
});

test("a schema that throws while it validates is a fault of the mock", async () => {
  const input = z.object({ text: z.string().transform((given): unknown => JSON.parse(given)) });
  const { client, faults } = await connected(mcpServer("s", { tools: { f: tool({ input, handle: () => "x" }) } }));
  await expect(client.callTool({ name: "f", arguments: { text: "{bad" } })).rejects.toThrow("threw SyntaxError");
  expect(faults).toHaveLength(1);
});
