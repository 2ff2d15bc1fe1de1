import { hash32, mix32 } from "./random.ts";

/** A thing that is due at a virtual time, in nanoseconds since the start of the run. */
export interface Event<T> {
  readonly dueNano: number;
  readonly lane: string;
  readonly task: T;
  /** Whether the event alone does not keep a run going: a deadline, not something that happens. */
  readonly isPassive: boolean;
}

interface Entry<T> extends Event<T> {
  readonly tie: number;
  readonly order: number;
  position: number;
}

/**
 * The pending events of a simulation: earliest due first; between lanes a seeded tie, stateless, so that one event more
 * never shifts another's place; inside a lane first in, first out.
 *
 * A binary heap: adding, taking and removing are O(log n). Removed events leave at once, so a cancelled time-out holds
 * nothing back.
 */
export class EventQueue<T> {
  readonly #seed: number;
  readonly #laneHashes = new Map<string, number>();
  readonly #heap: Entry<T>[] = [];
  #added = 0;
  #active = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** How many events keep the run going. */
  get activeCount(): number {
    return this.#active;
  }

  /** When the next event is due. */
  get nextDueNano(): number | undefined {
    return this.#heap[0]?.dueNano;
  }

  /** Every pending event, in no stated order. */
  get pending(): readonly Event<T>[] {
    return this.#heap;
  }

  /** Adds an event and returns what removes it again; removing twice, or after it was taken, does nothing. */
  add(event: Event<T>): () => void {
    const { dueNano, lane, task, isPassive } = event;
    const tie = mix32(this.#laneHash(lane), dueNano);
    const entry: Entry<T> = { dueNano, lane, task, isPassive, tie, order: this.#added++, position: this.#heap.length };
    this.#heap.push(entry);
    if (!entry.isPassive) this.#active++;
    this.#rise(entry);
    return () => this.#remove(entry);
  }

  /** The next event, which leaves the queue, or `undefined` when none is left. */
  take(): Event<T> | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.#remove(first);
    return first;
  }

  #laneHash(lane: string): number {
    const known = this.#laneHashes.get(lane);
    if (known !== undefined) return known;
    const hash = hash32(`${this.#seed}/${lane}`);
    this.#laneHashes.set(lane, hash);
    return hash;
  }

  #remove(entry: Entry<T>): void {
    if (this.#heap[entry.position] !== entry) return;
    const last = this.#heap.pop();
    if (!entry.isPassive) this.#active--;
    if (last === undefined || last === entry) return;
    this.#place(last, entry.position);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry<T>): void {
    while (entry.position > 0) {
      const parent = this.#heap[(entry.position - 1) >> 1];
      if (parent === undefined || !isBefore(entry, parent)) return;
      const { position } = parent;
      this.#place(parent, entry.position);
      this.#place(entry, position);
    }
  }

  #sink(entry: Entry<T>): void {
    for (;;) {
      const left = this.#heap[entry.position * 2 + 1];
      const right = this.#heap[entry.position * 2 + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, entry)) return;
      const { position } = child;
      this.#place(child, entry.position);
      this.#place(entry, position);
    }
  }

  #place(entry: Entry<T>, position: number): void {
    this.#heap[position] = entry;
    entry.position = position;
  }
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  if (a.dueNano !== b.dueNano) return a.dueNano < b.dueNano;
  if (a.tie !== b.tie) return a.tie < b.tie;
  if (a.lane !== b.lane) return a.lane < b.lane;
  return a.order < b.order;
}
