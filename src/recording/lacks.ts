import type { Tree } from "../trace/tree.ts";
import type { Exchange, Missing } from "./exchange.ts";
import type { Lack } from "./recording.ts";

/** What a replay can and cannot do without it, by what an exchange is missing. */
const CONSEQUENCES: Readonly<
  Record<Exchange["kind"], Partial<Record<Missing, readonly [what: string, then: string]>>>
> = {
  user: {
    question: ["turns of the user without words", "the persona says a placeholder; write in the script what was said"],
    answer: ["turns of the user without the reply", "what is replied cannot be compared"],
  },
  model: {
    question: [
      "model calls without the conversation",
      "stand-ins get their answers by place; an agent of your own gets them in the order in which they were given",
    ],
    answer: ["model calls without the answer", "the model answers with no words, and calls no tools"],
  },
  tool: {
    arguments: ["tool calls without arguments", "their results are given in the order in which they were recorded"],
    result: ["tool calls without a result", "the tool answers with an empty text"],
  },
  resource: { result: ["resources without their text", "the resource is empty"] },
  prompt: {
    arguments: ["prompts without arguments", "their texts are given in the order in which they were recorded"],
    result: ["prompts without their text", "the prompt is empty"],
  },
  ask: {
    question: ["questions to remote agents without words", "they are answered in the order in which they were asked"],
    answer: ["questions to remote agents without the answer", "the agent answers with an empty text"],
  },
  retrieval: {
    question: ["searches without their query", "what is searched for cannot be compared"],
    answer: ["searches without documents", "an agent of your own finds nothing"],
  },
};

/** What the exchanges and traces of a recording do not hold: a sentence for each kind of thing, with how often. */
export function lacksOf(
  exchanges: readonly Exchange[],
  trees: readonly Tree[],
  notes: readonly string[],
): readonly Lack[] {
  return [
    ...contentLacks(exchanges),
    ...anomalyLacks(trees),
    ...notes.map((what) => ({ what, consequence: "what stood there is not in the case" })),
  ];
}

function contentLacks(exchanges: readonly Exchange[]): readonly Lack[] {
  const kinds = new Map<Exchange["kind"], number>();
  for (const { kind } of exchanges) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const counts = new Map<
    string,
    { count: number; readonly of: number; readonly consequence: string; readonly what: string }
  >();
  for (const { kind, missing = [] } of exchanges)
    for (const part of missing) {
      const [what, consequence] = CONSEQUENCES[kind][part] ?? [];
      if (what === undefined || consequence === undefined) continue;
      const known = counts.get(what) ?? { count: 0, of: kinds.get(kind) ?? 0, what, consequence };
      known.count++;
      counts.set(what, known);
    }
  return [...counts.values()].map(({ count, of, what, consequence }) => ({
    what: `${count} of ${of} ${what}`,
    consequence,
  }));
}

function anomalyLacks(trees: readonly Tree[]): readonly Lack[] {
  const anomalies = trees.flatMap((tree) => tree.anomalies);
  const countOf = (kind: (typeof anomalies)[number]["kind"]): number =>
    anomalies.filter((anomaly) => anomaly.kind === kind).length;
  const lacks: readonly (readonly [count: number, what: string, consequence: string])[] = [
    [
      countOf("orphan"),
      "spans whose parent is not in the trace (sampled out, or never exported)",
      "they stand at the top; what was around and beside them is not replayed",
    ],
    [countOf("open"), "spans without an end", "they end as they begin"],
    [countOf("parent-cycle") + countOf("self-parent"), "spans that are above themselves", "they stand at the top"],
  ];
  return lacks.flatMap(([count, what, consequence]) =>
    count === 0 ? [] : [{ what: `${count} ${what}`, consequence }],
  );
}
