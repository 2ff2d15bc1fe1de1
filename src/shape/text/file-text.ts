import type { Node, ParsedNode, YAMLMap } from "yaml";
import { isMap, isNode, isScalar, isSeq } from "yaml";
import { didYouMean, nearestWord } from "../../core/errors.ts";
import { isKind } from "../../trace/kinds.ts";
import type { Body, Definition, ListMode, TraceBody } from "../pattern.ts";
import { readBody, readItems, readTraces } from "./body-text.ts";
import { isWord } from "./plain-text.ts";
import type { YamlText } from "./yaml-text.ts";
import { textOf } from "./yaml-text.ts";

/** What stands in one file, before the files that it includes are read. */
export interface ShapeFile {
  readonly title?: string;
  readonly children: ListMode;
  readonly include: readonly Include[];
  readonly define: readonly Definition[];
  /** Whether no header word is unknown, so that nothing can be missing from the rest. */
  readonly isHeaderKnown: boolean;
  /** Absent where the file has none, which is a fault only of the file that is asked for. */
  readonly pattern?: { readonly trace: Body } | { readonly traces: readonly TraceBody[] };
  readonly at: string;
}

export interface Include {
  readonly path: string;
  readonly node: Node;
}

type Fields = ReadonlyMap<string, ParsedNode | null>;

const HEADER = ["shape", "children", "include", "define", "trace", "traces"] as const;

/** Reads a file whose shape is asked for; `undefined` if there is none. Faults go to `yaml`. */
export function readShapeFile(yaml: YamlText): ShapeFile | undefined {
  const { root } = yaml;
  if (root === null && !yaml.isWhole) return undefined;
  if (root === null || isEmptyScalar(root)) {
    yaml.fault(0, "the file holds no shape", "State at least one span, for instance: - agent triage.");
  } else if (isSeq(root)) {
    const pattern = { trace: readBody(yaml, root, "contain") };
    return { children: "contain", include: [], define: [], isHeaderKnown: true, pattern, at: yaml.place(root) };
  } else if (isMap(root)) {
    const fields = fieldsOf(yaml, root);
    const file = readDefinitions(yaml, root, fields);
    const pattern = readPattern(yaml, root, fields, file.children);
    return pattern === undefined ? undefined : { ...file, pattern };
  } else yaml.fault(root, "a shape is a list", 'Begin each line with "- ".');
  return undefined;
}

/** Reads the definitions of an included file; what else it holds is not looked at. */
export function readIncludedFile(yaml: YamlText): ShapeFile | undefined {
  const { root } = yaml;
  if (isMap(root)) {
    const fields = fieldsOf(yaml, root);
    if (fields.has("define") || fields.has("include")) return readDefinitions(yaml, root, fields);
  }
  yaml.fault(root ?? 0, "this file is included and has no define:", "Only definitions can be included.");
  return undefined;
}

function fieldsOf(yaml: YamlText, root: YAMLMap<ParsedNode, ParsedNode | null>): Fields {
  const fields = new Map<string, ParsedNode | null>();
  for (const { key, value } of root.items) {
    const word = isScalar(key) ? textOf(key) : "";
    if (fields.has(word)) yaml.fault(key, `${word}: stands twice`, "Keep one, with all that belongs under it.");
    else if ((HEADER as readonly string[]).includes(word)) fields.set(word, value);
    else if (isKind(word.split(" ")[0] ?? "") || /^(?:\/\/|<)/.test(word)) {
      yaml.fault(key, "a shape is a list", 'Begin each line with "- ".');
    } else {
      const nearest = nearestWord(word, HEADER);
      const hint = nearest === undefined ? "" : `Did you mean ${nearest}? `;
      yaml.fault(key, `unknown header "${word}"`, `${hint}The header of a file knows ${HEADER.join(", ")}.`);
    }
  }
  return fields;
}

function readDefinitions(yaml: YamlText, root: YAMLMap, fields: Fields): Omit<ShapeFile, "pattern"> {
  const title = readWord(yaml, fields, "shape");
  const children = readMode(yaml, fields);
  return {
    ...(title === undefined ? {} : { title }),
    children,
    include: readInclude(yaml, fields.get("include")),
    define: readDefine(yaml, fields.get("define"), children),
    isHeaderKnown: fields.size === root.items.length,
    at: yaml.place(root),
  };
}

function readPattern(yaml: YamlText, root: Node, fields: Fields, children: ListMode): ShapeFile["pattern"] {
  const [trace, traces] = [fields.get("trace"), fields.get("traces")];
  if (trace !== undefined && traces !== undefined) {
    yaml.fault(traces ?? root, "traces: stands beside trace:", "Make the trace an entry of traces:.");
  }
  if (isSeq(trace)) return { trace: readBody(yaml, trace, children) };
  if (trace !== undefined || traces === undefined) {
    if (trace === undefined && yaml.faults.length > 0) return undefined;
    const place = isNode(trace) ? trace : root;
    yaml.fault(place, "the file has no list under trace:", "Put the shape under trace:, as a list.");
    return undefined;
  }
  if (isSeq(traces)) return { traces: readTraces(yaml, traces, children) };
  const mend = 'Write entries "- trace:" under it, each with its list.';
  yaml.fault(isNode(traces) ? traces : root, "the file has no list under traces:", mend);
  return undefined;
}

function readMode(yaml: YamlText, fields: Fields): ListMode {
  const word = readWord(yaml, fields, "children");
  if (word === undefined || word === "contain") return "contain";
  if (word === "exactly") return "exactly";
  const nearest = didYouMean(nearestWord(word, ["contain", "exactly"]));
  const what = `children: is contain or exactly, not "${word}"${nearest}`;
  yaml.fault(fields.get("children") ?? 0, what, "Leave it out for contain.");
  return "contain";
}

function readInclude(yaml: YamlText, value: ParsedNode | null | undefined): readonly Include[] {
  if (value === undefined) return [];
  const include: Include[] = [];
  if (isSeq(value) && value.items.length === 0) yaml.fault(value, "include: is empty", "Leave it out.");
  for (const node of isSeq(value) ? value.items : [value]) {
    if (isScalar(node) && textOf(node) !== "") include.push({ path: textOf(node), node });
    else yaml.fault(isNode(node) ? node : 0, "include: names files", "Write include: other.shape.yaml, or a list.");
  }
  return include;
}

function readDefine(yaml: YamlText, value: ParsedNode | null | undefined, mode: ListMode): readonly Definition[] {
  if (value === undefined) return [];
  if (!isMap(value) || value.items.length === 0) {
    const mend = "Write each name with a colon, and its items as a list under it.";
    yaml.fault(value ?? 0, "define: holds no definitions", mend);
    return [];
  }
  return value.items.flatMap(({ key, value: items }) => {
    const name = isScalar(key) ? textOf(key) : "";
    if (!isWord(name)) {
      const mend = "A name has letters, digits, _ and -, a letter or _ first, and no < > here.";
      yaml.fault(key, `"${name}" is no name of a definition`, mend);
    }
    return [{ name, items: readItems(yaml, items ?? undefined, mode), at: yaml.place(key) }];
  });
}

function readWord(yaml: YamlText, fields: Fields, key: string): string | undefined {
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
