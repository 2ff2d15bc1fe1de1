import type { Mismatch } from "../../trace/mismatch.ts";
import type { Pass } from "../match/pass.ts";
import type { List, Pattern } from "../match/program.ts";
import type { Shape } from "../pattern.ts";
import { align } from "./alignment.ts";
import { bodyFaults } from "./body-faults.ts";
import { candidatesOf } from "./candidates.ts";
import { capturedValues } from "./captured-values.ts";
import { ConditionWriter } from "./condition-writer.ts";
import { elsewhere } from "./elsewhere.ts";
import type { Failure, Finding } from "./finding.ts";
import { furthestFailure } from "./furthest-failure.ts";
import { listFaults } from "./list-faults.ts";
import { MismatchWriter } from "./mismatch-writer.ts";
import { Nearby } from "./nearness.ts";
import { placesOf } from "./places.ts";
import { traceFaults } from "./trace-faults.ts";
import { Words } from "./words.ts";

const MISMATCHES_MAX = 20;

/** A mismatch, or a place where the cause lies deeper. */
type Cause = Finding | Failure;

/**
 * Why a shape does not match, the first cause first.
 *
 * In a failing list the cheapest way to read its spans says what is missing, extra, changed or out of order. A span whose
 * own line fits but whose list does not is gone down into: what fails deepest is the cause, and what stands above it is
 * consequence, not reported. Only what fails is walked; nothing recurses.
 */
export function explain(pass: Pass, shape: Shape): readonly Mismatch[] {
  const words = new Words(pass, shape);
  const [undecided] = pass.undecided;
  if (undecided !== undefined) return [new ConditionWriter(words).undecided(undecided)];
  const writer = new MismatchWriter(words);
  const explainer = new Explainer(pass, words);
  const findings: Finding[] = [];
  const stack = explainer.first().toReversed();
  for (let cause = stack.pop(); cause !== undefined; cause = stack.pop()) {
    if ("mismatch" in cause) findings.push(cause);
    else for (const deeper of explainer.causes(cause).toReversed()) stack.push(deeper);
    if (findings.length === MISMATCHES_MAX) break;
  }
  const mismatches = joined(pass, writer, findings);
  return mismatches.length > 0 ? mismatches : [writer.unexplained(pass.program.top)];
}

class Explainer {
  readonly #pass: Pass;
  readonly #words: Words;
  readonly #writeList: MismatchWriter;
  readonly #writeCondition: ConditionWriter;
  readonly #nearby: Nearby;

  constructor(pass: Pass, words: Words) {
    this.#pass = pass;
    this.#words = words;
    this.#writeList = new MismatchWriter(words);
    this.#writeCondition = new ConditionWriter(words);
    this.#nearby = new Nearby(pass);
  }

  first(): readonly Cause[] {
    this.#assume(0, undefined);
    const { traces, top } = this.#pass.program;
    if (traces === undefined) return [{ row: 0, body: top }];
    return traceFaults(this.#writeCondition, { pass: this.#pass, nearby: this.#nearby, plan: traces });
  }

  causes(failure: Failure): readonly Cause[] {
    const { row, body } = failure;
    if (failure.pattern !== undefined) this.#assume(row, failure.pattern);
    const own = bodyFaults(this.#writeCondition, { pass: this.#pass, nearby: this.#nearby }, failure);
    if (body.list === undefined || this.#pass.holdsList(row, body.list)) return own;
    return [...own, ...this.#listCauses(row, body.list)];
  }

  /** Chooses values for the captures that `owner`, or without one the whole shape, is the scope of. */
  #assume(row: number, owner: Pattern | undefined): void {
    for (const scope of this.#pass.program.scopes) {
      if (scope.owner !== owner) continue;
      const values = capturedValues(scope, row, this.#pass);
      this.#pass.assume(scope, new Map(values.map(({ name, key }) => [name, key])));
      this.#nearby.assume(values);
    }
  }

  #listCauses(row: number, list: List): readonly Cause[] {
    const nearby = this.#nearby;
    const candidates = candidatesOf(list, row, this.#pass, nearby);
    const places = placesOf(list, this.#words.definedAt);
    const edits = align(list, candidates, { nearby, places });
    const about = { nearby, columns: this.#pass.columns, row, list, places };
    const causes = edits === undefined ? [] : listFaults(this.#writeList, { ...about, edits });
    return causes.length > 0 ? causes : [furthestFailure(this.#writeList, this.#pass, about)];
  }
}

/** What is missing in one place and has no place in another is one fault: it was moved. */
function joined(pass: Pass, writer: MismatchWriter, findings: readonly Finding[]): readonly Mismatch[] {
  const surplus = new Set(findings.flatMap((finding) => finding.surplus ?? []));
  const movedTo = new Map<Finding, number>();
  const moved = new Set<number>();
  for (const finding of findings) {
    const { wanted } = finding;
    if (wanted === undefined || finding.mismatch.competes !== undefined) continue;
    const found =
      [...surplus].find((row) => !moved.has(row) && wanted.patterns.some(({ id }) => pass.has(row, id))) ??
      elsewhere(pass, wanted, moved);
    if (found === undefined) continue;
    movedTo.set(finding, found);
    moved.add(found);
  }
  return findings.flatMap((finding) => {
    const found = movedTo.get(finding);
    if (found !== undefined && finding.wanted !== undefined) return writer.moved(finding.wanted, found);
    return finding.surplus !== undefined && moved.has(finding.surplus) ? [] : finding.mismatch;
  });
}
