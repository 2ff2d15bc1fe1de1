import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { isTroupeError } from "../../src/core/errors.ts";
import { readTraceFile } from "../../src/format/read.ts";
import { summarize, type TraceSummary } from "../../src/trace/summary.ts";
import { buildTrees } from "../../src/trace/tree.ts";

/** Recorded by others and not ours to copy: where the folder is absent, these tests are skipped. */
const DATA = join(import.meta.dirname, "../../../shared/data");
const TRUTH = join(DATA, "ground_truth_dev.json");
const isAbsent = !existsSync(TRUTH);
if (isAbsent) console.warn(`${DATA} is not here; what other people recorded is not read, and its tests are skipped`);

interface TrueTrace {
  readonly trace: string | null;
  readonly spans: number;
  readonly unique_ids: number;
  readonly roots: number;
  readonly orphans: number;
  readonly depth: number;
  readonly services: readonly string[];
  readonly errors: number;
  readonly child_starts_before_parent: number;
  readonly child_ends_after_parent: number;
}

interface TrueFile {
  readonly format: string;
  readonly per_trace: readonly TrueTrace[];
}

interface Truth {
  readonly traces: Readonly<Record<string, TrueFile>>;
  readonly tokens_once: Readonly<Record<string, { readonly input: number; readonly output: number }>>;
}

const truth: Truth = isAbsent ? { traces: {}, tokens_once: {} } : JSON.parse(readFileSync(TRUTH, "utf8"));

const READABLE = ["otlp", "jaeger"];
const files = Object.entries(truth.traces).filter(([, { format }]) => READABLE.includes(format));

const summaries = (file: string): readonly TraceSummary[] =>
  buildTrees(readTraceFile(readFileSync(join(DATA, file), "utf8"), file).spans).map((tree) => summarize(tree));

/** What both sides count, under our names. Ours are by first start and theirs as they came, so both are sorted. */
const counted = (list: readonly Omit<TraceSummary, "traceId">[]): readonly unknown[] =>
  list
    .map(({ spans, uniqueSpans, roots, orphans, depth, services, errors, earlyStarts, lateEnds }) =>
      JSON.stringify({ spans, uniqueSpans, roots, orphans, depth, services, errors, earlyStarts, lateEnds }),
    )
    .toSorted();

const expected = (list: readonly TrueTrace[]): readonly unknown[] =>
  list
    .map((one) =>
      JSON.stringify({
        spans: one.spans,
        uniqueSpans: one.unique_ids,
        roots: one.roots,
        orphans: one.orphans,
        depth: one.depth,
        services: one.services.filter((service) => service !== "None"),
        errors: one.errors,
        earlyStarts: one.child_starts_before_parent,
        lateEnds: one.child_ends_after_parent,
      }),
    )
    .toSorted();

test.skipIf(isAbsent)("the folder of real traces holds files in the formats read here", () => {
  expect(files.length).toBeGreaterThan(60);
});

for (const [file, { per_trace: traces }] of files) {
  test(`${file} has the counts of the ground truth`, () => {
    expect(counted(summaries(file))).toEqual(expected(traces));
  });
}

for (const [file, { input, output }] of Object.entries(truth.tokens_once)) {
  if (truth.traces[file] === undefined || !READABLE.includes(truth.traces[file].format)) continue;
  test(`${file} has the tokens of the ground truth, each model call once`, () => {
    expect(summaries(file).map(({ tokens }) => tokens)).toEqual([{ input, output, total: input + output }]);
  });
}

test.skipIf(isAbsent)("helm.json is an agent that lists releases with one tool", () => {
  expect(summaries("agentevals/samples/helm.json")).toMatchObject([
    {
      agents: ["helm_agent"],
      tools: [{ name: "helm_list_releases", agent: "helm_agent" }],
      handoffs: [],
      kinds: { agent: 1, llm: 4, tool: 1, http: 27 },
    },
  ]);
});

test.skipIf(isAbsent)("the OpenAI Agents file has one handoff and the target's tool call", () => {
  const file = "frameworks/openai-agents-0.20.0.chat_completions.openinference.otlp.json";
  expect(summaries(file)).toMatchObject([
    {
      handoffs: [{ from: "Triage", to: "Writer" }],
      tools: [{ name: "search", agent: "Writer" }],
      tokens: { input: 126, output: 21 },
    },
  ]);
});

test.skipIf(isAbsent)("no file of the folder, whatever its format, makes the reader crash", () => {
  const codes = new Map<string, number>();
  for (const entry of readdirSync(DATA, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const code = outcome(readFileSync(path, "utf8"), relative(DATA, path));
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  expect([...codes.keys()].toSorted()).toEqual(["FORMAT_UNKNOWN", "TRACE_INVALID", "read"]);
});

function outcome(text: string, file: string): string {
  try {
    readTraceFile(text, file);
    return "read";
  } catch (error) {
    if (isTroupeError(error)) return error.code;
    throw error;
  }
}
