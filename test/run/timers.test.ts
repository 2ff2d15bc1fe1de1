import { AsyncLocalStorage } from "node:async_hooks";
import nodeTimers, { setImmediate as importedImmediate, setTimeout as importedTimeout } from "node:timers";
import { scheduler, setImmediate as immediately, setInterval as every, setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { ROOT_CONTEXT, context, createContextKey } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { agent } from "../../src/scenario/agent.ts";
import { currentActor } from "../../src/telemetry/actor.ts";
import { inAgent, runOf, sleep, timed } from "./agents.ts";

prepareThread();

const MS = 1_000_000;

/** Resolves when the callback that `start` is given is called. */
function called(start: (callback: () => void) => unknown): () => Promise<void> {
  return () =>
    new Promise((resolve) => {
      start(() => resolve());
    });
}

test.for<readonly [string, number, () => Promise<unknown>]>([
  ["setTimeout", 5, called((fire) => setTimeout(fire, 5))],
  ["setTimeout without a delay", 1, called((fire) => setTimeout(fire))],
  ["setTimeout of 0 ms, which Node makes 1", 1, called((fire) => setTimeout(fire, 0))],
  ["setTimeout of 0.7 ms", 1, called((fire) => setTimeout(fire, 0.7))],
  ["setTimeout of 1.9 ms, which Node cuts to whole ones", 1, called((fire) => setTimeout(fire, 1.9))],
  ["setTimeout of a negative delay", 1, called((fire) => setTimeout(fire, -5))],
  ["setTimeout of no number", 1, called((fire) => setTimeout(fire, Number.NaN))],
  ["setTimeout of more than 2³¹−1 ms", 1, called((fire) => setTimeout(fire, 2 ** 31))],
  ["setTimeout of the longest delay", 2 ** 31 - 1, called((fire) => setTimeout(fire, 2 ** 31 - 1))],
  [
    "setInterval's first round",
    10,
    called((fire) => {
      const timer = setInterval(() => (clearInterval(timer), fire()), 10);
    }),
  ],
  ["setImmediate", 0, called((fire) => setImmediate(fire))],
  ["setTimeout imported from node:timers", 4, called((fire) => importedTimeout(fire, 4))],
  ["setImmediate imported from node:timers", 0, called((fire) => importedImmediate(fire))],
  ["setTimeout of the default import of node:timers", 4, called((fire) => nodeTimers.setTimeout(fire, 4))],
  ["setTimeout of node:timers/promises", 6, () => wait(6)],
  ["setTimeout of the promises in node:timers", 6, () => nodeTimers.promises.setTimeout(6)],
  ["setImmediate of node:timers/promises", 0, () => immediately()],
  ["promisify(setTimeout)", 7, () => promisify(setTimeout)(7)],
  ["promisify(setImmediate)", 0, () => promisify(setImmediate)()],
  ["scheduler.wait", 8, () => scheduler.wait(8)],
  ["AbortSignal.timeout", 9, called((fire) => AbortSignal.timeout(9).addEventListener("abort", fire))],
])("%s takes %d ms of virtual time", async ([, ms, work]) => {
  const limits = { replyMs: 2 ** 32 };
  expect((await inAgent(() => timed(work), { limits })).value.nano).toBe(ms * MS);
});

test("outside every actor timers are Node's own", () => {
  const timers = [setTimeout(() => {}, 1), nodeTimers.setTimeout(() => {}, 1), setImmediate(() => {})];
  expect(timers.map((timer) => timer.constructor.name)).toEqual(["Timeout", "Timeout", "Immediate"]);
  for (const timer of timers.slice(0, 2)) clearTimeout(Number(timer));
  clearImmediate(timers[2] as NodeJS.Immediate);
});

test("outside every actor promised timers are Node's own, and bring their value", async () => {
  expect(await Promise.all([wait(1, "a"), immediately("b"), promisify(setTimeout)(1, "c")])).toEqual(["a", "b", "c"]);
});

test("while a run is under way, code outside it still has Node's timers and clock", async () => {
  const agents = { running: 0 };
  const run = inAgent(async () => {
    agents.running++;
    for (let round = 0; round < 50; round++) await sleep(1);
    agents.running--;
  });
  while (agents.running === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(new Date().getUTCFullYear()).toBeGreaterThan(2025);
  expect(currentActor()).toBeUndefined();
  expect(agents.running).toBe(1);
  await run;
});

test("timers hand their further arguments over", async () => {
  const { value } = await inAgent(
    () =>
      new Promise((resolve) => {
        setTimeout((...args: unknown[]) => setImmediate((...more: unknown[]) => resolve([args, more]), 3), 1, 1, 2);
      }),
  );
  expect(value).toEqual([[1, 2], [3]]);
});

test("promised timers bring their value", async () => {
  const { value } = await inAgent(() => Promise.all([wait(1, "a"), immediately("b"), promisify(setTimeout)(1, "c")]));
  expect(value).toEqual(["a", "b", "c"]);
});

test("time steps to each due time: a timer sees when it was due, not where time is going", async () => {
  const { value } = await inAgent(async () => {
    const start = performance.now();
    const seen: number[] = [];
    for (const ms of [30, 10, 20]) setTimeout(() => seen.push(Math.round(performance.now() - start)), ms);
    await sleep(40);
    return seen;
  });
  expect(value).toEqual([10, 20, 30]);
});

test("timers that are due at once fire in the order in which they were set", async () => {
  const { value } = await inAgent(async () => {
    const seen: string[] = [];
    setTimeout(() => seen.push("first"), 5);
    setTimeout(() => seen.push("second"), 5.5);
    await sleep(5);
    return seen;
  });
  expect(value).toEqual(["first", "second"]);
});

test("an interval fires every so often until it is cleared", async () => {
  const { value } = await inAgent(async () => {
    const start = process.hrtime.bigint();
    const seen: number[] = [];
    const timer = setInterval(() => {
      if (seen.push(Number(process.hrtime.bigint() - start) / MS) === 3) clearInterval(timer);
    }, 10);
    await sleep(100);
    return seen;
  });
  expect(value).toEqual([10, 20, 30]);
});

test("a promised interval brings its value every so often", async () => {
  const { value } = await inAgent(() =>
    timed(async () => {
      const seen: string[] = [];
      for await (const word of every(10, "tick")) if (seen.push(word) === 3) break;
      return seen;
    }),
  );
  expect(value).toEqual({ nano: 30 * MS, value: ["tick", "tick", "tick"] });
});

test.for<readonly [string, (fire: () => void) => void]>([
  ["clearTimeout", (fire) => clearTimeout(setTimeout(fire, 1))],
  ["clearTimeout of its number", (fire) => clearTimeout(Number(setTimeout(fire, 1)))],
  ["clearTimeout of its number as text", (fire) => clearTimeout(String(Number(setTimeout(fire, 1))))],
  ["clearInterval", (fire) => clearInterval(setInterval(fire, 1))],
  ["clearImmediate", (fire) => clearImmediate(setImmediate(fire))],
  ["clearTimeout of an interval", (fire) => clearTimeout(setInterval(fire, 1))],
  ["clearTimeout imported from node:timers", (fire) => nodeTimers.clearTimeout(importedTimeout(fire, 1))],
  ["close", (fire) => void setTimeout(fire, 1).close()],
  ["disposing", (fire) => setTimeout(fire, 1)[Symbol.dispose]()],
])("%s keeps a timer from firing", async ([, start]) => {
  const { value, run } = await inAgent(async () => {
    let fired = 0;
    start(() => fired++);
    await sleep(10);
    return fired;
  });
  expect(value).toBe(0);
  expect(run.notes).toEqual([]);
});

test("clearing nothing, or what has fired, does nothing", async () => {
  const { run } = await inAgent(async () => {
    clearTimeout(undefined);
    clearTimeout(12_345_678);
    const timer = setTimeout(() => {}, 1);
    await sleep(2);
    clearTimeout(timer);
  });
  expect(run.failures).toEqual([]);
});

test("a callback that is no function is refused at once, as Node does", async () => {
  const { value } = await inAgent(() => {
    try {
      return Reflect.apply(setTimeout, undefined, ["code"]);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  });
  expect(value).toBe("ERR_INVALID_ARG_TYPE");
});

test("a timer's callback runs in every async context of its creator", async () => {
  const storage = new AsyncLocalStorage<string>();
  const key = createContextKey("test");
  const { value } = await inAgent(
    () =>
      new Promise((resolve) => {
        const look = (): void => resolve([storage.getStore(), context.active().getValue(key)]);
        storage.run("mine", () => context.with(context.active().setValue(key, "otel"), () => setTimeout(look, 5)));
      }),
  );
  expect(value).toEqual(["mine", "otel"]);
});

test("each round of an interval, and a refreshed timer, keeps its creator's context", async () => {
  const storage = new AsyncLocalStorage<string>();
  const { value } = await inAgent(async () => {
    const seen: unknown[] = [];
    const interval = storage.run("A", () => setInterval(() => seen.push(storage.getStore()), 5));
    const timer = storage.run("B", () => setTimeout(() => seen.push(storage.getStore()), 5));
    storage.run("C", () => timer.refresh());
    await sleep(11);
    clearInterval(interval);
    return seen;
  });
  expect(value).toEqual(["A", "B", "A"]);
});

test("a callback that was set under ROOT_CONTEXT is still its actor's", async () => {
  const { value } = await inAgent(
    () =>
      new Promise((resolve) => {
        context.with(ROOT_CONTEXT, () => setTimeout(() => resolve(currentActor()?.name), 5));
      }),
  );
  expect(value).toBe("agent/solo");
});

test("of two agents at work at once, each one's timers are its own", async () => {
  const seen: string[] = [];
  const note = (): void => void setTimeout(() => seen.push(String(currentActor()?.name)), 5);
  const second = agent("second", async () => {
    note();
    await sleep(20);
    return "done";
  });
  await inAgent((turn) => (note(), turn.ask(second, "?")), { agents: [second] });
  expect(seen.toSorted()).toEqual(["agent/second", "agent/solo"]);
});

test("refresh begins a timer's time anew, also after it has fired", async () => {
  const { value } = await inAgent(() =>
    timed(
      () =>
        new Promise<number>((resolve) => {
          let fired = 0;
          const timer = setTimeout(() => (++fired === 1 ? timer.refresh() : resolve(fired)), 10);
          setTimeout(() => timer.refresh(), 4);
        }),
    ),
  );
  expect(value).toEqual({ nano: 24 * MS, value: 2 });
});

test("ref and unref answer as Node's do", async () => {
  const { value } = await inAgent(() => {
    const timer = setTimeout(() => {}, 1);
    return [timer.hasRef(), timer.unref() === timer, timer.hasRef(), timer.ref().hasRef()];
  });
  expect(value).toEqual([true, true, false, true]);
});

test("a timer's number is the same however often one asks, and each timer has its own", async () => {
  const { value } = await inAgent(() => {
    const [one, other] = [setTimeout(() => {}, 1), setTimeout(() => {}, 1)];
    return [Number(one) === Number(one), Number(one) === Number(other)];
  });
  expect(value).toEqual([true, false]);
});

test("a timer's number does not tell what ran before", async () => {
  const numbers = (count: number): Promise<readonly number[]> =>
    inAgent(() => Array.from({ length: count }, () => Number(setTimeout(() => {}, 1)))).then(({ value }) => value);
  const first = await numbers(2);
  await numbers(5);
  expect(await numbers(2)).toEqual(first);
});

test.for<readonly [string, (signal: AbortSignal) => Promise<unknown>]>([
  ["setTimeout of node:timers/promises", (signal) => wait(50, undefined, { signal })],
  ["setImmediate of node:timers/promises", (signal) => immediately(undefined, { signal })],
  ["scheduler.wait", (signal) => scheduler.wait(50, { signal })],
])("%s that is aborted rejects as Node's does, with nothing left behind", async ([, start]) => {
  const { value, run } = await inAgent(async () => {
    const controller = new AbortController();
    const waiting = start(controller.signal);
    controller.abort("enough");
    const early = await waiting.catch((error: unknown) => error);
    const late = await start(AbortSignal.abort("enough")).catch((error: unknown) => error);
    return [early, late].map((error) => ({ ...(error as object), cause: (error as Error).cause }));
  });
  const abort = { name: "AbortError", code: "ABORT_ERR", cause: "enough" };
  expect(value).toEqual([abort, abort]);
  expect(run.notes).toEqual([]);
});

test("AbortSignal.timeout gives a TimeoutError", async () => {
  const { value } = await inAgent(async () => {
    const signal = AbortSignal.timeout(9);
    await sleep(10);
    return signal.reason instanceof DOMException ? signal.reason.name : signal.reason;
  });
  expect(value).toBe("TimeoutError");
});

test("timers of code that outlives its run never fire, in no later run either", async () => {
  let fired = 0;
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve));
  await inAgent(() => void left.then(() => setInterval(() => fired++, 1)));
  const { run } = await inAgent(async () => {
    leave();
    await sleep(20);
  });
  expect(fired).toBe(0);
  expect(run.notes).toEqual([]);
});

test("timers that have not fired when the run ends are noted, by actor", async () => {
  const second = agent("second", () => {
    setInterval(() => {}, 1000);
    return Promise.resolve("done");
  });
  const { run } = await inAgent(
    async (turn) => {
      setTimeout(() => {}, 90_000);
      setTimeout(() => {}, 91_000);
      await turn.ask(second, "?");
    },
    { agents: [second] },
  );
  expect(run.notes.toSorted()).toEqual([
    "1 timer of agent second had not fired when the run ended",
    "2 timers of agent solo had not fired when the run ended",
  ]);
});

test("an hour of virtual time passes without a second of real time", async () => {
  const { run } = await inAgent(() => sleep(3_600_000), { limits: { replyMs: 7_200_000 } });
  expect(run.durationNano).toBeGreaterThan(3_600_000 * MS);
});

test("a run whose agents do nothing but wait is over when they are", async () => {
  const run = await runOf({ agents: [agent("solo", () => sleep(250).then(() => "done"))] });
  expect(run.messages.at(-1)?.text).toBe("done");
  expect(run.durationNano).toBeGreaterThan(250 * MS);
  expect(run.durationNano).toBeLessThan(255 * MS);
});
