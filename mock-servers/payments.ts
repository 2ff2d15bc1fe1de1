import { type HandlerContext, mcpServer, tool, toolError } from "troupe";
import * as z from "zod";

type Refunds = Map<string, number>;

/** Payments of a small shop. It refunds an order once. */
export const payments = mcpServer("payments", {
  state: (): Refunds => new Map(),
  tools: {
    refund: tool({
      description: "Pays an amount back",
      input: z.object({ order: z.string(), amount: z.number().positive() }),
      output: z.object({ id: z.string(), amount: z.number() }),
      handle: ({ order, amount }, { state, random }: HandlerContext<Refunds>) => {
        if (state.has(order)) return toolError(`order ${order} was refunded before`);
        state.set(order, amount);
        return { id: `R-${random.integer(1000, 9999)}`, amount };
      },
    }),
  },
});
