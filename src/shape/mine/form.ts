import type { Head } from "../infer/evidence.ts";
import type { Count } from "../pattern.ts";

/** What a span is in a semantic shape, with all below it. Equal digests, equal forms. */
export interface Form {
  readonly head: Head;
  readonly isError: boolean;
  readonly below: FormList;
  readonly digest: string;
}

/** Siblings once what repeats is folded. */
export interface FormList {
  readonly pieces: readonly Piece[];
  readonly digest: string;
  /** How many lines it has, down to the leaves. */
  readonly steps: number;
}

/** One place of a list: spans that stood there in no order, or the rounds of a loop of such places. */
export type Piece = Bunch | { readonly type: "loop"; readonly body: readonly Bunch[]; readonly rounds: Count };

export interface Bunch {
  readonly type: "bunch";
  /** By the keys of their heads. */
  readonly entries: readonly Entry[];
}

/** Spans of one head. */
export interface Entry {
  readonly head: Head;
  /** The forms that they had, each once. */
  readonly ways: readonly Form[];
  readonly times: Count;
}
