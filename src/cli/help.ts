import { COMMANDS, EXIT_CODES } from "./commands.ts";
import type { Command } from "./commands/command.ts";

export function programHelp(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]): Line => [name, summary]);
  return [
    "Troupe runs multi-agent scenarios from a seed and checks the shape of their trace trees.",
    "",
    "Usage: troupe COMMAND [OPTIONS]",
    "",
    "Commands",
    ...table(commands),
    "",
    "Options",
    ...table([
      ["--help", "This text; after a command, that command's."],
      ["--version", "The version."],
    ]),
    "",
    EXIT_CODES,
  ].join("\n");
}

export function commandHelp(name: string, { summary, operands, flags, notes = [] }: Command): string {
  const lines = Object.entries(flags).map(([flag, { value, help }]): Line => [
    `--${flag}${value === undefined ? "" : ` ${value}`}`,
    help,
  ]);
  return [
    summary,
    "",
    `Usage: troupe ${name} ${operands.text} [OPTIONS]`,
    ...notes,
    "",
    "Options",
    ...table([...lines, ["--help", "This text."]]),
    "",
    EXIT_CODES,
  ].join("\n");
}

type Line = readonly [word: string, text: string];

function table(lines: readonly Line[]): readonly string[] {
  const width = Math.max(...lines.map(([word]) => word.length));
  return lines.map(([word, text]) => `  ${word.padEnd(width)}  ${text}`);
}
