import { matchShape } from "../../src/shape/match/match.ts";
import { oracleVerdict } from "./oracle.ts";
import { type Case, printCase, smallest } from "./random-case.ts";
import { treesOf } from "./sketch.ts";

/** How the matcher did on many cases beside the oracle. */
export interface Agreement {
  cases: number;
  matched: number;
  undecided: number;
  /** Cases where the matcher is undecided though the answer is the same whatever an absent span is. */
  cautious: number;
  /** A report of each difference, the case made as small as it can be; no more than three. */
  readonly faults: string[];
}

/** Holds the matcher against the oracle on every case, until they differ on three. */
export function agreementOn(cases: Iterable<Case>): Agreement {
  const agreement: Agreement = { cases: 0, matched: 0, undecided: 0, cautious: 0, faults: [] };
  for (const each of cases) {
    const { verdict, expected, fault } = judged(each);
    if (expected === undefined) continue;
    agreement.cases++;
    if (expected === "matched") agreement.matched++;
    if (expected === "undecided") agreement.undecided++;
    if (verdict !== expected && fault === undefined) agreement.cautious++;
    if (fault === undefined) continue;
    const small = smallest(each, (smaller) => judged(smaller).fault?.kind === fault.kind);
    const { seed = "none" } = each;
    agreement.faults.push(`seed ${seed}: ${judged(small).fault?.text ?? fault.text}\n${printCase(small)}`);
    if (agreement.faults.length === 3) break;
  }
  return agreement;
}

interface Judged {
  readonly verdict: string;
  /** `undefined` where the oracle would have too much to try. */
  readonly expected: string | undefined;
  readonly fault?: { readonly kind: string; readonly text: string };
}

function judged({ shape, traces }: Case): Judged {
  const trees = treesOf(traces);
  const { verdict, mismatches } = matchShape(shape, trees);
  const expected = oracleVerdict(shape, trees);
  if (expected === undefined) return { verdict, expected };
  const isUnexplained = mismatches.some(({ message }) => message.includes("no name"));
  const isExplained = mismatches.length > 0 && !isUnexplained;
  const isCautious = verdict === "undecided" && mismatches.some(({ message }) => message.includes("not at hand"));
  if ((verdict === expected || isCautious) && isExplained === (verdict !== "matched")) return { verdict, expected };
  const kind = `${verdict}${isUnexplained ? " without a reason" : ""}, by the definition ${expected}`;
  const reasons = mismatches.map(({ message }) => message).join("; ");
  return { verdict, expected, fault: { kind, text: `${kind}: ${reasons}` } };
}
