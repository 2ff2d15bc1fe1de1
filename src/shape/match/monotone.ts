import type { Body, Predicate, Shape } from "../pattern.ts";
import { flatItems } from "../pattern.ts";

const GROWING: ReadonlySet<string> = new Set(["tokens", "tokens.input", "tokens.output", "cost"]);

/**
 * Whether a match stays a match when more spans arrive (unless it takes an orphan for a root).
 *
 * Every count claims what it matches, so a late span may come out of order even for `x1..*`: no count is monotone.
 */
export function isMonotone(shape: Shape): boolean {
  const bodies: Body[] = [shape.trace];
  for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
    if (body.never.length > 0 || body.list?.mode === "exactly") return false;
    for (const item of flatItems(body.list?.items ?? [])) {
      if (item.type === "rest" || item.count !== undefined) return false;
      if (item.type !== "node") continue;
      if (!item.predicates.every(isKept)) return false;
      bodies.push(item);
    }
  }
  return true;
}

/** A sum over the spans below only grows; all else that a predicate looks at has arrived with its span. */
function isKept({ key, op }: Predicate): boolean {
  if (key === "duration") return op !== "<" && op !== "<=";
  return !GROWING.has(key) || op === "present" || op === ">" || op === ">=";
}
