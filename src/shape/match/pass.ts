import type { Candidates } from "./candidates.ts";
import { candidatesOf } from "./candidates.ts";
import type { Columns } from "./columns.ts";
import { Judge } from "./judge.ts";
import type { Captured } from "./predicate.ts";
import type { Pattern, Program } from "./program.ts";
import { Regions } from "./regions.ts";
import type { ScopePlan, Stage, Stages } from "./stages.ts";
import type { CaptureScope } from "./scopes.ts";
import { stagesOf } from "./stages.ts";
import { TraceBag } from "./trace-bag.ts";

/** How many spans are looked at, at most, to try the values of captures. */
const CAPTURE_STEPS_MAX = 100_000_000;

/**
 * Which span matches which pattern, decided in one walk for each stage.
 *
 * Rows are visited in reverse preorder: what stands below a span is known before the span is judged, so nothing recurses
 * into the tree. Since the walk goes backwards, the matches of a sought pattern below a row are the tail of the list of
 * its matches. For each combination of values of captures only what they change is judged again, and only on the spans
 * that have one of the values, on those above them, and on those that link to them.
 */
export class Pass extends Judge {
  readonly #stages: Stages;
  readonly #regions: Regions;
  readonly #traceBag: TraceBag;
  readonly #candidates = new Map<ScopePlan, Candidates>();
  #rowsAgain = 0;
  #isWhole: boolean | undefined;

  constructor(columns: Columns, program: Program, isAssumed: (key: string) => boolean = () => false) {
    super(columns, program, isAssumed);
    this.#regions = new Regions(columns, this.links);
    this.#stages = stagesOf(program, this.marks);
    this.#traceBag = new TraceBag(program.traces, columns);
    this.#runStages(this.#stages.base, undefined);
  }

  /** Whether the whole shape matches. Afterwards `captured` has the values that make it so, or those that come nearest. */
  get isMatch(): boolean {
    return (this.#isWhole ??= this.#judgeWhole());
  }

  /** Takes captures of a scope to have these values from now on. For what is asked after the verdict. */
  assume(scope: CaptureScope, values: Captured): void {
    const { base, top } = this.#stages;
    const plans = [...(top === undefined ? [] : [top]), ...base.flatMap(({ scopes }) => scopes)];
    for (let plan = plans.pop(); plan !== undefined; plan = plans.pop()) {
      plans.push(...plan.stages.flatMap(({ scopes }) => scopes));
      if (plan.scope !== scope) continue;
      this.values = new Map([...this.values, ...values]);
      this.#runStages(plan.stages, undefined);
    }
  }

  /** Without a region all rows; otherwise only those of the region, in falling order. */
  #runStages(stages: readonly Stage[], region: Int32Array | undefined): void {
    for (const stage of stages) {
      this.#judgeStage(stage, region);
      const { scopes } = stage;
      if (scopes.length === 0) continue;
      let isChanged = this.#runScopes(scopes, region);
      if (!scopes.some(({ scope }) => scope.isRecursive)) continue;
      // Each round settles at least one more level of owners within owners.
      while (isChanged) {
        this.#judgeStage(stage, region);
        isChanged = this.#runScopes(scopes, region);
      }
    }
  }

