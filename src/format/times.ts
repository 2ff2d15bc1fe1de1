import { integerOf } from "./json-text.ts";
import { isList } from "./json-value.ts";

export type TimeUnit = "ns" | "us" | "ms" | "s";

const NANOS: Readonly<Record<TimeUnit, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/**
 * Nanoseconds since 1970 of a time in any spelling: ISO 8601 with or without zone (then UTC), `[seconds, nanoseconds]`, or
 * a number in `unit`. Without a unit its size decides: no trace is older than 1973 or younger than 5138.
 */
export function timeOf(value: unknown, unit?: TimeUnit): bigint | undefined {
  const pair = pairOf(value);
  if (pair !== undefined) return pair;
  const number = numberOf(value);
  if (number !== undefined) return scaled(number, unit ?? unitBySize(number));
  return typeof value === "string" ? isoTime(value) : undefined;
}

/**
 * Nanoseconds of a duration: ISO 8601 (`PT1M2.5S`), Go's (`1m2.5s`, `22938000ns`), `[seconds, nanoseconds]`, or a number
 * in `unit`.
 */
export function durationOf(value: unknown, unit: TimeUnit): bigint | undefined {
  const pair = pairOf(value);
  if (pair !== undefined) return pair;
  const number = numberOf(value);
  if (number !== undefined) return scaled(number, unit);
  return typeof value === "string" ? (isoDuration(value) ?? goDuration(value)) : undefined;
}

/** A whole number exactly, or one with a fraction. */
function numberOf(value: unknown): bigint | number | undefined {
  const integer = integerOf(value);
  if (integer !== undefined) return integer;
  const isText = typeof value === "string" && /^-?\d{1,20}\.\d{1,20}$/.test(value);
  const number = isText ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

function scaled(number: bigint | number, unit: TimeUnit): bigint | undefined {
  if (typeof number === "bigint") return inRange(number * BigInt(NANOS[unit]));
  // Whole and fraction apart: the product of both would lose the last digits.
  const whole = Math.trunc(number);
  return inRange(BigInt(whole) * BigInt(NANOS[unit]) + BigInt(Math.round((number - whole) * NANOS[unit])));
}

/** What OTLP's fixed64 can hold, and as much below zero. */
function inRange(nanos: bigint): bigint | undefined {
  return nanos < 2n ** 64n && nanos > -(2n ** 64n) ? nanos : undefined;
}

function unitBySize(number: bigint | number): TimeUnit {
  const size = number < 0 ? -number : number;
  if (size >= 1e17) return "ns";
  if (size >= 1e14) return "us";
  return size >= 1e11 ? "ms" : "s";
}

function pairOf(value: unknown): bigint | undefined {
  if (!isList(value) || value.length !== 2) return undefined;
  const [seconds, nanos] = value.map(integerOf);
  return seconds === undefined || nanos === undefined ? undefined : inRange(seconds * 1_000_000_000n + nanos);
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2}(?::\d{2})?)?$/i;

function isoTime(text: string): bigint | undefined {
  const match = ISO.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = "", zone = "Z"] = match;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number);
  const seconds = daysSince1970(y ?? 0, mo ?? 1, d ?? 1) * 86_400 + (h ?? 0) * 3600 + (mi ?? 0) * 60 + (s ?? 0);
  return BigInt(seconds - zoneSeconds(zone)) * 1_000_000_000n + fractionNanos(fraction);
}

/** Days of the Gregorian calendar, counted in years that begin with March so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((marchMonth * 153 + 2) / 5) + day - 1 - DAYS_TO_1970;
}

/** From March of the year 0 to January of 1970. */
const DAYS_TO_1970 = 719_468;

function fractionNanos(fraction: string): bigint {
  return BigInt(fraction.slice(0, 9).padEnd(9, "0"));
}

function zoneSeconds(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})/.exec(zone) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60);
}

const ISO_DURATION = /^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?)?$/;

function isoDuration(text: string): bigint | undefined {
  const match = ISO_DURATION.exec(text);
  if (match === null || !/\d/.test(text)) return undefined;
  const [, sign, days = "0", hours = "0", minutes = "0", seconds = "0", fraction = ""] = match;
  const whole = BigInt(days) * 86_400n + BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds);
  const nanos = whole * 1_000_000_000n + fractionNanos(fraction);
  return inRange(sign === "-" ? -nanos : nanos);
}

const GO_UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};
const GO_PART = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g;

function goDuration(text: string): bigint | undefined {
  if (!/^-?(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let nanos = 0n;
  for (const [, count = "0", unit = "ns"] of text.matchAll(GO_PART)) {
    const size = GO_UNITS[unit] ?? 1;
    nanos += /\./.test(count) ? BigInt(Math.round(Number(count) * size)) : BigInt(count) * BigInt(size);
  }
  return inRange(text.startsWith("-") ? -nanos : nanos);
}
