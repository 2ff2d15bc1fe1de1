import type { Fault } from "../core/errors.ts";
import type { Answered } from "../recording/answering.ts";
import type { SpanFault } from "../scenario/span-fault.ts";
import type { FaultTally, LedgerEntry } from "../trace/evidence.ts";
import type { Span } from "../trace/span.ts";
import type { Stage } from "./stage.ts";

/** What a process knows of a run when it has ended, besides the spans that it exports. */
export interface Testimony {
  /** Spans that started and never ended, which no exporter would have sent. */
  readonly openSpans: readonly Span[];
  readonly ledger: readonly LedgerEntry[];
  /** Why the run did not come to its end, one sentence each. */
  readonly failures: readonly string[];
  /** Faults of the definition which only running it could show. */
  readonly faults: readonly Fault[];
  /** What came of the scenario's faults, in each process. */
  readonly tallies: readonly FaultTally[];
  /** Spans that were made to go wrong, and did. */
  readonly spoiltSpans: readonly SpanFault[];
  /** How recorded parts answered; empty where the run has no policy for what they do not hold. */
  readonly answered: readonly Answered[];
}

/** What a stage knows by now. */
export function testimonyOf(stage: Stage): Testimony {
  return {
    openSpans: [...stage.services].flatMap((service) => service.openSpans()),
    ledger: stage.ledger.entries,
    failures: stage.failures,
    faults: stage.faults,
    tallies: stage.wireFaults === undefined ? [] : [stage.wireFaults.tally],
    spoiltSpans: stage.spoiltSpans,
    answered: stage.answered,
  };
}

/** What several processes know, one after the other. */
export function together(parts: readonly Testimony[]): Testimony {
  return {
    openSpans: parts.flatMap(({ openSpans }) => openSpans),
    ledger: parts.flatMap(({ ledger }) => ledger),
    failures: parts.flatMap(({ failures }) => failures),
    faults: parts.flatMap(({ faults }) => faults),
    tallies: parts.flatMap(({ tallies }) => tallies),
    spoiltSpans: parts.flatMap(({ spoiltSpans }) => spoiltSpans),
    answered: parts.flatMap(({ answered }) => answered),
  };
}
