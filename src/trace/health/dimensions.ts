import type { Attributes, AttributeValue } from "../span.ts";
import type { SpanNode } from "../tree.ts";

/** What {@link Meaning} does not tell. */
const STATED = ["tenant", "feature", "promptVersion"] as const;

type Stated = (typeof STATED)[number];

/** Whom and what a model call was for. */
export const DIMENSIONS = ["user", ...STATED] as const;

type Dimension = (typeof DIMENSIONS)[number];

export type Dimensions = Readonly<Partial<Record<Dimension, string>>>;

/** Under which attributes the dialects keep them, best first. */
const KEYS: Readonly<Record<Stated, readonly string[]>> = {
  tenant: ["tenant.id", "ai.telemetry.metadata.tenantId", "traceloop.association.properties.tenant_id"],
  feature: ["feature.id", "ai.telemetry.metadata.featureId", "traceloop.association.properties.feature_id"],
  promptVersion: [
    "prompt.version",
    "gen_ai.prompt.version",
    "langfuse.observation.prompt.version",
    "llm.prompt_template.version",
    "traceloop.prompt.version",
  ],
};

const STATED_BY = new Map(
  STATED.flatMap((dimension) => KEYS[dimension].map((key, rank) => [key, { dimension, rank }] as const)),
);

const NONE: Dimensions = {};

/**
 * The dimensions of each node: what it states itself, else what the nearest span above states, else its resource, else
 * the first span of the trace that does.
 *
 * @param nodes in preorder.
 */
export function dimensionsOf(nodes: readonly SpanNode[]): ReadonlyMap<SpanNode, Dimensions> {
  const found = new Map<SpanNode, Dimensions>();
  let first = NONE;
  for (const node of nodes) {
    const own = statedBy(node);
    const above = (node.parent === undefined ? undefined : found.get(node.parent)) ?? NONE;
    found.set(node, own === NONE ? above : { ...above, ...own });
    if (own !== NONE) first = { ...own, ...first };
  }
  const resources = new Map<Attributes, Dimensions>();
  for (const [node, stated] of found) {
    const { resource } = node.span;
    const fallback = resources.get(resource) ?? withFirst(statedIn(resource), first);
    resources.set(resource, fallback);
    if (fallback !== NONE) found.set(node, stated === NONE ? fallback : { ...fallback, ...stated });
  }
  return found;
}

function withFirst(resource: Dimensions, first: Dimensions): Dimensions {
  return resource === NONE ? first : { ...first, ...resource };
}

function statedBy({ span, meaning: { user } }: SpanNode): Dimensions {
  const stated = statedIn(span.attributes);
  return user === undefined ? stated : { ...stated, user };
}

function statedIn(attributes: Attributes): Dimensions {
  let stated: Partial<Record<Stated, string>> | undefined;
  const ranks: Partial<Record<Stated, number>> = {};
  for (const key in attributes) {
    const place = STATED_BY.get(key);
    if (place === undefined || place.rank >= (ranks[place.dimension] ?? Infinity)) continue;
    const text = textOf(attributes[key]);
    if (text === undefined) continue;
    stated ??= {};
    [stated[place.dimension], ranks[place.dimension]] = [text, place.rank];
  }
  return stated ?? NONE;
}

/** MLflow writes every value as JSON, a text in quotes. */
function textOf(value: AttributeValue | undefined): string | undefined {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return typeof value === "string" && value !== "" ? value.replace(/^"(.*)"$/, "$1") : undefined;
}
