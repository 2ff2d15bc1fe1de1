import type { Fault } from "../../core/errors.ts";
import { TroupeError } from "../../core/errors.ts";
import type { Shape } from "../pattern.ts";
import { readShapeFile } from "./file-text.ts";
import { readIncludes } from "./include.ts";
import type { ReadInclude } from "./include.ts";
import { contentFaults, refusalsOf } from "./refusal.ts";
import { YamlText } from "./yaml-text.ts";

/**
 * Reads a shape from its YAML text; `file` is named in messages. `readInclude` gives the text of a file that an
 * `include:` names, by its path as written and the file that names it.
 *
 * @throws TroupeError `SHAPE_INVALID` with every fault of the file and of those it includes, each at its
 * `file:line:column`.
 */
export function parseShape(text: string, file: string, readInclude?: ReadInclude): Shape {
  const yaml = new YamlText(text, file);
  const own = readShapeFile(yaml);
  const included = readIncludes({ yaml, file, include: own?.include ?? [] }, readInclude);
  const faults = [...yaml.faults, ...included.faults];
  if (own?.pattern !== undefined) {
    const { include, define, pattern, isHeaderKnown, ...header } = own;
    const shape: Shape = {
      ...header,
      include: include.map(({ path }) => path),
      define: [...define, ...included.define],
      ...pattern,
    };
    // A line that could not be read leaves a gap, so whether something is empty is asked only of what was read whole.
    const isDefineWhole = isHeaderKnown && included.isWhole;
    faults.push(...(faults.length > 0 ? contentFaults(shape, isDefineWhole) : refusalsOf(shape)));
    if (faults.length === 0) return shape;
  }
  throw new TroupeError("SHAPE_INVALID", inOrder(faults, file));
}

/** By place: the file that was asked for first, then the others. */
function inOrder(faults: readonly Fault[], file: string): readonly Fault[] {
  const placed = faults.map((fault) => {
    const [, name = "", line, column] = /^(.*):(\d+):(\d+)$/s.exec(fault.where) ?? [];
    return { fault, name, line: Number(line ?? 0), column: Number(column ?? 0) };
  });
  const sorted = placed.toSorted((a, b) => {
    if (a.name === b.name) return a.line - b.line || a.column - b.column;
    return Number(b.name === file) - Number(a.name === file) || (a.name < b.name ? -1 : 1);
  });
  return sorted.map(({ fault }) => fault);
}
