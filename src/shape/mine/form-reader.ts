import { sha256 } from "../../core/json.ts";
import { isTransparent, semanticNodes } from "../../trace/semantic.ts";
import { serviceOf } from "../../trace/span.ts";
import type { SpanNode, Tree } from "../../trace/tree.ts";
import { preorder } from "../../trace/walk.ts";
import { headSaying, isError, type Head } from "../infer/evidence.ts";
import type { Count } from "../pattern.ts";
import { uncountedText } from "../infer/volatile-name.ts";
import { runsOf } from "../runs.ts";
import { foldedList } from "./fold.ts";
import type { Entry, Form, FormList, Piece } from "./form.ts";

/** Gives the form of a trace. Remembers a bounded part of what it has seen, so that a shape seen often costs little. */
export interface FormReader {
  readonly formOf: (tree: Tree) => FormList;
}

const REMEMBERED_MAX = 20_000;
const REMEMBERED_LENGTH_MAX = 1000;

const EMPTY: FormList = { pieces: [], digest: sha256("[]").slice(0, 32), steps: 0 };

/**
 * A reader of semantic shapes: of each semantic span its kind, its canonical name and service without what is of one run,
 * whether its status is an error, and what stands below; siblings that overlap in no order. Where `isCounted`, how often
 * siblings repeat counts too. O(n log n) for n spans.
 */
export function formReader(isCounted: boolean): FormReader {
  const heads = new Map<string, Head>();
  const digests = new Map<string, string>();
  const leaves = new Map<string, Form>();
  const headOf = ({ meaning: { kind, name }, span }: SpanNode): Head => {
    const service = serviceOf(span);
    // Frameworks number the rounds of a loop in the names of the chains around them.
    const nameOf = kind === "chain" ? uncountedText : undefined;
    return remembered(heads, `${kind} ${name}\n${service}`, () => headSaying(kind, name, service, nameOf));
  };
  const digestOf = (text: string): string => remembered(digests, text, () => sha256(text).slice(0, 32));
  const listOf = (nodes: readonly SpanNode[], formAt: ReadonlyMap<SpanNode, Form>): FormList => {
    if (nodes.length === 0) return EMPTY;
    const runs = runsOf(semanticNodes(nodes), ({ span }) => span);
    const pieces = foldedList(
      runs.map((run) => run.flatMap((node) => formAt.get(node) ?? [])),
      isCounted,
    );
    return { pieces, digest: digestOf(pieces.map(textOf).join("\n")), steps: sum(pieces.map(stepsOf)) };
  };
  const formOver = (head: Head, isFailed: boolean, below: FormList): Form => {
    const text = `${head.key} ${isFailed ? "failed" : ""} ${below.digest}`;
    const make = (): Form => ({ head, isError: isFailed, below, digest: digestOf(text) });
    return below === EMPTY ? remembered(leaves, text, make) : make();
  };
  return {
    formOf: ({ roots }) => {
      const formAt = new Map<SpanNode, Form>();
      for (const node of preorder(roots).toReversed()) {
        if (isTransparent(node.meaning)) continue;
        formAt.set(node, formOver(headOf(node), isError(node), listOf(node.children, formAt)));
      }
      return listOf(roots, formAt);
    },
  };
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key);
  if (value !== undefined) return value;
  const made = make();
  if (known.size >= REMEMBERED_MAX) known.clear();
  if (key.length <= REMEMBERED_LENGTH_MAX) known.set(key, made);
  return made;
}

/** Heads are JSON, which has no line breaks, and digests are hexadecimal: no two pieces have one text. */
function textOf(piece: Piece): string {
  if (piece.type === "loop") return `loop ${countText(piece.rounds)}(${piece.body.map(textOf).join("\n")})`;
  return piece.entries.map(entryText).join("&");
}

function entryText({ head, ways, times }: Entry): string {
  return `${head.key} ${countText(times)} ${ways.map(({ digest }) => digest).join()}`;
}

function countText({ min, max }: Count): string {
  return `${min}..${max}`;
}

function stepsOf(piece: Piece): number {
  if (piece.type === "loop") return sum(piece.body.map(stepsOf));
  return sum(piece.entries.flatMap(({ ways }) => ways.map(({ below }) => below.steps + 1)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
