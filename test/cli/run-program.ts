import { runProgram } from "../../src/cli/program.ts";
import { PLAIN } from "../../src/report/paint.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command line in this process, with what it printed. */
export async function troupe(...words: readonly string[]): Promise<Ended> {
  const printed = { out: "", err: "" };
  const code = await runProgram(words, {
    out: { paint: PLAIN, print: (text) => void (printed.out += `${text}\n`) },
    err: { paint: PLAIN, print: (text) => void (printed.err += `${text}\n`) },
  });
  return { code, ...printed };
}
