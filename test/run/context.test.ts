import { AsyncLocalStorage } from "node:async_hooks";
import { context, propagation, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { type Agent, agent } from "../../src/scenario/agent.ts";
import { scriptedModel } from "../../src/scenario/model.ts";
import { persona } from "../../src/scenario/persona.ts";
import { user } from "../../src/scenario/scenario.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";
import { currentActor } from "../../src/telemetry/actor.ts";
import { inAgent, runOf, sleep } from "./agents.ts";

prepareThread();

const storage = new AsyncLocalStorage<string>();
const tracer = trace.getTracer("test");

/** A server whose one tool tells what its handler finds around it. */
function witness(look: () => unknown): ReturnType<typeof mcpServer<Record<"look", ReturnType<typeof tool>>>> {
  return mcpServer("witness", { tools: { look: tool({ input: { type: "object" }, handle: look }) } });
}

/** Asks for a witness from deep inside a storage and a span of the caller's. */
function dirty<T>(work: () => Promise<T>): Promise<T> {
  return storage.run("caller", () =>
    tracer.startActiveSpan("caller's own", (span) => work().finally(() => span.end())),
  );
}

test("a server's handler sees no AsyncLocalStorage of its caller", async () => {
  const server = witness(() => ({ store: storage.getStore() ?? null, actor: currentActor()?.name }));
  const { value } = await inAgent((turn) => dirty(() => turn.tool(server, "look", {})), { servers: [server] });
  expect(value).toEqual({ store: null, actor: "server/witness" });
});

test("a server's handler, after its own timers too, sees no AsyncLocalStorage of its caller", async () => {
  const server = witness(async () => {
    const before = storage.getStore() ?? null;
    await sleep(5);
    return [before, storage.getStore() ?? null];
  });
  const { value } = await inAgent((turn) => dirty(() => turn.tool(server, "look", {})), { servers: [server] });
  expect(value).toEqual([null, null]);
});

test("a server's state is made without its caller's context", async () => {
  const server = mcpServer("witness", {
    state: () => storage.getStore() ?? null,
    tools: { look: tool({ input: { type: "object" }, handle: (_args, { state }) => ({ state }) }) },
  });
  const { value } = await inAgent((turn) => dirty(() => turn.tool(server, "look", {})), { servers: [server] });
  expect(value).toEqual({ state: null });
});

test("an agent that is handed to sees no AsyncLocalStorage of the one that handed over", async () => {
  const second = agent("second", () => Promise.resolve(`${storage.getStore()} as ${currentActor()?.name}`));
  const { value } = await inAgent((turn) => dirty(() => turn.handoff(second)), { agents: [second] });
  expect(value.text).toBe("undefined as agent/second");
});

test("the caller keeps its own context after the answer, after timers, and after a failure", async () => {
  const server = witness(() => "seen");
  const failing = mcpServer("failing", {
    tools: { fail: tool({ input: { type: "object", required: ["x"] }, handle: () => 1 }) },
  });
  const second = agent("second", () => Promise.resolve("done"));
  const { value } = await inAgent(
    (turn) =>
      dirty(async () => {
        const seen: unknown[] = [];
        const note = (): unknown => seen.push(storage.getStore());
        await turn.tool(server, "look", {});
        note();
        await turn.ask(second, "?");
        note();
        await sleep(5);
        note();
        await turn.tool(failing, "fail", {}).catch(note);
        note();
        return seen;
      }),
    { servers: [server, failing], agents: [second] },
  );
  expect(value).toEqual(Array(5).fill("caller"));
});

test("a run that is started inside a storage, an active span and baggage stays clean", async () => {
  const outside = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
  const baggage = propagation.createBaggage({ secret: { value: "x" } });
  const around = propagation.setBaggage(trace.setSpanContext(context.active(), outside), baggage);
  const { value, run } = await storage.run("outside", () =>
    context.with(around, () =>
      inAgent(() => [storage.getStore() ?? null, propagation.getActiveBaggage()?.getEntry("secret") ?? null]),
    ),
  );
  expect(value).toEqual([null, null]);
  expect(run.spans.some(({ traceId }) => traceId === outside.traceId)).toBe(false);
  expect(run.spans.filter(({ parentSpanId }) => parentSpanId === undefined).map(({ name }) => name)).toEqual([
    "invoke_workflow test",
  ]);
});

test("a run that is asked for out of another run's agent stays clean, and has its own clock", async () => {
  const seen: unknown[] = [];
  const inner = agent("inner", () => {
    seen.push(storage.getStore(), currentActor()?.name, Math.floor(performance.now() / 1000));
    return Promise.resolve("done");
  });
  let started: Promise<unknown> = Promise.resolve();
  await inAgent(async () => {
    await sleep(5000);
    started = storage.run("outer", () => runOf({ agents: [inner] }));
  });
  await started;
  expect(seen).toEqual([undefined, "agent/inner", 0]);
});

const lookers = (found: unknown[]): readonly Agent[] =>
  ["second", "third"].map((name) =>
    agent(name, async () => {
      found.push(storage.getStore());
      await sleep(5);
      found.push(storage.getStore());
      return "done";
    }),
  );

test("what an agent enters for good does not leak into the events of others", async () => {
  const found: unknown[] = [];
  const [second, third] = lookers(found) as [Agent, Agent];
  await inAgent(
    async (turn) => {
      storage.enterWith("poison");
      await turn.ask(second, "?");
      await sleep(5);
      await turn.ask(third, "?");
    },
    { agents: [second, third] },
  );
  expect(found).toEqual([undefined, undefined, undefined, undefined]);
});

test("what a timer's callback enters for good does not leak into the events of others", async () => {
  const found: unknown[] = [];
  const [second, third] = lookers(found) as [Agent, Agent];
  await inAgent(
    async (turn) => {
      setTimeout(() => storage.enterWith("poison"), 1);
      await sleep(5);
      await turn.ask(second, "?");
      await turn.ask(third, "?");
    },
    { agents: [second, third] },
  );
  expect(found).toEqual([undefined, undefined, undefined, undefined]);
});

test("what a tool handler enters for good is gone at its next call", async () => {
  const server = witness(() => {
    const before = storage.getStore() ?? null;
    storage.enterWith("poison");
    return { before };
  });
  const { value } = await inAgent(
    async (turn) => [await turn.tool(server, "look", {}), await turn.tool(server, "look", {})],
    { servers: [server] },
  );
  expect(value).toEqual([{ before: null }, { before: null }]);
});

test("what a persona's policy enters for good leaks neither into its agents nor into the next run", async () => {
  const found: unknown[] = [];
  const solo = agent("solo", () => {
    found.push(storage.getStore());
    return Promise.resolve("done");
  });
  const rude = persona("rude", {
    situation: "",
    goal: "",
    policy: ({ transcript }) => {
      if (transcript.length > 0) return { leave: "satisfied" };
      storage.enterWith("poison");
      return { say: "Hello" };
    },
  });
  await runOf({ agents: [solo], persona: rude, script: [user.untilSatisfied()] });
  await runOf({ agents: [solo] });
  expect(found).toEqual([undefined, undefined]);
});

test("what a run's agents enter for good is gone in the next run", async () => {
  await inAgent(() => storage.enterWith("poison"));
  expect((await inAgent(() => storage.getStore())).value).toBeUndefined();
  expect(storage.getStore()).toBeUndefined();
});

test("changing an object after sending it as arguments has no effect on the other side", async () => {
  const server = mcpServer("mirror", {
    tools: {
      look: tool({ input: { type: "object" }, handle: (args) => sleep(5).then(() => ({ got: args })) }),
    },
  });
  const { value } = await inAgent(
    async (turn) => {
      const args = { list: ["as sent"] };
      const answer = turn.tool(server, "look", args);
      args.list.push("too late");
      return await answer;
    },
    { servers: [server] },
  );
  expect(value).toEqual({ got: { list: ["as sent"] } });
});

test("changing a handler's result or its state afterwards has no effect on the caller", async () => {
  const server = mcpServer("mirror", {
    state: () => ({ list: ["as sent"] }),
    tools: {
      look: tool<{ type: string }, { type: string }, { list: string[] }>({
        input: { type: "object" },
        output: { type: "object" },
        handle: (_args, { state }) => (setTimeout(() => state.list.push("too late"), 0), state),
      }),
    },
  });
  const { value } = await inAgent(
    async (turn) => {
      const answer = await turn.tool(server, "look", {});
      await sleep(50);
      return answer;
    },
    { servers: [server] },
  );
  expect(value).toEqual({ list: ["as sent"] });
});

test("changing a payload after handing over has no effect on the other agent", async () => {
  const second = agent("second", async (turn) => {
    await sleep(5);
    return JSON.stringify(turn.payload);
  });
  const { value } = await inAgent(
    async (turn) => {
      const payload = { list: ["as sent"] };
      const answer = turn.handoff(second, payload);
      payload.list.push("too late");
      return (await answer).text;
    },
    { agents: [second] },
  );
  expect(value).toBe('{"list":["as sent"]}');
});

test("a model's answer function runs as the agent that asks, under its context", async () => {
  const seen: unknown[] = [];
  const model = scriptedModel("m", [
    { answer: () => (seen.push(currentActor()?.name, storage.getStore()), { say: "." }) },
  ]);
  await inAgent((turn) => dirty(() => turn.model()), { model });
  expect(seen).toEqual(["agent/solo", "caller"]);
});
