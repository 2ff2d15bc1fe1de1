import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import scenario from "../scenarios/refund-handoff.scenario.ts";
import { execute } from "../src/run/execute.ts";
import { agent } from "../src/scenario/agent.ts";
import { plan } from "../src/scenario/plan.ts";
import { defineScenario, user } from "../src/scenario/scenario.ts";
import { mcpServer, tool } from "../src/scenario/server.ts";
import { type Digests, digestsOf, linesOf, seedsOf } from "./digests.ts";

const RANGE = "1..50";
const FILE = fileURLToPath(new URL("../scenarios/refund-handoff.scenario.ts", import.meta.url));
const refunds = [{ path: FILE, scenario }];
let upwards: Digests;

beforeAll(async () => {
  upwards = await digestsOf(refunds, seedsOf(RANGE, false));
}, 60_000);

test("the same seed gives the same bytes, whatever ran before", { timeout: 60_000 }, async () => {
  const downwards = await digestsOf(refunds, seedsOf(RANGE, true));
  expect(linesOf(downwards)).toEqual(linesOf(upwards));
});

test("another seed gives other bytes", () => {
  expect(new Set(upwards.spans.values()).size).toBe(50);
  expect(new Set(upwards.ledgers.values()).size).toBe(50);
});

test("another process gives the same bytes", { timeout: 60_000 }, async () => {
  const script = fileURLToPath(new URL("digests.ts", import.meta.url));
  const args = ["--conditions=troupe-source", "--import", "tsx", script, RANGE, FILE];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout.split("\n")).toEqual(linesOf(upwards));
});

test("runs that are asked for at once are the runs that they would be alone", { timeout: 60_000 }, async () => {
  const seeds = [3, 1, 2, 1];
  const runs = await Promise.all(seeds.map((seed) => digestsOf(refunds, [seed])));
  for (const [index, seed] of seeds.entries())
    expect(runs[index]?.spans.get(`${FILE} ${seed}`)).toBe(upwards.spans.get(`${FILE} ${seed}`));
});

test("a run that fails in between changes no other", async () => {
  const stuck = defineScenario({
    name: "stuck",
    agents: [agent("stuck", () => new Promise(() => setInterval(() => Math.random(), 1000)))],
    script: [user.says("Hello")],
  });
  await execute(plan(stuck, 1));
  expect(linesOf(await digestsOf(refunds, [1]))).toEqual(linesOf(upwards).filter((line) => / 1 /.test(line)));
});

const counter = mcpServer("counter", {
  latencyMs: [0, 5],
  state: (): string[] => [],
  tools: {
    sign: tool<{ type: string }, { type: string }, string[]>({
      input: { type: "object" },
      handle: (args, { state }) => {
        state.push((args as { name: string }).name);
        return state.join("");
      },
    }),
  },
});

/** Two agents at work at once, each of which signs three times in one book; and what stands in it. */
async function bookOf(seed: number): Promise<string> {
  let book = "";
  const signer = (name: string): ReturnType<typeof agent> =>
    agent(name, async (turn) => {
      for (let round = 0; round < 3; round++) {
        const page = String(await turn.tool(counter, "sign", { name }));
        if (page.length > book.length) book = page;
      }
      return "done";
    });
  const [a, b] = [signer("a"), signer("b")];
  const both = agent("both", async (turn) => {
    await Promise.all([turn.ask(a, "?"), turn.ask(b, "?")]);
    return "done";
  });
  const definition = { name: "book", agents: [both, a, b], servers: [counter], script: [user.says("Sign")] };
  const { failures } = await execute(plan(defineScenario(definition), seed));
  return failures.join() || book;
}

test("seeds explore the order in which two agents at work at once reach a server", { timeout: 60_000 }, async () => {
  const books: string[] = [];
  for (let seed = 1; seed <= 60; seed++) books.push(await bookOf(seed));
  expect(books.every((book) => book.split("").toSorted().join("") === "aaabbb")).toBe(true);
  expect(new Set(books).size).toBeGreaterThan(8);
  expect(await bookOf(7)).toBe(books[6]);
});

test("a server's state is fresh in each run, and shared by its clients within one", async () => {
  expect([(await bookOf(1)).length, (await bookOf(1)).length]).toEqual([6, 6]);
});

test("messages of one direction of a connection arrive in the order in which they were sent", async () => {
  const hasty = agent("hasty", async (turn) => {
    await Promise.all(Array.from({ length: 10 }, (_, number) => turn.tool(counter, "sign", { name: `${number}` })));
    return "done";
  });
  const definition = { name: "hasty", agents: [hasty], servers: [counter], script: [user.says("Sign")] };
  for (let seed = 1; seed <= 10; seed++) {
    const { ledger, failures } = await execute(plan(defineScenario(definition), seed));
    const arrived = ledger.filter(({ end, from, to }) => end === "received" && from === "agents" && to === "counter");
    const numbers = arrived.map(({ message }) => Number(message.split("#")[1]));
    expect(failures).toEqual([]);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(arrived.map(({ timeUnixNano }) => timeUnixNano)).size).toBe(numbers.length);
  }
});

test("across connections messages overtake each other", async () => {
  const second = { ...counter, name: "second" };
  const both = agent("both", async (turn) => {
    await Promise.all([counter, second].map((server) => turn.tool(server, "sign", { name: "x" })));
    return "done";
  });
  const definition = { name: "both", agents: [both], servers: [counter, second], script: [user.says("Sign")] };
  const firsts = new Set<string | undefined>();
  for (let seed = 1; seed <= 20; seed++) {
    const { ledger } = await execute(plan(defineScenario(definition), seed));
    firsts.add(ledger.find(({ end, method }) => end === "received" && method === "tools/call")?.to);
  }
  expect(firsts).toEqual(new Set(["counter", "second"]));
});

test("two scenarios with one seed have no trace id in common", async () => {
  const ids = await Promise.all(
    ["one", "two"].map(async (name) => {
      const named = defineScenario({ name, agents: [agent("a", async () => "x")], script: [user.says("Hello")] });
      return (await execute(plan(named, 1))).spans.map(({ traceId }) => traceId);
    }),
  );
  expect(new Set(ids.flat()).size).toBe(2);
});
