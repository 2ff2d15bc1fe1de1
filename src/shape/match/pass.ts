import type { Columns } from "./columns.ts";
import { Judge } from "./judge.ts";
import type { Captured } from "./predicate.ts";
import type { Pattern, Program } from "./program.ts";
import type { Choices } from "./scope-choices.ts";
import { ScopeChoices } from "./scope-choices.ts";
import type { CaptureScope } from "./scopes.ts";
import type { Stage, Stages } from "./stages.ts";
import { stagesOf } from "./stages.ts";
import { TraceBag } from "./trace-bag.ts";

/** How many steps are taken, at most, to try the values of captures. To look at a span is one. */
const CAPTURE_STEPS_MAX = 100_000_000;

/** The steps of trying a combination of values, and of judging a span again for it, by the time that they take. */
const COMBINATION_STEPS = 20;
const JUDGED_AGAIN_STEPS = 5;

/**
 * Which span matches which pattern, decided in one walk for each level of links.
 *
 * Rows are visited in reverse preorder: what stands below a span is known before the span is judged, so nothing recurses
 * into the tree. Since the walk goes backwards, the matches of a sought pattern below a row are the tail of the list of
 * its matches.
 *
 * Captures have no value at first, which is as good as one that occurs nowhere. When the walk comes to a span that is the
 * scope of captures, it tries for them each combination of the values that stand below the span and where links lead:
 * what these change is judged again, on the spans that have one of the values, on those above them and on those that link
 * to them, and then put back. Among what is judged again may be spans that are the scope of other captures, which are
 * tried in turn; so those within have a choice for each choice of those around. The whole shape comes last.
 */
export class Pass extends Judge {
  readonly #stages: Stages;
  readonly #traceBag: TraceBag;
  readonly #choices = new Map<CaptureScope, ScopeChoices>();
  #steps = 0;
  #isWhole: boolean | undefined;

  constructor(columns: Columns, program: Program, isAssumed: (key: string) => boolean = () => false) {
    super(columns, program, isAssumed);
    this.#stages = stagesOf(program, this.marks);
    this.#traceBag = new TraceBag(program.traces, columns);
    this.#judge(this.#stages.base, undefined);
  }

  /** Whether the whole shape matches. Afterwards `captured` has the values that make it so, or those that come nearest. */
  get isMatch(): boolean {
    return (this.#isWhole ??= this.#judgeWhole());
  }

  /** Takes captures of a scope to have these values from now on. For what is asked after the verdict. */
  assume(scope: CaptureScope, values: Captured): void {
    this.values = new Map([...this.values, ...values]);
    this.#judge(this.#stages.ofScope(scope).stages, undefined);
  }

  /** `rows`: only these, in falling order; `undefined`: all. */
  #judge(stages: readonly Stage[], rows: Int32Array | undefined): void {
    for (const stage of stages) this.#judgeStage(stage, rows);
  }

  #judgeStage({ byLabel, always, sought, mask }: Stage, rows: Int32Array | undefined): void {
    const marks = this.marks;
    const merges = sought.map(({ id }) => new Merge(rows === undefined ? [] : marks.matchesOf(id)));
    for (const [index, { id }] of sought.entries()) marks.replaceMatches(id, merges[index]?.made ?? []);
    const count = rows?.length ?? this.columns.size - 1;
    for (let index = 0; index < count; index++) {
      const row = rows?.[index] ?? this.columns.size - 1 - index;
      for (const merge of merges) merge.skipTo(row);
      marks.clear(row, mask);
      const label = this.columns.label[row] ?? -1;
      if (label === -1) continue;
      marks.setAll(row, always, label * mask.length);
      for (const pattern of byLabel[label] ?? []) {
        if (!this.#matches(row, pattern)) continue;
        marks.set(row, pattern.id);
        if (pattern.isSought) merges[sought.indexOf(pattern)]?.made.push(row);
      }
    }
    for (const merge of merges) merge.skipTo(-1);
  }

  #matches(row: number, pattern: Pattern): boolean {
    const undecidedBefore = this.undecided.length;
    if (this.#matchesNow(row, pattern)) return true;
    if (pattern.scope === undefined || !this.mayFit(row, pattern)) return false;
    const isEnough = (): boolean => this.#matchesNow(row, pattern);
    const putBack = this.#choose(pattern.scope, { row, undecidedBefore, isEnough });
    putBack?.();
    return putBack !== undefined;
  }

