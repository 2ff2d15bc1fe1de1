import { expect, test } from "vitest";
import * as z from "zod";
import { trace } from "@opentelemetry/api";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { type Agent, type FunctionAgent, type Turn, agent } from "../../src/scenario/agent.ts";
import { scriptedModel } from "../../src/scenario/model.ts";
import { persona } from "../../src/scenario/persona.ts";
import { user } from "../../src/scenario/scenario.ts";
import { type AnyTool, type McpServer, mcpServer, tool, toolError } from "../../src/scenario/server.ts";
import { inAgent, runOf, sleep } from "./agents.ts";

prepareThread();

const anything = { type: "object" } as const;
const never = (): Promise<never> => new Promise(() => {});

function withTool(one: AnyTool): McpServer<{ look: AnyTool }> {
  return mcpServer("orders", { tools: { look: one } });
}

/** A run in which one agent does `work`. */
function solo(work: (turn: Turn) => unknown, given: Parameters<typeof runOf>[0] = {}): ReturnType<typeof runOf> {
  return runOf({ ...given, agents: [agent("solo", work as FunctionAgent["work"]), ...(given.agents ?? [])] });
}

function calling(server: McpServer<{ look: AnyTool }>): ReturnType<typeof runOf> {
  return solo(async (turn) => String(await turn.tool(server, "look", {} as never)), { servers: [server] });
}

// --- Handlers

test("a handler that throws is named with its tool and its words", async () => {
  const run = await calling(
    withTool(
      tool({
        input: anything,
        handle: () => {
          throw new Error("no database");
        },
      }),
    ),
  );
  expect(run.failures[0]).toBe("server orders, tools/call look: its handler threw Error: no database");
});

test("a handler that rejects is named just so", async () => {
  const run = await calling(
    withTool(tool({ input: anything, handle: () => Promise.reject(new Error("no database")) })),
  );
  expect(run.failures[0]).toBe("server orders, tools/call look: its handler threw Error: no database");
});

test("a handler that returns the wrong shape is named with what is wrong", async () => {
  const output = z.object({ amount: z.number() });
  const run = await calling(withTool(tool({ input: anything, output, handle: () => ({ amount: "12" }) as never })));
  expect(run.failures[0]).toMatch(/^server orders, tools\/call look: its handler returned the wrong shape: amount: /);
});

test("a handler that never settles meets the request's time-out, after 60 s of virtual time and at once in real time", async () => {
  const started = Date.now();
  const run = await calling(withTool(tool({ input: anything, handle: never })));
  expect(run.failures).toEqual([
    "agent solo failed: ServerError: server orders did not answer tools/call look within 60 s (limits.requestMs)",
  ]);
  expect(Math.floor(run.durationNano / 1e9)).toBe(60);
  expect(Date.now() - started).toBeLessThan(30_000);
});

test("limits.requestMs bounds a request", async () => {
  const server = withTool(tool({ input: anything, handle: never }));
  const run = await solo((turn) => turn.tool(server, "look", {} as never), {
    servers: [server],
    limits: { requestMs: 500 },
  });
  expect(run.failures).toEqual([
    "agent solo failed: ServerError: server orders did not answer tools/call look within 0.5 s (limits.requestMs)",
  ]);
  expect(run.durationNano / 1e6).toBeLessThan(1000);
});

test("a request that timed out leaves no open span on either side", async () => {
  const run = await calling(withTool(tool({ input: anything, handle: never })));
  expect(run.openSpans).toEqual([]);
});

test("a tool error that the agent catches fails nothing", async () => {
  const server = withTool(tool({ input: anything, handle: () => toolError("no order A-17") }));
  const { value, run } = await inAgent(
    (turn) => turn.tool(server, "look", {} as never).catch((error: unknown) => String(error)),
    { servers: [server] },
  );
  expect(value).toBe("ToolFailedError: tool look: no order A-17");
  expect(run.failures).toEqual([]);
});

test("a tool error that nobody catches fails the agent with the tool's words", async () => {
  const run = await calling(withTool(tool({ input: anything, handle: () => toolError("no order A-17") })));
  expect(run.failures).toEqual(["agent solo failed: ToolFailedError: tool look: no order A-17"]);
});

