import { expect, test } from "vitest";
import { examine, examineBefore, findingsOf, newExamination } from "../../../src/trace/health/examination.ts";
import { REQUIRED } from "../../../src/trace/health/attributes.ts";
import { activeRules } from "../../../src/trace/health/rules.ts";
import type { SamplingPolicy } from "../../../src/trace/health/sampling.ts";
import type { Span } from "../../../src/trace/span.ts";
import { buildTrees } from "../../../src/trace/tree.ts";
import { agent, chat, span } from "../spans.ts";

const NOTHING: SamplingPolicy = { errors: false, failedEvaluations: false };

/** What is said of a sampler that was given some traces and kept others. */
function judged(policy: Partial<SamplingPolicy>, before: readonly Span[], kept: readonly Span[]): readonly string[] {
  const examination = newExamination({ rules: activeRules(), required: REQUIRED, policy: { ...NOTHING, ...policy } });
  for (const tree of buildTrees(before)) examineBefore(examination, tree);
  for (const tree of buildTrees(kept)) examine(examination, tree);
  const found = findingsOf(examination).find(({ rule }) => rule === "sampling-policy");
  return (found?.shown ?? []).map(({ traceId, seen }) => `${traceId ?? "all"}: ${seen}`);
}

const plain = (traceId: string, given: Partial<Span> = {}): Span =>
  span("a", undefined, { traceId, attributes: agent("triage"), ...given });
const failing = plain("t1", { status: { code: "error" } });

test("a trace with an error has to be kept, if the policy says so", () => {
  expect(judged({ errors: true }, [failing, plain("t2")], [plain("t2")])).toEqual([
    "t1: agent triage ended with an error, and the trace was dropped",
  ]);
  expect(judged({ errors: true }, [failing, plain("t2")], [failing])).toEqual([]);
  expect(judged({}, [failing], [])).toEqual([]);
});

test("a trace that was kept in part is not kept", () => {
  const child = span("b", "a", { traceId: "t1", startTimeUnixNano: 2000n });
  expect(judged({ errors: true }, [failing, child], [failing])).toEqual([
    "t1: agent triage ended with an error, and the trace was kept in part: 1 of 2 spans",
  ]);
});

const evaluated = (attributes: Span["attributes"]): Span =>
  plain("t1", { events: [{ name: "gen_ai.evaluation.result", timeUnixNano: 1n, attributes }] });

test("a failed evaluation has to be kept: by its label, or by its score", () => {
  const labelled = evaluated({ "gen_ai.evaluation.name": "grounded", "gen_ai.evaluation.score.label": "Failed" });
  const scored = evaluated({ "gen_ai.evaluation.name": "grounded", "gen_ai.evaluation.score.value": 0 });
  const openInference = plain("t1", {
    attributes: { "evaluations.0.evaluation.name": "grounded", "evaluations.0.evaluation.label": "incorrect" },
  });
  const policy = { failedEvaluations: true, evaluationScoreMin: 0.5 };
  for (const trace of [labelled, scored, openInference])
    expect(judged(policy, [trace], [])).toEqual([expect.stringContaining("evaluation grounded of")]);
  expect(judged({ failedEvaluations: true }, [scored], [])).toEqual([]);
});

test("a dear or slow trace has to be kept from the stated amount on", () => {
  const dear = [
    plain("t1"),
    span("b", "a", { traceId: "t1", attributes: { ...chat(1, 1), "gen_ai.cost.total": 0.5 } }),
  ];
  expect(judged({ costFromUsd: 0.5 }, dear, [])).toEqual(["t1: it cost 0.5 USD, and the trace was dropped"]);
  expect(judged({ costFromUsd: 0.51 }, dear, [])).toEqual([]);
  const slow = plain("t1", { startTimeUnixNano: 0n, endTimeUnixNano: 2_000_000_000n });
  expect(judged({ durationFromMs: 2000 }, [slow], [])).toEqual(["t1: it took 2 s, and the trace was dropped"]);
  expect(judged({ durationFromMs: 2001 }, [slow], [])).toEqual([]);
});

test("of the rest as many are kept as the policy says, within what chance allows", () => {
  const all = Array.from({ length: 1000 }, (_, index) => plain(`t${index}`));
  expect(judged({ restRate: 0.1 }, all, all.slice(0, 120))).toEqual([]);
  expect(judged({ restRate: 0.1 }, all, all.slice(0, 200))).toEqual([
    "all: of 1000 other traces 200 were kept (20 %), where the policy says 10 %",
  ]);
  expect(judged({ restRate: 0 }, all, all.slice(0, 1))).toHaveLength(1);
});
