import { defineScenario, oneTrace, propagation, shapeFile, user } from "troupe";
import { orders } from "../../mock-servers/orders.ts";
import { payments } from "../../mock-servers/payments.ts";
import { frameworkAgent, model } from "./clerk.ts";

/** A clerk on OpenAI's Agents SDK, instrumented by OpenInference: triage hands over to billing. What its telemetry lacks stands in its shape. */
export default defineScenario({
  name: "openai-agents",
  needs: ["./openai-agents/node_modules"],
  agents: [frameworkAgent("clerk", "./openai-agents/agent.mjs")],
  servers: [orders, payments],
  model,
  script: [user.says("I was charged twice for order A-17.")],
  expect: [shapeFile("clerk.shape.yaml"), shapeFile("openai-agents.shape.yaml"), oneTrace(), propagation()],
});
