/** Where code reads the time: nanoseconds since the Unix epoch. */
export interface Clock {
  nowUnixNano(): bigint;
}

/** 2025-01-01T00:00:00Z. A real date, since SDKs read small numbers as times since the process began. */
export const VIRTUAL_EPOCH_UNIX_NANO = 1_735_689_600_000_000_000n;
