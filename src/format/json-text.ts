import { TroupeError } from "../core/errors.ts";

/** The fields whose integers may be wider than a JavaScript number: OTLP's times and integers, Jaeger's tag values. */
const WIDE_INTEGER = /"((?:start|end)TimeUnixNano|timeUnixNano|intValue|value)"(\s*:\s*)(-?\d{16,20})(?=\s*[,}\]])/g;

/**
 * The JSON documents in a text: one, or one on each line.
 *
 * Nanoseconds and 64-bit integers written as JSON numbers are quoted first, since `JSON.parse` would round them. That
 * cannot touch the inside of a string, where the quotes around the name would be escaped.
 *
 * @throws TroupeError `TRACE_INVALID` where the text begins like JSON and is none.
 */
export function parseTraceJson(text: string, file: string): readonly unknown[] {
  const exact = text.replace(/^\uFEFF/, "").replace(WIDE_INTEGER, '"$1"$2"$3"');
  const whole = tryParse(exact);
  if (whole.isJson) return [whole.value];
  const lines = exact.split(/\r?\n/).map((line, index) => ({ line, number: index + 1 }));
  const filled = lines.filter(({ line }) => line.trim() !== "");
  const parsed = filled.map(({ line, number }) => ({ number, ...tryParse(line) }));
  if (!parsed[0]?.isJson || parsed.length < 2) throw notJson(file, whole.cause);
  return parsed.map((document) => {
    if (document.isJson) return document.value;
    throw notJson(`${file}:${document.number}`, document.cause);
  });
}

type Parsed = { readonly isJson: true; readonly value: unknown } | { readonly isJson: false; readonly cause: unknown };

function tryParse(text: string): Parsed & { readonly cause?: unknown } {
  try {
    return { isJson: true, value: JSON.parse(text) };
  } catch (cause) {
    return { isJson: false, cause };
  }
}

function notJson(where: string, cause: unknown): TroupeError {
  const detail = cause instanceof Error ? ` (${cause.message})` : "";
  const fault = {
    where,
    what: `it begins like JSON and is not valid JSON${detail}`,
    mend: "Was the file cut off, or is it several documents? JSON documents go one on a line.",
  };
  return new TroupeError("TRACE_INVALID", fault, { cause });
}
