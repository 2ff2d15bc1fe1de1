import { setTimeout } from "node:timers/promises";
import { emptyCheckpoint } from "@langchain/langgraph";

/**
 * LangGraph counts the ids of its checkpoints on from the last time that it saw, also where its clock has gone back since,
 * as between runs of a simulation. Once it has seen the time, and time has passed, earlier runs no longer show in them.
 */
export async function forgetEarlierTime() {
  emptyCheckpoint();
  await setTimeout(1);
}
