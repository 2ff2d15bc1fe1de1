/** One message between the persona and an agent. */
export interface RunMessage {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** How the persona left: content, annoyed, or because its script was over. */
export type Outcome = "satisfied" | "out of patience" | "script over";
