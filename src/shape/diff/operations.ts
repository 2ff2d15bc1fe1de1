import type { SpanPlace } from "../../trace/mismatch.ts";
import type { SpanNode } from "../../trace/tree.ts";
import type { FactChange } from "./fact-changes.ts";
import { factChangesOf } from "./fact-changes.ts";
import type { Forest } from "./forest.ts";
import type { Cluster } from "./hanging.ts";
import { hangingOf } from "./hanging.ts";
import type { Scope } from "./moves.ts";
import type { Pairing } from "./pairing.ts";

/** One difference between two forests. `before` places are of the first, `after` places of the second. */
export type DiffOperation =
  | {
      readonly kind: "removed";
      /** The top of what is gone. */
      readonly before: SpanPlace;
      readonly from: Position;
      /** How many spans are gone. */
      readonly size: number;
      /** The topmost spans inside it that stay, and take its place. */
      readonly around: readonly PlacePair[];
    }
  | {
      readonly kind: "added";
      readonly after: SpanPlace;
      readonly to: Position;
      readonly size: number;
      /** The topmost spans inside it that were there before, in its place. */
      readonly around: readonly PlacePair[];
    }
  | (PlacePair & {
      readonly kind: "moved";
      readonly from: Position;
      readonly to: Position;
      /** How many spans it had in it, counted before. */
      readonly size: number;
      /** Whether anything in it differs; what does is an operation of its own. */
      readonly isChanged: boolean;
    })
  | (PlacePair & {
      /** It hangs under the same span, at another place among its siblings. */
      readonly kind: "reordered";
      readonly from: Position;
      readonly to: Position;
    })
  | (PlacePair & { readonly kind: "renamed" })
  | (PlacePair & { readonly kind: "changed"; readonly changes: readonly FactChange[] });

/** Which semantic child of which span, from 0 in canonical order; at the top of its trace where `under` is absent. */
export interface Position {
  readonly traceId: string;
  readonly under?: SpanPlace;
  readonly index: number;
}

export interface PlacePair {
  readonly before: SpanPlace;
  readonly after: SpanPlace;
}

/** All operations of a pairing within a scope: what went, moved or changed in the order of before, then what came. */
export function operationsOf(pairing: Pairing, scope: Scope): readonly DiffOperation[] {
  const { before, after, afterOf, beforeOf } = pairing;
  const hanging = hangingOf(pairing, scope);
  const changes = factChangesOf(pairing, scope, hanging);
  const pairOf = (a: number, b: number): PlacePair => ({ before: placeAt(before, a), after: placeAt(after, b) });
  const aroundOf = ({ around }: Cluster, partners: Int32Array): readonly PlacePair[] =>
    around.map((row) => (partners === afterOf ? pairOf(row, afterOf[row] ?? -1) : pairOf(beforeOf[row] ?? -1, row)));
  const operations: DiffOperation[] = [];
  for (let a = scope.before.start; a < scope.before.end; a++) {
    const cluster = hanging.gone.get(a);
    if (cluster !== undefined) {
      const around = aroundOf(cluster, afterOf);
      const from = positionOf(before, a);
      operations.push({ kind: "removed", before: placeAt(before, a), from, size: cluster.size, around });
    }
    const b = afterOf[a] ?? -1;
    if (b === -1 || before.nodes[a] === undefined) continue;
    const ends = pairOf(a, b);
    const where = { from: positionOf(before, a), to: positionOf(after, b) };
    if (hanging.late.has(a)) operations.push({ kind: "reordered", ...ends, ...where });
    if (!hanging.isInPlace(a)) {
      const isChanged = before.digests[a] !== after.digests[b];
      operations.push({ kind: "moved", ...ends, ...where, size: before.sizes[a] ?? 1, isChanged });
    }
    if (before.identities[a] !== after.identities[b]) operations.push({ kind: "renamed", ...ends });
    const own = changes.get(a);
    if (own !== undefined) operations.push({ kind: "changed", ...ends, changes: own });
  }
  for (const [b, cluster] of hanging.come) {
    const around = aroundOf(cluster, beforeOf);
    const to = positionOf(after, b);
    operations.push({ kind: "added", after: placeAt(after, b), to, size: cluster.size, around });
  }
  return operations;
}

/** Whether all that an operation tells is told by one on a span above. */
export function isSaidAbove(operation: DiffOperation): boolean {
  return operation.kind === "changed" && operation.changes.every(({ isInherited }) => isInherited);
}

/** What a script costs: one for each span that went or came, and for each other operation; a new kind is both. */
export function costOf(operations: readonly DiffOperation[]): number {
  return operations.reduce((sum, operation) => sum + costOfOne(operation), 0);
}

function costOfOne(operation: DiffOperation): number {
  if (operation.kind === "removed" || operation.kind === "added") return operation.size;
  if (operation.kind !== "renamed") return 1;
  return kindOf(operation.before) === kindOf(operation.after) ? 1 : 2;
}

function kindOf({ label }: SpanPlace): string | undefined {
  return label.split(" ")[0];
}

function placeAt({ nodes }: Forest, row: number): SpanPlace {
  const node = nodes[row];
  if (node === undefined) throw new Error(`BUG: row ${row} is no span`);
  return placeOf(node);
}

/** The place of a span, as operations name it. */
export function placeOf({ span, meaning: { kind, name } }: SpanNode): SpanPlace {
  return { traceId: span.traceId, spanId: span.spanId, label: `${kind} ${name}`.trimEnd() };
}

function positionOf({ nodes, parents, places }: Forest, row: number): Position {
  const under = nodes[parents[row] ?? -1];
  const index = places[row] ?? 0;
  const traceId = nodes[row]?.span.traceId ?? "";
  return { traceId, ...(under !== undefined && { under: placeOf(under) }), index };
}
