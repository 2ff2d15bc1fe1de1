import { Readable } from "node:stream";
import { loadScenarios } from "../../src/campaign/load.ts";
import { readArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { runProgram, tellError } from "../../src/cli/program.ts";
import { run } from "../../src/cli/run.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { PLAIN } from "../../src/report/paint.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command line in this process, with what it printed. */
export async function troupe(...words: readonly string[]): Promise<Ended> {
  return ended((terminal) => runProgram(words, terminal));
}

/** `troupe run` of what is refused when it loads, loaded by this thread instead of one of its own. */
export async function troupeRun(...words: readonly string[]): Promise<Ended> {
  return ended(async (terminal) => {
    try {
      return await run(readArguments("run", COMMANDS.run, words), terminal, async ({ paths }) => {
        await loadScenarios(paths);
        throw new Error("it loads");
      });
    } catch (error) {
      return tellError(error, terminal.err);
    }
  });
}

/** As {@link troupe}, with something on standard input. */
export async function troupeWithInput(input: Uint8Array, ...words: readonly string[]): Promise<Ended> {
  return ended((terminal) => runProgram(words, { ...terminal, input: Readable.from([input]) }));
}

async function ended(command: (terminal: Terminal) => Promise<number>): Promise<Ended> {
  const printed = { out: "", err: "" };
  const code = await command({
    out: { paint: PLAIN, print: (text) => void (printed.out += `${text}\n`) },
    err: { paint: PLAIN, print: (text) => void (printed.err += `${text}\n`) },
  });
  return { code, ...printed };
}
