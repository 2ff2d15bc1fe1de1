import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/core/json.ts";
import { isTroupeError } from "../../src/core/errors.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { readTraceFile } from "../../src/format/read.ts";
import { isParentRemote } from "../../src/trace/span.ts";
import { summarize, type TraceSummary } from "../../src/trace/summary.ts";
import { buildTrees } from "../../src/trace/tree.ts";

/** Recorded by others and not ours to copy: where the folder is absent, these tests are skipped. */
const DATA = join(import.meta.dirname, "../../../shared/data");
const TRUTH = join(DATA, "ground_truth_dev.json");
const isAbsent = !existsSync(TRUTH);
if (isAbsent) console.warn(`${DATA} is not here; what other people recorded is not read, and its tests are skipped`);

interface TrueTrace {
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

interface TrueSkeleton extends Omit<TrueTrace, "unique_ids" | "services" | "errors"> {
  readonly split: string;
  readonly trace: string;
  readonly dup_ids: number;
  readonly status_error: number;
  readonly tok_prompt: number;
  readonly tok_completion: number;
  readonly llm: number;
  readonly tool: number;
  readonly agent: number;
  readonly tools: Readonly<Record<string, number>>;
  readonly duration_root_ns: number;
}

interface Truth {
  readonly traces: Readonly<Record<string, { readonly per_trace: readonly TrueTrace[] }>>;
  readonly strands_evals: Readonly<Record<string, readonly TrueTrace[]>>;
  readonly trail: readonly TrueSkeleton[];
  readonly tokens_once: Readonly<Record<string, { readonly input: number; readonly output: number }>>;
  readonly langfuse: Readonly<Record<string, { readonly n: number; readonly latency: number }>>;
  readonly logfire_mcp: Readonly<
    Record<string, { readonly spans: number; readonly traces: number; readonly roots: number; remote_parents: number }>
  >;
  readonly openai_native: Readonly<
    Record<
      string,
      {
        readonly spans: number;
        readonly roots: number;
        readonly orphans: number;
        readonly agents: readonly string[];
        readonly handoffs: readonly (readonly [string, string])[];
        readonly functions: readonly string[];
        readonly responses: number;
      }
    >
  >;
  readonly monocle: Readonly<
    Record<
      string,
      {
        readonly spans: number;
        readonly unique: number;
        readonly agents: readonly string[];
        readonly tools: readonly (readonly [name: string, agent: string, type: string])[];
        readonly tokens_by_type: Readonly<Record<string, number>>;
      }
    >
  >;
}

const NOTHING: Truth = {
  traces: {},
  strands_evals: {},
  trail: [],
  tokens_once: {},
  langfuse: {},
  logfire_mcp: {},
  openai_native: {},
  monocle: {},
};
const truth: Truth = isAbsent ? NOTHING : JSON.parse(readFileSync(TRUTH, "utf8"));

type Counts = Pick<
  TraceSummary,
  "spans" | "uniqueSpans" | "roots" | "orphans" | "depth" | "services" | "errors" | "earlyStarts" | "lateEnds"
>;

const NAIVE =
  "the truth was counted without decoding base64 and numeric ids, references and inline processes of this form";

/** Where the ground truth counts otherwise than Troupe does, what Troupe counts, and why it is right. */
const DIFFERENCES: Readonly<Record<string, { readonly ours: Partial<Counts>; readonly why: string }>> = {
  "zipkin/zipkin-lens/testdata/ascend.json": {
    ours: { lateEnds: 0 },
    why: "a child under a shared id is compared with the half in its own service, which is its parent, and not the first",
  },
  "jaeger/internal/converter/thrift/jaeger/fixtures/domain_01.json": {
    ours: { roots: 0, orphans: 1, services: ["api"] },
    why: NAIVE,
  },
  "jaeger/internal/converter/thrift/jaeger/fixtures/domain_02.json": {
    ours: { uniqueSpans: 2, roots: 0, orphans: 2, services: ["api"] },
    why: NAIVE,
  },
  "jaeger/internal/converter/thrift/jaeger/fixtures/domain_03.json": {
    ours: { uniqueSpans: 2, roots: 1, services: ["api"] },
    why: `${NAIVE}; one span names itself as its parent, which is neither a root nor an orphan`,
  },
  "jaeger/internal/converter/thrift/jaeger/fixtures/thrift_batch_01.json": {
    ours: { roots: 0, orphans: 1, services: ["api"] },
    why: NAIVE,
  },
  "jaeger/internal/converter/thrift/jaeger/fixtures/thrift_batch_02.json": {
    ours: { uniqueSpans: 2, roots: 0, orphans: 2, services: ["api"] },
    why: NAIVE,
  },
  "jaeger/internal/uimodel/converter/v1/json/fixtures/domain_01.json": {
    ours: { uniqueSpans: 4, roots: 2, orphans: 1, depth: 2, services: ["service-x", "service-y"], errors: 1 },
    why: NAIVE,
  },
};

const read = (file: string): ReturnType<typeof readTraceFile> =>
  readTraceFile(readFileSync(join(DATA, file), "utf8"), file);
const summaries = (file: string): readonly TraceSummary[] =>
  buildTrees(read(file).spans).map((tree) => summarize(tree));
const total = (list: readonly TraceSummary[], count: (trace: TraceSummary) => number): number =>
  list.reduce((sum, trace) => sum + count(trace), 0);

const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b);

