import { agent } from "troupe";
import { answer } from "./openai-agents/agent.mjs";

/** The agent of openai-agents.scenario.ts, in process. */
export const clerk = agent("clerk", async (turn) => answer(turn.input, await turn.environment()));
