import { expect, test } from "vitest";
import { TroupeError } from "../../src/core/errors.ts";
import type { Run } from "../../src/run/outcome.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { agent } from "../../src/scenario/agent.ts";
import { type Persona, persona } from "../../src/scenario/persona.ts";
import { user } from "../../src/scenario/scenario.ts";
import { runOf } from "./agents.ts";

prepareThread();

/** A run in which a persona called "rude" acts by `policy` until it leaves, and then says one thing more. */
function acting(policy: (view: Parameters<Persona["policy"]>[0]) => unknown): Promise<Run> {
  const rude = persona("rude", { situation: "", goal: "", policy: policy as Persona["policy"] });
  const script = [user.untilSatisfied({ turnsMax: 3 }), user.says("One thing more")];
  return runOf({ persona: rude, agents: [agent("solo", () => Promise.resolve("done"))], script });
}

const MOVES = 'return { say: "…" } or { leave: "satisfied" }';

test.for<readonly [string, () => unknown, string]>([
  ["a promise", () => Promise.resolve({ say: "Hi" }), `a promise; ${MOVES}`],
  ["a promise that rejects", () => Promise.reject(new Error("no words")), `a promise; ${MOVES}`],
  ["nothing", () => undefined, `nothing; ${MOVES}`],
  ["null", () => null, `null; ${MOVES}`],
  ["a bare text", () => "Hi", `"Hi"; ${MOVES}`],
  ["a say that is no text", () => ({ say: 5 }), `{"say":5}; ${MOVES}`],
  [
    "an unknown word of leaving",
    () => ({ say: "Bye", leave: "bored" }),
    '{"say":"Bye","leave":"bored"}; return { leave: "satisfied" } or { leave: "out of patience" }',
  ],
])("a policy that returns %s fails the run with one sentence that names the persona", async ([, policy, words]) => {
  const run = await acting(policy);
  expect(run.failures).toEqual([`persona rude: its policy returned ${words}`]);
  expect(run.faults).toEqual([]);
});

test("a policy that throws fails the run with one sentence that names the persona", async () => {
  const run = await acting(() => {
    throw new Error("no words");
  });
  expect(run.failures).toEqual(["persona rude: its policy threw Error: no words"]);
});

test("a fault of the definition that a policy throws stays one", async () => {
  const fault = { where: "here", what: "it is wrong", mend: "Mend it." };
  const run = await acting(() => {
    throw new TroupeError("SCENARIO_INVALID", fault);
  });
  expect([run.faults, run.failures]).toEqual([[fault], []]);
});

test("after a move that is none nothing more is said, and every span ends", async () => {
  const run = await acting(({ transcript }) => (transcript.length === 0 ? { say: "Hi" } : undefined));
  expect(run.messages.map(({ text }) => text)).toEqual(["Hi", "done"]);
  expect(run.openSpans).toEqual([]);
});

test.for(["satisfied", "out of patience"])("a policy may leave %s", async (leave) => {
  const run = await acting(() => ({ leave }));
  expect(run.failures).toEqual([]);
  expect(run.messages.map(({ text }) => text)).toEqual(["One thing more", "done"]);
});

test("a policy may say what it likes and leave the other key undefined", async () => {
  const run = await acting(({ transcript }) =>
    transcript.length === 0 ? { say: "Hi", leave: undefined } : { leave: "satisfied" },
  );
  expect(run.messages[0]?.text).toBe("Hi");
  expect(run.failures).toEqual([]);
});

test("a policy that empties its transcript and writes into it changes nothing of what it hears next", async () => {
  const heard: string[] = [];
  await acting(({ transcript }) => {
    heard.push(transcript.map(({ text }) => text).join(", "));
    for (const said of transcript) Reflect.set(said, "text", "");
    Reflect.set(transcript, "length", 0);
    return heard.length > 2 ? { leave: "satisfied" } : { say: `${heard.length}` };
  });
  expect(heard).toEqual(["", "1, done", "1, done, 2, done"]);
});
