/** Questions to remote agents are matched to recorded ones as calls of tools are. */
import { expect, test } from "vitest";
import type { ReplayResult } from "../../../src/campaign/replay/result.ts";
import { partsOf } from "../../../src/recording/recorded-case.ts";
import type { Recording } from "../../../src/recording/recording.ts";
import { execute } from "../../../src/run/execute.ts";
import { prepareThread } from "../../../src/run/prepare-thread.ts";
import { plan } from "../../../src/scenario/plan.ts";
import { defineScenario, user } from "../../../src/scenario/scenario.ts";
import { asking, changesOf, recordedQuestions, replayed } from "./parcels.ts";

prepareThread();

const recording = await recordedQuestions();

/** How the remote agent's questions were matched; what it asked itself for that is left out. */
function matchesOf({ answered }: ReplayResult): readonly string[] {
  return answered.flatMap(({ agent, by, asked, recorded }) =>
    agent === "clerk" ? [`${by} ${asked}${recorded === undefined ? "" : ` for ${recorded}`}`] : [],
  );
}

test("with nothing but itself a recording answers each question with what was done for it then", async () => {
  const { quarantine, answered, verdict } = await replayed(recording);
  expect([quarantine, verdict]).toEqual([[], "passed"]);
  expect(answered.map(({ agent, about, by }) => `${agent} ${about} ${by}`)).toEqual([
    "clerk agent risk exact",
    "risk tool shelf exact",
    "clerk agent risk exact",
    "risk tool shelf exact",
  ]);
});

test.for([
  [
    "in another order",
    ["May P1 be refunded?", "Is P1 late?"],
    ['exact "May P1 be refunded?"', 'exact "Is P1 late?"'],
    [],
  ],
  [
    "in other letters",
    ["is P1  late?", "May P1 be refunded?"],
    ['normalised "is P1  late?" for "Is P1 late?"', 'exact "May P1 be refunded?"'],
    [],
  ],
  [
    "in other words, and once more",
    ["Is P1 late?", "May P7 be refunded?", "May P7 be refunded?"],
    [
      'exact "Is P1 late?"',
      'nearest "May P7 be refunded?" for "May P1 be refunded?"',
      'nearest "May P7 be refunded?" for "May P1 be refunded?"',
    ],
    ["added a2a.client risk"],
  ],
] as const)("asked %s, it gives the nearest answer and names it", async ([, questions, matches, changes]) => {
  const result = await replayed(recording, { agents: [asking(...questions)] });
  expect([matchesOf(result), changesOf(result), result.failures]).toEqual([matches, changes, []]);
});

test("what was recorded without its words is answered by its place, under every policy", async () => {
  const wordless = await recordedQuestions(false);
  for (const miss of ["nearest", "fail", "model"] as const) {
    const result = await replayed(wordless, { agents: [asking("Anything?", "Anything else?")], miss });
    expect([matchesOf(result).map((one) => one.split(" ")[0]), changesOf(result), result.failures]).toEqual([
      ["next", "next"],
      [],
      [],
    ]);
  }
});

test("equal questions get their answers in the order of the recording, and so do those without words", async () => {
  const replies = ["one", "two"];
  const told = async (given: Recording, text?: string): Promise<string | undefined> => {
    const exchanges = given.exchanges.map((one) =>
      one.kind === "ask" ? { ...one, reply: replies.shift() ?? "", ...(text !== undefined && { text }) } : one,
    );
    const parts = partsOf({ ...given, exchanges }, { miss: "nearest" });
    const script = [user.says("Where is P1?")];
    const own = { name: "equal", ...parts, agents: [asking("Same?", "Same?")], script };
    return (await execute(plan(defineScenario(own), 1))).messages.at(-1)?.text;
  };
  expect(await told(recording, "Same?")).toBe("one two");
  replies.push("three", "four");
  expect(await told(await recordedQuestions(false))).toBe("three four");
});

test.for([
  [["Is P2 late?"], 'no question "Is P2 late?" was recorded; the nearest is "Is P1 late?"'],
  [["Is P1 late?", "Is P1 late?"], 'this is question 2 with "Is P1 late?", and 1 were recorded'],
] as const)("under fail %j fails the run, with the nearest that was recorded", async ([questions, why]) => {
  const result = await replayed(recording, { agents: [asking(...questions)], miss: "fail" });
  expect([result.verdict, result.failures.join(" ")]).toEqual(["failed", expect.stringContaining(why)]);
  expect(matchesOf(result).at(-1)).toContain("missed");
});

test("under model its words are made up, and named as such", async () => {
  const result = await replayed(recording, {
    agents: [asking("Is P2 late?", "May P1 be refunded?")],
    miss: "model",
  });
  expect([matchesOf(result), changesOf(result), result.failures]).toEqual([
    ['simulated "Is P2 late?"', 'exact "May P1 be refunded?"'],
    [],
    [],
  ]);
});
