import { expect, test } from "vitest";
import { type A2aAgent, type RemoteReply, a2aAgent } from "../../src/scenario/a2a.ts";
import type { Turn } from "../../src/scenario/agent.ts";
import { agent } from "../../src/scenario/agent.ts";
import { scriptedModel } from "../../src/scenario/model.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";
import { execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import { buildTrees } from "../../src/trace/tree.ts";

interface Asked {
  readonly run: Run;
  readonly replies: readonly RemoteReply[];
}

/** What an agent hears from a remote agent. */
async function asking(
  remote: A2aAgent,
  ask: (turn: Turn, remote: A2aAgent) => Promise<readonly RemoteReply[]>,
  more: Partial<Parameters<typeof defineScenario>[0]> = {},
): Promise<Asked> {
  let replies: readonly RemoteReply[] = [];
  const solo = agent("solo", async (turn) => {
    replies = await ask(turn, remote);
    return "done";
  });
  const script = [user.says("Hello")];
  const scenario = defineScenario({ name: "remote", agents: [solo], servers: [remote], script, ...more });
  return { run: await execute(plan(scenario, 1)), replies };
}

const echo = a2aAgent("echo", { work: async (turn) => turn.reply(`${turn.caller} said ${turn.input}`) });

test("a remote agent's words come back as a message that counts as completed", async () => {
  const { run, replies } = await asking(echo, async (turn, remote) => [await turn.ask(remote, "hi")]);
  expect(run.failures).toEqual([]);
  expect(replies).toEqual([{ agent: "echo", text: "solo said hi", state: "completed", task: null, artifacts: [] }]);
});

test("work that says how it goes is a task, with what it made", async () => {
  const painter = a2aAgent("painter", {
    work: async (turn) => {
      turn.progress("mixing colours");
      turn.artifact("picture", { size: 3 });
      return turn.reply("painted");
    },
  });
  const { replies } = await asking(painter, async (turn, remote) => [
    await turn.ask(remote, "paint"),
    await turn.ask(remote, "paint", { stream: true }),
  ]);
  const about = { agent: "painter", text: "painted", state: "completed", task: expect.any(String) };
  const artifacts = [{ name: "picture", content: { size: 3 } }];
  expect(replies).toEqual([
    { ...about, artifacts },
    { ...about, artifacts },
  ]);
});

test("a task that needs input goes on when it is answered, and remembers", async () => {
  const clerk = a2aAgent("clerk", {
    work: async (turn) =>
      turn.round === 1
        ? turn.needsInput("Which order?")
        : turn.reply(turn.messages.map((message) => message.text).join(" / ")),
  });
  const { replies } = await asking(clerk, async (turn, remote) => {
    const first = await turn.ask(remote, "Refund me");
    return [first, await turn.ask(remote, "A-17", { task: first.task ?? "" })];
  });
  expect(replies.map(({ state, text }) => [state, text])).toEqual([
    ["input-required", "Which order?"],
    ["completed", "Refund me / A-17"],
  ]);
  expect(replies[1]?.task).toBe(replies[0]?.task);
});

test("a task can be looked at while it is worked on, and cancelled", async () => {
  let wasAborted = false;
  const slow = a2aAgent("slow", {
    work: async (turn) => {
      turn.progress("working");
      turn.signal.addEventListener("abort", () => (wasAborted = true));
      await turn.pause(100_000);
      return turn.reply("too late");
    },
  });
  const { run, replies } = await asking(slow, async (turn, remote) => {
    const begun = await turn.ask(remote, "go", { wait: false });
    const id = begun.task ?? "";
    return [begun, await turn.task(remote, id), await turn.cancel(remote, id), await turn.task(remote, id)];
  });
  expect(run.failures).toEqual([]);
  expect(replies.map(({ state }) => state)).toEqual(["working", "working", "canceled", "canceled"]);
  expect(wasAborted).toBe(true);
});

test.for(["fail", "reject"] as const)("what a remote agent would not do rejects with its words (%s)", async (how) => {
  const unwilling = a2aAgent("unwilling", { work: async (turn) => turn[how]("not today") });
  const { run } = await asking(unwilling, async (turn, remote) => [await turn.ask(remote, "please")]);
  expect(run.failures).toEqual(["agent solo failed: AskFailedError: agent unwilling: not today"]);
});

test("a remote agent that throws is the run's first failure, with what it threw", async () => {
  const broken = a2aAgent("broken", {
    work: async () => {
      throw new Error("no database");
    },
  });
  const { run } = await asking(broken, async (turn, remote) => [await turn.ask(remote, "?")]);
  expect(run.failures).toEqual([
    "agent broken failed: Error: no database",
    "agent solo failed: AskFailedError: agent broken: the work threw Error: no database",
  ]);
});

test("a remote agent that never answers meets the request's time-out", async () => {
  const silent = a2aAgent("silent", { work: () => new Promise(() => {}) });
  const limits = { requestMs: 500 };
  const { run } = await asking(silent, async (turn, remote) => [await turn.ask(remote, "?")], { limits });
  expect(run.failures).toEqual([
    "agent solo failed: ServerError: agent silent did not answer SendMessage within 0.5 s (limits.requestMs)",
  ]);
});

test("an agent that is not among the scenario's servers is a fault of the definition", async () => {
  const { run } = await asking(echo, async (turn, remote) => [await turn.ask({ ...remote, name: "ecko" }, "?")]);
  expect(run.faults.map(({ what }) => what)).toEqual([
    'there is no remote agent "ecko" among the scenario\'s `servers`; did you mean "echo"?',
  ]);
});

test("state is one for all callers of a run, and fresh in the next", async () => {
  const counter = a2aAgent("counter", {
    state: (): string[] => [],
    work: async (turn) => {
      turn.state.push(turn.input);
      return turn.reply(turn.state.join(""));
    },
  });
  const ask = async (turn: Turn, remote: A2aAgent): Promise<readonly RemoteReply[]> => [
    await turn.ask(remote, "a"),
    await turn.ask(remote, "b"),
  ];
  const first = await asking(counter, ask);
  const second = await asking(counter, ask);
  expect(first.replies.map(({ text }) => text)).toEqual(["a", "ab"]);
  expect(second.replies).toEqual(first.replies);
});

test("chance is keyed by caller, words and how often they were said, not by what others ask", async () => {
  const dice = a2aAgent("dice", {
    work: async (turn) => turn.reply(`${turn.occurrence}:${turn.random.integer(1, 1e6)}`),
  });
  const alone = await asking(dice, async (turn, remote) => [await turn.ask(remote, "a"), await turn.ask(remote, "a")]);
  const among = await asking(dice, async (turn, remote) => [
    await turn.ask(remote, "b"),
    await turn.ask(remote, "a"),
    await turn.ask(remote, "c"),
    await turn.ask(remote, "a"),
  ]);
  expect(alone.replies.map(({ text }) => text)).toEqual([among.replies[1]?.text, among.replies[3]?.text]);
  expect(alone.replies[0]?.text).not.toBe(alone.replies[1]?.text.replace("2:", "1:"));
});

test("a remote agent uses its own servers, model and remote agents, each span in its own service", async () => {
  const shelf = mcpServer("shelf", { tools: { take: tool({ input: { type: "object" }, handle: () => "a book" }) } });
  const model = scriptedModel("own-model", [{ answer: { say: "Take one." } }]);
  const reader = a2aAgent("reader", {
    servers: [shelf, echo],
    model,
    work: async (turn) => {
      await turn.model();
      const book = String(await turn.tool(shelf, "take", {}));
      return turn.reply((await turn.ask(echo, book)).text);
    },
  });
  const { run, replies } = await asking(reader, async (turn, remote) => [await turn.ask(remote, "read")]);
  expect(run.failures).toEqual([]);
  expect(replies[0]?.text).toBe("reader said a book");
  expect(buildTrees(run.spans)).toHaveLength(1);
  const services = new Set(run.spans.map(({ resource }) => resource["service.name"]));
  expect(services).toEqual(new Set(["troupe", "agents", "reader", "shelf", "echo"]));
  const steps = run.spans
    .filter(({ resource }) => resource["service.name"] === "reader")
    .toSorted((a, b) => Number(a.startTimeUnixNano - b.startTimeUnixNano))
    .flatMap(({ attributes }) => attributes["agent.trajectory.step"] ?? []);
  expect(steps).toEqual([1, 2, 3]);
});
