import nodeCrypto, { randomBytes, randomFill, randomFillSync, randomInt, randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { agent } from "../../src/scenario/agent.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";
import { inAgent, runOf, sleep } from "./agents.ts";

prepareThread();
// As openai 6 does when it loads: the function is taken once, for ever.
const captured = crypto.randomUUID.bind(crypto);

const hex = (view: Uint8Array): string => Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("hex");

const SOURCES: readonly (readonly [string, () => unknown])[] = [
  ["Math.random", () => Math.random()],
  ["crypto.randomUUID", () => crypto.randomUUID()],
  ["crypto.randomUUID as a library bound it", () => captured()],
  ["crypto.getRandomValues", () => hex(crypto.getRandomValues(new Uint8Array(8)))],
  ["node:crypto randomUUID", () => randomUUID()],
  ["node:crypto randomUUID of the default import", () => nodeCrypto.randomUUID()],
  ["node:crypto getRandomValues", () => hex(nodeCrypto.getRandomValues(new Uint8Array(8)))],
  ["node:crypto webcrypto", () => nodeCrypto.webcrypto.randomUUID()],
  ["node:crypto randomBytes", () => hex(randomBytes(8))],
  ["node:crypto randomBytes with a callback", () => promisify(randomBytes)(8).then(hex)],
  ["node:crypto randomInt", () => randomInt(1_000_000_000)],
  [
    "node:crypto randomInt with a callback",
    () =>
      new Promise((resolve) => {
        randomInt(5, 1_000_000_000, (_error, drawn) => resolve(drawn));
      }),
  ],
  ["node:crypto randomFillSync", () => hex(randomFillSync(new Uint8Array(8)))],
  [
    "node:crypto randomFill",
    () =>
      new Promise((resolve) => {
        randomFill(new Uint8Array(8), (_error, view) => resolve(hex(view)));
      }),
  ],
];

test.for(SOURCES)("%s gives each seed its own values, the same in every run", async ([, draw]) => {
  const drawn = async (seed: number): Promise<unknown> =>
    (await inAgent(async () => [await draw(), await draw()], { seed })).value;
  const [first, second] = [await drawn(1), await drawn(2)];
  expect(await drawn(1)).toEqual(first);
  expect(second).not.toEqual(first);
  expect(new Set(first as unknown[]).size).toBe(2);
});

test.for(SOURCES)("%s is Node's own outside every actor", async ([, draw]) => {
  const inside = (await inAgent(async () => [await draw(), await draw()])).value;
  const outside = [await draw(), await draw()];
  expect(outside).not.toEqual(inside);
  expect(outside[0]).not.toEqual(outside[1]);
});

test("a UUID is a well-formed one of version 4", async () => {
  const { value } = await inAgent(() => Array.from({ length: 50 }, () => crypto.randomUUID()).join(" "));
  expect(value).toMatch(/^([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} ?){50}$/);
});

test("getRandomValues fills and returns the very view, whatever its type and place", async () => {
  const { value } = await inAgent(() => {
    const buffer = new ArrayBuffer(16);
    const view = new Uint32Array(buffer, 4, 2);
    return { isSame: crypto.getRandomValues(view) === view, bytes: new Uint8Array(buffer) };
  });
  expect(value.isSame).toBe(true);
  expect([...value.bytes.slice(0, 4), ...value.bytes.slice(12)]).toEqual(Array(8).fill(0));
  expect(value.bytes.slice(4, 12).some((byte) => byte !== 0)).toBe(true);
});

test("randomFillSync leaves alone what lies outside offset and size", async () => {
  const { value } = await inAgent(() => [...randomFillSync(new Uint8Array(12), 4, 6)]);
  expect([...value.slice(0, 4), ...value.slice(10)]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(value.slice(4, 10).some((byte) => byte !== 0)).toBe(true);
});

test("randomInt keeps to its bounds, the upper one excluded", async () => {
  const { value } = await inAgent(() => Array.from({ length: 300 }, () => [randomInt(3), randomInt(10, 12)]));
  expect(new Set(value.map(([small]) => small))).toEqual(new Set([0, 1, 2]));
  expect(new Set(value.map(([, large]) => large))).toEqual(new Set([10, 11]));
});

test("Math.random lies in [0, 1)", async () => {
  const { value } = await inAgent(() => Array.from({ length: 1000 }, () => Math.random()));
  expect(value.every((drawn) => drawn >= 0 && drawn < 1)).toBe(true);
});

test("what one agent draws never shifts what another draws", async () => {
  const drawn = async (draws: number): Promise<readonly number[]> => {
    const seen: number[] = [];
    const steady = agent("steady", async () => {
      seen.push(Math.random());
      await sleep(100);
      seen.push(Math.random());
      return "done";
    });
    const noisy = agent("noisy", async () => {
      await sleep(50);
      for (let draw = 0; draw < draws; draw++) Math.random();
      return "done";
    });
    await inAgent((turn) => Promise.all([turn.ask(steady, "?"), turn.ask(noisy, "?")]), { agents: [steady, noisy] });
    return seen;
  };
  expect(await drawn(7)).toEqual(await drawn(0));
});

test("two agents draw different values", async () => {
  const second = agent("second", () => Promise.resolve(String(Math.random())));
  const { value } = await inAgent(async (turn) => [String(Math.random()), (await turn.ask(second, "?")).text], {
    agents: [second],
  });
  expect(value[0]).not.toBe(value[1]);
});

test("a mock server's ambient chance and time, in its state too, are the run's", async () => {
  const server = mcpServer("dice", {
    state: () => ({ id: crypto.randomUUID(), at: Date.now() }),
    tools: {
      roll: tool({ input: { type: "object" }, handle: (_args, { state }) => ({ state, drawn: Math.random() }) }),
    },
  });
  const roll = async (): Promise<unknown> =>
    (await inAgent((turn) => turn.tool(server, "roll", {}), { servers: [server] })).value;
  const first = await roll();
  expect(await roll()).toEqual(first);
  expect(JSON.stringify(first)).toContain('"at":17356896');
});

test("turn.random and Math.random are the agent's one stream", async () => {
  const run = (draw: (random: () => number) => number[]): Promise<{ readonly value: number[] }> =>
    inAgent((turn) => draw(() => turn.random.next()));
  const mixed = await run((next) => [next(), Math.random(), next()]);
  const plain = await run((next) => [next(), next(), next()]);
  expect(mixed.value).toEqual(plain.value);
});

test("a run that draws nothing is the same run", async () => {
  const spans = async (): Promise<unknown> =>
    (await runOf({ agents: [agent("solo", () => Promise.resolve("done"))] })).spans;
  expect(await spans()).toEqual(await spans());
});
