import { beforeAll, expect, test } from "vitest";
import { type LoadedScenario, loadScenarios } from "../../src/campaign/load.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { readTraceFile } from "../../src/format/read.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { redactor } from "../../src/recording/redactor.ts";
import { execute } from "../../src/run/execute.ts";
import { agent } from "../../src/scenario/agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import { recordedCase } from "../../src/recording/recorded-case.ts";
import { recordingText } from "../../src/recording/recording.ts";
import { diffTrees } from "../../src/shape/diff/diff.ts";
import { canonicalText } from "../../src/trace/canonical.ts";
import { type Tree, buildTrees } from "../../src/trace/tree.ts";
import { agent as agentSpan, handoff, llm, mcpServer, tool, treesOf } from "../check/traces.ts";
import { asJaeger, asLangfuse, asOpenInference } from "./conversions.ts";
import { recordingOf, replayed } from "./round-trip.ts";

const NAMES = ["refund-handoff", "parallel-research", "delegation-chain", "finance-operations"];
let shipped: readonly LoadedScenario[];

beforeAll(async () => {
  shipped = await loadScenarios(NAMES.map((name) => `scenarios/${name}.scenario.ts`));
});

async function spansOf(name: string, seed: number): Promise<ReturnType<typeof readTraceFile>["spans"]> {
  const found = shipped.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return (await execute(plan(found.scenario, seed))).spans;
}

const read = (text: string): readonly Tree[] => buildTrees(readTraceFile(text, "trace").spans);

const FORMS = [
  ["its own OTLP", writeOtlpJson],
  ["Jaeger's form", asJaeger],
  ["Langfuse's form", asLangfuse],
  ["OpenInference's words", (spans) => writeOtlpJson(asOpenInference(spans))],
] as const satisfies readonly (readonly [string, (spans: Awaited<ReturnType<typeof spansOf>>) => string])[];

const CASES = NAMES.flatMap((name, index) =>
  FORMS.slice(0, index % 2 === 0 ? FORMS.length : 1).map(([form, write]) => ({ name, form, write })),
);

test.for(CASES)(
  "$name: exported, read in $form and run by stand-ins, leaves the tree that was read",
  async ({ name, write }) => {
    const trees = read(write(await spansOf(name, 3)));
    const again = await replayed(recordingOf(trees), 5);
    expect(again.problems).toEqual([]);
    expect(diffTrees(trees, again.trees).operations).toEqual([]);
    expect(again.canonical).toBe(canonicalText(buildTrees(recordingOf(trees).trajectory ?? [])));
  },
);

test("out of its own OTLP a run comes back to the byte of its canonical tree", async () => {
  const trees = read(writeOtlpJson(await spansOf("delegation-chain", 7)));
  const again = await replayed(recordingOf(trees), 8);
  expect(again.canonical).toBe(canonicalText(trees));
  expect(again.run.spans.filter(({ spanKind }) => spanKind === "server").length).toBeGreaterThan(4);
});

test("what was redacted is redacted in what comes back, and nothing else is changed", async () => {
  const trees = read(writeOtlpJson(await spansOf("finance-operations", 1)));
  const recording = recordingOf(trees, redactor());
  const again = await replayed(recording);
  expect(recording.replaced).toEqual({ email: 1 });
  expect(again.problems).toEqual([]);
  expect(again.canonical).toBe(canonicalText(trees).replaceAll("billing@acme.example", "[email-1]"));
});

/** A recording of one agent that calls a tool on a server twice alike. */
function calls(): Recording {
  const call = (result: string): ReturnType<typeof tool> => {
    const served = mcpServer("tools/call", "look", "shop");
    const { attributes, ...rest } = tool("look", { id: 1 }, [served]);
    return { ...rest, attributes: { ...attributes, "gen_ai.tool.call.result": result } };
  };
  return recordingOf(treesOf(agentSpan("desk", [llm("m", 3, 4), call("first"), call("second")])));
}

test("a result that is changed in a recording is what the tree then says", async () => {
  const recording = calls();
  const exchanges = recording.exchanges.map((one) =>
    one.kind === "tool" && one.result === "second" ? { ...one, result: "third" } : one,
  );
  const again = await replayed({ ...recording, exchanges });
  expect(again.problems).toEqual([]);
  const [operation, ...others] = diffTrees(buildTrees(recording.trajectory ?? []), again.trees).operations;
  expect(others).toEqual([]);
  expect(operation).toMatchObject({ kind: "changed", changes: [{ key: "result", from: "second", to: "third" }] });
});

test("a call whose exchange was taken out of a recording stays a span, and is put to nobody", async () => {
  const recording = calls();
  const again = await replayed({ ...recording, exchanges: recording.exchanges.filter(({ kind }) => kind !== "tool") });
  expect(again.problems).toEqual([]);
  expect(again.run.ledger.filter(({ method }) => method === "tools/call")).toEqual([]);
});