test("a server whose state cannot be made is named", async () => {
  const server = mcpServer("orders", {
    state: () => {
      throw new Error("no seed data");
    },
    tools: { look: tool({ input: anything, handle: () => 1 }) },
  });
  const run = await calling(server);
  expect(run.failures[0]).toBe("server orders, tools/call look: its state could not be made: Error: no seed data");
});

test("the words that V8 writes for a handler's error stay out of the spans", async () => {
  const run = await calling(withTool(tool({ input: anything, handle: () => JSON.parse("{") as unknown })));
  const messages = run.spans.map(({ status }) => status.message ?? "").join("\n");
  expect(run.failures[0]).toContain("SyntaxError: ");
  expect(messages).toContain("the handler threw SyntaxError");
  expect(messages).not.toContain("SyntaxError:");
});

// --- Agents

test("an agent that throws is named with its words", async () => {
  const run = await solo(() => {
    throw new Error("out of ideas");
  });
  expect(run.failures).toEqual(["agent solo failed: Error: out of ideas"]);
});

test("an agent that throws something that is no error is named with it", async () => {
  const run = await solo(() => Promise.reject("out of ideas"));
  expect(run.failures).toEqual(["agent solo failed: out of ideas"]);
});

test("an agent whose failure passes through another is reported once, by its own name", async () => {
  const second = agent("second", () => Promise.reject(new Error("out of ideas")));
  const run = await solo((turn) => turn.handoff(second), { agents: [second] });
  expect(run.failures).toEqual(["agent second failed: Error: out of ideas"]);
});

test("an agent may live with the failure of one it asks, but the run has failed", async () => {
  const second = agent("second", () => Promise.reject(new Error("out of ideas")));
  const run = await solo((turn) => turn.ask(second, "?").catch(() => "never mind"), { agents: [second] });
  expect(run.messages.at(-1)?.text).toBe("never mind");
  expect(run.failures).toEqual(["agent second failed: Error: out of ideas"]);
});

test("the words that V8 writes for an agent's error stay out of the spans of those who asked it", async () => {
  const second = agent("second", () => JSON.parse("{"));
  const run = await solo((turn) => turn.ask(second, "?"), { agents: [second] });
  const messages = run.spans.map(({ status }) => status.message ?? "").join("\n");
  expect(run.failures[0]).toContain("agent second failed: SyntaxError: ");
  expect(messages).toContain("agent second failed: SyntaxError");
  expect(messages).not.toContain("SyntaxError:");
});

test.for<readonly [string, unknown, string]>([
  ["nothing", undefined, "nothing"],
  ["an object that is no reply", { answer: 1 }, '{"answer":1}'],
  ["a number", 7, "7"],
])("an agent that returns %s is told what a reply is", async ([, returned, words]) => {
  const run = await solo(() => Promise.resolve(returned));
  expect(run.failures).toEqual([
    `agent solo failed: Error: it returned ${words}, which is no reply; return a text or turn.reply(text)`,
  ]);
});

test("an agent that never replies, with nothing left that could happen, is named with the time", async () => {
  const run = await solo(never);
  expect(run.failures).toHaveLength(1);
  expect(run.failures[0]).toMatch(
    /^no reply: agent solo has not answered the message of persona user, and nothing is left that could happen, at \d+\.\d{3} ms of virtual time$/,
  );
});

test("of a chain of agents the one that never replies is named, and not those who wait for it", async () => {
  const second = agent("second", never);
  const run = await solo((turn) => turn.ask(second, "?"), { agents: [second] });
  expect(run.failures[0]).toMatch(/^no reply: agent second has not answered the question of agent solo, and nothing/);
});

test("an agent that polls for ever is given up after limits.replyMs of virtual time", async () => {
  const run = await solo(() => {
    setInterval(() => {}, 1000);
    return never();
  });
  expect(run.failures).toEqual(["agent solo did not reply within 120 s (limits.replyMs)"]);
  expect(Math.floor(run.durationNano / 1e9)).toBe(120);
});

test("limits.replyMs bounds one message of the user, not the conversation", async () => {
  const slow = agent("slow", () => sleep(80).then(() => "done"));
  const script = [user.says("One"), user.says("Two"), user.says("Three")];
  const run = await runOf({ agents: [slow], script, limits: { replyMs: 100 } });
  expect(run.failures).toEqual([]);
  expect(run.messages).toHaveLength(6);
});

