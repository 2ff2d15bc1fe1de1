import { MUTATE, PROVE } from "./commands/breaking.ts";
import { COMPARE, IMPORT, REPLAY } from "./commands/cases.ts";
import type { Command } from "./commands/command.ts";
import { COLLECT, RECORD, RUN, SERVE } from "./commands/playing.ts";
import { CHECK, DIFF, MINE, SHOW } from "./commands/reading.ts";

/** The one table of commands: parsing, help and the words offered for a mistyped one all come from here. */
export const COMMANDS = {
  run: RUN,
  mutate: MUTATE,
  record: RECORD,
  import: IMPORT,
  replay: REPLAY,
  compare: COMPARE,
  show: SHOW,
  check: CHECK,
  diff: DIFF,
  mine: MINE,
  prove: PROVE,
  serve: SERVE,
  collect: COLLECT,
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

export const EXIT_CODES =
  "Exit codes: 0 passed, 1 failed, 2 the definition or the command is wrong, 3 Troupe itself failed, 4 inconclusive, 130 stopped by Ctrl-C.";