test("an agent of one's own in the place of a stand-in gets what was recorded, and another call fails by its name", async () => {
  const own = (id: number) =>
    agent("desk", async (turn) => (await turn.call({ id: "c", name: "look", arguments: { id } })).text);
  const parts = recordedCase(JSON.parse(recordingText(calls())));
  const run = (id: number) =>
    execute(plan(defineScenario({ name: "own", ...parts, agents: [own(id)], script: [user.says("Hi")] }), 1));
  expect((await run(1)).messages.at(-1)?.text).toBe("first");
  expect((await run(2)).failures.join()).toContain('no call with {"id":2} was recorded; the nearest is {"id":1}');
});

test("an agent of one's own gets what was recorded without its question in the order in which it was given", async () => {
  const answers = ["one", "two"].map((text) => {
    const { attributes, ...rest } = llm("m");
    const said = JSON.stringify([{ role: "assistant", parts: [{ type: "text", content: text }] }]);
    const given = tool("look");
    const result = { ...given, attributes: { ...given.attributes, "gen_ai.tool.call.result": `${text}!` } };
    return [{ ...rest, attributes: { ...attributes, "gen_ai.output.messages": said } }, result];
  });
  const parts = recordedCase(JSON.parse(recordingText(recordingOf(treesOf(agentSpan("desk", answers.flat()))))));
  const own = agent("desk", async (turn) => {
    const heard: string[] = [];
    for (const id of [7, 8]) {
      heard.push((await turn.model()).text);
      heard.push((await turn.call({ id: "c", name: "look", arguments: { id } })).text);
    }
    return heard.join(" ");
  });
  const run = await execute(
    plan(defineScenario({ name: "own", ...parts, agents: [own], script: [user.says("Hi")] }), 1),
  );
  expect(run.failures).toEqual([]);
  expect(run.messages.at(-1)?.text).toBe("one one! two two!");
});

test("what a server's span repeats of a call comes back where the client's span is inside of a tool's", async () => {
  const content = { "gen_ai.tool.call.arguments": "{}", "gen_ai.tool.call.result": "4" };
  const served = mcpServer("tools/call", "roll", "dice");
  const far = { ...served, attributes: { ...served.attributes, ...content } };
  const client = { ...far, spanKind: "client" as const, service: "agents", under: [far] };
  const trees = treesOf(agentSpan("player", [tool("roll", {}, [client])]));
  const again = await replayed(recordingOf(trees));
  expect([again.problems, again.canonical]).toEqual([[], canonicalText(trees)]);
  expect(again.canonical.split('"result":"4"').length).toBe(3);
});

test("work in no agent, agents side by side, agents in services of their own: all of it is done again", async () => {
  const trees = treesOf(
    agentSpan("triage", [llm("m"), handoff("triage", "billing")], { service: "front" }),
    agentSpan("billing", [tool("pay", { sum: 1 }, [agentSpan("bank", [llm("n", 1, 2)])], { error: "refused" })], {
      service: "back",
    }),
    llm("judge", 5, 6),
  );
  const again = await replayed(recordingOf(trees));
  expect(again.problems).toEqual([]);
  expect(again.canonical).toBe(canonicalText(trees));
});

test("an agent that is called on by several, also at once, does for each what it did for it", async () => {
  const expert = (service: string, tokens: number) => agentSpan("expert", [llm("m", tokens, 0)], { service });
  const asks = ["a", "b"].map((name, index) =>
    agentSpan(name, [handoff(name, "expert", [expert("agents", index + 1)])]),
  );
  const trees = treesOf(agentSpan("lead", asks));
  const again = await replayed(recordingOf(trees));
  expect(again.canonical).toBe(canonicalText(trees));
});

test("one span alone is a case; a call to a server that left no span is made by the agent itself", async () => {
  for (const draft of [llm("m", 1, 2), tool("t", { a: 1 }), agentSpan("solo"), mcpServer("tools/call", "x", "s")]) {
    const trees = treesOf(draft);
    const again = await replayed(recordingOf(trees));
    expect([again.problems, again.canonical]).toEqual([[], canonicalText(trees)]);
  }
});

test("a trace of hundreds of nested spans, and one of hundreds side by side, are done again", async () => {
  let deep = llm("m");
  for (let depth = 0; depth < 300; depth++) deep = tool(`t${depth % 7}`, { depth }, [deep]);
  const wide = agentSpan(
    "a",
    Array.from({ length: 300 }, (_, index) => tool("t", { index })),
  );
  for (const draft of [deep, wide]) {
    const trees = treesOf(draft);
    expect((await replayed(recordingOf(trees))).canonical).toBe(canonicalText(trees));
  }
});
