import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isTroupeError } from "../../src/core/errors.ts";
import { readTraceFile } from "../../src/format/read.ts";
import type { TraceFile } from "../../src/format/trace-file.ts";
import { SAMPLES } from "./samples.ts";

const id = (index: number): string => (index + 1).toString(16).padStart(16, "0");

/** One span a line, as formats that come in lines write it. */
const LINES: readonly (readonly [format: string, line: (index: number) => unknown])[] = [
  [
    "otlp-json",
    (index) => ({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ traceId: "a".repeat(32), spanId: id(index), startTimeUnixNano: "5" }] }] },
      ],
    }),
  ],
  [
    "zipkin-json",
    (index) => [
      { traceId: "a".repeat(32), id: id(index), name: "x", timestamp: 5, localEndpoint: { serviceName: "s" } },
    ],
  ],
  [
    "langfuse-json",
    (index) => ({ id: id(index), traceId: "t", type: "SPAN", name: "x", startTime: "2026-01-01T00:00:00Z" }),
  ],
  [
    "langsmith-json",
    (index) => ({ id: id(index), trace_id: "t", run_type: "tool", name: "x", start_time: "2026-01-01T00:00:00Z" }),
  ],
  ["span-list", (index) => ({ trace_id: "a".repeat(32), span_id: id(index), name: "x", start_time: 1_700_000_000 })],
];

test.each(LINES)(
  "property: of %s no line that is whole is lost, and none that is broken goes untold",
  (format, line) => {
    const files = fc.array(fc.record({ keep: fc.boolean(), at: fc.double({ min: 0.1, max: 0.9, noNaN: true }) }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(files, (lines) => {
        const texts = lines.map(({ keep, at }, index) => {
          const text = JSON.stringify(line(index));
          return keep ? text : text.slice(0, Math.max(2, Math.floor(text.length * at)));
        });
        const whole = lines.flatMap(({ keep }, index) => (keep ? [id(index)] : []));
        const read = tryRead(texts.join("\n"));
        if (whole.length === 0) return;
        expect(read?.format).toBe(format);
        expect(read?.spans.map(({ spanId }) => spanId).toSorted()).toEqual(whole);
        expect(read?.isWhole).toBe(whole.length === lines.length);
        expect((read?.notes.length ?? 0) > 0).toBe(whole.length < lines.length);
      }),
    );
  },
);

test.each(Object.entries(SAMPLES))(
  "property: %s with a damaged byte has all of its spans, or says so",
  (_format, { text }) => {
    const sound = tryRead(text);
    const damage = fc.record({
      at: fc.nat(text.length - 1),
      to: fc.constantFrom("", "\u0000", '"', "}", "]", ",", "x", "\n"),
    });
    fc.assert(
      fc.property(damage, ({ at, to }) => {
        const read = tryRead(text.slice(0, at) + to + text.slice(at + 1));
        // What is still sound JSON may be another document, with other spans, and nobody can tell.
        if (read === undefined || isJson(text.slice(0, at) + to + text.slice(at + 1))) return;
        const isTold = !read.isWhole || read.notes.length > 0;
        if (read.spans.length < (sound?.spans.length ?? 0)) expect(isTold).toBe(true);
      }),
    );
  },
);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What is read; undefined where it is refused by a code. */
function tryRead(text: string): TraceFile | undefined {
  try {
    return readTraceFile(text, "t.json");
  } catch (error) {
    if (isTroupeError(error)) return undefined;
    throw error;
  }
}
