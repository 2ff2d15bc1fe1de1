import { mcpServer, tool } from "troupe";
import * as z from "zod";

/** Who the customers are, and how to write to them. */
export const customerRecords = mcpServer("customer-records", {
  tools: {
    get_customer: tool({
      description: "Finds a customer's contact",
      input: z.object({ customer: z.string() }),
      output: z.object({ customer: z.string(), contact: z.string() }),
      handle: ({ customer }) => ({ customer, contact: `billing@${customer}.example` }),
    }),
  },
  prompts: {
    dispute_letter: {
      description: "A letter that disputes an invoice",
      arguments: { contact: "whom to write to", invoice: "the invoice in question" },
      text: ({ contact = "", invoice = "" }) => `Write to ${contact} that ${invoice} exceeds the agreed cap.`,
    },
  },
});
