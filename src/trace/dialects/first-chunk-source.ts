import type { Span } from "../span.ts";
import { numberOf } from "./number.ts";

/** One place in which a dialect keeps when a model's answer began to come. */
export interface FirstChunkSource {
  readonly rule: string;
  /** How long after the span's start that was, in milliseconds; undefined where the span does not say. */
  readonly readMs: (span: Span) => number | undefined;
}

/** An attribute that holds the time in seconds. */
export function inSeconds(key: string): FirstChunkSource {
  return {
    rule: `${key} (seconds)`,
    readMs: ({ attributes }) => {
      const seconds = numberOf(attributes[key]);
      return seconds === undefined ? undefined : seconds * 1000;
    },
  };
}

/** An attribute that holds the time in milliseconds. */
export function inMilliseconds(key: string): FirstChunkSource {
  return { rule: `${key} (milliseconds)`, readMs: ({ attributes }) => numberOf(attributes[key]) };
}

/** An attribute that holds the moment, as an ISO time. */
export function atMoment(key: string): FirstChunkSource {
  return {
    rule: `${key} (a moment)`,
    readMs: ({ attributes, startTimeUnixNano }) => {
      const moment = momentMs(attributes[key]);
      return moment === undefined ? undefined : moment - Number(startTimeUnixNano / 1_000_000n);
    },
  };
}

/** An event that marks it. */
export function byEvent(name: string): FirstChunkSource {
  return {
    rule: `the event ${name}`,
    readMs: ({ events, startTimeUnixNano }) => {
      const event = events.find((each) => each.name === name);
      return event === undefined ? undefined : Number(event.timeUnixNano - startTimeUnixNano) / 1e6;
    },
  };
}

/** An ISO time, by UTC where it names no zone; some stores put it in quotes. */
function momentMs(value: unknown): number | undefined {
  const [, day, time, zone = "Z"] =
    /^"?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:\d\d)?"?$/.exec(
      typeof value === "string" ? value : "",
    ) ?? [];
  if (day === undefined || time === undefined) return undefined;
  // oxlint-disable-next-line no-restricted-globals -- it reads a text and no clock
  const moment = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(moment) ? undefined : moment;
}
