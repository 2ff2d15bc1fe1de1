import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import type * as z from "zod";
import { didYouMean, type Fault, nearestWord, TroupeError } from "../../core/errors.ts";

type Path = readonly PropertyKey[];

/**
 * Reads a small YAML file by its form; an empty one is an empty mapping.
 *
 * @param knownAt the keys that the mapping at a path may have.
 * @throws TroupeError `BUDGET_INVALID` with every fault, each at its place, with the nearest spelling.
 */
export function readForm<T>(
  text: string,
  file: string,
  form: z.ZodType<T>,
  knownAt: (path: Path) => readonly string[],
): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  if (document.errors.length > 0) {
    const mend = "Indent with spaces, and write key: value lines.";
    throw new TroupeError(
      "BUDGET_INVALID",
      document.errors.map(({ pos, message }) => ({
        where: placeOf(pos[0]),
        what: `this is not valid YAML: ${message.replaceAll(/\s+/g, " ")}`,
        mend,
      })),
    );
  }
  const read = form.safeParse(document.toJS() ?? {});
  if (read.success) return read.data;
  throw new TroupeError(
    "BUDGET_INVALID",
    read.error.issues.flatMap((issue): readonly Fault[] => {
      if (issue.code === "unrecognized_keys")
        return issue.keys.map((key) => {
          const known = knownAt(issue.path);
          const what = `there is no "${key}" here${didYouMean(nearestWord(key, known))}`;
          return {
            where: placeOf(offsetOf(document, [...issue.path, key], true)),
            what,
            mend: `Known: ${known.join(", ")}.`,
          };
        });
      // What a form expands may stand for the whole: `orphan-rate: off`.
      const node = nodeAt(document, issue.path) ?? nodeAt(document, issue.path.slice(0, -1));
      const given = isScalar(node) ? String(node.value) : undefined;
      const options = issue.code === "invalid_value" ? issue.values.map(String) : [];
      const near = given === undefined ? undefined : nearestWord(given, options);
      const where = placeOf(offsetOf(document, issue.path, issue.code === "invalid_key"));
      const what = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
      if (options.length === 0) return [{ where, what, mend: mendOf(what) }];
      return [
        {
          where,
          what: `this is ${JSON.stringify(given ?? "no word")}${didYouMean(near)}`,
          mend: `Write one of ${options.join(", ")}.`,
        },
      ];
    }),
  );
}

function mendOf(message: string): string {
  return /number/.test(message) ? "Write a number from 0." : "See docs/health.md for what can stand here.";
}

/** Where the value at a path begins, or its key; for what is absent, what is around it. */
function offsetOf(document: Document, path: Path, isKey: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const above = nodeAt(document, path.slice(0, length - 1));
    const key = path[length - 1];
    const pair = isMap(above)
      ? above.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      : undefined;
    if (isKey && length === path.length && isNode(pair?.key)) return pair.key.range?.[0] ?? 0;
    const node = nodeAt(document, path.slice(0, length));
    if (node !== undefined) return node.range?.[0] ?? 0;
  }
  return nodeAt(document, [])?.range?.[0] ?? 0;
}

function nodeAt(document: Document, path: Path): Node | undefined {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node : undefined;
}
