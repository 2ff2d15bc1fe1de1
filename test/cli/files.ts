import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Draft } from "../check/traces.ts";
import { spansOf } from "../check/traces.ts";

/** A folder that is gone after the test, and writes files into itself. */
export async function newFolder(): Promise<{
  readonly path: string;
  readonly write: (name: string, content: string | Uint8Array) => Promise<string>;
}> {
  const path = await mkdtemp(join(tmpdir(), "troupe-cli-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return {
    path,
    write: async (name, content) => {
      await writeFile(join(path, name), content);
      return join(path, name);
    },
  };
}

/** Spans as OTLP JSON, written by hand: what the program reads is not what the program wrote. */
export function otlpText(...drafts: readonly Draft[]): string {
  const resourceSpans = spansOf(...drafts).map((span) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: span.resource["service.name"] } }] },
    scopeSpans: [
      {
        scope: { name: "test" },
        spans: [
          {
            traceId: span.traceId,
            spanId: span.spanId,
            parentSpanId: span.parentSpanId ?? "",
            name: span.name,
            kind: 1,
            startTimeUnixNano: String(span.startTimeUnixNano),
            endTimeUnixNano: String(span.endTimeUnixNano),
            ...(span.status.code === "error" && { status: { code: 2, message: span.status.message } }),
            attributes: Object.entries(span.attributes).map(([key, value]) => ({
              key,
              value: { stringValue: typeof value === "number" ? String(value) : value },
            })),
          },
        ],
      },
    ],
  }));
  return JSON.stringify({ resourceSpans });
}
