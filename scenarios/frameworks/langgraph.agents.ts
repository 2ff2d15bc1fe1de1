import { agent } from "troupe";
import { answer } from "./langgraph/agent.mjs";

/** The agent of langgraph.scenario.ts, in process. */
export const clerk = agent("clerk", async (turn) => answer(turn.input, await turn.environment()));
