import type { Plan } from "../scenario/plan.ts";
import type { Mode, ScriptStep } from "../scenario/scenario.ts";
import type { Span } from "../trace/span.ts";
import type { Testimony } from "./testimony.ts";

/** One message between the persona and an agent. */
export interface RunMessage {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** What the user says next, once the agent has answered; it is told all that was said so far. */
export type Script = (messages: readonly RunMessage[]) => AsyncIterable<ScriptStep>;

/** How the persona left: content, annoyed, or because its script was over. */
export type Outcome = "satisfied" | "out of patience" | "script over";

/** What one execution of a plan left behind: spans, evidence, messages. Nothing in it has been judged. */
export interface Run extends Testimony {
  readonly plan: Plan;
  readonly mode: Mode;
  /** Finished spans of all services, services by first use, spans by end; those of other processes last. */
  readonly spans: readonly Span[];
  readonly messages: readonly RunMessage[];
  /** How the persona left; `undefined` when the run did not come to its end. */
  readonly outcome: Outcome | undefined;
  /** What is worth knowing though it fails nothing. */
  readonly notes: readonly string[];
  /** Ids of spans that are known to have started and did not arrive, sorted; open ones are among them. */
  readonly missing: readonly string[];
  /** Spans whose records came when nobody waited for them any more. */
  readonly late: readonly Span[];
  /** Why more spans may exist than are known of, one sentence each: nobody waits for them any more. */
  readonly unsettled: readonly string[];
  readonly durationNano: number;
}
