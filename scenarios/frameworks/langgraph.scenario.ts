import { defineScenario, oneTrace, propagation, shapeFile, user } from "troupe";
import { orders } from "../../mock-servers/orders.ts";
import { payments } from "../../mock-servers/payments.ts";
import { frameworkAgent, model } from "./clerk.ts";

/** A clerk on LangGraph, instrumented by OpenInference. What its telemetry lacks stands in its shape. */
export default defineScenario({
  name: "langgraph",
  needs: ["./langgraph/node_modules"],
  agents: [frameworkAgent("clerk", "./langgraph/agent.mjs")],
  servers: [orders, payments],
  model,
  script: [user.says("I was charged twice for order A-17.")],
  expect: [shapeFile("clerk.shape.yaml"), shapeFile("langgraph.shape.yaml"), oneTrace(), propagation()],
});
