import { expect, test } from "vitest";
import type { RecordedMessage } from "../../src/recording/chat.ts";
import { recordedConversation } from "../../src/recording/conversation.ts";
import { execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { type Agent, type FunctionAgent, agent } from "../../src/scenario/agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";

prepareThread();

const call = (id: string, name: string, args: unknown): NonNullable<RecordedMessage["tool_calls"]>[number] => ({
  id,
  function: { name, arguments: JSON.stringify(args) },
});

/** Two turns, one tool called twice alike and answered differently, and two calls in one message. */
const CHAT: readonly RecordedMessage[] = [
  { role: "user", content: "Is my parcel there?" },
  { role: "assistant", content: "I will look.", tool_calls: [call("1", "track", { parcel: "P1" })] },
  { role: "tool", tool_call_id: "1", content: "on its way" },
  { role: "assistant", content: "Not yet." },
  { role: "user", content: "And now?" },
  { role: "assistant", content: null, tool_calls: [call("2", "track", { parcel: "P1" }), call("3", "shelf", {})] },
  { role: "tool", tool_call_id: "2", content: "Error: try later" },
  { role: "tool", tool_call_id: "3", content: "B4" },
  { role: "assistant", content: "It is on shelf B4." },
  { role: "user", content: "Thanks" },
];

function runOf(chat: readonly RecordedMessage[], changed: { readonly agents?: readonly Agent[] } = {}): Promise<Run> {
  return execute(plan(defineScenario({ name: "parcel", ...recordedConversation("post", chat), ...changed }), 1));
}

const textsOf = ({ messages }: Run): readonly string[] => messages.map(({ text }) => text);
const reasonsOf = ({ failures, faults }: Run): readonly string[] => [...failures, ...faults.map(({ what }) => what)];

/** An agent that carries out what its model calls, in its own manner. */
function looping(carryOut: (turn: Parameters<FunctionAgent["work"]>[0]) => Promise<unknown>): readonly Agent[] {
  const work: FunctionAgent["work"] = async (turn) => {
    for (;;) {
      const { text, toolCalls } = await turn.model();
      if (toolCalls.length === 0) return turn.reply(text);
      await carryOut(turn);
    }
  };
  return [agent("own", work)];
}

function lastCalls(turn: Parameters<FunctionAgent["work"]>[0]): readonly Parameters<typeof turn.call>[0][] {
  const last = turn.messages.at(-1);
  return last?.role === "assistant" ? last.toolCalls : [];
}

test("a recorded conversation is held again, word for word", async () => {
  const run = await runOf(CHAT);
  expect(reasonsOf(run)).toEqual([]);
  expect(textsOf(run)).toEqual(["Is my parcel there?", "Not yet.", "And now?", "It is on shelf B4."]);
  expect(run.outcome).toBe("satisfied");
});

test("an agent of one's own that calls at once what was recorded in a row is given the same answers", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const agents = looping((turn) => Promise.all(lastCalls(turn).map((one) => turn.call(one))));
    const scenario = defineScenario({ name: "parcel", ...recordedConversation("post", CHAT), agents });
    const run = await execute(plan(scenario, seed));
    expect(reasonsOf(run)).toEqual([]);
    expect(textsOf(run).at(-1)).toBe("It is on shelf B4.");
  }
});

test("two agents that make the same call one after the other get its results in their order", async () => {
  const told: string[] = [];
  const [server] = recordedConversation("post", CHAT).servers;
  if (server === undefined) throw new Error("there is no server");
  const track: FunctionAgent["work"] = async (turn) => {
    told.push(String(await turn.tool(server, "track", { parcel: "P1" } as never)));
    return "done";
  };
  const billing = agent("billing", track);
  const triage = agent("triage", (turn) => (turn.input === "And now?" ? turn.handoff(billing) : track(turn)));
  const conversation = { ...recordedConversation("post", CHAT), servers: [server] };
  const run = await execute(plan(defineScenario({ name: "parcel", ...conversation, agents: [triage, billing] }), 1));
  expect(told.slice(0, 2)).toEqual(["on its way", "Error: try later"]);
  expect(new Set(run.spans.map(({ name }) => name))).toContain("invoke_agent billing");
});

/** What each of several agents was told, each calling twice at once, at work one after the other or all at once. */
async function crowd(
  results: readonly string[],
  names: readonly string[],
  seed: number,
  isAtOnce: boolean,
): Promise<readonly string[]> {
  const chat = results.flatMap((result, index): readonly RecordedMessage[] => [
    { role: "assistant", content: null, tool_calls: [call(`${index}`, "track", { parcel: "P1" })] },
    { role: "tool", tool_call_id: `${index}`, content: result },
  ]);
  const { servers } = recordedConversation("post", [{ role: "user", content: "Hi" }, ...chat]);
  const [server] = servers;
  if (server === undefined) throw new Error("there is no server");
  const told: string[] = [];
  const callers = names.map((name) =>
    agent(name, async (turn) => {
      const track = (): Promise<unknown> => turn.tool(server, "track", { parcel: "P1" } as never);
      told.push(...(await Promise.all([track(), track()])).map((text) => `${name} ${String(text)}`));
      return "done";
    }),
  );
  const all = agent("all", async (turn) => {
    if (isAtOnce) await Promise.all(callers.map((one) => turn.ask(one, "?")));
    else for (const one of callers) await turn.ask(one, "?");
    return "done";
  });
  const definition = { name: "crowd", agents: [all, ...callers], servers, script: [user.says("Hi")] };
  expect(reasonsOf(await execute(plan(defineScenario(definition), seed)))).toEqual([]);
  return told;
}

