import { TroupeError } from "../../core/errors.ts";
import type { Pattern } from "./program.ts";
import { closure, dependenciesOf } from "./scopes.ts";
import { placeOf } from "../pattern.ts";

/**
 * For each pattern the level at which it is judged, from 0. What stands below a span is known when the span is judged;
 * what links lead to may be anywhere, so it is judged a level before.
 */
export function levelsOf(patterns: readonly Pattern[]): readonly number[] {
  const linked = new Map<Pattern, ReadonlySet<Pattern>>();
  for (const pattern of patterns) {
    for (const target of targetsOf(pattern)) {
      const reached = linked.get(target) ?? closure([target], dependenciesOf);
      linked.set(target, reached);
      if (reached.has(pattern)) throw circularLink(pattern);
    }
  }
  const levels = patterns.map(() => 0);
  for (let isChanged = linked.size > 0; isChanged;) {
    isChanged = false;
    for (const pattern of patterns) {
      const targets = targetsOf(pattern);
      for (const dependency of dependenciesOf(pattern)) {
        const least = (levels[dependency.id] ?? 0) + (targets.has(dependency) ? 1 : 0);
        if (least <= (levels[pattern.id] ?? 0)) continue;
        levels[pattern.id] = least;
        isChanged = true;
      }
    }
  }
  return levels;
}

function targetsOf({ body }: Pattern): ReadonlySet<Pattern> {
  return new Set(body.links.flatMap((link) => link.patterns));
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
