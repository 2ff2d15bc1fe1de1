import { mcpServer, tool, toolError } from "troupe";
import * as z from "zod";

const invoice = z.object({ id: z.string(), customer: z.string(), amount: z.number(), isPaid: z.boolean() });

const INVOICES: readonly z.infer<typeof invoice>[] = [
  { id: "INV-204", customer: "acme", amount: 1840, isPaid: false },
  { id: "INV-205", customer: "globex", amount: 310, isPaid: false },
];

/** Open invoices. Its tools only read; nothing here changes what an agent does next. */
export const invoices = mcpServer("invoices", {
  tools: {
    get_invoice: tool({
      description: "Finds an invoice by its id",
      input: z.object({ id: z.string() }),
      output: invoice,
      handle: ({ id }) => INVOICES.find((one) => one.id === id) ?? toolError(`no invoice ${id}`),
    }),
    pay_invoice: tool({
      description: "Pays an invoice in full",
      input: z.object({ id: z.string() }),
      output: z.object({ receipt: z.string() }),
      handle: (_, { random }) => ({ receipt: `P-${random.integer(10_000, 99_999)}` }),
    }),
  },
});
