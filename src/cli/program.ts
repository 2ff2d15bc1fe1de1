import { fileURLToPath } from "node:url";
import { isTroupeError, nearestWord, TroupeError } from "../core/errors.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import type { CommandName } from "./commands.ts";
import { COMMAND_NAMES, COMMANDS, isCommandName } from "./commands.ts";
import { commandHelp, programHelp } from "./help.ts";
import type { Printer, Terminal } from "./terminal.ts";

/** Runs one command line, the program's name left out, and gives its exit code; never throws. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    return await dispatch(words, terminal);
  } catch (error) {
    return tellError(error, terminal.err);
  }
}

/** Says what went wrong: a fault of the definition or the command is 2, anything else is Troupe's own and 3. */
export function tellError(error: unknown, err: Printer): ExitCode {
  if (isTroupeError(error) && error.code !== "BUG") {
    err.print(error.message);
    return 2;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  err.print(`${err.paint.bad("Troupe itself failed.")} Please report it with this stack:\n${stack}`);
  return 3;
}

/** As {@link tellError}, of what nobody caught: where Troupe has no part in it, code under test left it floating. */
export function tellUncaught(error: unknown, err: Printer): ExitCode {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (isTroupeError(error) || stack.includes(OWN)) return tellError(error, err);
  err.print(
    `troupe: code under test threw outside of every run, and nobody caught it. Mend it at its place:\n${stack}`,
  );
  return 2;
}

/** The folder of Troupe's own code. */
const OWN = fileURLToPath(new URL("..", import.meta.url));

async function dispatch([name, ...words]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { out, err } = terminal;
  if (name === undefined) {
    err.print(programHelp());
    return 2;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    const [topic] = words;
    out.print(topic === undefined ? programHelp() : commandHelp(topic, COMMANDS[readCommandName(topic)]));
    return 0;
  }
  if (name === "--version") {
    out.print((await import("../wire/version.ts")).VERSION);
    return 0;
  }
  const command = readCommandName(name);
  if (asksForHelp(words)) {
    out.print(commandHelp(command, COMMANDS[command]));
    return 0;
  }
  return await RUNNERS[command](words, terminal);
}

/** Each command's module loads when it is asked for: `show` never waits for an SDK that only `run` needs. */
const RUNNERS: Readonly<Record<CommandName, Runner>> = {
  run: runner("run", async (args, terminal) => (await import("./run.ts")).run(args, terminal)),
  mutate: runner("mutate", async (args, terminal) => (await import("./mutate.ts")).mutate(args, terminal)),
  record: runner("record", async (args, terminal) => (await import("./record.ts")).record(args, terminal)),
  import: runner("import", async (args, terminal) => (await import("./import.ts")).importCases(args, terminal)),
  replay: runner("replay", async (args, terminal) => (await import("./replay.ts")).replay(args, terminal)),
  compare: runner("compare", async (args, terminal) => (await import("./compare.ts")).compare(args, terminal)),
  show: runner("show", async (args, terminal) => (await import("./show.ts")).show(args, terminal)),
  check: runner("check", async (args, terminal) => (await import("./check.ts")).check(args, terminal)),
  diff: runner("diff", async (args, terminal) => (await import("./diff.ts")).diff(args, terminal)),
  mine: runner("mine", async (args, terminal) => (await import("./mine.ts")).mine(args, terminal)),
  prove: runner("prove", async (args, terminal) => (await import("./prove.ts")).prove(args, terminal)),
  serve: runner("serve", async (args, terminal) => (await import("./serve.ts")).serve(args, terminal)),
  collect: runner("collect", async (args, terminal) => (await import("./collect.ts")).collect(args, terminal)),
};

type Runner = (words: readonly string[], terminal: Terminal) => Promise<ExitCode>;

function runner<Name extends CommandName>(
  name: Name,
  run: (args: Arguments<(typeof COMMANDS)[Name]>, terminal: Terminal) => Promise<ExitCode>,
): Runner {
  return async (words, terminal) => await run(readArguments(name, COMMANDS[name], words), terminal);
}

function readCommandName(word: string): CommandName {
  if (isCommandName(word)) return word;
  const isFlag = word.startsWith("-");
  const known = isFlag ? ["--help", "--version"] : COMMAND_NAMES;
  const nearest = nearestWord(word, known);
  const mend = nearest === undefined ? `Known: ${known.join(", ")}.` : `Did you mean ${nearest}?`;
  throw new TroupeError("USAGE", { where: "troupe", what: `unknown ${isFlag ? "flag" : "command"} ${word}`, mend });
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const flags = end === -1 ? words : words.slice(0, end);
  return flags.includes("--help") || flags.includes("-h");
}
