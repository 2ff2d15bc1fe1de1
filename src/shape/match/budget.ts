/** The most steps spent on ties in one list. Counted, never timed, so that two machines never disagree. */
const STEPS_BUDGET = 100_000;

/** The most steps of any sort in one list: a bound on time where nothing ties but groups may begin everywhere. */
const WORK_BUDGET = 20_000_000;

/** A list that can not be decided, and why. */
export class TooHard extends Error {
  readonly reason: "ties" | "work" | "not-apart";

  constructor(reason: TooHard["reason"]) {
    super(reason);
    this.reason = reason;
  }
}

/** Counts the steps spent on one list, and stops what spends too many. */
export class Budget {
  #steps = 0;
  #work = 0;

  spend(isTied: boolean): void {
    if (isTied && ++this.#steps > STEPS_BUDGET) throw new TooHard("ties");
    if (++this.#work > WORK_BUDGET) throw new TooHard("work");
  }
}
