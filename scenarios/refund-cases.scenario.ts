import { agent, dataset, defineScenario, healthy, noRepeatedCall, oneTrace, propagation, user } from "troupe";
import { orders } from "../mock-servers/orders.ts";
import { payments } from "../mock-servers/payments.ts";
import { hostileCustomer } from "../personas/hostile-customer.ts";
import { impatientCustomer } from "../personas/impatient-customer.ts";
import { mistakenCustomer } from "../personas/mistaken-customer.ts";
import { ramblingCustomer } from "../personas/rambling-customer.ts";
import { terseCustomer } from "../personas/terse-customer.ts";

/** Asks for what it needs and does nothing else, whatever it is told. */
const desk = agent("desk", async (turn) => {
  await turn.model();
  const id = /\b[A-Z]-\d+\b/.exec(turn.input)?.[0];
  if (id === undefined) return "What is your order number?";
  const order = await turn.tool(orders, "lookup_order", { id }).catch(() => undefined);
  if (order === undefined) return `I cannot find order ${id}. What is your order number?`;
  const receipt = await turn.tool(payments, "refund", { order: id, amount: order.amount });
  return `Refunded ${receipt.amount} as ${receipt.id}.`;
});

/** One run for each line of the dataset: who, in which situation, with which outcome. */
export default defineScenario({
  name: "refund-cases",
  personas: [impatientCustomer, terseCustomer, mistakenCustomer, ramblingCustomer, hostileCustomer],
  cases: dataset("refund-cases.csv"),
  agents: [desk],
  servers: [orders, payments],
  script: [user.untilSatisfied({ turnsMax: 6 })],
  expect: [oneTrace(), propagation(), noRepeatedCall({ max: 1 }), healthy("late-child")],
});
