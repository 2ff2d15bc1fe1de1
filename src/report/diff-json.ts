import type * as z from "zod";
import type { TreeDiff } from "../shape/diff/diff.ts";
import type { DiffOperation, PlacePair, Position } from "../shape/diff/operations.ts";
import type { SpanPlace } from "../trace/mismatch.ts";
import type { ShowJson } from "./json.ts";
import type { diffSchema } from "./json-schema.ts";

export type DiffJson = z.infer<typeof diffSchema>;

type OperationJson = DiffJson["operations"][number];

/** What `troupe diff --json` prints: what `show` does of each file, and what differs. */
export function diffJson(before: ShowJson, after: ShowJson, { operations, traces }: TreeDiff): DiffJson {
  return {
    equal: operations.length === 0,
    before,
    after,
    traces: traces.map((pair) => ({
      before: pair.before ?? null,
      after: pair.after ?? null,
      minimal: pair.isMinimal,
    })),
    operations: operations.map(operationJson),
  };
}

// Each key is picked by hand: the order of the keys is promised.
export function operationJson(operation: DiffOperation): OperationJson {
  const { kind } = operation;
  if (kind === "removed") {
    const { before, from, size, around } = operation;
    return { kind, before: placeJson(before), from: positionJson(from), size, around: around.map(pairJson) };
  }
  if (kind === "added") {
    const { after, to, size, around } = operation;
    return { kind, after: placeJson(after), to: positionJson(to), size, around: around.map(pairJson) };
  }
  const ends = pairJson(operation);
  if (kind === "renamed") return { kind, ...ends };
  if (kind === "changed") {
    const changes = operation.changes.map(({ key, from, to, isInherited }) => ({
      key,
      from,
      to,
      inherited: isInherited,
    }));
    return { kind, ...ends, changes };
  }
  const ways = { from: positionJson(operation.from), to: positionJson(operation.to) };
  if (kind === "reordered") return { kind, ...ends, ...ways };
  return { kind, ...ends, ...ways, size: operation.size, changed: operation.isChanged };
}

function pairJson({ before, after }: PlacePair): { readonly before: SpanPlace; readonly after: SpanPlace } {
  return { before: placeJson(before), after: placeJson(after) };
}

function placeJson({ traceId, spanId, label }: SpanPlace): SpanPlace {
  return { traceId, spanId, label };
}

function positionJson({ traceId, under, index }: Position): {
  traceId: string;
  under: SpanPlace | null;
  index: number;
} {
  return { traceId, under: under === undefined ? null : placeJson(under), index };
}
