import { parseArgs } from "node:util";
import type { Fault } from "../core/errors.ts";
import { nearestWord, TroupeError } from "../core/errors.ts";
import type { Command, Flag } from "./commands/command.ts";

type FlagNames<C extends Command, Shape> = {
  [Name in keyof C["flags"] & string]: C["flags"][Name] extends Shape ? Name : never;
}[keyof C["flags"] & string];

type ManyNames<C extends Command> = FlagNames<C, { readonly isMany: true }>;
type ValueNames<C extends Command> = Exclude<FlagNames<C, { readonly value: string }>, ManyNames<C>>;
type SwitchNames<C extends Command> = Exclude<keyof C["flags"] & string, FlagNames<C, { readonly value: string }>>;

/** A command line, read as its command's entry in the table says. */
export interface Arguments<C extends Command> {
  readonly operands: readonly string[];
  /** Whether a flag without a value is given. */
  readonly has: (flag: SwitchNames<C>) => boolean;
  readonly value: (flag: ValueNames<C>) => string | undefined;
  /** Each value of a flag that may be given several times, in order. */
  readonly values: (flag: ManyNames<C>) => readonly string[];
}

/**
 * Reads the words after a command's name.
 *
 * @throws TroupeError `USAGE` with every fault: unknown, repeated and incomplete flags, operands too few or too many.
 */
export function readArguments<C extends Command>(name: string, command: C, words: readonly string[]): Arguments<C> {
  const where = `troupe ${name}`;
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      Object.entries(command.flags).map(([flag, { value }]) => [
        flag,
        { type: value === undefined ? "boolean" : "string" },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const faults: Fault[] = [];
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const flag = Object.hasOwn(command.flags, token.name) ? command.flags[token.name] : undefined;
    const fault =
      flag === undefined ? unknownFlag(token.rawName, command) : faultIn(token, flag, given.has(token.name));
    if (fault !== undefined) faults.push({ where, ...fault });
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ""]);
  }
  faults.push(...operandFaults(operands, command, where));
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  return {
    operands,
    has: (flag) => given.has(flag),
    value: (flag) => given.get(flag)?.[0],
    values: (flag) => given.get(flag) ?? [],
  };
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function faultIn(token: OptionToken, flag: Flag, isRepeated: boolean): Omit<Fault, "where"> | undefined {
  const { rawName, value, inlineValue } = token;
  if (isRepeated && flag.isMany !== true) return { what: `${rawName} is given twice`, mend: "Give it once." };
  if (flag.value === undefined) {
    return inlineValue === true ? { what: `${rawName} takes no value`, mend: `Write ${rawName} alone.` } : undefined;
  }
  const isNextFlag = inlineValue !== true && value?.startsWith("--") === true;
  if (value !== undefined && value !== "" && !isNextFlag) return undefined;
  return { what: `${rawName} has no value`, mend: `Write ${rawName} ${flag.value}.` };
}

function unknownFlag(rawName: string, { flags }: Command): Omit<Fault, "where"> {
  const known = [...Object.keys(flags), "help"].map((flag) => `--${flag}`);
  const nearest = nearestWord(rawName, known);
  const mend = nearest === undefined ? `Known: ${known.join(", ")}.` : `Did you mean ${nearest}?`;
  return { what: `unknown flag ${rawName}`, mend };
}

function operandFaults(operands: readonly string[], { operands: wanted }: Command, where: string): readonly Fault[] {
  if (operands.length < wanted.min)
    return [{ where, what: `${wanted.text.replace("…", "")} is missing`, mend: `Write ${where} ${wanted.text}.` }];
  const extra = operands[wanted.max];
  return extra === undefined
    ? []
    : [{ where, what: `"${extra}" is one too many`, mend: `Write ${where} ${wanted.text}.` }];
}
