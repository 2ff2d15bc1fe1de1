import { expect, test } from "vitest";
import { tellError } from "../../src/cli/program.ts";
import { COMMAND_NAMES, COMMANDS, isCommandName } from "../../src/cli/commands.ts";
import { TroupeError } from "../../src/core/errors.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { troupe } from "./run-program.ts";

test("no command prints the help and is a wrong command", async () => {
  const { code, out, err } = await troupe();
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain("Usage: troupe COMMAND");
});

test("--help names every command and exit code", async () => {
  const { code, out } = await troupe("--help");
  expect(code).toBe(0);
  for (const name of COMMAND_NAMES) expect(out).toMatch(new RegExp(`^  ${name} `, "m"));
  expect(out).toContain("0 passed, 1 failed, 2 the definition or the command is wrong, 3 Troupe itself failed");
});

test.each(COMMAND_NAMES)("%s --help names every flag of the table", async (name) => {
  const { code, out } = await troupe(name, "--help");
  expect(code).toBe(0);
  expect(out).toContain(`Usage: troupe ${name}`);
  for (const flag of Object.keys(isCommandName(name) ? COMMANDS[name].flags : {})) expect(out).toContain(`--${flag}`);
});

test("--version prints the version alone", async () => {
  const { code, out } = await troupe("--version");
  expect(code).toBe(0);
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("an unknown command is refused with the nearest", async () => {
  expect(await troupe("shwo")).toEqual({ code: 2, out: "", err: "troupe: unknown command shwo. Did you mean show?\n" });
});

test("an unknown flag is refused with the nearest", async () => {
  const { code, err } = await troupe("show", "x.json", "--jsno");
  expect([code, err]).toEqual([2, "troupe show: unknown flag --jsno. Did you mean --json?\n"]);
});

test("a name that every object has is no command and no flag", async () => {
  expect((await troupe("constructor")).code).toBe(2);
  expect((await troupe("show", "x.json", "--constructor")).err).toContain("unknown flag --constructor");
});

test("all faults of a command line are told at once", async () => {
  const { err } = await troupe("run", "--mode", "life", "--seed", "x", "--report", "html", "--report", "jnit");
  expect(err.trim().split("\n")).toEqual([
    'troupe run --mode life: unknown mode "life". Use --mode sim or --mode wire or --mode live.',
    "troupe run: --seed x is no seed. A seed is an integer from 0 to 9007199254740991.",
    "troupe run --report html: the html report is not built yet. Known: text, json, junit, github.",
    'troupe run --report jnit: unknown report "jnit". Did you mean junit?',
  ]);
});

test.each([
  [["show"], "FILE is missing"],
  [["serve", "a", "b"], '"b" is one too many'],
  [["run", "--seed"], "--seed has no value"],
  [["run", "--seed", "--json"], "--seed has no value"],
  [["run", "--json=yes"], "--json takes no value"],
  [["run", "--seed", "1", "--seed", "2"], "--seed is given twice"],
  [["check", "a.json"], "there is no such file"],
])("%j is refused: %s", async (words, what) => {
  const { code, err } = await troupe(...words);
  expect(code).toBe(2);
  expect(err).toContain(what);
});

test("an error that is not the user's is Troupe's own, with its stack", () => {
  let told = "";
  const err = { paint: PLAIN, print: (text: string) => void (told += text) };
  expect(tellError(new RangeError("boom"), err)).toBe(3);
  expect(told).toMatch(/^Troupe itself failed\..*\n.*RangeError: boom\n +at /s);
  expect(tellError(new TroupeError("BUG", { where: "a", what: "b", mend: "c" }), err)).toBe(3);
});
