import type { SpanNode } from "../../trace/tree.ts";
import type { Siblings } from "./evidence.ts";
import type { Keys } from "./keys.ts";
import type { Repeat } from "./loops.ts";
import type { Stretch } from "./order.ts";

/** The spans of one run of siblings, by key. */
export type Cluster = ReadonlyMap<string, readonly SpanNode[]>;

/** A part of a list that one slot, or the slots of one run, will stand for. */
export interface Piece {
  readonly key: string;
  readonly isLoop: boolean;
  /** Of a loop, its rounds; each has the same clusters. */
  readonly rounds: readonly (readonly Cluster[])[];
}

export type Parts = readonly (readonly Piece[])[];

/** What all lists begin and end with, and what is between. */
export function partedBySameEnds(parts: Parts): { readonly start: Parts; readonly middle: Parts; readonly end: Parts } {
  const shortest = Math.min(...parts.map(({ length }) => length));
  const isCommon = (place: number): boolean =>
    parts.every((pieces) => pieces.at(place)?.key === parts[0]?.at(place)?.key);
  let first = 0;
  while (first < shortest && isCommon(first)) first++;
  let last = 0;
  while (first + last < shortest && isCommon(-1 - last)) last++;
  return {
    start: parts.map((pieces) => pieces.slice(0, first)),
    middle: parts.map((pieces) => pieces.slice(first, pieces.length - last)),
    end: parts.map((pieces) => pieces.slice(pieces.length - last)),
  };
}

/** Runs as clusters; neighbours of one and the same key are one, for among themselves order says nothing. */
export function clustersOf(siblings: Siblings, keyOf: Keys["keyOf"]): readonly Cluster[] {
  const clusters: Cluster[] = [];
  let last: { readonly key: string; readonly spans: SpanNode[] } | undefined;
  for (const run of siblings) {
    const cluster = clusterOf(run, keyOf);
    const [only, second] = cluster;
    if (only === undefined) continue;
    const [key, spans] = only;
    if (second !== undefined) last = undefined;
    else if (last?.key === key) {
      for (const span of spans) last.spans.push(span);
      continue;
    } else last = { key, spans: [...spans] };
    clusters.push(last === undefined ? cluster : new Map([[key, last.spans]]));
  }
  return clusters;
}

export function clusterOf(run: readonly SpanNode[], keyOf: Keys["keyOf"]): Cluster {
  const cluster = grouped(run, keyOf);
  return cluster.size === 1 ? cluster : new Map([...cluster].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function grouped<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

export function piecesOf(
  row: readonly Cluster[],
  tokens: readonly string[],
  repeats: readonly Repeat[],
): readonly Piece[] {
  return repeats.map(({ from, period, rounds, isLoop }) => {
    const body = tokens.slice(from, from + period);
    return {
      key: isLoop ? loopKey(body) : (body[0] ?? ""),
      isLoop,
      rounds: Array.from({ length: rounds }, (_, round) =>
        row.slice(from + round * period, from + (round + 1) * period),
      ),
    };
  });
}

export function loopKey(body: readonly string[]): string {
  return `loop ${body.join()}`;
}

export function sequenceOf(pieces: readonly Piece[]): string {
  return JSON.stringify(pieces.map(({ key }) => key));
}

/** Where a key or a loop stands in one list, and what it is there. */
export interface Sighting extends Stretch {
  last: number;
  readonly spans: SpanNode[];
  readonly loop?: Piece;
}

export function sightingsIn(pieces: readonly Piece[]): ReadonlyMap<string, Sighting> {
  const sightings = new Map<string, Sighting>();
  const see = (key: string, place: number, piece: Piece): Sighting => {
    const seen = sightings.get(key) ?? {
      first: place,
      last: place,
      spans: [],
      ...(piece.isLoop ? { loop: piece } : {}),
    };
    seen.last = place;
    sightings.set(key, seen);
    return seen;
  };
  for (const [place, piece] of pieces.entries()) {
    if (piece.isLoop) see(piece.key, place, piece);
    else
      for (const [key, spans] of piece.rounds[0]?.[0] ?? [])
        for (const span of spans) see(key, place, piece).spans.push(span);
  }
  return sightings;
}
