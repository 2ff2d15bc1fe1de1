import { type Dirent, type Stats, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ResolvedExpectation } from "../check/expectation.ts";
import { resolveExpectations } from "../check/resolve.ts";
import { type Fault, TroupeError, didYouMean, isTroupeError, nearestWord } from "../core/errors.ts";
import { agent } from "../scenario/agent.ts";
import { isDefinition } from "../scenario/brand.ts";
import { parseCases } from "../scenario/dataset.ts";
import { repeatedNames, scenarioFaults, variants } from "../scenario/plan.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type Reference, buildYamlScenario, parseScenarioYaml } from "../scenario/yaml.ts";
import { readTextFileSync } from "../wire/files.ts";
import { exportsOf, importModule } from "./import-module.ts";
import { whatLacks } from "./needs.ts";
import { quotedPath } from "./repeat.ts";
import { type NamedSnapshot, sharersOf, type Snapshot, snapshotsIn, withoutMissing } from "./snapshots.ts";

/** A scenario with all that its file names read: cases and shapes. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly expectations: readonly ResolvedExpectation[];
  readonly snapshots: readonly Snapshot[];
  /** As the user named it. */
  readonly file: string;
  /** What names this scenario alone on a command line: the file, with `#name` where it holds several. */
  readonly path: string;
}

export const YAML_FILE = /\.ya?ml$/;
/** A file that is named itself may be called anything that can be loaded. */
const LOADABLE_FILE = /\.([mc]?[tj]s|ya?ml)$/;
const SCENARIO_FILE = /\.scenario\.(ts|mts|cts|js|mjs|cjs|ya?ml)$/;

/**
 * Loads the scenarios of files, folders (`*.scenario.{ts,mts,js,mjs,yaml}` in them, at any depth) and `file#name`s, in
 * the order given, folders in the order of their names; `onFile` hears of each file before it loads. With
 * `mayMissSnapshots`, a snapshot that is missing is no fault: its expectation fails.
 *
 * @throws TroupeError with every fault of every file, under the code of the first.
 */
export async function loadScenarios(
  paths: readonly string[],
  onFile: (file: string) => void = () => {},
  mayMissSnapshots: boolean = false,
): Promise<readonly LoadedScenario[]> {
  const faults: TroupeError[] = [];
  const loaded: LoadedScenario[] = [];
  for (const path of paths) {
    const { file, name } = splitPath(path);
    for (const found of orKeep(faults, () => filesOf(file)) ?? []) {
      try {
        onFile(found);
        loaded.push(...pick(await loadFile(found, mayMissSnapshots), name, found));
      } catch (error) {
        if (!isTroupeError(error)) throw error;
        faults.push(error);
      }
    }
  }
  throwIfAny(faults);
  return loaded;
}

