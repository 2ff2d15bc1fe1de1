import type { SpanNode } from "../tree.ts";
import { type Rule, ruleOf, type Sighting } from "./rule.ts";

/** What models are given to read. */
export const CONTEXT_RULES: readonly Rule[] = [
  ruleOf({
    name: "context-budget",
    level: "warning",
    reason: "What stands in the context is paid for again with every call: documents and history eat the token budget.",
    mend: "Give the model what this step needs: fewer and shorter documents, a summary in place of the whole history.",
    thresholds: { tokensMax: 32_000, growthMax: 4, growthFromTokens: 8000 },
    find: ({ modelCalls }, { tokensMax, growthMax, growthFromTokens }) => {
      const calls = modelCalls.filter(({ node }) => node.meaning.kind === "llm").toSorted(byStart);
      const first = new Map<string, number>();
      const worst = new Map<string, { readonly node: SpanNode; readonly tokens: number; readonly least: number }>();
      for (const { node, inputTokens: tokens } of calls) {
        const agent = node.owner ?? node.meaning.agent ?? "";
        const least = first.get(agent) ?? tokens;
        if (!first.has(agent) && tokens > 0) first.set(agent, tokens);
        const isGrown = tokens >= growthFromTokens && tokens > least * growthMax;
        const isWorst = tokens > (worst.get(agent)?.tokens ?? 0);
        if ((tokens > tokensMax || isGrown) && isWorst) worst.set(agent, { node, tokens, least });
      }
      return [...worst].map(([agent, { node, tokens, least }]): Sighting => {
        const whose = agent === "" ? "the first call" : `agent ${agent}'s first call`;
        const grown = tokens > least ? `, ${Number((tokens / least).toPrecision(2))} times ${whose} (${least})` : "";
        return { node, seen: `this call reads ${tokens} tokens${grown}` };
      });
    },
  }),
];

function byStart(a: { readonly node: SpanNode }, b: { readonly node: SpanNode }): number {
  const [first, second] = [a.node.span.startTimeUnixNano, b.node.span.startTimeUnixNano];
  return first < second ? -1 : first > second ? 1 : 0;
}