const counted = (list: readonly Counts[]): readonly string[] =>
  list
    .map(({ spans, uniqueSpans, roots, orphans, depth, services, errors, earlyStarts, lateEnds }) =>
      canonicalJson({ spans, uniqueSpans, roots, orphans, depth, services, errors, earlyStarts, lateEnds }),
    )
    // Ours are by first start and theirs as they came.
    .toSorted();

const expected = (one: TrueTrace): Counts => ({
  spans: one.spans,
  uniqueSpans: one.unique_ids,
  roots: one.roots,
  orphans: one.orphans,
  depth: one.depth,
  services: one.services.filter((service) => service !== "None"),
  errors: one.errors,
  earlyStarts: one.child_starts_before_parent,
  lateEnds: one.child_ends_after_parent,
});

const perFile: readonly (readonly [file: string, traces: readonly TrueTrace[]])[] = [
  ...Object.entries(truth.traces).map(([file, { per_trace: traces }]) => [file, traces] as const),
  ...Object.entries(truth.strands_evals),
];
const skeletonFile = ({ split, trace }: TrueSkeleton): string =>
  `trail_skeleton/${split.replace(" ", "_")}/${trace}.json`;

test.skipIf(isAbsent)("the ground truth speaks of files of many formats", () => {
  expect(perFile.length).toBeGreaterThan(100);
  expect(Object.keys(DIFFERENCES).filter((file) => truth.traces[file] === undefined)).toEqual([]);
});

test.each(perFile)("%s has the counts of the ground truth", (file, traces) => {
  const ours = DIFFERENCES[file]?.ours ?? {};
  expect(counted(summaries(file))).toEqual(counted(traces.map((one) => ({ ...expected(one), ...ours }))));
  expect(read(file).notes.filter((note) => !note.includes("start in 1970"))).toEqual([]);
});

test.each(truth.trail)("$split/$trace has the counts of the ground truth", (one) => {
  const [trace] = summaries(skeletonFile(one));
  const tools: Record<string, number> = {};
  for (const { name } of trace?.tools ?? []) tools[name] = (tools[name] ?? 0) + 1;
  // The truth names tools by their spans, and Troupe by what the spans say they call.
  const calls = sorted(Object.values(tools));
  expect({ ...trace, calls, durationNs: Math.round((trace?.durationMs ?? 0) * 1e6) }).toMatchObject({
    spans: one.spans,
    duplicates: one.dup_ids,
    roots: one.roots,
    orphans: one.orphans,
    depth: one.depth,
    errors: one.status_error,
    earlyStarts: one.child_starts_before_parent,
    lateEnds: one.child_ends_after_parent,
    tokens: { input: one.tok_prompt, output: one.tok_completion },
    kinds: { llm: one.llm, tool: one.tool, agent: one.agent },
    calls: sorted(Object.values(one.tools)),
    durationNs: one.duration_root_ns,
  });
});

test.each(Object.entries(truth.tokens_once))("%s has the tokens of the ground truth", (file, { input, output }) => {
  const traces = summaries(file);
  expect([total(traces, ({ tokens }) => tokens.input), total(traces, ({ tokens }) => tokens.output)]).toEqual([
    input,
    output,
  ]);
});

test.each(Object.entries(truth.langfuse))("%s has the latency that Langfuse published", (name, { n, latency }) => {
  const file = Object.keys(truth.traces).find((each) => each.endsWith(`/${name}`)) ?? "";
  const [trace] = summaries(file);
  expect(trace?.spans).toBe(n);
  expect((trace?.durationMs ?? 0) / 1000).toBeCloseTo(latency, 2);
});

test.each(Object.entries(truth.logfire_mcp))("%s has its remote parents", (name, one) => {
  const { spans } = read(`logfire-mcp/${name}`);
  const traces = summaries(`logfire-mcp/${name}`);
  const remote = spans.filter((span) => isParentRemote(span) === true).length;
  expect([spans.length, traces.length, total(traces, ({ roots }) => roots), remote]).toEqual([
    one.spans,
    one.traces,
    one.roots,
    one.remote_parents,
  ]);
});

