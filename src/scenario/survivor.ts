import { CARRIER_MUTATIONS, type CarrierMutation } from "./fault.ts";
import { SPAN_MUTATIONS, type SpanMutation } from "./span-fault.ts";

/** All that `troupe mutate` makes go wrong at a hop, one at a time: its carrier, and the span of who receives it. */
export type Mutation = CarrierMutation | SpanMutation;

export const MUTATIONS: readonly Mutation[] = [...CARRIER_MUTATIONS, ...SPAN_MUTATIONS];

/** Mutants that a scenario is known not to notice, and why that is right: those of which every stated part holds. */
export interface Survivor {
  readonly mutation: Mutation;
  readonly from?: string;
  readonly to?: string;
  readonly method?: string;
  /** Shown beside each of them. */
  readonly why: string;
}
