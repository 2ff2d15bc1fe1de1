/** Every fault in the simulated network: the run ends, says what happened, and leaves nothing behind. */
import { expect, test } from "vitest";
import { judgeRun } from "../../src/campaign/judge-run.ts";
import type { RunResult } from "../../src/campaign/result.ts";
import { resolveExpectations } from "../../src/check/resolve.ts";
import { propagation } from "../../src/check/propagation/propagation.ts";
import { oneTrace } from "../../src/check/structure.ts";
import { isTroupeError } from "../../src/core/errors.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { agent } from "../../src/scenario/agent.ts";
import type { MessageFault } from "../../src/scenario/fault.ts";
import { plan } from "../../src/scenario/plan.ts";
import { type Scenario, defineScenario, user } from "../../src/scenario/scenario.ts";
import { risk, shop } from "../processes/fixtures/faults.scenario.ts";
import { CARRIER_CELLS, doubtOfCarrier, expectedCause } from "./carrier-cells.ts";
import { CELLS, questionMeeting, doubtOf, expectedWords, callMeeting } from "./cells.ts";

async function played(scenario: Scenario, seed = 1): Promise<{ readonly run: Run; readonly result: RunResult }> {
  const run = await execute(plan(scenario, seed));
  const expectations = resolveExpectations([propagation(), oneTrace()], () => "");
  return { run, result: judgeRun(run, { file: null, expectations, repeat: "" }) };
}

const MCP = CELLS.map(({ name, fault }) => ({
  name: `${name} to a server`,
  fault,
  make: callMeeting,
  carrying: "pipe" as const,
}));
const A2A = CELLS.filter(({ name, fault }) => fault.fault !== "is-error" && name !== "duplicate of a reply").map(
  ({ name, fault }) => ({ name: `${name} to a remote agent`, fault, make: questionMeeting, carrying: "a2a" as const }),
);

test.for([...MCP, ...A2A])("$name", async ({ fault, make, carrying }) => {
  const { run, result } = await played(make(fault));
  // A clear verdict, within the stated limit of virtual time.
  expect([result.verdict, result.failures, result.notes]).toEqual(["passed", [], []]);
  expect(result.durationMs).toBeLessThan(1_020);
  expect(run.messages.at(-1)?.text).toMatch(expectedWords(fault, carrying));
  // It happened, once, and both ends' ledgers say so.
  expect(result.faults.map((fired) => [fired.fault, fired.direction, fired.occurrence])).toEqual([
    [fault.fault, fault.direction, 1],
  ]);
  expect(doubtOf(fault, run.ledger)).toBeUndefined();
  // All spans closed, and none lost.
  expect([run.openSpans, run.missing, result.hops.filter(({ verdict }) => verdict === "broken")]).toEqual([[], [], []]);
});

const CARRIERS = CARRIER_CELLS.flatMap(({ name, fault }) => [
  { name: `${name}, to a server`, fault, make: callMeeting, carrying: "pipe" as const },
  { name: `${name}, to a remote agent`, fault, make: questionMeeting, carrying: "a2a" as const },
]);

test.for(CARRIERS)("a carrier $name", async ({ fault, make, carrying }) => {
  const { run, result } = await played(make(fault));
  // The message arrives and is answered; its hop alone is broken, by the cause that the fault is.
  expect([run.messages.at(-1)?.text, run.failures, run.openSpans]).toEqual([
    expect.stringMatching(/^answered /),
    [],
    [],
  ]);
  expect(result.hops.flatMap(({ verdict, causes }) => (verdict === "broken" ? [causes] : []))).toEqual([
    [expectedCause(fault, carrying)],
  ]);
  expect(result.faults.map((fired) => [fired.fault, fired.detail, fired.direction, fired.occurrence])).toEqual([
    ["carrier", fault.carrier, "request", 1],
  ]);
  expect(doubtOfCarrier(fault, run.ledger)).toBeUndefined();
});

test("without the fault, the ledgers show that nothing happened to a carrier", async () => {
  for (const make of [callMeeting, questionMeeting]) {
    const { run } = await played({ ...make({ fault: "drop" }), faults: [] });
    const isSeen = CARRIER_CELLS.filter(({ fault }) => doubtOfCarrier(fault, run.ledger) === undefined);
    // A stale context is as sound as any: the diagnosis tells it by the span that it names.
    expect(isSeen.map(({ fault }) => fault.carrier)).toEqual(["stale", "stale"]);
  }
});

