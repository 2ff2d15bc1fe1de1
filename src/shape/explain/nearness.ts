import { editDistance } from "../../core/errors.ts";
import type { AttributeValue } from "../../trace/span.ts";
import type { Label } from "../match/columns.ts";
import { eachChild } from "../match/columns.ts";
import type { Pass } from "../match/pass.ts";
import type { CapturedValue } from "./captured-values.ts";
import type { TextTest } from "../pattern.ts";
import { printPredicate, printText } from "../print.ts";
import type { BodyPlan, Pattern } from "../match/program.ts";
import { textTester } from "../match/text-test.ts";

/** Why a span is not what a pattern asks for, and how far it is from it. */
export interface Nearness {
  readonly row: number;
  /** 0 for what matches; {@link STRANGE} and more for another thing; `Infinity` where nothing is alike. */
  readonly cost: number;
  /** What of the span itself differs; empty where only what is asked below it does. */
  readonly failed: readonly Difference[];
}

export interface Difference {
  readonly key: string;
  readonly expected: string;
  readonly got: string;
  /** What else is to be known: the value of a capture, and where it has it. */
  readonly note?: string;
}

/** From here on a span is another one, not the expected one changed. */
export const STRANGE = 8;

/** What it costs that nothing asked below a span is there, and the least that anything wrong there costs. */
const BELOW = 4;
const BELOW_LEAST = 2;

const VALUE_TEXT_MAX = 80;
const NAME_MAX = 64;

/** How near spans are to patterns. Each pair is looked at once, and each distinct label once for all its spans. */
export class Nearby {
  readonly #pass: Pass;
  readonly #spans = new Map<number, Nearness>();
  readonly #captured = new Map<string, CapturedValue>();
  readonly #labels = new Map<number, Head>();

  constructor(pass: Pass) {
    this.#pass = pass;
  }

  /** Takes captures to have these values from now on, as the pass does. */
  assume(values: readonly CapturedValue[]): void {
    this.#spans.clear();
    for (const value of values) this.#captured.set(value.name, value);
  }

  of(row: number, pattern: Pattern): Nearness {
    const key = row * this.#pass.program.patterns.length + pattern.id;
    const known = this.#spans.get(key);
    if (known !== undefined) return known;
    const found = this.#nearness(row, pattern);
    this.#spans.set(key, found);
    return found;
  }

  /** How near what stands under a row, or at the top of a trace, is to a body; `Infinity` where nothing asked is there. */
  ofTop(row: number, body: BodyPlan): Nearness {
    const share = this.#shareMissing(row, body);
    return { row, cost: share === 1 ? Infinity : BELOW_LEAST + BELOW * share, failed: [] };
  }

  /** The least that a span can cost, going by kind, name and service alone. */
  atLeast(row: number, pattern: Pattern): number {
    return this.#head(row, pattern).cost;
  }

  #nearness(row: number, pattern: Pattern): Nearness {
    if (this.#pass.has(row, pattern.id)) return { row, cost: 0, failed: [] };
    const head = this.#head(row, pattern);
    const failed = [...head.failed, ...this.#failedTests(row, pattern)];
    const cost = head.cost + failed.length - head.failed.length;
    const below = BELOW * this.#shareMissing(row, pattern.body);
    if (failed.length === 0) return { row, cost: BELOW_LEAST + below, failed };
    if (cost < STRANGE) return { row, cost: Math.min(cost + below, STRANGE - 1), failed };
    if (cost === Infinity || failed.length > 1) return { row, cost, failed };
    // What hangs below tells more than a name or a kind: where all of it is as asked, the span is the one that was meant.
    const isAsAsked = (pattern.body.list?.leaves.length ?? 0) > 0 && this.#pass.holds(row, pattern.body);
    return { row, cost: isAsAsked ? STRANGE - 2 : cost, failed };
  }

  #head(row: number, pattern: Pattern): Head {
    const { columns, program } = this.#pass;
    const label = columns.labels[columns.label[row] ?? -1];
    if (label === undefined) return { cost: Infinity, failed: [] };
    const key = label.id * program.patterns.length + pattern.id;
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    const head = headOf(label, pattern);
    this.#labels.set(key, head);
    return head;
  }

