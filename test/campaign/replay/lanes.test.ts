import { expect, test } from "vitest";
import { prepareThread } from "../../../src/run/prepare-thread.ts";
import { agent, type Agent } from "../../../src/scenario/agent.ts";
import { canonicalJson } from "../../../src/core/json.ts";
import {
  assistant,
  billing,
  changesOf,
  parcels,
  recordedHandoff,
  recordedParcels,
  replayed,
  triage,
} from "./parcels.ts";

prepareThread();

const recording = await recordedParcels();
const handoff = await recordedHandoff();

test.for([
  ["a recording by hand", recording],
  ["a trace", handoff],
] as const)("%s replays as it was, with nothing but itself", async ([, one]) => {
  const result = await replayed(one);
  expect([result.quarantine, result.failures, result.judged.changes, result.verdict]).toEqual([[], [], [], "passed"]);
  expect(result.candidate).toBeNull();
});

test("agents that do what was recorded differ in nothing, and each of their questions is named", async () => {
  const result = await replayed(recording, { agents: [assistant()] });
  expect([result.verdict, changesOf(result), result.failures]).toEqual(["passed", [], []]);
  expect(result.answered.map(({ about, by }) => `${about} ${by}`)).toEqual([
    "model exact",
    "tool track exact",
    "model exact",
    "tool shelf exact",
    "model exact",
    "tool refund exact",
    "model exact",
  ]);
  const others = await replayed(handoff, { agents: [triage(), billing] });
  expect([others.verdict, changesOf(others), others.failures]).toEqual(["passed", [], []]);
});

/** Does `more` before the model's call of `tool`, and in its place where that says so. */
const before = (tool: string, more: Parameters<typeof assistant>[0]): readonly Agent[] => [
  assistant(async (turn, call) => call.name === tool && (await more?.(turn, call)) === true),
];

const looksTwice = before("refund", async (turn) => {
  await turn.tool(parcels, "shelf", { parcel: "P9" });
  return false;
});
const looksElsewhere = before("shelf", async (turn, { id, name }) => {
  await turn.call({ id, name, arguments: { parcel: "P2" } });
  return true;
});
const triesAgain = before("refund", async (turn, call) => {
  await turn.call(call);
  return false;
});
const keepsIt = [
  triage(async (turn) => {
    await turn.tool(parcels, "track", { parcel: "P1" });
    await turn.tool(parcels, "shelf", { parcel: "P1" });
    return turn.reply("Wait.");
  }),
  billing,
];
const looksFirst = [
  triage(async (turn) => {
    await turn.tool(parcels, "shelf", { parcel: "P1" });
    await turn.tool(parcels, "track", { parcel: "P1" });
    return turn.handoff(billing, { parcel: "P1" });
  }),
  billing,
];

const PLANTED = [
  ["an extra tool call", recording, looksTwice, ["added tool shelf"], { added: ["tool shelf"] }],
  ["changed arguments", recording, looksElsewhere, ["changed tool shelf arguments"], { changed: ["tool shelf"] }],
  ["a new retry", recording, triesAgain, ["retry tool refund"], { added: ["tool refund x1"] }],
  [
    "a lost handoff",
    handoff,
    keepsIt,
    ["removed handoff triage -> billing"],
    { removed: [{ "handoff triage -> billing": ["agent billing"] }] },
  ],
  ["a swapped order", handoff, looksFirst, ["reordered tool track"], { moved: ["tool track"] }],
] as const;

test.for(PLANTED)(
  "%s is reported as exactly that; declared, it is as wanted",
  async ([, one, agents, wanted, changes]) => {
    const found = await replayed(one, { agents });
    expect([changesOf(found), found.verdict, found.failures]).toEqual([wanted, "failed", []]);
    const declared = await replayed(one, { agents, changes });
    expect([changesOf(declared), declared.verdict, declared.judged.unmet]).toEqual([wanted, "passed", []]);
  },
);

test("a different model is reported as exactly that, and as declared in the scenario", async () => {
  const found = await replayed(recording, {
    edited: ({ model, ...rest }) => ({ ...rest, agents: [assistant()], model: { ...model, name: "gpt-10" } }),
  });
  expect(changesOf(found)).toEqual(Array.from({ length: 4 }, () => "changed llm gpt-10 model"));
  const declared = await replayed(recording, {
    edited: ({ model, ...rest }) => ({
      ...rest,
      agents: [assistant()],
      model: { ...model, name: "gpt-10" },
      expectChange: { changed: ["llm gpt-10"] },
    }),
  });
  expect([declared.verdict, declared.candidate]).toEqual(["passed", "parcel.scenario.ts"]);
});

