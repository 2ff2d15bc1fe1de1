/** What `bench/mcp.ts` runs: one tool called, or one remote agent asked, over and over. */
import { a2aAgent, agent, defineScenario, mcpServer, tool, user } from "troupe";
import * as z from "zod";

/** Calls in a run. */
export const CALLS = 1000;

/** How many of them are in flight. */
export const AT_ONCE = ["1", "16"] as const;
export type AtOnce = (typeof AT_ONCE)[number];

/** Makes all calls of a run; each is given its number, counted from 1. */
export async function callAll(atOnce: AtOnce, call: (number: number) => Promise<unknown>): Promise<void> {
  let made = 0;
  const callOn = async (): Promise<void> => {
    while (made < CALLS) await call(++made);
  };
  await Promise.all(Array.from({ length: Number(atOnce) }, callOn));
}

export const echo = mcpServer("echo", {
  tools: {
    echo: tool({
      input: z.object({ text: z.string() }),
      output: z.object({ text: z.string() }),
      handle: ({ text }) => ({ text }),
    }),
  },
});

const parrot = a2aAgent("parrot", { work: (turn) => Promise.resolve(turn.reply(turn.input)) });

const script = [user.says("go")];

function toolCalls(atOnce: AtOnce) {
  const caller = agent("caller", async (turn) => {
    await callAll(atOnce, (number) => turn.tool(echo, "echo", { text: `call ${number}` }));
    return turn.reply("done");
  });
  return defineScenario({ name: `tool-calls-${atOnce}`, agents: [caller], servers: [echo], script, expect: [] });
}

function asks(atOnce: AtOnce) {
  const asker = agent("asker", async (turn) => {
    await callAll(atOnce, (number) => turn.ask(parrot, `call ${number}`));
    return turn.reply("done");
  });
  return defineScenario({ name: `asks-${atOnce}`, agents: [asker], servers: [parrot], script, expect: [] });
}

// A child finds its scenario among what the file exports.
export const oneToolCall = toolCalls("1");
export const manyToolCalls = toolCalls("16");
export const oneAsk = asks("1");
export const manyAsks = asks("16");
