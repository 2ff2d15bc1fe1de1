import type { Node } from "yaml";
import { isMap, isNode, isScalar, isSeq } from "yaml";
import type { Scanner } from "./scanner.ts";
import { LineFault } from "./scanner.ts";
import type { YamlText } from "./yaml-text.ts";
import { textOf } from "./yaml-text.ts";

/** One entry of a YAML list: a line or block word, and what stands under it. */
export interface Entry {
  readonly head: Node;
  /** The first word of the head. */
  readonly word: string;
  readonly value: Node | undefined;
  /** Whether it ends in a colon with nothing under it, and yet another entry follows in the same column. */
  readonly isCutShort: boolean;
}

/** The entries of a list, or the one entry that stands in its place. */
export function* entriesOf(yaml: YamlText, value: Node | undefined): Generator<Entry> {
  if (isEmpty(value)) return;
  const nodes = isSeq(value) ? value.items : [value];
  for (const [index, node] of nodes.entries()) {
    if (isMap(node)) {
      const [pair, second] = node.items;
      if (pair === undefined || !isNode(pair.key)) continue;
      if (second !== undefined && isNode(second.key)) {
        yaml.fault(second.key, "an entry has one line", 'Begin this one with "- " as well.');
      }
      const below = isNode(pair.value) ? pair.value : undefined;
      const isBare = isScalar(below) && isEmpty(below) && below.type === "PLAIN";
      const isCutShort = isBare && index + 1 < nodes.length && yaml.isWhole;
      yield { head: pair.key, word: wordOf(pair.key), value: below, isCutShort };
    } else if (isSeq(node)) {
      yaml.fault(node, "a list stands where a line is due", "Put it under a line or a group.");
    } else if (isNode(node)) {
      yield { head: node, word: wordOf(node), value: undefined, isCutShort: false };
    }
  }
}

export function isEmpty(value: Node | undefined): boolean {
  return value === undefined || (isScalar(value) && value.value === "") || (isSeq(value) && value.items.length === 0);
}

/** What `read` makes of a node's text; `undefined`, with a fault noted, where it cannot. */
export function attempt<T>(yaml: YamlText, node: unknown, read: (scanner: Scanner) => T): T | undefined {
  const scanner = yaml.scanner(node);
  if (scanner === undefined) return undefined;
  try {
    return read(scanner);
  } catch (error) {
    if (error instanceof LineFault) return undefined;
    throw error;
  }
}

/** The block word that starts an entry, or the whole first word of a line. */
function wordOf(head: Node): string {
  return isScalar(head) ? (/^\s*(\S*)/.exec(textOf(head))?.[1] ?? "") : "";
}