test("a declared change that did not happen, or not so often, fails the case", async () => {
  const absent = await replayed(recording, { agents: [assistant()], changes: { removed: ["tool shelf"] } });
  expect([absent.verdict, absent.judged.unmet.map(({ happened }) => happened)]).toEqual(["failed", [0]]);
  const once = await replayed(recording, { agents: looksTwice, changes: { added: ["tool shelf x2"] } });
  expect([once.verdict, once.judged.unmet.map(({ happened }) => happened)]).toEqual(["failed", [1]]);
});

test("a change beside a declared one is still nobody's wish", async () => {
  const result = await replayed(recording, { agents: looksTwice, changes: { added: ["tool track"] } });
  expect(result.judged.changes.map(({ wantedBy }) => wantedBy)).toEqual([undefined]);
  expect(result.verdict).toBe("failed");
});

test("what was not recorded fails the run where the policy says so, with the nearest that was", async () => {
  const result = await replayed(recording, { agents: looksElsewhere, miss: "fail" });
  expect(result.verdict).toBe("failed");
  expect(result.failures[0]).toContain('no call with {"parcel":"P2"} was recorded; the nearest is {"parcel":"P1"}');
  expect(result.answered.filter(({ by }) => by === "missed")).toMatchObject([
    { about: "tool shelf", asked: '{"parcel":"P2"}', recorded: '{"parcel":"P1"}' },
  ]);
});

test("a simulated answer is named as such", async () => {
  const result = await replayed(recording, { agents: looksElsewhere, miss: "model" });
  expect(result.answered.map(({ about, by }) => `${about} ${by}`)).toContain("tool shelf simulated");
});

test.for(["nearest", "model"] as const)(
  "a tool that was never recorded fails the run in clear words (%s)",
  async (miss) => {
    const weigh = agent("assistant", async (turn) => {
      const tools = { weigh: parcels.tools.shelf };
      return String(await turn.tool({ ...parcels, tools }, "weigh", { parcel: "P1" }));
    });
    const result = await replayed(recording, { agents: [weigh], miss });
    expect(result.verdict).toBe("failed");
    expect(result.failures.join(" ")).toContain('there is no tool "weigh"');
  },
);

test("the same replay gives the same result, to the byte", async () => {
  const texts = await Promise.all(
    [1, 2].map(async () => canonicalJson((await replayed(recording, { agents: looksTwice })).answered)),
  );
  expect(texts[0]).toBe(texts[1]);
  const runs = await Promise.all([1, 2].map(() => replayed(recording, { agents: looksTwice })));
  const bytes = runs.map(({ compared }) =>
    canonicalJson(compared?.after.flatMap(({ nodes }) => nodes.map(({ span }) => span))),
  );
  expect(bytes[0]).toBe(bytes[1]);
});

test("a recording that Troupe cannot reproduce is in quarantine, and no candidate is judged on it", async () => {
  const [first, ...rest] = recording.trajectory ?? [];
  if (first === undefined) throw new Error("there is no trajectory");
  const broken = { ...recording, exchanges: recording.exchanges.filter(({ kind }) => kind !== "user") };
  const noUser = await replayed(broken, { agents: looksTwice });
  expect(noUser.quarantine).toEqual(["it holds no turn of a user, so that nobody speaks to the agents"]);
  const noTree = await replayed({ ...recording, trajectory: [] }, { agents: looksTwice });
  expect(noTree.quarantine).toEqual(["it holds no tree of spans that a replay could be compared with"]);
  expect([noUser, noTree].map(({ verdict, candidate }) => [verdict, candidate])).toEqual([
    ["inconclusive", null],
    ["inconclusive", null],
  ]);
  expect(rest.length).toBeGreaterThan(0);
});

test("what each step took is told beside the changes, and decides nothing", async () => {
  const { usage } = await replayed(recording, { agents: looksTwice });
  expect(usage.before.inputTokens).toBeGreaterThan(0);
  expect(usage.steps.filter(({ before: old }) => old === undefined).map(({ label }) => label)).toEqual([
    "tool shelf",
    "mcp.server tools/call shelf",
  ]);
});
