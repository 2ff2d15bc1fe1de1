import type { AgentMessage } from "../../scenario/foreign-agent.ts";
import type { Actor } from "../../telemetry/actor.ts";

/** A message to an agent that does not run in this process, and who sends it. */
export interface Said {
  readonly from: Actor;
  readonly method: "message" | "question" | "handoff";
  readonly message: AgentMessage;
}

/** How an agent is spoken to that does not run in this process: one for each adapter. */
export interface ForeignPort {
  /** @throws Error that says what the agent did wrong, as `it answered HTML`; TroupeError for what it cannot be told. */
  speak(said: Said): Promise<string>;
  /** Hears no more of it. Resolves to why spans of its may still be under way, and to nothing where all is done. */
  end(): Promise<string | undefined>;
}
