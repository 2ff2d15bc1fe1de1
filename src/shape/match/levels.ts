import { TroupeError } from "../../core/errors.ts";
import type { Pattern } from "./program.ts";
import type { CaptureScope } from "./scopes.ts";
import { closure, dependenciesOf } from "./scopes.ts";
import { placeOf } from "../pattern.ts";

/**
 * For each pattern the level at which it is judged, from 0. What stands below a span is known when the span is judged;
 * what links lead to may be anywhere, so it is judged a level before; and the owner of captures is judged when its level
 * is otherwise complete, so what rests on it comes a level later, unless it rests on that in turn.
 */
export function levelsOf(patterns: readonly Pattern[], scopes: readonly CaptureScope[]): readonly number[] {
  const levels = patterns.map(() => 0);
  const within = new Map<Pattern, ReadonlySet<Pattern>>();
  for (const { owner } of scopes) if (owner !== undefined) within.set(owner, closure([owner], dependenciesOf));
  const linked = new Map<Pattern, ReadonlySet<Pattern>>();
  for (const pattern of patterns) {
    for (const { patterns: targets } of pattern.body.links) {
      for (const target of targets) {
        const reached = linked.get(target) ?? closure([target], dependenciesOf);
        linked.set(target, reached);
        if (reached.has(pattern)) throw circularLink(pattern);
      }
    }
  }
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const pattern of patterns) {
      const targets = new Set(pattern.body.links.flatMap((link) => link.patterns));
      for (const dependency of dependenciesOf(pattern)) {
        const isOwner = within.get(dependency)?.has(pattern) === false;
        const least = (levels[dependency.id] ?? 0) + (isOwner || targets.has(dependency) ? 1 : 0);
        if (least <= (levels[pattern.id] ?? 0)) continue;
        levels[pattern.id] = least;
        isChanged = true;
      }
    }
  }
  return levels;
}

function circularLink({ source }: Pattern): TroupeError {
  return new TroupeError("SHAPE_INVALID", [
    {
      where: placeOf(source),
      what: "the pattern reaches itself through link:, and links may form circles",
      mend: "Write out what is wanted of the linked span.",
    },
  ]);
}