test("equal calls that one agent makes at once get their results in the order of the calls, after another's", async () => {
  for (let seed = 1; seed <= 10; seed++)
    expect(await crowd(["1", "2", "3", "4"], ["a", "b"], seed, false)).toEqual(["a 1", "a 2", "b 3", "b 4"]);
});

test("equal calls of agents at work at once get each result once", async () => {
  const results = ["1", "2", "3", "4", "5", "6"];
  for (let seed = 1; seed <= 20; seed++) {
    const told = await crowd(results, ["a", "b", "c"], seed, true);
    expect(told).toHaveLength(results.length);
    expect(new Set(told.map((text) => text.split(" ")[1]))).toEqual(new Set(results));
  }
});

test("a call that was not recorded fails the run, with the nearest that was", async () => {
  const [server] = recordedConversation("post", CHAT).servers;
  if (server === undefined) throw new Error("there is no server");
  const agents = looping((turn) => turn.tool(server, "track", { parcel: "P7" } as never));
  const [reason] = reasonsOf(await runOf(CHAT, { agents }));
  expect(reason).toBe(
    'server post, tools/call track: its handler threw Error: no call with {"parcel":"P7"} was recorded; the nearest is {"parcel":"P1"}',
  );
});

test("a call that is made more often than it was recorded fails the run", async () => {
  const twice = looping(async (turn) => {
    for (const one of [...lastCalls(turn), ...lastCalls(turn)]) await turn.call(one);
  });
  const [reason] = reasonsOf(await runOf(CHAT.slice(0, 4), { agents: twice }));
  expect(reason).toBe(
    'server post, tools/call track: its handler threw Error: this is call 2 with {"parcel":"P1"}, and 1 were recorded',
  );
});

test("a tool that was not recorded is named, with those that were", async () => {
  const agents = looping((turn) => turn.call({ id: "x", name: "trace", arguments: {} }));
  expect(reasonsOf(await runOf(CHAT, { agents }))).toEqual([
    'there is no tool "trace" among all servers of the scenario; did you mean "track"?',
  ]);
});

test("a user who says something else is told apart, at the letter that differs", async () => {
  const scenario = defineScenario({ name: "parcel", ...recordedConversation("post", CHAT) });
  const script = [user.says("Is my parcel there?"), user.says("And what now?")];
  expect(reasonsOf(await execute(plan({ ...scenario, script }, 1)))).toEqual([
    'agent assistant failed: Error: messages[4] of the recording, a message of the user, says "And now?", and this was "And what now?"',
  ]);
});

test("an excerpt begins shortly before the difference, however long the messages are", async () => {
  const long = `${"word ".repeat(100)}end`;
  const scenario = defineScenario({
    name: "long",
    ...recordedConversation("long", [
      { role: "user", content: long },
      { role: "assistant", content: "Yes." },
    ]),
    script: [user.says(long.replace("end", "start"))],
  });
  expect(reasonsOf(await execute(plan(scenario, 1))).join()).toMatch(/says "….{24}end", and this was "….{24}start"$/);
});

test("an agent that skips its calls is told what comes first", async () => {
  expect(reasonsOf(await runOf(CHAT, { agents: looping(async () => undefined) }))).toEqual([
    'agent own failed: Error: messages[2] of the recording comes first: the result of track: "on its way"',
  ]);
});

test("an agent that asks its model again after the last answer is told that the recording ends", async () => {
  const again = agent("own", async (turn) => {
    await turn.model();
    return (await turn.model()).text;
  });
  const chat = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hello" },
  ];
  expect(reasonsOf(await runOf(chat, { agents: [again] }))).toEqual([
    "agent own failed: Error: the recording ends here, and holds no further answer",
  ]);
});

test("what is said after the recording's end is no part of it", async () => {
  const scenario = defineScenario({ name: "parcel", ...recordedConversation("post", CHAT) });
  const script = [...scenario.script, user.says("One thing more")];
  expect(reasonsOf(await execute(plan({ ...scenario, script }, 1)))).toEqual([
    'agent assistant failed: Error: the recording ends before a message of the user: "One thing more"',
  ]);
});

test("a recording that ends with a tool's result ends without words", async () => {
  const run = await runOf(CHAT.slice(0, 3));
  expect(reasonsOf(run)).toEqual([]);
  expect(textsOf(run)).toEqual(["Is my parcel there?", ""]);
});

test("a failure that was recorded as a text stays a text, and no error", async () => {
  const { spans } = await runOf(CHAT);
  expect(spans.filter(({ status }) => status.code === "error")).toEqual([]);
});

test("one definition serves many runs, at once and one after the other", async () => {
  const scenario = defineScenario({ name: "parcel", ...recordedConversation("post", CHAT) });
  const runs = await Promise.all([1, 2, 1].map((seed) => execute(plan(scenario, seed))));
  expect(runs.flatMap(reasonsOf)).toEqual([]);
});
