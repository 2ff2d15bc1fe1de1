import type { Marks } from "./marks.ts";
import type { Pattern, Program } from "./program.ts";
import type { CaptureScope } from "./scopes.ts";

/** Patterns that are judged together, in one walk over the rows, and then the scopes that need all of them. */
export interface Stage {
  /** For each label, the patterns that its rows may match. */
  readonly byLabel: readonly (readonly Pattern[])[];
  /** For each label, the patterns that all of its rows match, as words of bits. */
  readonly always: Int32Array;
  readonly sought: readonly Pattern[];
  readonly mask: Int32Array;
  readonly scopes: readonly ScopePlan[];
}

/** How a scope is judged: its members in stages, scopes within it included. */
export interface ScopePlan {
  readonly scope: CaptureScope;
  readonly stages: readonly Stage[];
  /** All that a value of the captures may change. */
  readonly mask: Int32Array;
  readonly sought: readonly Pattern[];
  readonly hasLinks: boolean;
}

export interface Stages {
  /** What no capture changes, and the scopes that have an owner. */
  readonly base: readonly Stage[];
  /** The scope of the whole shape. */
  readonly top?: ScopePlan;
}

export function stagesOf(program: Program, marks: Marks): Stages {
  const plans = new Map<CaptureScope, ScopePlan>();
  // Those within others have fewer members, so they are planned before them.
  for (const scope of program.scopes.toSorted((a, b) => a.members.length - b.members.length)) {
    const members = new Set(scope.members);
    const within = program.scopes.filter(({ owner }) => owner !== undefined && members.has(owner));
    plans.set(scope, {
      scope,
      stages: levelled(scope.members, within),
      mask: marks.maskOf(scope.members),
      sought: scope.members.filter(({ isSought }) => isSought),
      hasLinks: scope.members.some(({ body }) => body.links.length > 0),
    });
  }
  const whole = program.scopes.find(({ owner }) => owner === undefined);
  const top = whole === undefined ? undefined : plans.get(whole);
  const inWhole = new Set(whole?.members ?? []);
  const owned = program.scopes.filter(({ owner }) => owner !== undefined && !inWhole.has(owner));
  const base = levelled(
    program.patterns.filter((pattern) => !inWhole.has(pattern)),
    owned,
  );
  return { base, ...(top === undefined ? {} : { top }) };

  /** The patterns by level, without what the scopes within judge themselves. */
  function levelled(patterns: readonly Pattern[], within: readonly CaptureScope[]): readonly Stage[] {
    const inner = new Set(
      within.flatMap(({ owner, members }) => [...members, ...(owner === undefined ? [] : [owner])]),
    );
    const own = patterns.filter((pattern) => !inner.has(pattern));
    const direct = within.filter(({ owner }) => {
      return owner !== undefined && !within.some((other) => other.owner !== owner && other.members.includes(owner));
    });
    const levels = new Set([...own.map(({ level }) => level), ...direct.map(({ owner }) => owner?.level ?? 0)]);
    return [...levels]
      .toSorted((a, b) => a - b)
      .map((level) => {
        const scopes = direct.filter(({ owner }) => owner?.level === level).flatMap((scope) => plans.get(scope) ?? []);
        return stageOf(
          own.filter((pattern) => pattern.level === level),
          scopes,
        );
      });
  }

  function stageOf(patterns: readonly Pattern[], scopes: readonly ScopePlan[]): Stage {
    const here = new Set(patterns);
    const isAlways = new Set(patterns.filter(asksNothingMore));
    const byLabel = program.patternsOf.map((fitting) => fitting.filter((one) => here.has(one) && !isAlways.has(one)));
    const words = marks.maskOf([]).length;
    const always = new Int32Array(program.patternsOf.length * words);
    for (const [label, fitting] of program.patternsOf.entries()) {
      const fitted = isAlways.size === 0 ? [] : fitting.filter((one) => isAlways.has(one));
      if (fitted.length > 0) always.set(marks.maskOf(fitted), label * words);
    }
    return {
      byLabel,
      always,
      sought: patterns.filter(({ isSought }) => isSought),
      mask: marks.maskOf(patterns),
      scopes,
    };
  }
}

function asksNothingMore({ tests, events, body, isSought }: Pattern): boolean {
  const { list, never, links } = body;
  return !isSought && list === undefined && tests.length + events.length + never.length + links.length === 0;
}