test("two agents that wait for each other's promise are a deadlock that names both", async () => {
  let [resolveSecond, resolveThird]: (() => void)[] = [];
  const ofSecond = new Promise<void>((resolve) => (resolveSecond = resolve));
  const ofThird = new Promise<void>((resolve) => (resolveThird = resolve));
  const second = agent("second", () => ofThird.then(() => (resolveSecond?.(), "done")));
  const third = agent("third", () => ofSecond.then(() => (resolveThird?.(), "done")));
  const run = await solo((turn) => Promise.all([turn.ask(second, "?"), turn.ask(third, "?")]), {
    agents: [second, third],
  });
  expect(run.failures[0]).toMatch(
    /^deadlock: agent second has not answered the question of agent solo, agent third has not answered the question of agent solo, and nothing/,
  );
});

test("two agents each of which waits for the other's answer are a deadlock that names both", async () => {
  let resolveFirst: () => void = () => {};
  const first = new Promise<void>((resolve) => (resolveFirst = resolve));
  let turns = 0;
  const second = agent("second", async (turn) => (await turn.ask(asker, "and you?")).text);
  const asker: Agent = agent("solo", async (turn) => {
    if (++turns > 1) return first.then(() => "done");
    const { text } = await turn.ask(second, "?");
    resolveFirst();
    return text;
  });
  const run = await runOf({ agents: [asker, second] });
  expect(run.failures[0]).toMatch(/^deadlock: .*agent solo has not answered the question of agent second/);
  expect(run.failures[0]).toContain("agent second has not answered the question of agent solo");
});

test("a loop that never lets time go on is stopped and named", async () => {
  const run = await solo(
    () => {
      const again = (): void => void setImmediate(again);
      again();
      return never();
    },
    { limits: { eventsPerInstantMax: 500 } },
  );
  expect(run.failures).toHaveLength(1);
  expect(run.failures[0]).toMatch(
    /^agent solo does not let time go on: 500 events happened at \d+\.\d{3} ms of virtual time \(limits\.eventsPerInstantMax\)$/,
  );
});

test("a loop of immediates that makes a span each time does not let time go on either", async () => {
  const run = await solo(
    () => {
      const again = (): void => (trace.getTracer("t").startSpan("s").end(), void setImmediate(again));
      again();
      return never();
    },
    { limits: { eventsPerInstantMax: 500 } },
  );
  expect(run.failures[0]).toMatch(/^agent solo does not let time go on: 500 events happened/);
});

test("handoffs inside one another are bounded by limits.handoffsMax", async () => {
  const ping: Agent = agent("ping", (turn) => turn.handoff(pong));
  const pong: Agent = agent("pong", (turn) => turn.handoff(ping));
  const run = await runOf({ agents: [ping, pong], limits: { handoffsMax: 5 } });
  expect(run.failures).toEqual([
    "agent pong failed: Error: 5 handoffs are open inside one another (limits.handoffsMax)",
  ]);
  expect(run.spans.filter(({ name }) => name.startsWith("handoff"))).toHaveLength(5);
});

test("a limit of no handoffs allows none", async () => {
  const second = agent("second", () => Promise.resolve("done"));
  const run = await solo((turn) => turn.handoff(second), { agents: [second], limits: { handoffsMax: 0 } });
  expect(run.failures[0]).toContain("0 handoffs are open inside one another");
});

// --- The others

test("a persona's policy that throws is the run's failure", async () => {
  const rude = persona("rude", {
    situation: "",
    goal: "",
    policy: () => {
      throw new Error("no words");
    },
  });
  const run = await solo(() => "done", { persona: rude, script: [user.untilSatisfied()] });
  expect(run.failures).toEqual(["persona rude: its policy threw Error: no words"]);
});

test("a model without a rule for what it is asked fails the agent with the model's words", async () => {
  const run = await solo((turn) => turn.model(), { model: scriptedModel("m", []) });
  expect(run.failures[0]).toBe(
    'agent solo failed: Error: model m has no rule for agent solo after "Hello" (user); it has no rules',
  );
});

test("no later step of the script is played after a failure", async () => {
  const run = await solo(() => Promise.reject(new Error("out of ideas")), {
    script: [user.says("One"), user.says("Two")],
  });
  expect(run.messages.map(({ text }) => text)).toEqual(["One"]);
});

