import { resolve } from "node:path";
import { TroupeError, didYouMean, nearestWord } from "../core/errors.ts";
import { type Mock, allMocks, isA2aAgent } from "../scenario/a2a.ts";
import { isDefinition } from "../scenario/brand.ts";
import { type Model, QUIET_MODEL } from "../scenario/model.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { readTextFileSync } from "../wire/files.ts";
import { YAML_FILE, scenariosIn, splitPath } from "./load.ts";
import { exportsOf, importModule } from "./import-module.ts";

/** A mock or a model with the file that defines it, or a scenario that has it. */
export interface LoadedMock<M = Mock | Model> {
  /** An absolute path. */
  readonly file: string;
  readonly mock: M;
}

/**
 * Loads the mock that `file#name` names: one that the file exports, or that a scenario in it lists, or that a remote agent
 * of either uses; or, where none is called so, the model of one. Without a name the file has to hold just one; `scenario`
 * says whose it is where several have the name.
 *
 * @throws TroupeError when the file cannot be read or loaded, and `SCENARIO_INVALID` when it does not hold that one mock.
 */
export async function loadMock(path: string, scenario?: string): Promise<LoadedMock> {
  const { file, name } = splitPath(path);
  const { mocks, models } = await definedIn(file, scenario);
  const isNamed = (one: Mock | Model): boolean => name === undefined || one.name === name;
  const named = mocks.filter(isNamed);
  const [mock, ...others] = named.length > 0 ? named : models.filter(isNamed);
  const names = [...new Set([...mocks, ...models].map((one) => one.name))];
  const holds = names.length === 0 ? "It holds none." : `It holds ${names.join(", ")}.`;
  if (mock === undefined) {
    const nearest = didYouMean(nearestWord(name ?? "", names));
    const what = `there is no mock server, remote agent or model${name === undefined ? "" : ` "${name}"`} in it${nearest}`;
    throw new TroupeError("SCENARIO_INVALID", { where: file, what, mend: holds });
  }
  if (others.length > 0) {
    const what = name === undefined ? "it holds several" : `several of its mocks are called "${name}"`;
    const mend =
      name === undefined
        ? `Name one, as in ${file}#${mock.name}. ${holds}`
        : "Give each its own name, or say whose it is with --scenario.";
    throw new TroupeError("SCENARIO_INVALID", { where: file, what, mend });
  }
  return { file: resolve(file), mock };
}

/** What a file defines; models only where no scenario is named, whose processes have none of their own. */
async function definedIn(
  file: string,
  scenario: string | undefined,
): Promise<{ readonly mocks: readonly Mock[]; readonly models: readonly Model[] }> {
  // A file that is not there is no fault of one that loads.
  readTextFileSync(file);
  const exported = YAML_FILE.test(file) ? await scenariosIn(file) : exportsOf(await importModule(file));
  const scenarios = exported.filter((value): value is Scenario => isDefinition(value, "scenario"));
  const whose = scenarios.filter(({ name }) => scenario === name || scenario?.startsWith(`${name}/`) === true);
  if (whose.length > 0) return { mocks: allMocks(whose.flatMap(({ servers }) => servers)), models: [] };
  const isMock = (value: unknown): value is Mock =>
    isDefinition(value, "mcp-server") || isDefinition(value, "a2a-agent");
  const listed = scenarios.flatMap(({ servers }) => servers);
  const mocks = allMocks([...new Set([...exported.filter(isMock), ...listed])]);
  const isModel = (value: unknown): value is Model => isDefinition(value, "model");
  const used = [...scenarios, ...mocks.filter(isA2aAgent)].map(({ model }) => model);
  const models = [...new Set([...exported.filter(isModel), ...used])].filter((model) => model !== QUIET_MODEL);
  return { mocks, models };
}
