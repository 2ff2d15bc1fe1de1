import type { Fault } from "../../core/errors.ts";
import type { Definition } from "../pattern.ts";
import type { Include } from "./file-text.ts";
import { readIncludedFile } from "./file-text.ts";
import { YamlText } from "./yaml-text.ts";

/** Gives the text of an included file, by its path as written and the file that includes it, or throws. */
export type ReadInclude = (path: string, from: string) => string;

/** A file that may include others. */
interface Including {
  readonly yaml: YamlText;
  readonly file: string;
  readonly include: readonly Include[];
}

/**
 * The definitions of all files that `top` includes, directly or not, each file once, and the faults of those files.
 * `isWhole` says whether no definition can be missing.
 */
export function readIncludes(
  top: Including,
  readInclude: ReadInclude | undefined,
): { readonly define: readonly Definition[]; readonly faults: readonly Fault[]; readonly isWhole: boolean } {
  let isWhole = true;
  const define: Definition[] = [];
  const faults: Fault[] = [];
  const known = new Set([resolved(top.file, "")]);
  const files: Including[] = [top];
  for (const including of files) {
    for (const { path, node } of including.include) {
      const file = resolved(path, including.file);
      if (known.has(file)) continue;
      known.add(file);
      const text = textAt(path, node, including, readInclude);
      const yaml = new YamlText(text ?? "", file);
      const read = text === undefined ? undefined : readIncludedFile(yaml);
      isWhole &&= read?.isHeaderKnown === true;
      define.push(...(read?.define ?? []).map((definition) => ({ ...definition, from: path })));
      files.push({ yaml, file, include: read?.include ?? [] });
    }
    if (including !== top) faults.push(...including.yaml.faults);
  }
  return { define, faults, isWhole };
}

function textAt(
  path: string,
  node: Include["node"],
  { yaml, file }: Including,
  readInclude: ReadInclude | undefined,
): string | undefined {
  if (readInclude === undefined) {
    yaml.fault(node, `${path} cannot be included here`, "Only a shape in a file of its own can include others.");
    return undefined;
  }
  try {
    return readInclude(path, file);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, " ").replace(/\.$/, "") : "it cannot be read";
    yaml.fault(node, `${path} cannot be included: ${reason}`, "A path starts at the folder of the file that names it.");
    return undefined;
  }
}

/** A path as seen from where `from` is seen from, so that one file has one name however it is reached. */
function resolved(path: string, from: string): string {
  const isRooted = /^(?:[/\\]|[a-z][a-z\d+.-]*:)/i.test(path);
  const steps: string[] = [];
  for (const step of [...(isRooted ? [] : from.split("/").slice(0, -1)), ...path.split("/")]) {
    const last = steps.at(-1);
    if (step === ".." && last !== undefined && last !== ".." && last !== "") steps.pop();
    else if (step !== "." && (step !== "" || steps.length === 0)) steps.push(step);
  }
  return steps.join("/");
}
