import { conversationsOf, type Direction } from "../trace/messages.ts";
import { semanticNodes } from "../trace/semantic.ts";
import type { Span } from "../trace/span.ts";
import type { SpanNode, Tree } from "../trace/tree.ts";
import { preorder } from "../trace/walk.ts";

/** What was done in a trace between two things that the user said. */
export interface RecordedTurn {
  /** The semantic nodes at the top, by start. */
  readonly nodes: readonly SpanNode[];
  /** The span that Troupe put around it, where it was there. */
  readonly mark?: Span;
  /** What the user said; undefined where the trace does not hold it. */
  readonly text: string | undefined;
  /** What was replied to the user. */
  readonly reply: string | undefined;
}

/**
 * The user's turns of one conversation, by start: where it is one trace, those that the trace marks, else a new one
 * wherever work begins after all other has ended, and for other words of the user's; where it is several traces, one each.
 */
export function turnsOf(trees: readonly Tree[]): readonly (readonly RecordedTurn[])[] {
  const withWork = trees.filter(({ roots }) => semanticNodes(roots).length > 0);
  return withWork.map((tree) => {
    const [first = [], ...rest] = withWork.length > 1 ? [semanticNodes(tree.roots)] : groupsOf(tree);
    return [first, ...rest].map((nodes) => ({ nodes, text: saidIn(nodes), reply: repliedIn(nodes) }));
  });
}

/**
 * The turns of traces at which Troupe was there, wherever their work hangs: it is of the turn in which it began. A turn in
 * which nobody left a span is one too, where there is one trace.
 */
export function turnsDuring(trees: readonly Tree[], marks: readonly Span[]): readonly (readonly RecordedTurn[])[] {
  if (marks.length === 0) return turnsOf(trees);
  const withWork = trees.filter(({ roots }) => semanticNodes(roots).length > 0);
  const turns = marks.map((mark) => ({ mark, text: undefined, reply: undefined }));
  if (withWork.length === 0) return [turns.map((turn) => ({ ...turn, nodes: [] }))];
  return withWork.map(({ roots }) => {
    const groups = turns.map((turn) => ({ ...turn, nodes: [] as SpanNode[] }));
    let current = 0;
    for (const node of semanticNodes(roots)) {
      while (isDue(marks[current + 1], node)) current++;
      groups[current]?.nodes.push(node);
    }
    return withWork.length === 1 ? groups : groups.filter(({ nodes }) => nodes.length > 0);
  });
}

function isDue(mark: Span | undefined, { span }: SpanNode): boolean {
  return mark !== undefined && mark.startTimeUnixNano <= span.startTimeUnixNano;
}

function groupsOf(tree: Tree): readonly (readonly SpanNode[])[] {
  const nodes = semanticNodes(tree.roots);
  const turns = turnsAround(tree);
  const marks = nodes.map((node) => turns.get(node));
  return marks.some((mark) => mark !== undefined) ? byMark(nodes, marks) : byWords(nodes);
}

/** The span that a harness put around the turn in which a node is. */
function turnsAround(tree: Tree): ReadonlyMap<SpanNode, SpanNode> {
  const around = new Map<SpanNode, SpanNode>();
  for (const node of tree.nodes) {
    const isTurn = node.meaning.isHarness && node.meaning.kind === "turn";
    const turn = isTurn ? node : node.parent === undefined ? undefined : around.get(node.parent);
    if (turn !== undefined) around.set(node, turn);
  }
  return around;
}

/** Work outside of every turn goes with what went before. */
function byMark(
  nodes: readonly SpanNode[],
  marks: readonly (SpanNode | undefined)[],
): readonly (readonly SpanNode[])[] {
  const groups = new Map<SpanNode, SpanNode[]>();
  let current = marks.find((mark) => mark !== undefined);
  for (const [index, node] of nodes.entries()) {
    current = marks[index] ?? current;
    if (current === undefined) continue;
    const group = groups.get(current);
    if (group === undefined) groups.set(current, [node]);
    else group.push(node);
  }
  return [...groups.values()];
}

function byWords(nodes: readonly SpanNode[]): readonly (readonly SpanNode[])[] {
  const groups: SpanNode[][] = [];
  let said: string | undefined;
  let end = 0n;
  for (const node of nodes) {
    const text = saidIn([node]);
    const isNew = text !== undefined && said !== undefined && text !== said && node.span.startTimeUnixNano >= end;
    const last = groups.at(-1);
    if (last === undefined || isNew) groups.push([node]);
    else last.push(node);
    said = text ?? said;
    const until = node.span.endTimeUnixNano ?? node.span.startTimeUnixNano;
    if (until > end) end = until;
  }
  return groups;
}

/** The user's newest words that the first of these nodes was given that was given any. */
function saidIn(nodes: readonly SpanNode[]): string | undefined {
  for (const node of preorder(nodes)) {
    const text = lastText(node, "input", "user");
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The last words that the last of these nodes gave, or a model below it. */
function repliedIn(nodes: readonly SpanNode[]): string | undefined {
  const last = nodes.at(-1);
  const own = last === undefined ? undefined : lastText(last, "output", "assistant");
  if (own !== undefined) return own;
  const below = preorder(nodes).filter(({ meaning: { kind } }) => kind === "llm");
  for (const node of below.toReversed()) {
    const text = lastText(node, "output", "assistant");
    if (text !== undefined) return text;
  }
  return undefined;
}

/** What a role said last among the messages that went into a node or came out of it; nothing where that is empty. */
export function lastText({ span, meaning }: SpanNode, direction: Direction, role: string): string | undefined {
  const [conversation] = conversationsOf(span, meaning.kind, direction);
  return conversation?.messages.findLast((message) => message.role === role && message.text !== "")?.text;
}
