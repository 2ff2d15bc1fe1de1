/** Where the spans of agents come from that somebody else runs. */
export interface SpansFrom {
  /** `otlp:PORT` for a receiver of our own, `STORE:URL` for a trace store, or `none`. */
  readonly from: string;
  /** How long a trace may take to be whole, once the last reply is there. */
  readonly waitMs: number;
  /** How long nothing may come to a whole trace until it counts as closed. */
  readonly quietMs: number;
}

/** Where they come from, and how long they may take, unless somebody says otherwise. */
export const SPANS: SpansFrom = { from: "otlp:4318", waitMs: 60_000, quietMs: 6_000 };
