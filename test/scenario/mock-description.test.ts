import { expect, test } from "vitest";
import * as z from "zod";
import { a2aAgent } from "../../src/scenario/a2a.ts";
import { describeMock, firstDifference } from "../../src/scenario/mock-description.ts";
import { type RuleCondition, scriptedModel } from "../../src/scenario/model.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";

const shop = (extra: object = {}): ReturnType<typeof mcpServer> =>
  mcpServer("shop", { tools: { buy: tool({ input: z.object({ id: z.string() }), handle: () => "ok" }) }, ...extra });
const risk = (extra: object = {}): ReturnType<typeof a2aAgent> =>
  a2aAgent("risk", { work: async () => "ok", servers: [shop()], ...extra });

const greeting = (args: Readonly<Record<string, string>>): ReturnType<typeof mcpServer> =>
  shop({ prompts: { greet: { arguments: args, text: () => "Hi" } } });
/** An agent whose model's rules have these conditions. */
const thinking = (
  conditions: readonly (RuleCondition | undefined)[],
  options: Parameters<typeof scriptedModel>[2] = {},
): ReturnType<typeof a2aAgent> => {
  const rules = conditions.map((when) => ({ answer: { say: "x" }, ...(when === undefined ? {} : { when }) }));
  return risk({ model: scriptedModel("m", rules, options) });
};

test("two loadings of one definition are described alike, whatever their functions are", () => {
  expect(firstDifference(describeMock(shop()), describeMock(shop()))).toBeUndefined();
  expect(firstDifference(describeMock(risk()), describeMock(risk()))).toBeUndefined();
  const models = [1, 2].map(() => describeMock(thinking([{ user: /a/g, answered: 1 }, undefined, { result: "b" }])));
  expect(models[0]).toEqual(models[1]);
});

test("a definition is described once", () => {
  const agent = risk();
  expect(describeMock(agent)).toBe(describeMock(agent));
});

test.for([
  ["version", shop(), shop({ version: "2.0.0" })],
  ["latencyMs", shop(), shop({ latencyMs: [1, 2] })],
  ["tools.buy.input.", shop(), shop({ tools: { buy: tool({ input: { type: "array" }, handle: () => "ok" }) } })],
  [
    "tools.sell",
    shop(),
    shop({ tools: { ...shop().tools, sell: tool({ input: { type: "object" }, handle: () => 1 }) } }),
  ],
  ["resources.stock://x", shop(), shop({ resources: { "stock://x": { read: () => 1 } } })],
  [
    "resources.stock://x.mimeType",
    shop({ resources: { "stock://x": { read: () => 1 } } }),
    shop({ resources: { "stock://x": { mimeType: "text/csv", read: () => 1 } } }),
  ],
  ["prompts.greet.arguments.who", greeting({ name: "x" }), greeting({ name: "x", who: "y" })],
  ["servers", risk(), risk({ servers: [] })],
  ["model.name", thinking([]), risk({ model: scriptedModel("n", []) })],
  ["model.provider", thinking([]), thinking([], { provider: "p" })],
  ["model.price.input", thinking([]), thinking([], { price: { input: 2, output: 4 } })],
  [
    "model.timing.tokensPerSecond",
    thinking([]),
    thinking([], { timing: { firstChunkMs: [120, 480], tokensPerSecond: 1 } }),
  ],
  ["model.rules.1", thinking([{ user: "a" }]), thinking([{ user: "a" }, undefined])],
  ["model.rules.0.user", thinking([{ user: /a/ }]), thinking([{ user: /a/i }])],
  ["model.rules.0.user", thinking([{ user: /a/ }]), thinking([{ user: "/a/" }])],
  ["model.rules.0.system", thinking([{ system: /a/ }]), thinking([{ system: /b/ }])],
  ["model.rules.0.model", thinking([{ model: "a" }]), thinking([{ model: /a/ }])],
  ["model.rules.0.result", thinking([{ result: "a" }]), thinking([{ result: "b" }])],
  ["model.rules.0.after", thinking([{ after: "a" }]), thinking([{}])],
  ["model.rules.0.answered", thinking([{ answered: 0 }]), thinking([{ answered: 1 }])],
] as const)("the first place in which two definitions differ is named: %s", ([path, one, other]) => {
  const place = firstDifference(describeMock(one), describeMock(other));
  expect(place?.startsWith(path)).toBe(true);
});
