import {
  agent,
  defineScenario,
  healthy,
  matchesShape,
  maxTokens,
  mcpServer,
  type ModelRule,
  mustFail,
  noErrors,
  oneTrace,
  propagation,
  type Scenario,
  scriptedModel,
  tool,
  user,
} from "troupe";
import * as z from "zod";
import { solver } from "../tool-loop.agents.ts";

const CHAPTERS = 4;

const reports = mcpServer("reports", {
  tools: {
    read_chapter: tool({
      description: "Reads one chapter of the yearly report",
      input: z.object({ chapter: z.int() }),
      output: z.object({ title: z.string() }),
      handle: ({ chapter }) => ({ title: `Chapter ${chapter}` }),
    }),
  },
});

const SHAPE = `
- agent analyst:
    - llm
    - tool read_chapter {args.chapter = 1}
    - llm
    - tool read_chapter {args.chapter = 4}
    - llm
`;

/**
 * One chapter after the other is read and summed up. `keptTokens` of each stay in the context: the whole text, or a
 * summary of it.
 */
function story(name: string, keptTokens: number, expect: Scenario["expect"]): Scenario {
  const rules = Array.from({ length: CHAPTERS + 1 }, (_, read): ModelRule => {
    const next = { tool: "read_chapter", arguments: { chapter: read + 1 } };
    return {
      when: { answered: read },
      answer: {
        say: read < CHAPTERS ? "I will read on." : "Sales rose in every region.",
        ...(read < CHAPTERS && { call: [next] }),
        inputTokens: 900 + read * keptTokens,
        outputTokens: 60,
      },
    };
  });
  return defineScenario({
    name,
    description: "The answer is the same at twenty times the cost: every chapter stays in the context in full.",
    agents: [agent("analyst", solver.work)],
    servers: [reports],
    model: scriptedModel("long-context-model", rules, { price: { input: 3, output: 15 } }),
    attributes: { "prompt.version": "v2", "feature.id": "reports", "tenant.id": "acme" },
    script: [user.says("How did sales go this year?")],
    expect: [matchesShape(SHAPE), oneTrace(), noErrors(), propagation(), healthy("late-child"), ...expect],
  });
}

export const spiked: Scenario = story("cost-spike", 11_000, [
  mustFail(healthy("context-budget"), "this call reads 44900 tokens, 50 times agent analyst's first call (900)"),
  mustFail(maxTokens(20_000), "114800 tokens were used"),
]);

export const frugal: Scenario = story("cost-spike-healthy", 150, [healthy("context-budget"), maxTokens(20_000)]);