  #judgeStage({ byLabel, always, sought, mask }: Stage, region: Int32Array | undefined): void {
    const marks = this.marks;
    const merges = sought.map(({ id }) => new Merge(region === undefined ? [] : marks.matchesOf(id)));
    for (const [index, { id }] of sought.entries()) marks.replaceMatches(id, merges[index]?.made ?? []);
    const count = region?.length ?? this.columns.size - 1;
    for (let index = 0; index < count; index++) {
      const row = region?.[index] ?? this.columns.size - 1 - index;
      for (const merge of merges) merge.skipTo(row);
      marks.clear(row, mask);
      const label = this.columns.label[row] ?? -1;
      if (label === -1) continue;
      marks.setAll(row, always, label * mask.length);
      for (const pattern of byLabel[label] ?? []) {
        if (!this.fitsTests(row, pattern) || !this.holds(row, pattern.body)) continue;
        marks.set(row, pattern.id);
        if (pattern.isSought) merges[sought.indexOf(pattern)]?.made.push(row);
      }
    }
    for (const merge of merges) merge.skipTo(-1);
  }

  #runScopes(plans: readonly ScopePlan[], region: Int32Array | undefined): boolean {
    let isChanged = false;
    for (const plan of plans) isChanged = this.#runScope(plan, region) || isChanged;
    return isChanged;
  }

  /** Judges the owner of a scope: whether for some values of the captures it matches. True if that changed anything. */
  #runScope(plan: ScopePlan, region: Int32Array | undefined): boolean {
    const { owner, names } = plan.scope;
    if (owner === undefined) return false;
    const outer = this.values;
    const hits = new Set<number>();
    const isInRegion = region === undefined ? () => true : setTester(region);
    const fitsLabel = this.columns.labels.map(owner.fitsLabel);
    const hit = (row: number): void => {
      if (hits.has(row) || fitsLabel[this.columns.label[row] ?? -1] !== true || !isInRegion(row)) return;
      if (this.fitsTests(row, owner) && this.holds(row, owner.body)) hits.add(row);
    };
    this.values = new Map([...outer].filter(([name]) => !names.includes(name)));
    const rows = region ?? this.#regions.all();
    this.#runStages(plan.stages, region);
    rows.forEach(hit);
    this.#tryValues(plan, (again) => {
      again.forEach(hit);
      return false;
    });
    this.values = outer;
    return this.#noteOwner(owner, hits, rows);
  }

  #noteOwner(owner: Pattern, hits: ReadonlySet<number>, rows: Int32Array): boolean {
    const marks = this.marks;
    const mask = marks.maskOf([owner]);
    const merge = new Merge(marks.matchesOf(owner.id));
    let isChanged = false;
    for (const row of rows) {
      merge.skipTo(row);
      isChanged ||= marks.has(row, owner.id) !== hits.has(row);
      marks.clear(row, mask);
      if (!hits.has(row)) continue;
      marks.set(row, owner.id);
      merge.made.push(row);
    }
    merge.skipTo(-1);
    if (owner.isSought) marks.replaceMatches(owner.id, merge.made);
    return isChanged;
  }

  /**
   * Judges the members of a scope anew for each combination of values and tells `isEnough` which rows may have changed,
   * until that is true. Then what was judged is kept; otherwise all is as before.
   */
  #tryValues(plan: ScopePlan, isEnough: (rows: Int32Array) => boolean): boolean {
    const candidates = this.#candidates.get(plan) ?? candidatesOf(plan.scope, this);
    this.#candidates.set(plan, candidates);
    const outer = this.values;
    const { names } = plan.scope;
    if (candidates.combinations === undefined) this.undecided.push({ reason: "captures", names });
    for (const values of candidates.combinations ?? []) {
      if (values.size === 0) continue;
      if (this.#rowsAgain + this.looked > CAPTURE_STEPS_MAX) {
        this.undecided.push({ reason: "captures", names });
        return false;
      }
      const { rows, restore } = this.#assume(plan, values, candidates);
      if (isEnough(rows)) return true;
      restore();
      this.values = outer;
    }
    return false;
  }

  #assume(plan: ScopePlan, values: Captured, candidates: Candidates): { rows: Int32Array; restore: () => void } {
    const rows = this.#regions.of(values, candidates, plan.hasLinks);
    this.#rowsAgain += rows.length;
    const restore = this.marks.save(rows, plan.sought);
    this.values = new Map([...this.values, ...values]);
    this.#runStages(plan.stages, rows);
    return { rows, restore };
  }

  #judgeWhole(): boolean {
    const { top } = this.#stages;
    if (top === undefined) return this.#holdsTop(undefined);
    const earlier = this.undecided.length;
    this.#runStages(top.stages, undefined);
    if (this.#holdsTop(undefined)) return true;
    let tried = this.undecided.length;
    let best: Captured | undefined;
    let most = -1;
    const isFound = this.#tryValues(top, (rows) => {
      // What could not be decided for other values does not matter to these.
      if (this.#holdsTop(rows)) {
        this.undecided.splice(earlier, tried - earlier);
        return true;
      }
      tried = this.undecided.length;
      const count = this.marks.countIn(rows, top.mask);
      if (count > most) [best, most] = [this.values, count];
      return false;
    });
    const candidates = this.#candidates.get(top);
    if (!isFound && best !== undefined && candidates !== undefined) this.#assume(top, best, candidates);
    return isFound;
  }

  #holdsTop(changed: Int32Array | undefined): boolean {
    const { traces, top } = this.program;
    if (traces === undefined) return this.holds(0, top);
    return this.#traceBag.holds((row, body) => this.holds(row, body), changed);
  }
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

function setTester(rows: Int32Array): (row: number) => boolean {
  const set = new Set(rows);
  return (row) => set.has(row);
}
