import { mcpServer, tool } from "troupe";
import * as z from "zod";

const CAPS: Readonly<Record<string, number>> = { acme: 1500, globex: 5000 };

/** Contracts with customers: the text as a resource, the cap on a single invoice as a tool. */
export const contracts = mcpServer("contracts", {
  tools: {
    get_cap: tool({
      description: "The most that one invoice to this customer may amount to",
      input: z.object({ customer: z.string() }),
      output: z.object({ customer: z.string(), cap: z.number() }),
      handle: ({ customer }) => ({ customer, cap: CAPS[customer] ?? 0 }),
    }),
  },
  resources: {
    "contract://{customer}/terms": {
      description: "The terms of a customer's contract",
      read: ({ customer = "" }) => `${customer}: no invoice above ${CAPS[customer] ?? 0} without written consent.`,
    },
  },
});
