import { reachedDefinitions, traceBodiesOf } from "../definitions.ts";
import type { Body, Predicate, Shape } from "../pattern.ts";
import { flatItems } from "../pattern.ts";

const GROWING: ReadonlySet<string> = new Set(["tokens", "tokens.input", "tokens.output", "cost"]);

/**
 * Whether a match stays a match when more spans arrive (unless it takes an orphan for a root).
 *
 * Every count claims what it matches, so a late span may come out of order even for `x1..*`: no count is monotone. A
 * late span may be what a link leads to, which can only help; events come with their span, so a count of them is kept.
 */
export function isMonotone(shape: Shape): boolean {
  if ("traces" in shape && (shape.children === "exactly" || shape.traces.some(({ count }) => count !== undefined))) {
    return false;
  }
  const bodies: Body[] = [...traceBodiesOf(shape)];
  for (const { items } of reachedDefinitions(shape)) bodies.push({ ...NO_BODY, list: { mode: "contain", items } });
  for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
    if (body.never.length > 0 || body.list?.mode === "exactly") return false;
    for (const item of [...flatItems(body.list?.items ?? []), ...body.links]) {
      if (item.type === "rest" || item.count !== undefined) return false;
      if (item.type !== "node") continue;
      if (!item.predicates.every(isKept)) return false;
      bodies.push(item);
    }
  }
  return true;
}

const NO_BODY: Body = { never: [], links: [], events: [] };

/** A sum over the spans below only grows; all else that a predicate looks at has arrived with its span. */
function isKept({ key, op }: Predicate): boolean {
  if (key === "duration") return op !== "<" && op !== "<=";
  return !GROWING.has(key) || op === "present" || op === ">" || op === ">=";
}
