import { resolve } from "node:path";
import { TroupeError, didYouMean, nearestWord } from "../core/errors.ts";
import { type Mock, allMocks } from "../scenario/a2a.ts";
import { isDefinition } from "../scenario/brand.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { readTextFileSync } from "../wire/files.ts";
import { YAML_FILE, exportsOf, scenariosIn, splitPath } from "./load.ts";
import { importModule } from "./import-module.ts";

/** A mock with the file that defines it, or a scenario that lists it. */
export interface LoadedMock {
  /** An absolute path. */
  readonly file: string;
  readonly mock: Mock;
}

/**
 * Loads the mock that `file#name` names: one that the file exports, or that a scenario in it lists, or that a remote agent
 * of either uses. Without a name the file has to hold just one; `scenario` says whose it is where several have the name.
 *
 * @throws TroupeError when the file cannot be read or loaded, and `SCENARIO_INVALID` when it does not hold that one mock.
 */
export async function loadMock(path: string, scenario?: string): Promise<LoadedMock> {
  const { file, name } = splitPath(path);
  const mocks = await mocksIn(file, scenario);
  const named = name === undefined ? mocks : mocks.filter((mock) => mock.name === name);
  const [mock, ...others] = named;
  const names = [...new Set(mocks.map((one) => one.name))];
  const holds = names.length === 0 ? "It holds none." : `It holds ${names.join(", ")}.`;
  if (mock === undefined) {
    const nearest = didYouMean(nearestWord(name ?? "", names));
    const what = `there is no mock server or remote agent${name === undefined ? "" : ` "${name}"`} in it${nearest}`;
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

async function mocksIn(file: string, scenario: string | undefined): Promise<readonly Mock[]> {
  // A file that is not there is no fault of one that loads.
  readTextFileSync(file);
  const exported = YAML_FILE.test(file) ? await scenariosIn(file) : exportsOf(await importModule(file));
  const scenarios = exported.filter((value): value is Scenario => isDefinition(value, "scenario"));
  const whose = scenarios.filter(({ name }) => scenario === name || scenario?.startsWith(`${name}/`) === true);
  if (whose.length > 0) return allMocks(whose.flatMap(({ servers }) => servers));
  const isMock = (value: unknown): value is Mock =>
    isDefinition(value, "mcp-server") || isDefinition(value, "a2a-agent");
  const listed = scenarios.flatMap(({ servers }) => servers);
  return allMocks([...new Set([...exported.filter(isMock), ...listed])]);
}
