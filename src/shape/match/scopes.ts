import type { BodyPlan, List, Pattern, TracesPlan } from "./program.ts";
import { captureScopes } from "../scope.ts";
import type { Shape } from "../pattern.ts";

/** Captures for which one choice of values makes `owner` match, afresh for every span that is judged by it. */
export interface CaptureScope {
  readonly names: readonly string[];
  /** `undefined`: the whole shape, all traces. */
  readonly owner: Pattern | undefined;
  /** All that compare with the captures. */
  readonly uses: readonly CaptureUse[];
  /** What is judged anew for each value: what compares with a capture, and what rests on that; not the owner. */
  readonly members: readonly Pattern[];
}

export interface CaptureUse {
  readonly pattern: Pattern;
  /** Whether the owner can not match without a span that has the value there; with `link`, only if no link is absent. */
  readonly isRequired: boolean | "link";
}

export function scopesOf(
  shape: Shape,
  patterns: readonly Pattern[],
  tops: readonly BodyPlan[],
  traces: TracesPlan | undefined,
): readonly CaptureScope[] {
  const scopes = captureScopes(shape);
  if (scopes.length === 0) return [];
  const dependents = dependentsOf(patterns);
  const bySource = new Map(patterns.map((pattern) => [pattern.source, pattern]));
  return scopes.map(({ names, owner: source }) => {
    const owner = source === undefined ? undefined : bySource.get(source);
    const users = patterns.filter((pattern) => capturesOf(pattern).some((name) => names.includes(name)));
    const bodies = owner === undefined ? tops.filter(isAsked) : [owner.body];
    const below = requiredIn(bodies, false);
    const linked = requiredIn(bodies, true);
    const members = closure(
      users.filter((user) => user !== owner),
      (pattern) => (dependents.get(pattern) ?? []).filter((other) => other !== owner),
    );
    const uses = users.map((pattern): CaptureUse => {
      const isRequired = pattern === owner || below.has(pattern) || (linked.has(pattern) && "link");
      return { pattern, isRequired };
    });
    return { names, owner, uses, members: [...members] };
  });

  function isAsked(body: BodyPlan): boolean {
    return traces?.bodies.every((other) => other.body !== body || other.source.count?.min !== 0) ?? true;
  }
}

/** The captures that a pattern compares with itself. */
export function capturesOf({ tests, events }: Pattern): readonly string[] {
  return [...tests.flatMap(({ capture }) => capture ?? []), ...events.flatMap(({ captures }) => captures)];
}

/** The patterns on which a pattern's answer rests directly. */
export function dependenciesOf({ body }: { readonly body: BodyPlan }): readonly Pattern[] {
  const leaves = (body.list?.leaves ?? []).flatMap(({ pattern }) => pattern ?? []);
  return [...leaves, ...[...body.never, ...body.links].flatMap(({ patterns }) => patterns)];
}

/** For each pattern, those whose answer rests on it directly. */
export function dependentsOf(patterns: readonly Pattern[]): ReadonlyMap<Pattern, readonly Pattern[]> {
  const dependents = new Map<Pattern, Pattern[]>();
  for (const pattern of patterns) {
    for (const dependency of new Set(dependenciesOf(pattern))) {
      const known = dependents.get(dependency);
      if (known === undefined) dependents.set(dependency, [pattern]);
      else known.push(pattern);
    }
  }
  return dependents;
}

/** `from` and all that `next` leads to. */
export function closure<T>(from: Iterable<T>, next: (one: T) => Iterable<T>): ReadonlySet<T> {
  const reached = new Set(from);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const one of reached) for (const other of next(one)) reached.add(other);
  return reached;
}

/** The patterns that some span must match, or none of `bodies` is met. */
function requiredIn(bodies: readonly BodyPlan[], isThroughLinks: boolean): ReadonlySet<Pattern> {
  const ofBody = ({ list, links }: BodyPlan): readonly Pattern[] => {
    const linked = (isThroughLinks ? links : []).flatMap(({ patterns: [only, second] }) =>
      only === undefined || second !== undefined ? [] : [only],
    );
    return [...linked, ...(list?.required ?? [])];
  };
  return closure(bodies.flatMap(ofBody), ({ body }) => ofBody(body));
}

/** The patterns that some span must match, or the list fails. */
export function requiredLeaves({ parts, leaves }: Pick<List, "parts" | "leaves">): readonly Pattern[] {
  const required: Pattern[] = [];
  const stack = [...parts];
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    if (part.count.min === 0) continue;
    if (part.type !== "leaf") {
      if (part.type !== "one-of" || part.parts.length === 1) stack.push(...part.parts);
      continue;
    }
    const pattern = leaves[part.leaf]?.pattern;
    if (pattern !== undefined) required.push(pattern);
  }
  return required;
}
