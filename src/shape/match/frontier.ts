/**
 * The ways that lead through one block: which pairs of a state and what remains (as one number) were reached, and at the
 * end of the block which states. Each with the time until which it is busy; of two times the earlier counts.
 */
export class Frontier {
  /** Pairs below `#near` are by far the most common and live in arrays; a turn is noted beside each, so none is cleared. */
  readonly #near: number;
  readonly #turnOf: Int32Array;
  readonly #busy: Float64Array;
  readonly #far = new Map<number, number>();
  readonly #stack: number[] = [];
  #turn = 1;
  /** Where the states of this turn and of the one before stand in their lists. */
  readonly #heldTurn: Int32Array;
  readonly #place: Int32Array;
  #states: number[] = [];
  #until: number[] = [];
  #before: number[] = [];
  #untilBefore: number[] = [];
  // Counted, since to cut an array short costs more than to write over it.
  #count = 0;
  #countBefore = 0;

  constructor(size: number) {
    this.#near = 2 * size;
    this.#turnOf = new Int32Array(this.#near);
    this.#busy = new Float64Array(this.#near);
    this.#heldTurn = new Int32Array(size);
    this.#place = new Int32Array(size);
  }

  /** The states held in this turn. */
  get states(): readonly number[] {
    return this.#states.slice(0, this.#count);
  }

  /** The states held in the turn before. */
  get before(): readonly number[] {
    return this.#before.slice(0, this.#countBefore);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get countBefore(): number {
    return this.#countBefore;
  }

  stateBefore(index: number): number {
    return this.#before[index] ?? 0;
  }

  busyBefore(index: number): number {
    return this.#untilBefore[index] ?? -Infinity;
  }

  /** Begins the next block. */
  turn(): void {
    this.#turn++;
    if (this.#far.size > 0) this.#far.clear();
    [this.#before, this.#states] = [this.#states, this.#before];
    [this.#untilBefore, this.#until] = [this.#until, this.#untilBefore];
    this.#countBefore = this.#count;
    this.#count = 0;
  }

  /** Notes that a pair can be reached, busy until then; false if it was already, and no later busy. */
  isBetter(key: number, busy: number): boolean {
    if (key < this.#near) {
      if (this.#turnOf[key] === this.#turn && (this.#busy[key] ?? 0) <= busy) return false;
      this.#turnOf[key] = this.#turn;
      this.#busy[key] = busy;
      return true;
    }
    const known = this.#far.get(key);
    if (known !== undefined && known <= busy) return false;
    this.#far.set(key, busy);
    return true;
  }

  busyOf(key: number): number {
    return (key < this.#near ? this.#busy[key] : this.#far.get(key)) ?? -Infinity;
  }

  push(key: number): void {
    this.#stack.push(key);
  }

  pop(): number | undefined {
    return this.#stack.pop();
  }

  /** A state in which the block may end. */
  hold(state: number, busy: number): void {
    if (this.#heldTurn[state] === this.#turn) {
      const place = this.#place[state] ?? 0;
      this.#until[place] = Math.min(this.#until[place] ?? busy, busy);
      return;
    }
    this.#heldTurn[state] = this.#turn;
    this.#place[state] = this.#count;
    this.#states[this.#count] = state;
    this.#until[this.#count++] = busy;
  }

  holds(state: number): boolean {
    return this.#heldTurn[state] === this.#turn;
  }
}
