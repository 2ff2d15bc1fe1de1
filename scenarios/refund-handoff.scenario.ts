import {
  agent,
  defineScenario,
  healthy,
  noErrors,
  noRepeatedCall,
  oneTrace,
  propagation,
  shapeFile,
  user,
} from "troupe";
import { orders } from "../mock-servers/orders.ts";
import { payments } from "../mock-servers/payments.ts";
import { riskAgent } from "../mock-servers/risk.ts";
import { impatientCustomer } from "../personas/impatient-customer.ts";

const triage = agent("triage", async (turn) => {
  await turn.model();
  const order = await turn.tool(orders, "lookup_order", { id: "A-17" });
  return turn.handoff(billing, { reason: "charged twice", order });
});

const billing = agent("billing", async (turn) => {
  await turn.model();
  const risk = await turn.ask(riskAgent, "May 249 be paid back for order A-17?");
  if (risk.text !== "approved") return turn.reply("A colleague will look into it.");
  const receipt = await turn.tool(payments, "refund", { order: "A-17", amount: 249 });
  return turn.reply(`Refunded ${receipt.amount} as ${receipt.id}.`);
});

export default defineScenario({
  name: "refund-handoff",
  description: "Three agents, of which one is remote, in five services: one trace.",
  persona: impatientCustomer,
  agents: [triage, billing],
  servers: [orders, payments, riskAgent],
  attributes: { "prompt.version": "v2.3.1", "feature.id": "refunds", "tenant.id": "acme" },
  script: [user.untilSatisfied({ turnsMax: 6 })],
  expect: [
    shapeFile("refund-handoff.shape.yaml"),
    oneTrace(),
    propagation(),
    noErrors(),
    noRepeatedCall({ max: 3 }),
    healthy("late-child"),
  ],
});
