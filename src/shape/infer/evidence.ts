import { sha256 } from "../../core/json.ts";
import { ATTR } from "../../trace/conventions.ts";
import { isTransparent, semanticNodes } from "../../trace/semantic.ts";
import { serviceOf } from "../../trace/span.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";
import { runsOf } from "../runs.ts";
import type { TextTest } from "../pattern.ts";
import { lastingText } from "./volatile-name.ts";

/** Siblings: runs in order, and inside a run, where order is no evidence, spans by what they say. */
export type Siblings = readonly (readonly SpanNode[])[];

/** What the spans of all runs say that a shape may say too. */
export interface Evidence {
  readonly headOf: (node: SpanNode) => Head;
  /** Equal for spans whose lines and all below them would be printed alike. */
  readonly digestOf: (node: SpanNode) => string;
  readonly childrenOf: (node: SpanNode) => Siblings;
  /** What stands in the place of `nodes` in the semantic tree. */
  readonly siblingsIn: (nodes: readonly SpanNode[]) => Siblings;
}

/** What a line says before its predicates. Equal keys, equal heads. */
export interface Head {
  readonly key: string;
  readonly kind: SpanNode["meaning"]["kind"];
  readonly name: TextTest;
  /** Absent where the span names no service. */
  readonly service?: TextTest;
}

/** Kinds whose name is a model: a date or a number in it is no id. */
const NAMED_BY_MODEL: ReadonlySet<string> = new Set(["llm", "embedding", "rerank", "stt", "tts"]);

/** Reads all spans once, from the leaves up. O(n log n) for n spans. */
export function evidenceOf(trees: readonly Tree[]): Evidence {
  const headOf = headReader();
  const digests = new Map<SpanNode, string>();
  const below = new Map<SpanNode, Siblings>();
  const digestOf = (node: SpanNode): string => digests.get(node) ?? "";
  const inRun = (a: SpanNode, b: SpanNode): number =>
    byText(headOf(a).key, headOf(b).key) || byText(digestOf(a), digestOf(b));
  const sorted = (nodes: readonly SpanNode[]): Siblings => {
    const runs = runsOf(semanticNodes(nodes), ({ span }) => span);
    return runs.map((run) => (run.length === 1 ? run : run.toSorted(inRun)));
  };
  for (const node of trees.flatMap(({ nodes }) => nodes).toReversed()) {
    if (isTransparent(node.meaning)) continue;
    const children = sorted(node.children);
    below.set(node, children);
    const lists = children.map((run) => run.map(digestOf).join(" "));
    digests.set(node, sha256(JSON.stringify([headOf(node).key, isError(node), errorTypeOf(node) ?? null, ...lists])));
  }
  return { headOf, digestOf, childrenOf: (node) => below.get(node) ?? [], siblingsIn: sorted };
}

export function isError({ span }: SpanNode): boolean {
  return span.status.code === "error";
}

/** The `error.type` of a span, if it is text. */
export function errorTypeOf({ span }: SpanNode): string | undefined {
  const type = span.attributes[ATTR.errorType];
  return typeof type === "string" ? type : undefined;
}

function headReader(): Evidence["headOf"] {
  const known = new Map<string, Head>();
  const heads = new Map<SpanNode, Head>();
  return (node) => {
    const remembered = heads.get(node);
    if (remembered !== undefined) return remembered;
    const { kind, name } = node.meaning;
    const service = serviceOf(node.span);
    const said = JSON.stringify([kind, name, service]);
    const head = known.get(said) ?? headSaying(kind, name, service);
    known.set(said, head);
    heads.set(node, head);
    return head;
  };
}

/** The head of spans that say this; `nameOf` gives the test of a name that is no model's. */
export function headSaying(
  kind: Head["kind"],
  name: string,
  service: string,
  nameOf: (name: string) => TextTest = lastingText,
): Head {
  const literal: TextTest = { type: "literal", text: name };
  const test = beginningOf(name) ?? (NAMED_BY_MODEL.has(kind) ? literal : nameOf(name));
  const serviceTest = beginningOf(service) ?? lastingText(service);
  const key = JSON.stringify([kind, test, serviceTest]);
  return { key, kind, name: test, ...(service === "" ? {} : { service: serviceTest }) };
}

/** YAML reads no key of more than 1,024 characters on one line, and a person reads none of them. */
const NAME_MAX = 300;

/** How a name begins that is too long for a line; undefined for all others. */
function beginningOf(name: string): TextTest | undefined {
  return name.length <= NAME_MAX
    ? undefined
    : { type: "regex", source: `^${/^[\w -]{0,60}/.exec(name)?.[0] ?? ""}`, flags: "" };
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
