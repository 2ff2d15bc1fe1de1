import { editDistance } from "../../core/errors.ts";
import type { AttributeValue } from "../../trace/span.ts";
import type { Pass } from "../match/pass.ts";
import type { TextTest } from "../pattern.ts";
import { printPredicate, printText } from "../print.ts";
import type { Pattern } from "../match/program.ts";
import { textTester } from "../match/text-test.ts";

/** Why a span is not what a pattern asks for, and how far it is from it. */
export interface Nearness {
  readonly row: number;
  readonly cost: number;
  readonly failed: readonly { readonly key: string; readonly expected: string; readonly got: string }[];
}

/** From here on a span is another one, not the expected one changed. */
export const STRANGE = 8;

const VALUE_TEXT_MAX = 80;

function nearness(pass: Pass, row: number, pattern: Pattern): Nearness {
  const node = pass.columns.nodes[row];
  const label = pass.columns.labels[pass.columns.label[row] ?? -1];
  const { kind, name, service } = pattern.source;
  const failed: { key: string; expected: string; got: string }[] = [];
  let cost = 0;
  if (node === undefined || label === undefined) return { row, cost: Infinity, failed };
  if (kind === "any" ? label.isTransparent : kind !== label.kind) {
    failed.push({ key: "kind", expected: kind, got: label.kind });
    cost += STRANGE;
  }
  if (name !== undefined && !textTester(name)(label.name)) {
    failed.push({ key: "name", expected: printText(name), got: label.name });
    cost += nameCost(name, label.name);
  }
  if (service !== undefined && !textTester(service)(label.service)) {
    failed.push({ key: "service", expected: printText(service), got: label.service });
    cost += 2;
  }
  for (const { predicate, holds, valueOf } of pattern.tests) {
    if (holds(node, row, pass.usage)) continue;
    failed.push({
      key: predicate.key,
      expected: printPredicate(predicate),
      got: valueText(valueOf(node, row, pass.usage)),
    });
    cost += 1;
  }
  return { row, cost: failed.length === 0 ? 2 : cost, failed };
}

/** The nearest of `rows` to any of `patterns`; among equals the first. */
export function nearestOf(pass: Pass, rows: readonly number[], patterns: readonly Pattern[]): Nearness | undefined {
  let best: Nearness | undefined;
  for (const row of rows) {
    for (const pattern of patterns) {
      const candidate = nearness(pass, row, pattern);
      if (best === undefined || candidate.cost < best.cost) best = candidate;
    }
  }
  return best;
}

/** Up to 4 for a name that is spelled otherwise; one that shares less than half of its letters is another name. */
function nameCost(test: TextTest, name: string): number {
  if (test.type === "regex") return 4;
  const longest = Math.max(test.text.length, name.length, 1);
  const share = editDistance(test.text.slice(0, 64), name.slice(0, 64)) / Math.min(longest, 64);
  return share <= 0.5 ? 4 * share : STRANGE + share;
}

function valueText(value: AttributeValue | undefined): string {
  if (value === undefined) return "nothing";
  const text =
    typeof value === "object"
      ? JSON.stringify(value, (_key, member: unknown) => (typeof member === "bigint" ? String(member) : member))
      : String(value);
  return text.length <= VALUE_TEXT_MAX ? text : `${text.slice(0, VALUE_TEXT_MAX)}…`;
}