  #matchesNow(row: number, pattern: Pattern): boolean {
    return this.fitsTests(row, pattern) && this.holds(row, pattern.body);
  }

  /** Tries values for the captures of a scope. Answers with what puts everything back; `undefined` if none are enough. */
  #choose(scope: CaptureScope, { row, undecidedBefore, isEnough }: Trial): (() => void) | undefined {
    const choices = this.#isSpent ? undefined : this.#choicesOf(scope, row);
    if (choices?.combinations === undefined) return this.#giveUp(scope);
    for (const values of choices.combinations) {
      if (values.size === 0) continue;
      if (this.#isSpent) return this.#giveUp(scope);
      const undecidedNow = this.undecided.length;
      const rows = choices.rowsOf(values);
      const putBack = this.#assume(scope, rows, values);
      if (isEnough(rows)) {
        // What could not be decided for other values does not matter to these.
        this.undecided.splice(undecidedBefore, undecidedNow - undecidedBefore);
        return putBack;
      }
      putBack();
      // One reason is enough.
      if (undecidedNow > undecidedBefore) this.undecided.length = undecidedNow;
    }
    return undefined;
  }

  /** Judges the members of a scope again on some rows, and answers with what puts everything back. */
  #assume(scope: CaptureScope, rows: Int32Array, values: Captured): () => void {
    const { stages, sought } = this.#stages.ofScope(scope);
    this.#steps += COMBINATION_STEPS + rows.length * JUDGED_AGAIN_STEPS;
    const outer = this.values;
    const restore = this.marks.save(rows, sought);
    this.values = new Map([...outer, ...values]);
    this.#judge(stages, rows);
    return () => {
      restore();
      this.values = outer;
    };
  }

  #choicesOf(scope: CaptureScope, row: number): Choices {
    const known = this.#choices.get(scope) ?? new ScopeChoices(scope, this);
    this.#choices.set(scope, known);
    const choices = known.of(row);
    this.#steps += choices.looked;
    return choices;
  }

  get #isSpent(): boolean {
    return this.#steps + this.looked > CAPTURE_STEPS_MAX;
  }

  #giveUp({ names }: CaptureScope): undefined {
    this.undecided.push({ reason: "captures", names });
  }

  #judgeWhole(): boolean {
    const scope = this.program.scopes.find(({ owner }) => owner === undefined);
    if (scope === undefined) return this.#holdsTop(undefined);
    const undecidedBefore = this.undecided.length;
    const { stages, mask } = this.#stages.ofScope(scope);
    this.#judge(stages, undefined);
    if (this.#holdsTop(undefined)) return true;
    let best: { readonly rows: Int32Array; readonly values: Captured } | undefined;
    let most = -1;
    const isEnough = (rows: Int32Array): boolean => {
      if (this.#holdsTop(rows)) return true;
      const count = this.marks.countIn(rows, mask);
      if (count > most) [best, most] = [{ rows, values: this.values }, count];
      return false;
    };
    if (this.#choose(scope, { row: 0, undecidedBefore, isEnough }) !== undefined) return true;
    if (best !== undefined) this.#assume(scope, best.rows, best.values);
    return false;
  }

  #holdsTop(changed: Int32Array | undefined): boolean {
    const { traces, top } = this.program;
    if (traces === undefined) return this.holds(0, top);
    return this.#traceBag.holds((row, body) => this.holds(row, body), changed);
  }
}

/** For what values are tried: a span that is judged by the scope, or row 0 for the whole shape. */
interface Trial {
  readonly row: number;
  /** How much could not be decided before the captures of the scope came into play. */
  readonly undecidedBefore: number;
  /** Whether the values at hand will do; `rows` are those whose answers they may have changed. */
  readonly isEnough: (rows: Int32Array) => boolean;
}

/** The matches of a pattern, of which those of some rows are made anew. Rows come in falling order. */
class Merge {
  readonly made: number[] = [];
  readonly #before: readonly number[];
  #at = 0;

  constructor(before: readonly number[]) {
    this.#before = before;
  }

  /** Takes over what was there after `row`, and forgets `row` itself. */
  skipTo(row: number): void {
    for (; this.#at < this.#before.length; this.#at++) {
      const next = this.#before[this.#at] ?? -1;
      if (next < row) return;
      if (next > row) this.made.push(next);
    }
  }
}
