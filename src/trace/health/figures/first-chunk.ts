import type { Span } from "../../span.ts";

/** Where dialects keep how long the first chunk of an answer took, in seconds or in milliseconds. */
const SECONDS = [
  "gen_ai.response.time_to_first_chunk",
  "gen_ai.server.time_to_first_token",
  "lk.response.ttft",
  "lk.response.ttfb",
] as const;
const MILLISECONDS = ["ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"] as const;
/** When it came, as an ISO time, where a store keeps that. */
const MOMENTS = ["langfuse.observation.completion_start_time", "first_token_time"] as const;
/** Events that mark it. */
const EVENTS: ReadonlySet<string> = new Set(["ai.stream.firstChunk", "First Token Stream Event", "gen_ai.first_token"]);

/** How long after its start a model's answer began to come, in milliseconds; `undefined` where the span does not say. */
export function firstChunkMs({ attributes, events, startTimeUnixNano }: Span): number | undefined {
  for (const key of SECONDS) {
    const seconds = numberIn(attributes[key]);
    if (seconds !== undefined) return seconds * 1000;
  }
  for (const key of MILLISECONDS) {
    const ms = numberIn(attributes[key]);
    if (ms !== undefined) return ms;
  }
  for (const key of MOMENTS) {
    const moment = momentMs(attributes[key]);
    if (moment !== undefined) return moment - Number(startTimeUnixNano / 1_000_000n);
  }
  const event = events.find(({ name }) => EVENTS.has(name));
  return event === undefined ? undefined : Number(event.timeUnixNano - startTimeUnixNano) / 1e6;
}

function numberIn(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
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
