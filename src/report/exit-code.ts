import type { Verdict } from "../check/verdict.ts";

/**
 * What a command ends with. 2: the definition or the command is wrong. 3: Troupe itself failed. 130 and 143: it was
 * stopped by SIGINT or SIGTERM, as shells count them.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130 | 143;

const WORST_FIRST: readonly ExitCode[] = [3, 2, 1, 4];

const CODE_OF: Readonly<Record<Verdict, ExitCode>> = { passed: 0, skipped: 0, failed: 1, inconclusive: 4 };

export function exitCodeOf(verdict: Verdict): ExitCode {
  return CODE_OF[verdict];
}

/** The worst of several, in the order 3, 2, 1, 4, 0; 0 for none. */
export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? 0;
}
