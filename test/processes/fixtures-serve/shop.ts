import { mcpServer, tool, toolError } from "troupe";
import type { HandlerContext } from "troupe";
import * as z from "zod";

type Counts = { calls: number };

/** Everything that a mock server can offer, and a few tools that do what they should not. */
export const shop = mcpServer("shop", {
  version: "2.0.0",
  instructions: "Ask before you refund.",
  state: (): Counts => ({ calls: 0 }),
  tools: {
    find: tool({
      description: "Finds an order",
      input: z.object({ id: z.string() }),
      output: z.object({ id: z.string(), amount: z.number() }),
      handle: ({ id }) => (id === "A-17" ? { id, amount: 249 } : toolError(`no order ${id}`)),
    }),
    count: tool({
      input: z.object({}),
      output: z.object({ calls: z.number() }),
      handle: (_, { state }: HandlerContext<Counts>) => ({ calls: ++state.calls }),
    }),
    draw: tool({
      input: z.object({ sides: z.number() }),
      output: z.object({ value: z.number(), caller: z.string(), occurrence: z.number() }),
      handle: ({ sides }, { random, caller, occurrence }) => ({ value: random.integer(1, sides), caller, occurrence }),
    }),
    noisy: tool({
      input: z.object({}),
      handle: () => {
        console.log("a line of the handler's");
        process.stdout.write("and one without an end");
        return "still here";
      },
    }),
    slow: tool({
      input: z.object({ ms: z.number() }),
      handle: async ({ ms }) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return "at last";
      },
    }),
    throwing: tool({
      input: z.object({}),
      handle: () => {
        throw new Error("no such table");
      },
    }),
  },
  resources: {
    "shop://hours": { description: "When it is open", read: () => "9 to 17" },
    "shop://{city}/stock": { read: ({ city = "" }) => ({ city, lamps: 3 }) },
  },
  prompts: {
    apology: {
      description: "A letter",
      arguments: { name: "to whom" },
      text: ({ name = "" }) => `Write to ${name} that we are sorry.`,
    },
  },
});
