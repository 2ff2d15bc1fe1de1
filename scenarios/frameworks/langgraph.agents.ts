import { agent } from "troupe";
import { answer } from "./langgraph/agent.mjs";
import { forgetEarlierTime } from "./langgraph/clock.mjs";

/** The agent of langgraph.scenario.ts, in process. */
export const clerk = agent("clerk", async (turn) => {
  await forgetEarlierTime();
  return answer(turn.input, await turn.environment());
});
