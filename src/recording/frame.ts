import type { Kind, Meaning } from "../trace/kinds.ts";
import { isTransparent } from "../trace/semantic.ts";
import type { Span } from "../trace/span.ts";
import { actsOf } from "../trace/trajectory.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";

/**
 * What of a recorded tree and of its replays is compared: what agents do (their own spans and each step of theirs, its
 * outermost layer), and of all else what both the recording and its baseline have. Which service did it, ids, times,
 * tokens, step numbers and attributes outside of the canonical fields are never compared: a replay moves an agent to
 * another place, and its tokens and times are told beside the differences.
 */
export interface Frame {
  /** Kinds of spans around the steps that both have. */
  readonly around: ReadonlySet<Kind>;
  /** What both say of spans of a kind, as `tool result`. */
  readonly facts: ReadonlySet<string>;
  /** What only one of them has, and so is not compared, a phrase each. */
  readonly setAside: readonly string[];
}

/** Fields that are compared where both sides have them. A span's status counts as an error or as none. */
const FACTS = ["arguments", "result", "finishReason", "server", "model", "taskState"] as const;

/** What can be compared of a recorded run with replays of it, as its baseline shows. */
export function frameOf(recorded: readonly Tree[], baseline: readonly Tree[]): Frame {
  const [first, second] = [inventoryOf(recorded), inventoryOf(baseline)];
  const aside = [
    ...onlyIn(first, second).map((what) => `${what} (only the recording has it)`),
    ...onlyIn(second, first).map((what) => `${what} (only replays have it)`),
  ];
  const both = (one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...one].filter((word) => other.has(word)));
  return {
    around: new Set([...first.around].filter((kind) => second.around.has(kind))),
    facts: both(first.facts, second.facts),
    setAside: aside.toSorted(),
  };
}

/**
 * A frame for one more replay of the recording: what an agent's own instrumentation says of no span of a kind is not
 * compared either.
 */
export function narrowed(frame: Frame, replayed: readonly Tree[]): Frame {
  const said = inventoryOf(replayed).facts;
  const kinds = new Set([...said].map(kindOf));
  const isSaid = (fact: string): boolean => said.has(fact) || !kinds.has(kindOf(fact));
  const unsaid = [...frame.facts].filter((fact) => !isSaid(fact)).map((fact) => `${fact} (the agent does not say it)`);
  return {
    ...frame,
    facts: new Set([...frame.facts].filter(isSaid)),
    setAside: [...frame.setAside, ...unsaid.toSorted()],
  };
}

function kindOf(fact: string): string {
  return fact.slice(0, fact.indexOf(" "));
}

/** The trees with nothing in them but what a frame compares. Span ids are kept. */
export function framed(trees: readonly Tree[], frame: Frame): readonly Tree[] {
  return trees.map((tree) => {
    const steps = stepsOf(tree);
    const made = new Map<SpanNode, SpanNode & { readonly children: SpanNode[] }>();
    const roots: SpanNode[] = [];
    for (const node of tree.nodes) {
      const isSeen = !isTransparent(node.meaning) && (steps.has(node) || frame.around.has(node.meaning.kind));
      const parent = node.parent === undefined ? undefined : made.get(node.parent);
      // One that is not seen is spliced out as any transparent span is.
      const meaning = isSeen ? framedMeaning(node.meaning, frame) : { ...node.meaning, isHarness: true };
      const owner = undefined;
      const copy = { span: framedSpan(node.span), meaning, parent, owner, children: [] };
      made.set(node, copy);
      if (parent === undefined) roots.push(copy);
      else parent.children.push(copy);
    }
    return { traceId: tree.traceId, roots, nodes: [...made.values()], copies: [], anomalies: [] };
  });
}

function framedMeaning(meaning: Meaning, { facts }: Frame): Meaning {
  const kept = FACTS.filter((key) => facts.has(`${meaning.kind} ${key}`) && meaning[key] !== undefined);
  const { kind, name, dialect, isHarness, handoff } = meaning;
  const base: Meaning = { kind, name, dialect, isHarness, ...(handoff !== undefined && { handoff }) };
  return Object.assign(base, Object.fromEntries(kept.map((key) => [key, meaning[key]])));
}

function framedSpan(span: Span): Span {
  const code = span.status.code === "error" ? "error" : "unset";
  return { ...span, ...grainedEnd(span), attributes: {}, resource: {}, status: { code } };
}

const MS_NANO = 1_000_000n;

/**
 * OpenTelemetry's SDK for JavaScript cuts starts to whole milliseconds, and not ends: one step after the other then looks
 * as if both had been at work at one time. An end is cut as its start is.
 */
function grainedEnd({ startTimeUnixNano: start, endTimeUnixNano: end }: Span): Pick<Span, "endTimeUnixNano"> {
  if (end === undefined || start % MS_NANO !== 0n) return end === undefined ? {} : { endTimeUnixNano: end };
  return { endTimeUnixNano: end - (end % MS_NANO) };
}

interface Inventory {
  readonly around: ReadonlySet<Kind>;
  readonly facts: ReadonlySet<string>;
}

function inventoryOf(trees: readonly Tree[]): Inventory {
  const around = new Set<Kind>();
  const facts = new Set<string>();
  for (const tree of trees) {
    const steps = stepsOf(tree);
    for (const node of tree.nodes) {
      const { meaning } = node;
      if (isTransparent(meaning)) continue;
      if (!steps.has(node)) around.add(meaning.kind);
      for (const key of FACTS) if (meaning[key] !== undefined) facts.add(`${meaning.kind} ${key}`);
    }
  }
  // A kind that is a step somewhere is no surrounding elsewhere: an inner layer of a call says nothing more.
  for (const kind of STEP_KINDS) around.delete(kind);
  return { around, facts };
}

function onlyIn(one: Inventory, other: Inventory): readonly string[] {
  const kinds = [...one.around].filter((kind) => !other.around.has(kind));
  const facts = [...one.facts].filter((fact) => {
    return !other.facts.has(fact) && [...other.facts].some((known) => kindOf(known) === kindOf(fact));
  });
  return [...kinds.map((kind) => `${kind} spans`), ...facts];
}

const STEP_KINDS: readonly Kind[] = ["agent", "llm", "tool", "handoff", "a2a.client", "retrieval", "mcp.client"];

function stepsOf(tree: Tree): ReadonlySet<SpanNode> {
  const agents = tree.nodes.filter(({ meaning }) => meaning.kind === "agent");
  return new Set([...agents, ...actsOf(tree).map(({ node }) => node)]);
}
