/** A place in a trace. */
export interface SpanPlace {
  readonly traceId: string;
  readonly spanId: string;
  /** `kind name`, as a shape would write it. */
  readonly label: string;
}

/** One reason why a trace is not what was expected: data, from which every report draws. */
export interface Mismatch {
  readonly kind:
    | "missing"
    | "extra"
    | "moved"
    | "out-of-order"
    | "not-overlapping"
    | "too-many"
    | "changed"
    | "forbidden"
    | "no-link"
    | "undecided"
    | "broken-trace"
    | "run-failed";
  /** Where in the expectation: `file:line:column`, or the expectation's name. */
  readonly expectedAt: string;
  /** What was expected there, as the shape prints it. */
  readonly expected: string;
  /** The whole mismatch as one sentence. */
  readonly message: string;
  /** The span under which it went wrong; absent at the top of the forest. */
  readonly under?: SpanPlace;
  /** The span found instead, extra, out of order, or nearest to what was expected. */
  readonly found?: SpanPlace;
  /** The sibling after which something is missing, where its place is fixed. */
  readonly after?: SpanPlace;
  /** Why the nearest candidate lost. */
  readonly failed?: readonly { readonly key: string; readonly expected: string; readonly got: string }[];
  /** Spans that compete for the same place. */
  readonly competes?: readonly SpanPlace[];
}
