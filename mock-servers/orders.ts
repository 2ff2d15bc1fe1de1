import { mcpServer, tool, toolError } from "troupe";
import * as z from "zod";

const ORDERS = [
  { id: "A-17", item: "espresso machine", amount: 249, charges: 2 },
  { id: "B-42", item: "reading lamp", amount: 39, charges: 1 },
] as const;

/** Orders of a small shop. */
export const orders = mcpServer("orders", {
  tools: {
    lookup_order: tool({
      description: "Finds an order by its id",
      input: z.object({ id: z.string() }),
      output: z.object({ id: z.string(), item: z.string(), amount: z.number(), charges: z.number() }),
      handle: ({ id }) => ORDERS.find((order) => order.id === id) ?? toolError(`no order ${id}`),
    }),
  },
});
