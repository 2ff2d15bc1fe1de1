import {
  agent,
  defineScenario,
  healthy,
  matchesShape,
  mcpServer,
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

const flights = mcpServer("flights", {
  tools: {
    search_flights: tool({
      description: "Finds flights with free seats on a day",
      input: z.object({ to: z.string(), day: z.string() }),
      output: z.object({ flights: z.array(z.string()) }),
      handle: ({ day }) => ({ flights: day === "2026-12-24" ? [] : ["XY 104"] }),
    }),
  },
});

const FULL = { tool: "search_flights", arguments: { to: "Lisbon", day: "2026-12-24" } } as const;
const DAY_BEFORE = { tool: "search_flights", arguments: { to: "Lisbon", day: "2026-12-23" } } as const;

/** Hopes that a seat has become free. */
const hopeful = scriptedModel("hopeful-model", [
  { when: { answered: 0 }, answer: { say: "I will look.", call: [FULL] } },
  { when: { answered: 6 }, answer: { say: "I could not find a flight." } },
  {
    answer: [
      { say: "Perhaps now.", call: [FULL] },
      { say: "Let me look again.", call: [FULL] },
    ],
  },
]);

/** Asks for something else when it gets nothing. */
const flexible = scriptedModel("flexible-model", [
  { when: { answered: 0 }, answer: { say: "I will look.", call: [FULL] } },
  { when: { answered: 1 }, answer: { say: "The day is full. I will look at the day before.", call: [DAY_BEFORE] } },
  { answer: { say: "XY 104 flies the day before." } },
]);

function story(name: string, model: typeof hopeful, expect: Scenario["expect"]): Scenario {
  return defineScenario({
    name,
    description: "No call fails, and nothing comes of them: the agent asks for the same flights again and again.",
    agents: [agent("booker", solver.work)],
    servers: [flights],
    model,
    attributes: { "prompt.version": "v1", "feature.id": "booking" },
    script: [user.says("I want to fly to Lisbon for Christmas.")],
    expect: [
      matchesShape("- agent booker:\n    - tool search_flights:\n        - mcp.server @flights\n    - llm\n"),
      oneTrace(),
      noErrors(),
      propagation(),
      healthy("late-child"),
      ...expect,
    ],
  });
}

export const looping: Scenario = story("looping-agent", hopeful, [
  mustFail(healthy("repeated-tool-call"), "tool search_flights: called 6 times by agent booker with the same input"),
]);

export const learning: Scenario = story("looping-agent-healthy", flexible, [healthy("repeated-tool-call")]);