test.each(Object.entries(truth.openai_native))("%s has its agents, handoffs and functions", (name, one) => {
  const traces = summaries(`openai-native-traces/${name}`);
  expect({
    spans: total(traces, ({ spans }) => spans),
    roots: total(traces, ({ roots }) => roots),
    orphans: total(traces, ({ orphans }) => orphans),
    agents: traces.flatMap(({ agents }) => agents),
    handoffs: traces.flatMap(({ handoffs }) => handoffs.map(({ from, to }) => [from, to])),
    functions: traces.flatMap(({ tools }) => tools.map((tool) => tool.name)),
    responses: total(traces, ({ kinds }) => kinds["llm"] ?? 0),
  }).toMatchObject({
    spans: one.spans,
    roots: one.roots,
    orphans: one.orphans,
    agents: one.agents,
    handoffs: one.handoffs,
    functions: one.functions,
    responses: one.responses,
  });
});

/** One file records the same run a second time by another tracer, which the truth of Monocle leaves out. */
const TWICE = "monocle/apptrace/tests/integration/test_adk_single_agent.json";

test.each(Object.entries(truth.monocle))("%s has its agents, tools and tokens", (file, one) => {
  const traces = file === TWICE ? summaries(file).slice(0, 1) : summaries(file);
  const agents = traces.flatMap((trace) => trace.agents);
  expect([...agents].toSorted()).toEqual(one.agents.toSorted());
  expect(traces.flatMap(({ tools }) => tools.map(({ name, agent }) => [name, agent]))).toEqual(
    one.tools.map(([name, agent]) => [name, agent]),
  );
  const { inference } = one.tokens_by_type;
  if (inference !== undefined) expect(total(traces, ({ tokens }) => tokens.total)).toBe(inference);
});

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

/** What two recordings of one run must agree on, however they write it. */
const essence = (file: string): readonly unknown[] =>
  summaries(file).map(({ agents, handoffs, tools, kinds, tokens }) => ({
    agents,
    handoffs,
    tools,
    modelCalls: kinds["llm"],
    input: tokens.input,
    output: tokens.output,
  }));

test.skipIf(isAbsent)("one run of OpenAI Agents says the same in OpenInference and in its own form", () => {
  const [own, other] = ["native.json", "openinference.otlp.json"].map((form) =>
    essence(`frameworks/openai-agents-0.20.0.chat_completions.${form}`),
  );
  expect(other).toEqual(own);
  expect(own).toEqual([
    {
      agents: ["Triage", "Writer"],
      handoffs: [{ from: "Triage", to: "Writer" }],
      tools: [{ name: "search", agent: "Writer" }],
      modelCalls: 3,
      input: 126,
      output: 21,
    },
  ]);
});

test.skipIf(isAbsent)("Monocle's agents that name who handed over to them are handoffs, each told once", () => {
  const handoffs = (file: string): readonly string[] =>
    summaries(file).flatMap((trace) => trace.handoffs.map(({ from, to }) => `${from} -> ${to}`));
  expect(handoffs("monocle/apptrace/tests/integration/test_adk_multi_agent.json")).toEqual([
    "supervisor -> flight_assistant",
    "supervisor -> hotel_assistant",
  ]);
  const [told = ""] = everyFile.filter((file) => /^monocle\/.*trace1\.json$/.test(file));
  expect(handoffs(told)).toEqual(
    ["flight_booking", "hotel_booking", "trip_summary"].map(
      (agent) => `adk_supervisor_agent_5 -> adk_${agent}_agent_5`,
    ),
  );
});

const everyFile = isAbsent
  ? []
  : readdirSync(DATA, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(DATA, join(entry.parentPath, entry.name)));

test.skipIf(isAbsent)("no file of the folder, whatever its format, makes the reader crash", () => {
  expect([...new Set(everyFile.map(outcome))].toSorted()).toEqual(["FORMAT_UNKNOWN", "TRACE_INVALID", "read"]);
});

test.skipIf(isAbsent)(
  "every trace of the folder written as OTLP JSON and read again is the same trees",
  () => {
    const readable = everyFile.filter((file) => outcome(file) === "read");
    expect(readable.length).toBeGreaterThan(140);
    for (const file of readable) {
      const { spans } = read(file);
      const again = readTraceFile(writeOtlpJson(spans), file).spans;
      expect(again.length, file).toBe(spans.length);
      expect(summariesOf(again), file).toBe(summariesOf(spans));
    }
  },
  60_000,
);

const summariesOf = (spans: Parameters<typeof buildTrees>[0]): string =>
  canonicalJson(buildTrees(spans).map((tree) => summarize(tree)));

function outcome(file: string): string {
  try {
    read(file);
    return "read";
  } catch (error) {
    if (isTroupeError(error)) return error.code;
    throw error;
  }
}
