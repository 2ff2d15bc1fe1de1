import * as z from "zod";
import { type Fault, TroupeError } from "../core/errors.ts";
import { readTraceFile } from "../format/read.ts";
import { writeOtlpJson } from "../format/otlp-write.ts";
import type { OfferedTool } from "../scenario/model.ts";
import type { JsonSchema } from "../scenario/schema.ts";
import type { Span } from "../trace/span.ts";
import { type Exchange, exchangeForm } from "./exchange.ts";
import { readableJson } from "./readable-json.ts";

/** What a recording does not hold, and what follows from that for whoever replays it. A sentence each. */
export interface Lack {
  readonly what: string;
  readonly consequence: string;
}

/** Where a recording comes from. */
export interface RecordingSource {
  readonly traceIds: readonly string[];
  /** As `troupe show` names it: `otlp-json`, `langfuse`; or what recorded it. */
  readonly format: string;
  readonly dialects: readonly string[];
  /** The file or store that it was read from. */
  readonly store?: string;
  /** `troupe X.Y.Z`. */
  readonly readBy: string;
  /** When the first thing in it happened, as ISO 8601. */
  readonly recordedAt?: string;
  /** Of a case out of `troupe mine`: the key of its shape, and how many traces had that shape, and how many of them failed. */
  readonly cluster?: { readonly key: string; readonly traces: number; readonly failed: number };
}

/** A tool as its server lists it. */
export interface ListedTool extends OfferedTool {
  /** Of its structured content. */
  readonly output?: JsonSchema;
}

/** What there was to be used, whether it was or not: an MCP server with its tools, or a remote agent. */
export type Offer = { readonly server: string; readonly tools: readonly ListedTool[] } | { readonly agent: string };

/** The exchanges of one conversation, from which everything on the other side of an agent can answer again. */
export interface Recording {
  readonly source: RecordingSource;
  /** What every span says alike: the tenant, the version of the prompt. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** By start. */
  readonly exchanges: readonly Exchange[];
  /** Who was there to be asked, where that is known. */
  readonly offers?: readonly Offer[];
  /** The semantic tree, in Troupe's own words; what it may say is what a run can be compared with. */
  readonly trajectory?: readonly Span[];
  /** How many different values of each kind were replaced, such as `email`. */
  readonly replaced: Readonly<Record<string, number>>;
  readonly lacks: readonly Lack[];
}

const FORMAT = "troupe-recording";
const VERSION = 1;

/** The text of a recording file: keys sorted, so that a change shows as what it is. */
export function recordingText({ trajectory, ...rest }: Recording): string {
  const traces = trajectory === undefined ? {} : { trajectory: JSON.parse(writeOtlpJson(trajectory)) as unknown };
  return readableJson({ format: FORMAT, version: VERSION, ...rest, ...traces });
}

/**
 * Reads a recording file.
 *
 * @throws TroupeError `SCENARIO_INVALID` with every fault of it, each at its place.
 */
export function readRecording(text: string, where: string): Recording {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    const what = `it is no JSON (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new TroupeError("SCENARIO_INVALID", { where, what, mend: MEND_NEW }, { cause });
  }
  return recordingOf(document, where);
}

const MEND_NEW = "Write it anew with `troupe import`, or take it from version control.";

/**
 * A recording out of what its file holds, as `import … with { type: "json" }` gives it.
 *
 * @throws TroupeError `SCENARIO_INVALID` with every fault of it, each at its place.
 */
export function recordingOf(document: unknown, where: string): Recording {
  const { format, version }: Readonly<Record<string, unknown>> = Object(document);
  if (format !== FORMAT) throw invalid({ where, what: `this is no recording: its format is not "${FORMAT}"` });
  if (version !== VERSION) {
    const what = `this is a recording of version ${JSON.stringify(version) ?? "none"}, and this Troupe reads version ${VERSION}`;
    const mend = "Import the trace again with this version of Troupe, or use the one that wrote it.";
    throw new TroupeError("SCENARIO_INVALID", { where, what, mend });
  }
  const { data, error } = form.safeParse(document, { error: wordsFor });
  if (data === undefined)
    throw new TroupeError(
      "SCENARIO_INVALID",
      (error?.issues ?? []).map((issue) => faultOf(issue, where)),
    );
  const { trajectory, ...rest } = data;
  if (trajectory === undefined) return rest;
  const { spans } = readTraceFile(JSON.stringify(trajectory), `${where}, trajectory`);
  return { ...rest, trajectory: spans };
}

/** What is said of a value whose form has no words of its own. */
function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  return issue.code === "invalid_type" && issue.expected === "object" ? "this is no object" : undefined;
}

function invalid(fault: Omit<Fault, "mend">): TroupeError {
  return new TroupeError("SCENARIO_INVALID", { ...fault, mend: MEND_NEW });
}

function faultOf({ path, message }: z.core.$ZodIssue, where: string): Fault {
  const place = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return { where: place === "" ? where : `${where}, ${place.replace(/^\./, "")}`, what: message, mend: MEND_NEW };
}

const text = z.string({ error: "this is no text" });
const texts = z.array(text, { error: "this is no list of texts" });
const count = z.int({ error: "this is no whole number" });

const listedTool = z.object({
  name: text,
  description: text.exactOptional(),
  schema: z.record(text, z.unknown()),
  output: z.record(text, z.unknown()).exactOptional(),
});

const form = z.object({
  source: z.object(
    {
      traceIds: texts,
      format: text,
      dialects: texts,
      store: text.exactOptional(),
      readBy: text,
      recordedAt: text.exactOptional(),
      cluster: z.object({ key: text, traces: count, failed: count }).exactOptional(),
    },
    { error: "this is missing" },
  ),
  attributes: z.record(text, text, { error: "these are no texts by name" }).exactOptional(),
  offers: z
    .array(
      z.union([z.object({ agent: text }), z.object({ server: text, tools: z.array(listedTool) })], {
        error: "this is neither a server with its tools nor a remote agent",
      }),
      { error: "this is no list" },
    )
    .exactOptional(),
  exchanges: z.array(exchangeForm, { error: "this is no list of exchanges" }),
  trajectory: z.looseObject({ resourceSpans: z.array(z.unknown()) }, { error: "this is no OTLP/JSON" }).exactOptional(),
  replaced: z.record(text, count, { error: "these are no numbers by kind" }),
  lacks: z.array(z.object({ what: text, consequence: text }), { error: "this is no list" }),
});
