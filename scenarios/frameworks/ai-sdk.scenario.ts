import { defineScenario, oneTrace, propagation, shapeFile, user } from "troupe";
import { orders } from "../../mock-servers/orders.ts";
import { payments } from "../../mock-servers/payments.ts";
import { frameworkAgent, model } from "./clerk.ts";

/** A clerk on the Vercel AI SDK, with its own telemetry. What its telemetry lacks stands in its shape. */
export default defineScenario({
  name: "ai-sdk",
  needs: ["./ai-sdk/node_modules"],
  agents: [frameworkAgent("clerk", "./ai-sdk/agent.mjs")],
  servers: [orders, payments],
  model,
  script: [user.says("I was charged twice for order A-17.")],
  expect: [shapeFile("clerk.shape.yaml"), shapeFile("ai-sdk.shape.yaml"), oneTrace(), propagation()],
});
