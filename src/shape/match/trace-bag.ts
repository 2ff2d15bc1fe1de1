import type { BagState } from "./bag-walk.ts";
import { BagFit, BagWalk } from "./bag-walk.ts";
import type { Columns } from "./columns.ts";
import type { BodyPlan, TracesPlan } from "./program.ts";

/** Traces against the bodies of `traces`: one group without order, whose letters are traces. */
export class TraceBag {
  readonly #plan: TracesPlan | undefined;
  readonly #columns: Columns;
  readonly #bag: BagState;
  /** For each trace the bodies that it fits, as long as no capture has a value. */
  readonly #fits = new Map<number, readonly number[]>();
  readonly #isSemantic = new Map<number, boolean>();

  constructor(plan: TracesPlan | undefined, columns: Columns) {
    this.#plan = plan;
    this.#columns = columns;
    const members = (plan?.group.parts ?? []).map(({ count }, body) => ({ leaves: [body], ...count }));
    this.#bag = { type: "bag", members, next: 0, isLooped: false, isParallel: false, lists: [] };
    for (const row of columns.traceRows) {
      const last = columns.last[row] ?? row;
      this.#isSemantic.set(row, columns.isTransparent.subarray(row + 1, last + 1).includes(0));
    }
  }

  /** `changed`: the rows whose answers may differ from the first time; absent that time. */
  holds(holdsBody: (row: number, body: BodyPlan) => boolean, changed: Int32Array | undefined): boolean {
    const { bodies = [], group, isExact = false } = this.#plan ?? {};
    const isChanged = new Set(changed);
    const counts = new Map<
      string,
      { readonly leaves: readonly number[]; readonly isObligatory: boolean; count: number }
    >();
    for (const row of this.#columns.traceRows) {
      const known = isChanged.has(row) ? undefined : this.#fits.get(row);
      const leaves = known ?? [...bodies.keys()].filter((body) => holdsBody(row, bodies[body]?.body ?? NO_BODY));
      if (changed === undefined) this.#fits.set(row, leaves);
      const isCounted = leaves.some((body) => bodies[body]?.source.count !== undefined);
      const isObligatory = isCounted || (isExact && this.#isSemantic.get(row) === true);
      if (leaves.length === 0 && isObligatory) return false;
      const key = `${leaves.join()}:${isObligatory}`;
      const type = counts.get(key);
      if (type === undefined) counts.set(key, { leaves, isObligatory, count: 1 });
      else type.count++;
    }
    const types = [...counts.values()].map(({ leaves, isObligatory }) => {
      const fits = Uint8Array.from({ length: group?.parts.length ?? 0 }, (_, leaf) => (leaves.includes(leaf) ? 1 : 0));
      return { leaves, fits, isObligatory, isInstant: false };
    });
    const walk = new BagWalk(0, 0, new BagFit(this.#bag, types), []);
    for (const [type, { isObligatory, count }] of [...counts.values()].entries()) {
      if (!walk.offer(type, isObligatory, count)) return false;
    }
    return walk.isFilled;
  }
}

const NO_BODY: BodyPlan = { never: [], links: [] };
