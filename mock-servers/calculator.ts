import { mcpServer, tool, toolError } from "troupe";
import * as z from "zod";

const operands = z.object({ a: z.number(), b: z.number() });
const value = z.object({ value: z.number() });

/** Adds and divides. */
export const calculator = mcpServer("calculator", {
  tools: {
    add: tool({
      description: "Adds two numbers",
      input: operands,
      output: value,
      handle: ({ a, b }) => ({ value: a + b }),
    }),
    divide: tool({
      description: "Divides a by b",
      input: operands,
      output: value,
      handle: ({ a, b }) => (b === 0 ? toolError("division by zero") : { value: a / b }),
    }),
  },
});
