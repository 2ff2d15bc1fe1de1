const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const DURATION = /^(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)$/;

const NANOS_PER: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** The number that a text writes in decimal, or `undefined`. Never `NaN`, and "" is no zero. */
export function numberIn(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

/** The nanoseconds of a duration such as `2s` or `1.5ms`, or `undefined`. */
export function nanosIn(text: string): number | undefined {
  const [, digits, unit] = DURATION.exec(text) ?? [];
  const scale = unit === undefined ? undefined : NANOS_PER[unit];
  return digits === undefined || scale === undefined ? undefined : Number(digits) * scale;
}

/** The duration that a text such as `2 sec` or `5min` is likely to mean, or `undefined`. */
export function nearestDuration(text: string): string | undefined {
  const [, digits, word = ""] = /^(\d+(?:\.\d+)?)\s*([a-zµ]+)$/i.exec(text) ?? [];
  const unit = MEANT.find(([pattern]) => pattern.test(word))?.[1];
  return digits === undefined || unit === undefined ? undefined : `${digits}${unit}`;
}

const MEANT: readonly (readonly [RegExp, string])[] = [
  [/^n/i, "ns"],
  [/^(?:u|µ|mic)/i, "us"],
  [/^(?:mil|ms)/i, "ms"],
  [/^s/i, "s"],
  [/^m/i, "m"],
  [/^h/i, "h"],
];