test("without the fault, the ledgers show that nothing happened", async () => {
  for (const { fault, make } of [...MCP, ...A2A]) {
    const { run } = await played({ ...make(fault), faults: [] });
    const isHarmless = fault.fault === "oversized";
    expect([fault, doubtOf(fault, run.ledger) !== undefined]).toEqual([fault, !isHarmless]);
  }
});

test("a fault that a remote agent's protocol does not have is refused", () => {
  const refused = CELLS.filter(({ fault }) => {
    try {
      plan(questionMeeting(fault), 1);
      return false;
    } catch (error) {
      return isTroupeError(error) && error.code === "SCENARIO_INVALID";
    }
  });
  expect(refused.map(({ name }) => name)).toEqual(["duplicate of a reply", "is-error of a reply"]);
});

const script = [user.says("Buy")];

/** An agent that calls a tool so many times, and tells how each call went. */
function calling(count: number, faults: readonly MessageFault[], isAtOnce = false): Scenario {
  const buyer = agent("buyer", async (turn) => {
    const call = (number: number): Promise<string> =>
      turn.tool(shop, "price", { number }).then(
        () => "ok",
        (error: unknown) =>
          /did not answer/.test(String(error)) ? "late" : /closed/.test(String(error)) ? "cut" : String(error),
      );
    const ends: string[] = [];
    if (isAtOnce) ends.push(...(await Promise.all(Array.from({ length: count }, (_, number) => call(number)))));
    else for (let number = 0; number < count; number++) ends.push(await call(number));
    return turn.reply(ends.join(" "));
  });
  const parts = { agents: [buyer], servers: [shop], script, faults, limits: { requestMs: 1_000 } };
  return defineScenario({ name: "calls", ...parts });
}

async function told(scenario: Scenario, seed = 1): Promise<string> {
  const { run } = await played(scenario, seed);
  expect([run.failures, run.openSpans, run.missing]).toEqual([[], [], []]);
  return run.messages.at(-1)?.text ?? "";
}

test("an occurrence is the how-manieth message that the rule fits", async () => {
  expect(await told(calling(3, [{ fault: "drop", occurrence: 2 }]))).toBe("ok late ok");
});

test("after a cut connection the next call opens another", async () => {
  expect(await told(calling(3, [{ fault: "disconnect", occurrence: 1 }]))).toBe("cut ok ok");
});

test("a connection that is cut takes along all that is under way on it", async () => {
  expect(await told(calling(3, [{ fault: "disconnect", occurrence: 2 }], true))).toBe("cut cut cut");
});

test("a peer that hangs answers nothing from then on, and each call ends by its limit", async () => {
  const { result } = await played(calling(3, [{ fault: "hang", occurrence: 2 }]));
  expect(result.messages.at(-1)?.text).toBe("ok late late");
  expect(result.durationMs).toBeLessThan(2_060);
});

test("a message that is overtaken arrives behind the next one", async () => {
  const { run } = await played(calling(2, [{ fault: "reorder", occurrence: 1 }], true));
  const arrived = run.ledger.filter(
    ({ end, role, method }) => end === "received" && role === "request" && method === "tools/call",
  );
  expect(arrived.map(({ text }) => JSON.parse(text).params.arguments.number)).toEqual([1, 0]);
});

test("a late message holds up what is behind it in its connection", async () => {
  const { run } = await played(calling(2, [{ fault: "delay", ms: 200, occurrence: 1 }], true));
  const arrived = run.ledger.filter(
    ({ end, role, method }) => end === "received" && role === "request" && method === "tools/call",
  );
  expect(arrived.map(({ text }) => JSON.parse(text).params.arguments.number)).toEqual([0, 1]);
  const [first, second] = arrived.map(({ timeUnixNano }) => Number(timeUnixNano));
  expect((second ?? 0) - (first ?? 0)).toBeLessThan(5e6);
});

