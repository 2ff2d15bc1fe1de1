import type { TraceFaults } from "./faults.ts";
import { isList, isObject, type JsonObject } from "./json-value.ts";

/** An object that may be a span or a trace, and where it stands in its document. */
export interface PlacedRecord {
  readonly record: JsonObject;
  readonly where: string;
}

/** How deep lists may stand in lists and holders in holders: pages of traces of spans. */
const DEPTH_MAX = 6;

const HOLDERS = ["data", "spans", "traces", "items", "results", "rows"];

/**
 * The records of a document in its order: what `isRecord` takes, found in lists and under the `holders` keys of what it
 * does not take. Items of lists that are neither are told to `faults`, where that is given.
 */
export function recordsIn(
  document: unknown,
  isRecord: (record: JsonObject) => boolean,
  holders: readonly string[] = HOLDERS,
  faults?: TraceFaults,
): readonly PlacedRecord[] {
  const found: PlacedRecord[] = [];
  const open: { readonly value: unknown; readonly where: string; readonly depth: number }[] = [
    { value: document, where: "", depth: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, where, depth } = next;
    if (isList(value) && depth < DEPTH_MAX) {
      for (let index = value.length - 1; index >= 0; index--) {
        open.push({ value: value[index], where: `${where}[${index}]`, depth: depth + 1 });
      }
    }
    const inner = isObject(value) ? holders.filter((key) => key in value) : [];
    if (isObject(value) && isRecord(value)) found.push({ record: value, where });
    else if (isObject(value) && inner.length > 0 && depth < DEPTH_MAX) {
      for (const key of inner.toReversed()) {
        open.push({ value: value[key], where: `${where}.${key}`, depth: depth + 1 });
      }
    } else if (!isList(value) && where.endsWith("]")) faults?.leaveOut(where);
  }
  return found;
}

/** How many records decide which format a document is in. */
const LOOKED_AT = 20;

/** Whether one of the first records of a document is such a one. */
export function hasRecord(
  document: unknown,
  isRecord: (record: JsonObject) => boolean,
  holders?: readonly string[],
): boolean {
  const first = isList(document) ? document.slice(0, LOOKED_AT) : document;
  return recordsIn(first, isRecord, holders).length > 0;
}

/** A record and what hangs under it by one of `keys`, parents first, each with the record above it. */
export function nestedRecords(
  records: readonly PlacedRecord[],
  keys: readonly string[],
): readonly (PlacedRecord & { readonly parent?: JsonObject })[] {
  const found: (PlacedRecord & { readonly parent?: JsonObject })[] = [];
  const open: (PlacedRecord & { readonly parent?: JsonObject })[] = records.toReversed();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    found.push(next);
    for (const key of keys) {
      const children = next.record[key];
      if (!isList(children)) continue;
      for (let index = children.length - 1; index >= 0; index--) {
        const child = children[index];
        if (isObject(child)) open.push({ record: child, where: `${key}[${index}]`, parent: next.record });
      }
    }
  }
  return found;
}
