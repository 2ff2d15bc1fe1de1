import { expect, test } from "vitest";
import { type ModelAnswer, type ModelRule, scriptedModel } from "../../src/scenario/model.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";
import { inAgent, timed } from "./agents.ts";

/** What an agent feels whose model answers so, and the status of its span. */
async function felt(answer: ModelAnswer): Promise<readonly unknown[]> {
  const { value, run } = await inAgent((turn) => timed(() => turn.model().catch((error: unknown) => error)), {
    model: scriptedModel("m", [{ answer }]),
  });
  const span = run.spans.find(({ name }) => name === "chat m");
  return [value.value, span?.status.code, value.nano];
}

test.for<readonly [string, ModelAnswer, string]>([
  ["an error", { fail: { status: 429, message: "slow down" } }, "model m refused: 429 slow down"],
  ["a connection that breaks", { say: "x", fail: { breakAfter: 1 } }, "model m broke off its answer"],
  ["silence", { fail: "hang" }, "model m did not answer within 60 s (limits.requestMs)"],
  [
    "malformed arguments",
    { call: [{ tool: "refund", malformed: '{"id"' }] },
    'model m called refund with arguments that are no JSON object: "{\\"id\\""',
  ],
])("turn.model() rejects for %s, as a client of the API would, and its span has failed", async ([, answer, words]) => {
  const [error, status, nano] = await felt(answer);
  expect(error).toMatchObject({ name: "ModelFailedError", message: words });
  expect(status).toBe("error");
  expect(Number(nano) >= 60e9).toBe(answer.fail === "hang");
});

test("turn.model() offers the tools of the servers that the agent may use", async () => {
  const shop = mcpServer("shop", { tools: { refund: tool({ input: { type: "object" }, handle: () => 1 }) } });
  const rules: readonly ModelRule[] = [
    { when: { offers: "refund" }, answer: (_, { tools }) => ({ say: JSON.stringify(tools) }) },
  ];
  const { value } = await inAgent(async (turn) => (await turn.model()).text, {
    servers: [shop],
    model: scriptedModel("m", rules),
  });
  expect(JSON.parse(value)).toEqual([{ name: "refund", schema: { type: "object" } }]);
});

test("a retry of turn.model() is a second attempt", async () => {
  const rules: readonly ModelRule[] = [
    { when: { attempt: 1 }, answer: { fail: { status: 500 } } },
    { answer: { say: "now" } },
  ];
  const { value } = await inAgent(async (turn) => (await turn.model().catch(() => turn.model())).text, {
    model: scriptedModel("m", rules),
  });
  expect(value).toBe("now");
});
