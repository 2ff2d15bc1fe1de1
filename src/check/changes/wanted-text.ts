import { isMap, parseDocument, stringify } from "yaml";
import { type Fault, TroupeError, didYouMean, isTroupeError, nearestWord } from "../../core/errors.ts";
import type { NodePattern, Shape } from "../../shape/pattern.ts";
import { parseShape } from "../../shape/text/parse.ts";
import { CHANGE_WORDS, type WantedChange } from "./wanted.ts";

/**
 * Reads the changes that a file declares: lists of lines of shapes under `added`, `removed`, `moved` and `changed`.
 *
 * @throws TroupeError `SHAPE_INVALID` with every fault of it.
 */
export function parseWantedChanges(text: string, file: string): readonly WantedChange[] {
  const document = parseDocument(text, { version: "1.2", prettyErrors: true });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const [what = ""] = broken.message.split("\n");
    throw new TroupeError("SHAPE_INVALID", { where: file, what, mend: MEND });
  }
  if (!isMap(document.contents))
    throw new TroupeError("SHAPE_INVALID", {
      where: file,
      what: "it is no list of changes by what happens",
      mend: MEND,
    });
  return readWantedChanges(document.toJS(), file);
}

const MEND =
  "Write `added:`, `removed:`, `moved:` or `changed:`, and under it lines of shapes such as `- tool lookup`.";

/**
 * Reads what a scenario or a file declares.
 *
 * @throws TroupeError `SHAPE_INVALID` with every fault of it, each at its line.
 */
export function readWantedChanges(declared: unknown, where: string): readonly WantedChange[] {
  const faults: Fault[] = [];
  const wanted: WantedChange[] = [];
  const isNamed = typeof declared === "object" && declared !== null && !Array.isArray(declared);
  if (!isNamed) faults.push({ where, what: "it declares no change", mend: MEND });
  for (const [word, lines] of isNamed ? Object.entries(declared) : []) {
    const known = CHANGE_WORDS.find((one) => one === word);
    if (known === undefined) {
      const what = `"${word}" is nothing that happens to a step${didYouMean(nearestWord(word, CHANGE_WORDS))}`;
      faults.push({ where, what, mend: MEND });
    } else if (!Array.isArray(lines) || lines.length === 0)
      faults.push({ where: `${where}, ${word}`, what: "this is no list of lines", mend: MEND });
    else
      for (const [index, line] of lines.entries()) {
        const read = readLine(line, `${where}, ${word}[${index}]`, faults);
        if (read !== undefined) wanted.push({ word: known, ...read });
      }
  }
  if (faults.length > 0) throw new TroupeError("SHAPE_INVALID", faults);
  return wanted;
}

function readLine(line: unknown, where: string, faults: Fault[]): Omit<WantedChange, "word"> | undefined {
  try {
    const shape = parseShape(stringify([line]), where);
    const items = "trace" in shape ? (shape.trace.list?.items ?? []) : [];
    const [item] = items;
    if (item?.type === "node" && items.length === 1) {
      const { count = { min: 1, max: Number.POSITIVE_INFINITY }, ...pattern } = item;
      return { line: lineText(line), shape: shapeOfOne(shape, pattern), count };
    }
    faults.push({ where, what: "this is no line for one step", mend: "Name a step, as in `- tool lookup`." });
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    faults.push(...error.faults);
  }
  return undefined;
}

function shapeOfOne(shape: Shape, pattern: NodePattern): Shape {
  const { children, include, define } = shape;
  const list = { mode: "contain", items: [{ ...pattern, isDeep: false }] } as const;
  return { children, include, define, trace: { list, never: [], links: [], events: [] } };
}

function lineText(line: unknown): string {
  if (typeof line === "string") return line;
  return stringify(line, { collectionStyle: "flow" })
    .trim()
    .replace(/^\{ (.*) \}$/s, "$1");
}
