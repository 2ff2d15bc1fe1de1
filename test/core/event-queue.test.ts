import fc from "fast-check";
import { expect, test } from "vitest";
import { type Event, EventQueue } from "../../src/core/event-queue.ts";

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const events = fc.array(
  fc.record({
    dueNano: fc.integer({ min: 0, max: 4 }),
    lane: fc.constantFrom("a", "b", "c", "d"),
    isPassive: fc.boolean(),
  }),
  { maxLength: 40 },
);

function event(dueNano: number, lane: string, task: number, isPassive = false): Event<number> {
  return { dueNano, lane, task, isPassive };
}

function drained(queue: EventQueue<number>): readonly number[] {
  const tasks: number[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) tasks.push(next.task);
  return tasks;
}

function orderOf(seed: number, list: readonly Event<number>[]): readonly number[] {
  const queue = new EventQueue<number>(seed);
  for (const one of list) queue.add(one);
  return drained(queue);
}

test("the earliest due event comes first", () => {
  expect(orderOf(1, [event(30, "a", 3), event(10, "b", 1), event(20, "c", 2)])).toEqual([1, 2, 3]);
});

test("inside a lane, what is due at once comes first in, first out, for every seed", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 30 }), (seed, count) => {
      const tasks = Array.from({ length: count }, (_, index) => index);
      expect(
        orderOf(
          seed,
          tasks.map((task) => event(5, "a", task)),
        ),
      ).toEqual(tasks);
    }),
  );
});

test("across lanes the seed decides, and seeds differ", () => {
  const tied = ["a", "b", "c"].map((lane, index) => event(5, lane, index));
  const orders = new Set(Array.from({ length: 60 }, (_, seed) => orderOf(seed, tied).join()));
  expect(orders.size).toBe(6);
});

test("the order of ties across lanes does not depend on which event was added first", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const tied = ["a", "b", "c", "d"].map((lane, index) => event(5, lane, index));
      expect(orderOf(seed, tied.toReversed())).toEqual(orderOf(seed, tied));
    }),
  );
});

test("adding an event never changes the relative order of the others", () => {
  fc.assert(
    fc.property(seeds, events, fc.nat(), (seed, given, at) => {
      const list = given.map((one, task) => ({ ...one, task }));
      const extra = event(at % 5, "a", -1);
      const position = at % (list.length + 1);
      const more = [...list.slice(0, position), extra, ...list.slice(position)];
      expect(orderOf(seed, more).filter((task) => task !== -1)).toEqual(orderOf(seed, list));
    }),
  );
});

test("a cancelled event never comes, and cancelling again or too late does nothing", () => {
  const queue = new EventQueue<number>(1);
  const cancelFirst = queue.add(event(1, "a", 1));
  queue.add(event(2, "a", 2));
  cancelFirst();
  cancelFirst();
  expect(queue.take()?.task).toBe(2);
  const cancelThird = queue.add(event(3, "a", 3));
  queue.take();
  queue.add(event(4, "a", 4));
  cancelThird();
  expect(drained(queue)).toEqual([4]);
});

test("passive events are taken in their turn but not counted as activity", () => {
  const queue = new EventQueue<number>(1);
  queue.add(event(1, "a", 1, true));
  queue.add(event(2, "a", 2));
  expect(queue.activeCount).toBe(1);
  expect(queue.pending).toHaveLength(2);
  expect(drained(queue)).toEqual([1, 2]);
  expect(queue.activeCount).toBe(0);
});

test("an empty queue gives nothing", () => {
  expect(new EventQueue<number>(1).take()).toBeUndefined();
});

/** The queue as one would first write it: a list that is sorted anew for every look. */
class SortedList {
  readonly #seed: number;
  readonly #list: (Event<number> & { readonly added: number })[] = [];
  #added = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(one: Event<number>): void {
    this.#list.push({ ...one, added: this.#added++ });
  }

  cancel(task: number): void {
    const index = this.#list.findIndex((one) => one.task === task);
    if (index >= 0) this.#list.splice(index, 1);
  }

  /** Ties between lanes are asked of a fresh queue that holds the two events alone. */
  take(): number | undefined {
    this.#list.sort((a, b) => {
      if (a.dueNano !== b.dueNano) return a.dueNano - b.dueNano;
      if (a.lane === b.lane) return a.added - b.added;
      return orderOf(this.#seed, [a, b])[0] === a.task ? -1 : 1;
    });
    return this.#list.shift()?.task;
  }

  get activeCount(): number {
    return this.#list.filter(({ isPassive }) => !isPassive).length;
  }
}

test("any sequence of adding, taking and cancelling gives what a sorted list gives", () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant("add" as const),
      dueNano: fc.integer({ min: 0, max: 6 }),
      lane: fc.constantFrom("a", "b", "c", "d"),
      isPassive: fc.boolean(),
    }),
    fc.record({ do: fc.constant("take" as const) }),
    fc.record({ do: fc.constant("cancel" as const), which: fc.nat({ max: 30 }) }),
  );
  fc.assert(
    fc.property(seeds, fc.array(step, { maxLength: 60 }), (seed, steps) => {
      const queue = new EventQueue<number>(seed);
      const list = new SortedList(seed);
      const cancels: (() => void)[] = [];
      for (const one of steps) {
        if (one.do === "take") expect(queue.take()?.task).toBe(list.take());
        else if (one.do === "cancel") {
          cancels[one.which]?.();
          list.cancel(one.which);
        } else {
          const added = event(one.dueNano, one.lane, cancels.length, one.isPassive);
          cancels.push(queue.add(added));
          list.add(added);
        }
        expect(queue.activeCount).toBe(list.activeCount);
      }
      const rest = Array.from({ length: queue.pending.length }, () => list.take());
      expect(drained(queue)).toEqual(rest);
    }),
  );
});
