import { normalize, sep } from "node:path";
import { exists, scenarioFilesIn } from "../campaign/load.ts";
import { TroupeError } from "../core/errors.ts";

const WILD = /[*?{]/;

/**
 * The scenario files that a glob names, or the path itself where it is none: `**`, `*`, `?` and `{a,b}` mean what they
 * mean to a shell.
 *
 * @throws TroupeError `FILE_UNREADABLE` when no scenario file has such a path.
 */
export function scenarioPaths(path: string): readonly string[] {
  if (!WILD.test(path) || exists(path)) return [path];
  const glob = normalize(path).replaceAll(sep, "/");
  const parts = glob.split("/");
  const folder = parts
    .slice(
      0,
      parts.findIndex((part) => WILD.test(part)),
    )
    .join("/");
  const base = folder === "" ? (glob.startsWith("/") ? "/" : ".") : folder;
  const pattern = patternOf(glob);
  const found = exists(base) ? scenarioFilesIn(base).filter((file) => pattern.test(file.replaceAll(sep, "/"))) : [];
  if (found.length > 0) return found;
  throw new TroupeError("FILE_UNREADABLE", {
    where: path,
    what: "no scenario file has such a path",
    mend: "Scenario files are called *.scenario.ts, .mts, .js, .mjs or .yaml; the path is relative to the folder you are in.",
  });
}

const WORDS: Readonly<Record<string, string>> = {
  "**/": "(?:.*/)?",
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
  "{": "(?:",
  "}": ")",
};

function patternOf(glob: string): RegExp {
  let isOpen = false;
  const source = glob.replaceAll(/\*\*\/|\*\*|[*?{}]|,|[.+^$()|[\]\\]/g, (word) => {
    if (word === "{" || word === "}") isOpen = word === "{";
    if (word === ",") return isOpen ? "|" : word;
    return WORDS[word] ?? `\\${word}`;
  });
  return new RegExp(`^${source}$`, "u");
}