test("spans that never end are listed as missing", async () => {
  const { value, run } = await inAgent(() => trace.getTracer("lib").startSpan("never ended").spanContext().spanId);
  expect(run.openSpans.map(({ spanId }) => spanId)).toEqual([value]);
  expect(run.failures).toEqual([]);
});

test("a user's disabling the global tracer provider is noted, and the next run has it back", async () => {
  const { run } = await inAgent(() => trace.disable());
  expect(run.notes).toEqual(["code under test disabled the global tracer provider; spans of the global API were lost"]);
  expect((await inAgent(() => 1)).run.notes).toEqual([]);
});

test("a failed run does not hurt the next one", async () => {
  await solo(never);
  expect((await inAgent(() => "well")).value).toBe("well");
});

// --- Definitions that only running them can show

const orders = mcpServer("orders", {
  tools: { lookup_order: tool({ input: anything, handle: () => 1 }) },
  prompts: { greeting: { text: () => "Hello" } },
});
const billing = agent("billing", () => Promise.resolve("done"));

test.for<readonly [string, (turn: Turn) => Promise<unknown>, string, string]>([
  [
    "tool",
    (turn) => turn.tool(orders, "lookup_oder" as "lookup_order", {}),
    'there is no tool "lookup_oder" among server orders; did you mean "lookup_order"?',
    "Known: lookup_order. Add it, or correct the name.",
  ],
  [
    "tool that the model calls",
    (turn) => turn.call({ id: "1", name: "lookup_oder", arguments: {} }),
    'there is no tool "lookup_oder" among all servers of the scenario; did you mean "lookup_order"?',
    "Known: lookup_order. Add it, or correct the name.",
  ],
  [
    "server",
    (turn) => turn.tool({ ...orders, name: "order" }, "lookup_order", {}),
    'there is no server "order" among the scenario\'s `servers`; did you mean "orders"?',
    "Known: orders. Add it, or correct the name.",
  ],
  [
    "server of a resource",
    (turn) => turn.resource({ ...orders, name: "order" }, "order://1"),
    'there is no server "order" among the scenario\'s `servers`; did you mean "orders"?',
    "Known: orders. Add it, or correct the name.",
  ],
  [
    "prompt",
    (turn) => turn.prompt(orders, "greting"),
    'there is no prompt "greting" among server orders; did you mean "greeting"?',
    "Known: greeting. Add it, or correct the name.",
  ],
  [
    "agent",
    (turn) => turn.handoff({ ...billing, name: "biling" }),
    'there is no agent "biling" among the scenario\'s `agents`; did you mean "billing"?',
    "Known: solo, billing. Add it, or correct the name.",
  ],
])("an unknown %s is a fault of the definition, with the nearest word", async ([, work, what, mend]) => {
  const run = await solo(work, { servers: [orders], agents: [billing] });
  expect(run.faults).toEqual([{ where: 'scenario "test", agent solo', what, mend }]);
  expect(run.failures).toEqual([]);
});

test("an unknown resource fails the agent with the server's words", async () => {
  const server = mcpServer("orders", { resources: { "order://{id}": { read: () => "x" } } });
  const run = await solo((turn) => turn.resource(server, "odrer://1"), { servers: [server] });
  expect(run.failures).toHaveLength(1);
  // The SDK puts the code in front at either end.
  expect(run.failures[0]).toMatch(
    /^agent solo failed: ServerError: server \w+ refused resources\/read odrer:\/\/1: there is no resource "odrer:\/\/1" \(-32002\)$/,
  );
});

test("turn.call refuses a tool that two servers have, and names both", async () => {
  const twin = (name: string) => mcpServer(name, { tools: { look: tool({ input: {}, handle: () => "x" }) } });
  const asking = agent("solo", async (turn) => (await turn.call({ id: "c", name: "look", arguments: {} })).text);
  const run = await runOf({ agents: [asking], servers: [twin("left"), twin("right")] });
  expect(run.faults[0]?.what).toBe('turn.call cannot tell whose tool "look" is meant: left and right have one');
});

test("a run of one trace a turn knows how its persona left", async () => {
  const content = persona("content", { situation: "Hi.", goal: "Greet me.", satisfiedBy: "hello" });
  const greeter = agent("greeter", async () => "hello");
  const run = await runOf({ agents: [greeter], persona: content, traces: "turn", script: [user.untilSatisfied()] });
  expect(run.outcome).toBe("satisfied");
});
