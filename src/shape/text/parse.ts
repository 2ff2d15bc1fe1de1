import type { Node, ParsedNode, YAMLMap } from "yaml";
import { isMap, isNode, isScalar, isSeq } from "yaml";
import type { Fault } from "../../core/errors.ts";
import { nearestWord, TroupeError } from "../../core/errors.ts";
import { readBody } from "./body-text.ts";
import type { ListMode, Shape } from "../pattern.ts";
import { contentFaults, refusalsOf } from "./refusal.ts";
import { isKind } from "../../trace/kinds.ts";
import { textOf, YamlText } from "./yaml-text.ts";

const HEADER = ["shape", "children", "trace"] as const;
const HEADER_LATER = ["traces", "define", "include"] as const;

/**
 * Reads a shape from its YAML text; `file` is named in messages.
 *
 * @throws TroupeError `SHAPE_INVALID` with every fault of the file, each at its `file:line:column`.
 */
export function parseShape(text: string, file: string): Shape {
  const yaml = new YamlText(text, file);
  const shape = readFile(yaml);
  // A line that could not be read leaves a gap, so whether something is empty is asked only of what was read whole.
  const refusals = shape === undefined ? [] : yaml.faults.length > 0 ? contentFaults(shape) : refusalsOf(shape);
  const faults = [...yaml.faults, ...refusals];
  if (shape === undefined || faults.length > 0) throw new TroupeError("SHAPE_INVALID", faults.toSorted(byPlace));
  return shape;
}

function byPlace(a: Fault, b: Fault): number {
  const [lineA, columnA] = placeIn(a);
  const [lineB, columnB] = placeIn(b);
  return lineA - lineB || columnA - columnB;
}

function placeIn({ where }: Fault): readonly [number, number] {
  const [, line, column] = /:(\d+):(\d+)$/.exec(where) ?? [];
  return [Number(line ?? 0), Number(column ?? 0)];
}

function readFile(yaml: YamlText): Shape | undefined {
  const { root } = yaml;
  if (root === null || isEmptyScalar(root)) {
    yaml.fault(0, "the file holds no shape", "State at least one span, for instance: - agent triage.");
    return undefined;
  }
  if (isSeq(root)) return { children: "contain", trace: readBody(yaml, root, "contain"), at: yaml.place(root) };
  if (isMap(root)) return readHeader(yaml, root);
  yaml.fault(root, "a shape is a list", 'Begin each line with "- ".');
  return undefined;
}

function readHeader(yaml: YamlText, root: YAMLMap<ParsedNode, ParsedNode | null>): Shape | undefined {
  const fields = new Map<string, ParsedNode | null>();
  for (const { key, value } of root.items) {
    const word = isScalar(key) ? textOf(key) : "";
    const nearest = nearestWord(word, HEADER);
    if ((HEADER as readonly string[]).includes(word)) fields.set(word, value);
    else if ((HEADER_LATER as readonly string[]).includes(word)) {
      yaml.fault(key, `${word}: is not supported yet`, "State one shape under trace:.");
    } else if (isKind(word.split(" ")[0] ?? "") || word.startsWith("//")) {
      yaml.fault(key, "a shape is a list", 'Begin each line with "- ".');
    } else {
      const hint = nearest === undefined ? "" : `Did you mean ${nearest}? `;
      yaml.fault(key, `unknown header "${word}"`, `${hint}The header of a file knows ${HEADER.join(", ")}.`);
    }
  }
  const title = readWord(yaml, fields, "shape");
  const children = readMode(yaml, fields);
  const trace = fields.get("trace");
  if (!isSeq(trace)) {
    if (trace === undefined && yaml.faults.length > 0) return undefined;
    yaml.fault(
      isNode(trace) ? trace : root,
      "the file has no list under trace:",
      "Put the shape under trace:, as a list.",
    );
    return undefined;
  }
  const body = readBody(yaml, trace, children);
  return { ...(title === undefined ? {} : { title }), children, trace: body, at: yaml.place(root) };
}

function readMode(yaml: YamlText, fields: ReadonlyMap<string, ParsedNode | null>): ListMode {
  const word = readWord(yaml, fields, "children");
  if (word === undefined || word === "contain") return "contain";
  if (word === "exactly") return "exactly";
  const node: Node | number = fields.get("children") ?? 0;
  yaml.fault(node, `children: is contain or exactly, not "${word}"`, "Leave it out for contain.");
  return "contain";
}

function readWord(yaml: YamlText, fields: ReadonlyMap<string, ParsedNode | null>, key: string): string | undefined {
  const node = fields.get(key);
  if (node === undefined || node === null) return undefined;
  if (isScalar(node)) return textOf(node);
  yaml.fault(node, `${key}: takes a text`, "Write it on the same row.");
  return undefined;
}

/** Whether a YAML value stands for "nothing given". */
function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === "" && node.type === "PLAIN";
}
