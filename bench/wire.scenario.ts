/** What `bench/wire.ts` runs: one tool called, or one remote agent asked, one call after the other. */
import { a2aAgent, agent, defineScenario, mcpServer, tool, user } from "troupe";
import * as z from "zod";

export const CALLS = 1000;

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

const caller = agent("caller", async (turn) => {
  for (let call = 1; call <= CALLS; call++) await turn.tool(echo, "echo", { text: `call ${call}` });
  return turn.reply("done");
});

const asker = agent("asker", async (turn) => {
  for (let call = 1; call <= CALLS; call++) await turn.ask(parrot, `call ${call}`);
  return turn.reply("done");
});

const script = [user.says("go")];

export const toolCalls = defineScenario({ name: "tool-calls", agents: [caller], servers: [echo], script, expect: [] });

export const asks = defineScenario({ name: "asks", agents: [asker], servers: [parrot], script, expect: [] });
