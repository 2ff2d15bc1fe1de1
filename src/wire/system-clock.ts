type HrTime = [seconds: number, nanoseconds: number];

/**
 * Unix time at which the machine's monotonic clock stood at 0, in nanoseconds. The monotonic clock is one for all
 * processes, so those that share this number agree on the time to the nanosecond; `Date` alone would not.
 */
export const EPOCH_UNIX_NANO: bigint = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

/** The machine's time since the Unix epoch, in nanoseconds, which never runs backwards. */
export class SystemClock {
  readonly #epochUnixNano: bigint;
  #last = 0n;

  constructor(epochUnixNano: bigint) {
    this.#epochUnixNano = epochUnixNano;
  }

  nowUnixNano(): bigint {
    return this.#epochUnixNano + process.hrtime.bigint();
  }

  hrTime(): HrTime {
    return split(this.nowUnixNano());
  }

  /** The time for a span's start: at least a nanosecond after the one before, so that our own spans never tie. */
  tick(): HrTime {
    const now = this.nowUnixNano();
    this.#last = now > this.#last ? now : this.#last + 1n;
    return split(this.#last);
  }
}

/**
 * The wall clock as it stands, in whole milliseconds: what most SDKs stamp spans by, also in other processes of this
 * machine, where {@link SystemClock} may be some milliseconds off.
 */
export const WALL_CLOCK: { nowUnixNano(): bigint } = { nowUnixNano: () => BigInt(Date.now()) * 1_000_000n };

function split(unixNano: bigint): HrTime {
  return [Number(unixNano / 1_000_000_000n), Number(unixNano % 1_000_000_000n)];
}

/** Runs `fire` after real time; returns what cancels it. */
export function after(delayMs: number, fire: () => void): () => void {
  const timer = setTimeout(fire, delayMs);
  return () => clearTimeout(timer);
}

/** Runs `work` when the event loop comes round, in the order of the calls. */
export function soon(work: () => void): void {
  setImmediate(work);
}
