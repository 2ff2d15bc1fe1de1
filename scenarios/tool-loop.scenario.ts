import {
  defineScenario,
  healthy,
  mustFail,
  noErrors,
  noRepeatedCall,
  oneTrace,
  persona,
  propagation,
  scriptedModel,
  shapeFile,
  user,
} from "troupe";
import { calculator } from "../mock-servers/calculator.ts";
import { solver } from "./tool-loop.agents.ts";

const student = persona("student", {
  situation: "My homework asks how often 0 goes into 1.",
  goal: "Please divide 1 by 0.",
  satisfiedBy: /cannot (be )?divide/i,
  patienceTurns: 2,
});

const divide = { tool: "divide", arguments: { a: 1, b: 0 } } as const;

/** Repeats a call that cannot succeed. */
const stubborn = scriptedModel("stubborn-model", [
  {
    when: { agent: "solver", result: "division by zero", answered: 5 },
    answer: { say: "I cannot divide 1 by 0." },
  },
  {
    when: { agent: "solver", after: "divide" },
    answer: [
      { say: "That is odd. Once more.", call: [divide] },
      { say: "Let me try again.", call: [divide] },
    ],
  },
  { when: { user: "divide 1 by 0" }, answer: { say: "I will compute it.", call: [divide] } },
]);

/** A model that loops over a failing tool. `tool-loop-yaml.scenario.yaml` is the same scenario without code of its own. */
export default defineScenario({
  name: "tool-loop",
  persona: student,
  agents: [solver],
  servers: [calculator],
  model: stubborn,
  attributes: { "feature.id": "calculator" },
  script: [user.untilSatisfied({ turnsMax: 3 })],
  expect: [
    shapeFile("tool-loop.shape.yaml"),
    oneTrace(),
    propagation(),
    healthy("late-child"),
    mustFail(noRepeatedCall({ max: 3 }), "divide was called 5 times"),
    mustFail(noErrors(), /division by zero/),
  ],
});
