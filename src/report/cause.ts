import { hopSentence } from "../check/propagation/propagation.ts";
import type { ExpectationResult, Verdict } from "../check/verdict.ts";
import type { RunResult } from "../campaign/result.ts";
import type { Mismatch } from "../trace/mismatch.ts";
import { counted, thousands } from "./wording.ts";

/** Worst first; what passed or was skipped comes last. */
export const BY_WEIGHT: readonly Verdict[] = ["failed", "inconclusive", "passed", "skipped"];

/** Mismatches that a span which hangs in the wrong place, or never came, brings about. */
const BROUGHT_BY_HOPS: ReadonlySet<Mismatch["kind"]> = new Set([
  "missing",
  "moved",
  "no-link",
  "broken-trace",
  "undecided",
]);

/**
 * The first real cause of a run that did not pass, as one sentence: why the run itself failed, else where context broke
 * if that explains the rest, else the first mismatch of the worst expectation.
 */
export function firstCause({ failures, expectations, hops, missing }: RunResult): string | undefined {
  const [failure] = failures;
  if (failure !== undefined) return failure;
  const [worst] = byWeight(expectations).filter(({ verdict }) => verdict === "failed" || verdict === "inconclusive");
  const mismatch = worst?.mismatches[0];
  const hop = hops.find(({ verdict }) => verdict === "broken");
  if (hop !== undefined && mismatch !== undefined && BROUGHT_BY_HOPS.has(mismatch.kind) && !isMeant(expectations)) {
    return hopSentence(hop);
  }
  if (worst !== undefined) return mismatch === undefined ? titleOf(worst) : placedSentence(mismatch, titleOf(worst));
  return missing.length > 0 ? `${counted(missing.length, "span")} never arrived` : undefined;
}

/** A mismatch's sentence after its place: the line of the file, or else `title`. */
export function placedSentence({ expectedAt, message }: Mismatch, title: string): string {
  const place = /:\d+(:\d+)?$/.test(expectedAt) ? expectedAt : title;
  // Shapes write the place into the sentence, since it also has to stand alone.
  return place === "" || message.startsWith(`${place}:`) ? message : `${place}: ${message}`;
}

/** Whether the scenario states that its trace breaks, and it did: then a broken hop is no cause but the subject. */
function isMeant(expectations: readonly ExpectationResult[]): boolean {
  return expectations.some(
    ({ inverted, verdict, mismatches }) =>
      inverted && verdict === "passed" && mismatches.some(({ kind }) => kind === "broken-trace"),
  );
}

/** The expectations that decided the verdict first, otherwise in the order in which the scenario states them. */
export function byWeight(expectations: readonly ExpectationResult[]): readonly ExpectationResult[] {
  return BY_WEIGHT.flatMap((weight) => expectations.filter(({ verdict }) => verdict === weight));
}

export function titleOf({ name, inverted, each }: ExpectationResult): string {
  const title = inverted ? `must fail: ${name}` : name;
  if (each === undefined) return title;
  const { traces, unmet } = each;
  return `${title}: ${unmet === 0 ? "each" : thousands(unmet)} of ${counted(traces, "trace")} ${unmet === 0 ? "fits" : "differ"}`;
}
