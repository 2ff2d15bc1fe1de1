import { failedEvaluation } from "./evaluations.ts";
import {
  findingOf,
  type Finding,
  labelOf,
  type Level,
  many,
  milliseconds,
  percent,
  type Rule,
  ruleOf,
} from "./rule.ts";
import type { TraceView } from "./view.ts";

/** Which traces a tail sampler must not drop. */
export interface SamplingPolicy {
  /** A trace with a span whose status is ERROR. */
  readonly errors: boolean;
  /** A trace with an evaluation that failed: by its label, or with a score below `evaluationScoreMin`. */
  readonly failedEvaluations: boolean;
  readonly evaluationScoreMin?: number;
  /** A trace that cost this much or more, in US dollars. */
  readonly costFromUsd?: number;
  /** A trace that took this long or longer. */
  readonly durationFromMs?: number;
  /** The share of all other traces that is kept, from 0 to 1; not looked at where absent. */
  readonly restRate?: number;
}

export const SAMPLING_RULES: readonly Rule[] = [
  ruleOf({
    name: "sampling-policy",
    level: "error",
    reason:
      "What a sampler drops is gone: the failures and the expensive traces are the ones that somebody will look for.",
    mend: "Decide when the trace is whole (tail sampling), by the policy, in one place for all services.",
    thresholds: {},
    // What was dropped is in no trace: see samplingFindings.
    find: () => [],
  }),
];

/** What a policy expects of the traces that were kept, and what was seen of them. Traces beyond the limit are not followed. */
export interface SamplingWatch {
  readonly due: Map<string, { readonly why: string; readonly spans: number; keptSpans: number }>;
  readonly rest: { before: number; kept: number };
}

const FOLLOWED_MAX = 100_000;

export function newSamplingWatch(): SamplingWatch {
  return { due: new Map(), rest: { before: 0, kept: 0 } };
}

/** Looks at a trace from before the sampler. All of them come before the first that was kept. */
export function seeBefore(watch: SamplingWatch, policy: SamplingPolicy, view: TraceView): void {
  const why = whyKept(view, policy);
  if (why === undefined || watch.due.size >= FOLLOWED_MAX) watch.rest.before++;
  else watch.due.set(view.tree.traceId, { why, spans: view.nodes.length, keptSpans: 0 });
}

/** Looks at a trace that was kept. */
export function seeKept(watch: SamplingWatch, { tree, nodes }: TraceView): void {
  const due = watch.due.get(tree.traceId);
  if (due === undefined) watch.rest.kept++;
  else due.keptSpans += nodes.length;
}

export function samplingFindings(watch: SamplingWatch, policy: SamplingPolicy, level: Level): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [traceId, { why, spans, keptSpans }] of watch.due) {
    const lost = keptSpans === 0 ? "was dropped" : `was kept in part: ${keptSpans} of ${many(spans, "span")}`;
    if (keptSpans < spans)
      findings.push(
        findingOf("sampling-policy", level, { traceId, file: null }, { seen: `${why}, and the trace ${lost}` }),
      );
  }
  const { before, kept } = watch.rest;
  const { restRate: rate } = policy;
  if (rate === undefined || before === 0) return findings;
  const share = kept / before;
  // Four standard errors: by chance alone once in 16,000 checks.
  const margin = 4 * Math.sqrt((rate * (1 - rate)) / before);
  if (Math.abs(share - rate) <= margin) return findings;
  const seen = `of ${many(before, "other trace")} ${kept} were kept (${percent(share)}), where the policy says ${percent(rate)}`;
  return [...findings, findingOf("sampling-policy", level, { traceId: null, file: null }, { seen })];
}

function whyKept(view: TraceView, policy: SamplingPolicy): string | undefined {
  const { nodes, modelCalls, criticalPath } = view;
  const failed = policy.errors ? nodes.find(({ span }) => span.status.code === "error") : undefined;
  if (failed !== undefined) return `${labelOf(failed)} ended with an error`;
  if (policy.failedEvaluations)
    for (const node of nodes) {
      const evaluation = failedEvaluation(node, policy.evaluationScoreMin);
      if (evaluation !== undefined) return `evaluation ${evaluation} of ${labelOf(node)} failed`;
    }
  const cost = modelCalls.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  if (policy.costFromUsd !== undefined && cost >= policy.costFromUsd)
    return `it cost ${Number(cost.toPrecision(3))} USD`;
  const ms = Number(criticalPath.totalNano) / 1e6;
  if (policy.durationFromMs !== undefined && ms >= policy.durationFromMs) return `it took ${milliseconds(ms)}`;
  return undefined;
}
