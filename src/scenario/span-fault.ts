/**
 * How an instrumentation can get a span wrong. `new-root`: it continues no trace; `ended-early`: it ends as it starts,
 * before its children; `error-as-ok`: what failed looks well.
 */
export const SPAN_MUTATIONS = ["new-root", "never-ended", "ended-early", "error-as-ok"] as const;

export type SpanMutation = (typeof SPAN_MUTATIONS)[number];

/** One span that goes wrong. Plain data, which crosses to other processes. */
export interface SpanFault {
  readonly mutation: SpanMutation;
  readonly service: string;
  readonly name: string;
  /** The how-manieth of the service's spans with that name, counted from 1 as they start. */
  readonly occurrence: number;
}
