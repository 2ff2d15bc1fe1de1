import { agent, defineScenario, healthy, noErrors, oneTrace, propagation, shapeFile, user } from "troupe";
import { contracts } from "../mock-servers/contracts.ts";
import { customerRecords } from "../mock-servers/customer-records.ts";
import { invoices } from "../mock-servers/invoices.ts";

/** Pays an invoice, unless the customer's contract caps it lower: then it writes a letter. */
const finance = agent("finance", async (turn) => {
  await turn.model();
  const [invoice] = await Promise.all([
    turn.tool(invoices, "get_invoice", { id: "INV-204" }),
    turn.resource(contracts, "contract://acme/terms"),
  ]);
  const { cap } = await turn.tool(contracts, "get_cap", { customer: invoice.customer });
  if (invoice.amount <= cap) {
    const { receipt } = await turn.tool(invoices, "pay_invoice", { id: invoice.id });
    return turn.reply(`Paid as ${receipt}.`);
  }
  const { contact } = await turn.tool(customerRecords, "get_customer", { customer: invoice.customer });
  await turn.prompt(customerRecords, "dispute_letter", { contact, invoice: invoice.id });
  await turn.model();
  return turn.reply(`Disputed ${invoice.id}: ${invoice.amount} is above the cap of ${cap}.`);
});

export default defineScenario({
  name: "finance-operations",
  description: "One agent, three MCP servers, all three kinds of request; the contract decides which way it goes.",
  agents: [finance],
  servers: [invoices, contracts, customerRecords],
  attributes: { "feature.id": "accounts-payable", "tenant.id": "acme" },
  script: [user.says("Please settle invoice INV-204.")],
  expect: [shapeFile("finance-operations.shape.yaml"), oneTrace(), propagation(), noErrors(), healthy("late-child")],
});
