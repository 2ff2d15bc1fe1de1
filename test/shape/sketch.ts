import type { Kind, Meaning } from "../../src/trace/kinds.ts";
import { isKind } from "../../src/trace/kinds.ts";
import type { Attributes, Span } from "../../src/trace/span.ts";
import type { SpanNode, Tree } from "../../src/trace/tree.ts";

/** A span to be, with what stands under it. */
export interface Sketch {
  readonly kind: Kind;
  readonly name?: string;
  readonly service?: string;
  readonly isHarness?: boolean;
  readonly start: number;
  /** Default: the start. */
  readonly end?: number;
  readonly attributes?: Attributes;
  readonly events?: readonly { readonly name: string; readonly attributes?: Attributes }[];
  /** Each `trace/span`. */
  readonly links?: readonly string[];
  readonly meaning?: Partial<Meaning>;
  readonly span?: Partial<Span>;
  readonly children?: readonly Sketch[];
}

/**
 * A tree from text: `agent triage 0-9(llm 0-1, tool x @orders {retry=1} 1-2)`.
 *
 * A span is `kind name @service {key=value; …} start-end (children)`, all but the kind optional. `~` before a kind marks
 * a harness span. Keys `status`, `args` and `in`, `out` (tokens) set what they say; others are attributes. A span
 * without times starts one nanosecond after the last one without times, in reading order.
 */
export function sketch(text: string): Tree {
  return treeOf(readSketches(text));
}

/** A tree of sketched spans. Ids count up in preorder, from `firstId`. */
export function treeOf(roots: readonly Sketch[], traceId = "trace", firstId = 1): Tree {
  let id = firstId;
  const grown: Growing[] = [];
  const nodes: Growing[] = [];
  const stack = roots.toReversed().map((root) => ({ root, parent: undefined as Growing | undefined }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const node = grow(next.root, next.parent, traceId, `s${id++}`);
    nodes.push(node);
    if (next.parent === undefined) grown.push(node);
    else next.parent.children.push(node);
    for (const child of (next.root.children ?? []).toReversed()) stack.push({ root: child, parent: node });
  }
  return { traceId, roots: grown, nodes, anomalies: [], copies: [] };
}

/** Trees of several traces, `t1`, `t2` and so on, the spans of each being `s1`, `s2` and so on. */
export function treesOf(traces: readonly (readonly Sketch[])[]): readonly Tree[] {
  return traces.map((roots, index) => treeOf(roots, `t${index + 1}`));
}

interface Growing extends SpanNode {
  readonly children: SpanNode[];
}

function grow(from: Sketch, parent: Growing | undefined, traceId: string, spanId: string): Growing {
  const name = from.name ?? "";
  const span: Span = {
    traceId,
    spanId,
    ...(parent === undefined ? {} : { parentSpanId: parent.span.spanId }),
    name: `${from.kind} ${name}`,
    spanKind: "internal",
    startTimeUnixNano: EPOCH + BigInt(from.start),
    endTimeUnixNano: EPOCH + BigInt(from.end ?? from.start),
    status: { code: "unset" },
    attributes: from.attributes ?? {},
    events: (from.events ?? []).map((event) => ({
      attributes: {},
      ...event,
      timeUnixNano: EPOCH + BigInt(from.start),
    })),
    links: (from.links ?? []).map((link) => {
      const [linkedTrace = "", linkedSpan = ""] = link.split("/");
      return { traceId: linkedTrace, spanId: linkedSpan, attributes: {} };
    }),
    resource: from.service === undefined ? {} : { "service.name": from.service },
    scope: { name: "sketch" },
    ...from.span,
  };
  const meaning = { kind: from.kind, name, dialect: "sketch", isHarness: from.isHarness === true, ...from.meaning };
  const owner = parent?.meaning.kind === "agent" ? parent.meaning.name : parent?.owner;
  return { span, meaning, parent, owner, children: [] };
}

const EPOCH = 1_735_689_600_000_000_000n;

/** Reads the text form of {@link sketch}. */
function readSketches(text: string): readonly Sketch[] {
  let index = 0;
  let clock = 0;
  const list = (): Sketch[] => {
    const items: Sketch[] = [];
    for (;;) {
      const head = /^[^(),]*/.exec(text.slice(index))?.[0] ?? "";
      index += head.length;
      const item = readHead(head, () => clock++);
      if (text[index] === "(") {
        index++;
        items.push({ ...item, children: list() });
        if (text[index] !== ")") throw new Error(`")" is missing at ${index} of ${text}`);
        index++;
        index += /^\s*/.exec(text.slice(index))?.[0].length ?? 0;
      } else items.push(item);
      if (text[index] !== ",") return items;
      index++;
    }
  };
  const items = list();
  if (index < text.length) throw new Error(`"${text.slice(index)}" is too much in ${text}`);
  return items;
}

function readHead(head: string, tick: () => number): Sketch {
  const match = /^\s*(~?)([\w.]+)(.*?)(?:@(\S+)\s*)?(?:\{(.*?)\})?\s*(?:(\d+)-(\d+))?\s*$/.exec(head);
  const [, harness = "", kind = "", name = "", service, pairs = "", start, end] = match ?? [];
  if (!isKind(kind)) throw new Error(`"${head}" does not start with a kind`);
  const from = start === undefined ? tick() : Number(start);
  return {
    kind,
    name: name.trim(),
    isHarness: harness !== "",
    start: from,
    end: end === undefined ? from : Number(end),
    ...(service === undefined ? {} : { service }),
    ...readPairs(pairs),
  };
}

function readPairs(text: string): Pick<Sketch, "attributes" | "meaning" | "span"> {
  const attributes: Record<string, string> = {};
  const meaning: { arguments?: string; inputTokens?: number; outputTokens?: number } = {};
  let span: Partial<Span> = {};
  for (const pair of text.split(";").filter((part) => part.trim() !== "")) {
    const [key = "", value = ""] = pair.split(/=(.*)/s).map((part) => part.trim());
    if (key === "status") span = { status: { code: value === "error" ? "error" : "ok" } };
    else if (key.startsWith("args."))
      meaning.arguments = JSON.stringify({ [key.slice(5)]: JSON.parse(value) as unknown });
    else if (key === "in") meaning.inputTokens = Number(value);
    else if (key === "out") meaning.outputTokens = Number(value);
    else attributes[key] = value;
  }
  return { attributes, meaning, span };
}
