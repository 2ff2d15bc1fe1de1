import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import type { Scenario } from "../scenario/scenario.ts";
import { ownVariables } from "../wire/own-environment.ts";

/** What a scenario of that file needs and this machine has not, as a reason to skip it; `undefined` where nothing lacks. */
export function whatLacks({ needs }: Pick<Scenario, "needs">, file: string): string | undefined {
  const lacking = needs.filter((need) => !isThere(need, file));
  return lacking.length === 0 ? undefined : `it needs ${lacking.join(" and ")}, which this machine has not (needs)`;
}

function isThere(need: string, file: string): boolean {
  const [, version] = /^node\s*>=\s*(\S+)$/.exec(need) ?? [];
  if (version !== undefined) return isNewer(globalThis.process.versions.node, version);
  if (/^\.{1,2}\//.test(need)) return existsSync(join(dirname(file), need));
  return need.startsWith("npm:") ? hasPackage(need.slice("npm:".length), file) : hasProgram(need);
}

function isNewer(version: string, least: string): boolean {
  const [own, wanted] = [version.split(".").map(Number), least.split(".").map(Number)];
  const at = wanted.findIndex((part, index) => part !== (own[index] ?? 0));
  return at === -1 || (own[at] ?? 0) > (wanted[at] ?? 0);
}

/** As Node looks for packages; asking Node itself fails for a package that exports nothing to `require`. */
function hasPackage(name: string, file: string): boolean {
  let folder = dirname(resolve(file));
  for (;;) {
    if (isFile(join(folder, "node_modules", name, "package.json"))) return true;
    if (dirname(folder) === folder) return false;
    folder = dirname(folder);
  }
}

function hasProgram(name: string): boolean {
  const { PATH = "" } = ownVariables(["PATH"]);
  return PATH.split(delimiter).some((folder) => {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return isFile(path);
    } catch {
      return false;
    }
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
