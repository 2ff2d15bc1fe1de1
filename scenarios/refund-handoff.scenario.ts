import { agent, defineScenario, noErrors, noRepeatedCall, oneTrace, propagation, shapeFile, user } from "troupe";
import { orders } from "../mock-servers/orders.ts";
import { payments } from "../mock-servers/payments.ts";
import { impatientCustomer } from "../personas/impatient-customer.ts";

const triage = agent("triage", async (turn) => {
  await turn.model();
  const order = await turn.tool(orders, "lookup_order", { id: "A-17" });
  return turn.handoff(billing, { reason: "charged twice", order });
});

const billing = agent("billing", async (turn) => {
  await turn.model();
  const receipt = await turn.tool(payments, "refund", { order: "A-17", amount: 249 });
  return turn.reply(`Refunded ${receipt.amount} as ${receipt.id}.`);
});

export default defineScenario({
  name: "refund-handoff",
  persona: impatientCustomer,
  agents: [triage, billing],
  servers: [orders, payments],
  attributes: { "prompt.version": "v2.3.1", "feature.id": "refunds", "tenant.id": "acme" },
  script: [user.untilSatisfied({ turnsMax: 6 })],
  expect: [shapeFile("refund-handoff.shape.yaml"), oneTrace(), propagation(), noErrors(), noRepeatedCall({ max: 3 })],
});
