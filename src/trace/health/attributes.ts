import type { Meaning } from "../kinds.ts";
import type { SpanNode } from "../tree.ts";
import { conventionFor } from "./custom-names.ts";
import { many, type RequiredAttributes, type Rule, ruleOf, type Sighting } from "./rule.ts";
import type { TraceView } from "./view.ts";

/** Whether spans say what others will want to know of them, and in words that others know. */
export const ATTRIBUTE_RULES: readonly Rule[] = [
  ruleOf({
    name: "required-attributes",
    level: "warning",
    reason: "What a span does not state can be neither searched, nor summed up, nor billed.",
    mend: "Set the attribute where the span is made, or install the instrumentation of the library that makes it.",
    thresholds: {},
    find: (trace, _thresholds, required) =>
      [...coverageOf(trace, required)].flatMap(([, { kind, attribute, of, have, firstWithout }]): Sighting[] => {
        if (firstWithout === undefined) return [];
        const spans = `${of - have} of ${many(of, kind === "any" ? "span" : `${kind} span`)}`;
        return [{ node: firstWithout, seen: `${spans} ${of - have === 1 ? "has" : "have"} no ${attribute}` }];
      }),
  }),
  ruleOf({
    name: "prompt-version-missing",
    level: "note",
    reason:
      "When answers change, nobody can tell whether it was the prompt: cost and quality by version are not known.",
    mend: "Set prompt.version on the model call or on a span above it; a scenario's `attributes` carry it over every hop.",
    thresholds: {},
    find: ({ modelCalls, dimensions }) => {
      const calls = modelCalls.filter(({ node }) => node.meaning.kind === "llm");
      const without = calls.filter(({ node }) => dimensions.get(node)?.promptVersion === undefined);
      const [first] = without;
      if (first === undefined) return [];
      const seen = `${without.length} of ${many(calls.length, "model call")} and the spans above state no version of the prompt`;
      return [{ node: first.node, seen }];
    },
  }),
  ruleOf({
    name: "custom-name",
    level: "note",
    reason: "A name of one's own hides from every tool what a convention has a name for.",
    mend: "Use the name of the convention, beside the own one as long as something reads that.",
    thresholds: {},
    find: ({ nodes }) => {
      const seen = new Map<string, { readonly node: SpanNode; readonly name: string; count: number }>();
      for (const node of nodes)
        for (const key in node.span.attributes) {
          const name = conventionFor(key);
          if (name === undefined || Object.hasOwn(node.span.attributes, name)) continue;
          const known = seen.get(key);
          if (known === undefined) seen.set(key, { node, name, count: 1 });
          else known.count++;
        }
      return [...seen].map(([key, { node, name, count }]) => ({
        node,
        seen: `${key} stands on ${many(count, "span")}; the convention is ${name}`,
      }));
    },
  }),
];

/** What nobody has to ask for. */
export const REQUIRED: RequiredAttributes = {
  any: ["service.name"],
  agent: ["gen_ai.agent.name"],
  llm: ["gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"],
  embedding: ["gen_ai.request.model"],
  tool: ["gen_ai.tool.name"],
};

/** How many spans of a kind state an attribute. */
export interface Coverage {
  readonly kind: string;
  readonly attribute: string;
  readonly of: number;
  readonly have: number;
  readonly firstWithout: SpanNode | undefined;
}

/** Coverage of each required attribute in one trace, by `kind attribute`. Of a model call's layers one has to state it. */
export function coverageOf(
  { nodes, modelCalls }: TraceView,
  required: RequiredAttributes,
): ReadonlyMap<string, Coverage> {
  const counted = new Set(modelCalls.map(({ node }) => node));
  const found = new Map<string, { -readonly [Key in keyof Coverage]: Coverage[Key] }>();
  for (const node of nodes) {
    const { kind } = node.meaning;
    const isLayer = kind === "llm" && counted.size > 0 && !counted.has(node) && hasCallUnder(node, counted);
    for (const [group, attribute] of wantedOf(kind, required)) {
      const key = `${group} ${attribute}`;
      const coverage = found.get(key) ?? { kind: group, attribute, of: 0, have: 0, firstWithout: undefined };
      found.set(key, coverage);
      coverage.of++;
      if (isLayer || states(node, attribute)) coverage.have++;
      else coverage.firstWithout ??= node;
    }
  }
  return found;
}

function hasCallUnder(node: SpanNode, counted: ReadonlySet<SpanNode>): boolean {
  return node.children.some((child) => counted.has(child));
}

function* wantedOf(kind: string, required: RequiredAttributes): Generator<readonly [group: string, attribute: string]> {
  for (const attribute of required["any"] ?? []) yield ["any", attribute];
  for (const attribute of required[kind] ?? []) yield [kind, attribute];
}

/** Attributes that dialects call by other names, with the field they are normalised to. */
const FIELDS: ReadonlyMap<string, keyof Meaning> = new Map<string, keyof Meaning>([
  ["gen_ai.request.model", "model"],
  ["gen_ai.response.model", "model"],
  ["gen_ai.response.finish_reasons", "finishReason"],
  ["gen_ai.usage.input_tokens", "inputTokens"],
  ["gen_ai.usage.output_tokens", "outputTokens"],
  ["gen_ai.cost.total", "costUsd"],
  ["gen_ai.tool.name", "tool"],
  ["gen_ai.tool.call.arguments", "arguments"],
  ["gen_ai.tool.call.result", "result"],
  ["gen_ai.agent.name", "agent"],
  ["agent.trajectory.step", "trajectoryStep"],
]);

/** Whether a span or its resource states an attribute under any dialect's name; an empty text states nothing. */
function states({ span, meaning }: SpanNode, attribute: string): boolean {
  const value = span.attributes[attribute] ?? span.resource[attribute];
  if (value !== undefined && value !== null && value !== "") return true;
  const field = FIELDS.get(attribute);
  return field !== undefined && meaning[field] !== undefined;
}
