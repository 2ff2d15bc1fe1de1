import type { Mismatch } from "../../trace/mismatch.ts";
import type { BodyPlan, List, Pattern } from "../match/program.ts";
import type { Demand } from "./places.ts";

/** A mismatch, with what tells whether it and another are two sides of one fault. */
export interface Finding {
  readonly mismatch: Mismatch;
  /** What is missing, and where. */
  readonly wanted?: Wanted;
  /** A span that has no place where it is. */
  readonly surplus?: number;
}

export interface Wanted {
  readonly row: number;
  readonly demand: Demand;
  readonly list: List;
  readonly patterns: readonly Pattern[];
}

/** A span whose own line fits but not what is asked below it, or of its links or events: the cause lies there. */
export interface Failure {
  readonly row: number;
  readonly body: BodyPlan;
  /** Absent for what is not a span: the top of the forest or of a trace. */
  readonly pattern?: Pattern;
}
