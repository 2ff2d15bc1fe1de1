import { commandAgent, defineScenario, oneTrace, propagation, scriptedModel, shapeFile, user } from "troupe";
import { calculator } from "../../mock-servers/calculator.ts";

const accountant = commandAgent("accountant", {
  command: ["python3", "python-plain.agent.py"],
  over: "stdin",
  env: { MODEL: "mock-model" },
});

const model = scriptedModel("mock-model", [
  { when: { agent: "accountant", after: "divide" }, answer: { say: "Each of you pays 21." } },
  { when: { user: "42" }, answer: { call: [{ tool: "divide", arguments: { a: 42, b: 2 } }] } },
  { when: { user: "thank" }, answer: { say: "You are welcome." } },
]);

/** An agent in Python, on the standard library alone. Its telemetry counts no tokens. */
export default defineScenario({
  name: "python-plain",
  needs: ["python3"],
  agents: [accountant],
  servers: [calculator],
  model,
  script: [user.says("Two of us share a bill of 42."), user.says("Thank you.")],
  expect: [shapeFile("python-plain.shape.yaml"), oneTrace(), propagation()],
});
