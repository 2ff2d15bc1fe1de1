import { agent } from "troupe";

/** Carries out whatever its model calls until the model calls nothing, the way most agents are built. */
export const solver = agent("solver", async (turn) => {
  for (;;) {
    const { text, toolCalls } = await turn.model();
    if (toolCalls.length === 0) return turn.reply(text);
    for (const call of toolCalls) await turn.call(call);
  }
});
