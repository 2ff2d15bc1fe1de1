import { agent } from "troupe";
import { answer } from "./ai-sdk/agent.mjs";

/** The agent of ai-sdk.scenario.ts, in process. */
export const clerk = agent("clerk", async (turn) => answer(turn.input, await turn.environment()));