/** Splits `file#name`, where the file's own name may hold a `#` too. */
export function splitPath(path: string): { readonly file: string; readonly name?: string } {
  const marks = [...path.matchAll(/#/g)].map(({ index }) => index);
  if (marks.length === 0 || exists(path)) return { file: path };
  const at = marks.find((mark) => exists(path.slice(0, mark))) ?? marks[0];
  return { file: path.slice(0, at), name: path.slice((at ?? 0) + 1) };
}

/** Whether there is a file or a folder of this path. */
export function exists(path: string): boolean {
  return statsOf(path) !== undefined;
}

/** Nothing, too, where a path leads through a file, round in a circle, or is longer than paths can be. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Throws all of them as one, under the code of the first. */
function throwIfAny(errors: readonly TroupeError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  const faults = errors.flatMap((error) => error.faults);
  throw new TroupeError(first.code, faults, { cause: first.cause });
}

function orKeep<T>(faults: TroupeError[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    faults.push(error);
    return undefined;
  }
}

function filesOf(path: string): readonly string[] {
  const stats = statsOf(path);
  if (stats === undefined)
    throw new TroupeError("FILE_UNREADABLE", {
      where: path === "" ? '""' : path,
      what: `there is no such file or folder${didYouMean(nearestFile(path))}`,
      mend: "Correct the path; it is relative to the folder you are in.",
    });
  const mend = "Scenario files are called *.scenario.ts, .mts, .js, .mjs or .yaml.";
  if (!stats.isDirectory()) {
    if (LOADABLE_FILE.test(path)) return [path];
    throw new TroupeError("FILE_UNREADABLE", { where: path, what: "this is no scenario file", mend });
  }
  const files = scenarioFilesIn(path);
  if (files.length > 0) return files;
  throw new TroupeError("FILE_UNREADABLE", { where: path, what: "there is no scenario in this folder", mend });
}

/** The scenario files of a folder, at any depth, in the order of their paths; not those of hidden folders and packages. */
export function scenarioFilesIn(folder: string): readonly string[] {
  return walked(folder, (name) => SCENARIO_FILE.test(name));
}

/** The files of a folder that are wanted, at any depth, as {@link scenarioFilesIn}; `undefined` where it is no folder. */
export function filesIn(path: string, isWanted: (name: string) => boolean): readonly string[] | undefined {
  return statsOf(path)?.isDirectory() === true ? walked(path, isWanted) : undefined;
}

function walked(folder: string, isWanted: (name: string) => boolean): readonly string[] {
  const isHidden = ({ name }: Dirent): boolean => name === "node_modules" || name.startsWith(".");
  const found: string[] = [];
  const open = [folder];
  for (let current = open.pop(); current !== undefined; current = open.pop())
    for (const entry of entriesOf(current)) {
      if (isHidden(entry)) continue;
      const path = join(current, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (isWanted(entry.name)) found.push(path);
    }
  return found.toSorted();
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    const fault = { where: folder, what: "this folder cannot be read", mend: "Change its permissions." };
    throw new TroupeError("FILE_UNREADABLE", fault, { cause });
  }
}

function pick(loaded: readonly LoadedScenario[], name: string | undefined, file: string): readonly LoadedScenario[] {
  if (name === undefined) return loaded;
  const exact = loaded.filter(({ scenario }) => scenario.name === name);
  if (exact.length > 0) return exact;
  // A scenario with cases stands for all of them.
  const cases = loaded.filter(({ scenario }) => scenario.name.startsWith(`${name}/`));
  if (cases.length > 0) return cases;
  const names = loaded.map(({ scenario }) => scenario.name);
  throw new TroupeError("SCENARIO_INVALID", {
    where: file,
    what: `there is no scenario "${name}" in it${didYouMean(nearestWord(name, names))}`,
    mend: `It holds ${names.join(", ")}.`,
  });
}

async function loadFile(file: string, mayMissSnapshots: boolean): Promise<readonly LoadedScenario[]> {
  const scenarios = await scenariosIn(file);
  if (scenarios.length === 0)
    throw new TroupeError("SCENARIO_INVALID", {
      where: file,
      what: "it exports no scenario",
      mend: "Write `export default defineScenario({ … })`.",
    });
  const errors: TroupeError[] = [];
  for (const name of repeatedNames(scenarios)) {
    const mend = "Give each its own name, so that one line repeats one of them.";
    const fault = { where: file, what: `two of its scenarios are called "${name}"`, mend };
    errors.push(new TroupeError("SCENARIO_INVALID", fault));
  }
  const loaded = scenarios.flatMap((scenario) => {
    const faults = scenarioFaults(scenario);
    if (faults.length === 0) return completed(scenario, { file, mayMissSnapshots }, errors);
    const here = faults.map((fault) => ({ ...fault, where: `${file}, ${fault.where}` }));
    errors.push(new TroupeError("SCENARIO_INVALID", here));
    return [];
  });
  throwIfAny(errors);
  const named = loaded.map((one) => ({
    ...one,
    path: loaded.length === 1 ? file : `${file}#${one.scenario.name}`,
  }));
  const sharers = sharersOf(named);
  return named.map((one) => ({
    ...one,
    snapshots: one.snapshots.map((snapshot) => ({ ...snapshot, sharers: sharers.get(snapshot.file) ?? [] })),
  }));
}

/** A scenario of which it is not known yet what else its file holds. */
interface Unplaced extends Omit<LoadedScenario, "path" | "snapshots"> {
  readonly snapshots: readonly NamedSnapshot[];
}

/** Reads what a scenario names: its cases, one scenario each, and its shapes. What is wrong goes to `errors`. */
function completed(
  scenario: Scenario,
  { file, mayMissSnapshots }: { readonly file: string; readonly mayMissSnapshots: boolean },
  errors: TroupeError[],
): readonly Unplaced[] {
  const all = orKeep(errors, () => variantsOf(scenario, file));
  // What is expected is the same for every case.
  const { expect } = all?.[0] ?? scenario;
  const places = {
    prefix: `${file}, scenario "${scenario.name}", `,
    pathOf: (path: string): string => beside(file, path),
  };
  const snapshots = snapshotsIn(expect, places.pathOf, exists);
  const written = mayMissSnapshots ? withoutMissing(expect, snapshots) : expect;
  const read = (path: string): string => {
    const isSnapshot = snapshots.some((snapshot) => snapshot.file === places.pathOf(path));
    return readBeside(file, path, isSnapshot ? ` To have it written: troupe run ${quotedPath(file)} --update.` : "");
  };
  const expectations = orKeep(errors, () => resolveExpectations(written, read, places));
  if (all === undefined || expectations === undefined) return [];
  return all.map((one) => ({ scenario: one, expectations, snapshots, file }));
}

function variantsOf(scenario: Scenario, file: string): readonly Scenario[] {
  const { cases } = scenario;
  if (!("dataset" in cases)) return variants(scenario, cases, `${file}, scenario "${scenario.name}"`);
  const path = beside(file, cases.dataset);
  return variants(scenario, parseCases(readBeside(file, cases.dataset), path, scenario.personas), path);
}

function beside(file: string, path: string): string {
  return join(dirname(file), path);
}

/** The text of a file that a scenario names, relative to its own; `hint` says what else may mend that it is missing. */
function readBeside(file: string, path: string, hint: string = ""): string {
  const found = beside(file, path);
  if (exists(found)) return readTextFileSync(found);
  throw new TroupeError("FILE_UNREADABLE", {
    where: found,
    what: `there is no such file${didYouMean(nearestFile(found))}`,
    mend: `Correct the path in ${file}; it is relative to that file.${hint}`,
  });
}

/** The file of the same folder whose name is nearest to one that is not there. */
function nearestFile(path: string): string | undefined {
  const folder = dirname(path);
  const isFolder = statsOf(folder)?.isDirectory() === true;
  const names = isFolder ? entriesOf(folder).map(({ name }) => name) : [];
  // A link that leads nowhere is listed, though it is not there.
  return nearestWord(
    basename(path),
    names.filter((name) => name !== basename(path)),
  );
}

export async function scenariosIn(file: string): Promise<readonly Scenario[]> {
  if (YAML_FILE.test(file)) return [await yamlScenario(file)];
  const isScenario = (value: unknown): value is Scenario => isDefinition(value, "scenario");
  return [...new Set(exportsOf(await importModule(file)))].filter(isScenario);
}

/** Reads a YAML scenario and imports the modules that it names. */
async function yamlScenario(file: string): Promise<Scenario> {
  const parsed = parseScenarioYaml(readTextFileSync(file), file);
  // What a scenario needs may be what its agents import: where that lacks, it is skipped, and they are never asked.
  const { agents, needs = [] } = parsed.fields;
  const absent = new Set<unknown>(whatLacks({ needs }, file) === undefined ? [] : agents);
  const modules = new Map<string, object | TroupeError>();
  for (const reference of parsed.references)
    if (absent.has(reference)) continue;
    else if (!modules.has(reference.module)) modules.set(reference.module, await moduleOf(reference, file));
  return buildYamlScenario(parsed, (reference) => {
    const { module, name, at } = reference;
    if (absent.has(reference)) return agent(name, () => Promise.reject(new Error("BUG: it was to be skipped")));
    const found = modules.get(module) ?? {};
    if (found instanceof TroupeError) throw found;
    const exports = new Map(Object.entries(found));
    if (exports.has(name)) return exports.get(name);
    throw unknownName(`export "${name}" in ${module}`, nearestWord(name, exports.keys()), {
      where: at,
      mend: `It exports ${[...exports.keys()].join(", ") || "nothing"}.`,
    });
  });
}

/** The module that a reference names, or why there is none. */
async function moduleOf({ module, at }: Reference, file: string): Promise<object | TroupeError> {
  const path = join(dirname(file), module);
  try {
    if (statsOf(path)?.isFile() === true) return await importModule(path);
    const mend = "Module paths are relative to the scenario file, with their extension.";
    return unknownName(`module ${module}`, nearestFile(path), { where: at, mend });
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    return error;
  }
}

function unknownName(what: string, nearest: string | undefined, fault: Pick<Fault, "where" | "mend">): TroupeError {
  return new TroupeError("SCENARIO_INVALID", { ...fault, what: `there is no ${what}${didYouMean(nearest)}` });
}