  #failedTests(row: number, { tests }: Pattern): readonly Difference[] {
    const { columns, usage, captured } = this.#pass;
    const node = columns.nodes[row];
    if (node === undefined) return [];
    return tests
      .filter(({ holds }) => !holds(node, row, usage, captured))
      .map(({ predicate, capture, valueOf }) => {
        const value = this.#captured.get(capture ?? "");
        return {
          key: predicate.key,
          expected: printPredicate(predicate),
          got: valueText(valueOf(node, row, usage)),
          ...(value === undefined ? {} : { note: `$${value.name} is ${valueText(value.text)} at ${value.at}` }),
        };
      });
  }

  /** Of the patterns that are asked right below a row, the share that no child meets; half, where one nearly does. */
  #shareMissing(row: number, { list }: BodyPlan): number {
    const leaves = list?.leaves.filter((leaf) => leaf.pattern !== undefined) ?? [];
    if (list === undefined || leaves.length === 0) return 0;
    const met = new Set<Pattern>();
    const nearlyMet = new Set<Pattern>();
    eachChild(this.#pass.columns, row, (child, isPassed) => {
      if (isPassed && !list.namesTransparent) return;
      for (const { pattern } of leaves) {
        if (pattern === undefined || met.has(pattern)) continue;
        if (this.#pass.has(child, pattern.id)) met.add(pattern);
        else if (this.#head(child, pattern).cost === 0) nearlyMet.add(pattern);
      }
    });
    let missing = 0;
    for (const { pattern, isDeep } of leaves) {
      if (pattern === undefined || met.has(pattern)) continue;
      if (isDeep && this.#pass.below(row, pattern.id, 1).length > 0) continue;
      missing += nearlyMet.has(pattern) ? 0.5 : 1;
    }
    return missing / leaves.length;
  }
}

interface Head {
  readonly cost: number;
  readonly failed: readonly Difference[];
}

function headOf(label: Label, { source: { kind, name, service } }: Pattern): Head {
  const failed: Difference[] = [];
  let cost = 0;
  const isKind = kind === "any" ? !label.isTransparent : kind === label.kind;
  if (!isKind) {
    failed.push({ key: "kind", expected: kind, got: label.kind });
    // A kind without a name says too little to be taken for another kind.
    cost += name === undefined ? Infinity : STRANGE;
  }
  if (name !== undefined && !textTester(name)(label.name)) {
    failed.push({ key: "name", expected: printText(name), got: label.name });
    cost += isKind ? nameCost(name, label.name) : Infinity;
  }
  if (service !== undefined && !textTester(service)(label.service)) {
    failed.push({ key: "service", expected: printText(service), got: label.service });
    cost += 2;
  }
  return { cost, failed };
}

/** Up to 4 for a name that is spelled otherwise, and no less than anything else that is wrong; one that shares less than half of its letters is another name. */
function nameCost(test: TextTest, name: string): number {
  if (test.type === "regex") return 4;
  const longest = Math.max(test.text.length, name.length, 1);
  const share = editDistance(test.text.slice(0, NAME_MAX), name.slice(0, NAME_MAX)) / Math.min(longest, NAME_MAX);
  return share <= 0.5 ? 2 + 4 * share : STRANGE + share;
}

export function valueText(value: AttributeValue | undefined): string {
  if (value === undefined) return "nothing";
  const text =
    typeof value === "object"
      ? JSON.stringify(value, (_key, member: unknown) => (typeof member === "bigint" ? String(member) : member))
      : String(value);
  return text.length <= VALUE_TEXT_MAX ? text : `${text.slice(0, VALUE_TEXT_MAX)}…`;
}
