import type { Evidence, PeerKind } from "../../check/proof/evidence.ts";
import type { Proof } from "../../check/proof/proof.ts";
import { judgeTrials } from "../../check/proof/trials.ts";
import { type Bench, type PeerAddress, type ProofLimits, openBench, subjectOf } from "./bench.ts";
import { type Trials, areAllRead } from "./trials.ts";

export interface TrialProofOptions {
  readonly peer: PeerAddress;
  readonly limits: ProofLimits;
  /** Where its spans are taken on 127.0.0.1. */
  readonly otlpPort: number;
  /** What ids and arguments are drawn from. */
  readonly seed: number;
}

/** What makes the requests of a proof. */
export interface Driver {
  readonly trials: Trials;
  /** What was left out, a sentence each. */
  readonly notes: readonly string[];
  /** How the peer introduced itself. */
  introduction(): Omit<Proof["peer"], "subject">;
  /** Makes all requests; returns why it could not, or no longer. */
  drive(): Promise<string | undefined>;
  close(): Promise<void>;
}

/**
 * Proves a peer that is asked: makes all requests, waits for the spans that come of them, ends it and judges.
 *
 * @throws TroupeError `USAGE` when it cannot be started.
 */
export async function proveByTrials(
  kind: Exclude<PeerKind, "mcp-client">,
  options: TrialProofOptions,
  driverOf: (bench: Bench) => Driver,
): Promise<Proof> {
  const { peer, limits, otlpPort } = options;
  const bench = await openBench({ peer, limits, otlpPort });
  const driver = driverOf(bench);
  const { done } = driver.trials;
  const due = kind === "a2a" ? "header" : "_meta";
  let failure: string | undefined;
  let missing: readonly string[] = [];
  try {
    failure = await driver.drive();
    if (failure === undefined) await bench.settle((spans) => areAllRead(done, due, spans));
  } finally {
    await driver.close();
    // What could not be spoken to does not listen to its stdin either.
    missing = await bench.close(bench.url === undefined && done.length > 0 ? undefined : "SIGTERM");
  }
  const { spans, heard } = bench;
  return {
    kind,
    peer: { subject: subjectOf(peer), ...driver.introduction() },
    transport: bench.url === undefined ? "stdio" : "http",
    proved: judgeTrials(kind, done, evidenceOf(bench, due)),
    counts: { messages: done.length, spans: spans.length, downstream: heard.length },
    notes: [...driver.notes, ...missing],
    ...(failure === undefined ? {} : { failure }),
  };
}

function evidenceOf({ spans, heard, child, url }: Bench, due: Evidence["due"]): Evidence {
  const isStarted = child !== undefined;
  return {
    due,
    spans,
    downstream: heard,
    hasDownstream: isStarted,
    isSameClock: isStarted || (url !== undefined && LOOPBACK.test(new URL(url).hostname)),
  };
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
