import type { Pass } from "../match/pass.ts";
import { attributeReader, predicateTester } from "../match/predicate.ts";
import type { Pattern, Sought } from "../match/program.ts";
import { textTester } from "../match/text-test.ts";
import type { EventPattern } from "../pattern.ts";
import { printPredicate } from "../print.ts";
import type { Failure, Finding } from "./finding.ts";
import type { ConditionWriter } from "./condition-writer.ts";
import type { Difference, Nearby, Nearness } from "./nearness.ts";
import { valueText } from "./nearness.ts";

/** How many links of a span are looked at. */
const LINKS_MAX = 64;

/** What of a span's events, links and forbidden spans is not as asked. */
export function bodyFaults(
  write: ConditionWriter,
  { pass, nearby }: { readonly pass: Pass; readonly nearby: Nearby },
  { row, body, pattern }: Failure,
): readonly Finding[] {
  const span = pass.columns.nodes[row]?.span;
  const events = span === undefined ? [] : (pattern?.events ?? []).filter((test) => !test.holds(span, pass.captured));
  const missing = events.map((test) => {
    return write.event(row, test, span === undefined ? 0 : test.count(span, pass.captured), nearestEvent(test.source));
  });
  const unlinked = body.links.flatMap((sought) => linkFault(sought) ?? []);
  const forbidden = body.never.flatMap((sought) => {
    const [found] = sought.patterns.flatMap(({ id }) => pass.below(row, id, 1)).toSorted((a, b) => a - b);
    return found === undefined ? [] : write.forbidden(row, sought, found);
  });
  return [...missing, ...unlinked, ...forbidden];

  function linkFault(sought: Sought): Finding | undefined {
    if (pass.holdsLink(row, sought)) return undefined;
    const links = pass.links.of(row);
    const targets = links.slice(0, LINKS_MAX).flatMap((link) => pass.links.targetsOf(link));
    return write.noLink(row, sought, links.length, nearestOf(targets, sought.patterns));
  }

  function nearestEvent({ name, predicates }: EventPattern): readonly Difference[] | undefined {
    const event = span?.events.find((one) => name === undefined || textTester(name)(one.name));
    if (event === undefined) return undefined;
    return predicates.flatMap((predicate) => {
      const value = attributeReader(predicate.key)(event.attributes);
      if (predicateTester(predicate, false)(value, pass.captured)) return [];
      return { key: predicate.key, expected: printPredicate(predicate), got: valueText(value) };
    });
  }

  function nearestOf(rows: readonly number[], patterns: readonly Pattern[]): Nearness | undefined {
    const all = rows.flatMap((target) => patterns.map((asked) => nearby.of(target, asked)));
    return all.toSorted((a, b) => a.cost - b.cost)[0];
  }
}
