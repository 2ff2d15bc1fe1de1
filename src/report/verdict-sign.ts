import type { Verdict } from "../check/verdict.ts";
import type { Paint } from "./paint.ts";

const SIGNS: Readonly<Record<Verdict, string>> = { passed: "✓", failed: "✗", inconclusive: "?", skipped: "-" };

/** A verdict's sign in its colour, with what is to have the same colour. */
export function verdictSign(verdict: Verdict, paint: Paint, words = ""): string {
  return painterOf(verdict, paint)(SIGNS[verdict] + words);
}

/** The colour of a verdict. */
export function painterOf(verdict: Verdict, { good, bad, warn, dim }: Paint): (text: string) => string {
  return { passed: good, failed: bad, inconclusive: warn, skipped: dim }[verdict];
}