test("all faults that fit a message happen to it, in the order of the list", async () => {
  const { result } = await played(
    calling(1, [{ fault: "delay", ms: 100 }, { fault: "duplicate" }, { fault: "rpc-error", message: "no" }]),
  );
  expect(result.faults.map(({ fault }) => fault)).toEqual(["delay", "duplicate", "rpc-error"]);
  expect(result.messages.at(-1)?.text).toMatch(/refused tools\/call price: no/);
});

test("what keeps a message from arriving is the last that happens to it", async () => {
  const { result } = await played(calling(1, [{ fault: "drop" }, { fault: "duplicate" }]));
  expect(result.faults.map(({ fault }) => fault)).toEqual(["drop"]);
  expect(result.notes).toEqual([
    "faults[1] (duplicate) never happened: one message fits its rule, and it could happen to none of them",
  ]);
});

test("a fault that never happened is noted, unless chance decided so", async () => {
  const faults: readonly MessageFault[] = [
    { fault: "drop", method: "prompts/get" },
    { fault: "drop", occurrence: 7 },
    { fault: "drop", rate: 0 },
  ];
  const { result } = await played(calling(2, faults));
  expect(result.notes).toEqual([
    "faults[0] (drop) never happened: no message of this run fits its rule",
    "faults[1] (drop) never happened: 2 messages fit its rule, and none was occurrence 7",
  ]);
});

test.for(["initialize", "tools/list"])(
  "where %s is lost, the call fails by its limit and the next one connects anew",
  async (method) => {
    const { run, result } = await played(calling(2, [{ fault: "drop", method, occurrence: 1 }]));
    expect(result.messages.at(-1)?.text).toBe("late ok");
    expect([run.openSpans, run.missing, run.failures]).toEqual([[], [], []]);
  },
);

test("where an agent's card is lost, the question fails by its limit and the next one asks for it anew", async () => {
  const asker = agent("asker", async (turn) => {
    const ask = (): Promise<string> =>
      turn.ask(risk, "May I?").then(
        ({ text }) => text,
        () => "late",
      );
    return turn.reply(`${await ask()} ${await ask()}`);
  });
  const method = "GET /.well-known/agent-card.json";
  const faults: readonly MessageFault[] = [{ fault: "drop", method, occurrence: 1 }];
  const parts = { agents: [asker], servers: [risk], script, faults, limits: { requestMs: 1_000 } };
  const { run } = await played(defineScenario({ name: "card", ...parts }));
  expect(run.messages.at(-1)?.text).toBe("late approved");
  expect([run.openSpans, run.missing, run.failures]).toEqual([[], [], []]);
});

test("an event stream meets each fault too, and its task goes on at the other end", async () => {
  for (const { name, fault } of CELLS) {
    if (fault.fault === "is-error" || name === "duplicate of a reply") continue;
    const asker = agent("asker", async (turn) => {
      const answer = await turn.ask(risk, "May I?", { stream: true }).then(
        ({ text }) => text,
        (error: unknown) => `failed ${String(error)}`,
      );
      return turn.reply(answer);
    });
    const parts = {
      agents: [asker],
      servers: [risk],
      script,
      faults: [{ ...fault, to: "risk" }],
      limits: { requestMs: 1_000 },
    };
    const { run, result } = await played(defineScenario({ name: "stream", ...parts }));
    expect([name, result.verdict, run.openSpans, run.missing, result.faults.length]).toEqual([
      name,
      "passed",
      [],
      [],
      1,
    ]);
  }
});

test("the same seed gives the same bytes, with faults as without", async () => {
  const faults: readonly MessageFault[] = [
    { fault: "drop", rate: 0.3 },
    { fault: "delay", ms: { p50: 20, p90: 90, p99: 300 }, rate: 0.5, direction: "reply" },
    { fault: "duplicate", rate: 0.3 },
    { fault: "reorder", rate: 0.3, direction: "reply" },
  ];
  const bytesOf = async (seed: number): Promise<string> =>
    writeOtlpJson((await played(calling(6, faults, true), seed)).run.spans);
  const first = [await bytesOf(1), await bytesOf(2), await bytesOf(3)];
  expect([await bytesOf(3), await bytesOf(2), await bytesOf(1)].toReversed()).toEqual(first);
  expect(new Set(first).size).toBe(3);
});
