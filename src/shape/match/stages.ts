import type { Marks } from "./marks.ts";
import type { Pattern, Program } from "./program.ts";
import type { CaptureScope } from "./scopes.ts";

/** Patterns that are judged together, in one walk over the rows. */
export interface Stage {
  /** For each label, the patterns that its rows may match. */
  readonly byLabel: readonly (readonly Pattern[])[];
  /** For each label, the patterns that all of its rows match, as words of bits. */
  readonly always: Int32Array;
  readonly sought: readonly Pattern[];
  readonly mask: Int32Array;
}

/** All that the values of a scope's captures may change. */
interface MemberStages {
  readonly stages: readonly Stage[];
  readonly mask: Int32Array;
  readonly sought: readonly Pattern[];
}

export interface Stages {
  /** What no capture of the whole shape changes. */
  readonly base: readonly Stage[];
  readonly ofScope: (scope: CaptureScope) => MemberStages;
}

export function stagesOf(program: Program, marks: Marks): Stages {
  const { patterns, scopes } = program;
  const known = new Map<CaptureScope, MemberStages>();
  const inWhole = new Set(scopes.find(({ owner }) => owner === undefined)?.members);
  return {
    base: levelled(patterns.filter((pattern) => !inWhole.has(pattern))),
    ofScope: (scope) => {
      const made = known.get(scope) ?? memberStages(scope);
      known.set(scope, made);
      return made;
    },
  };

  function memberStages({ members }: CaptureScope): MemberStages {
    const sought = members.filter(({ isSought }) => isSought);
    return { stages: levelled(members), mask: marks.maskOf(members), sought };
  }

  function levelled(judged: readonly Pattern[]): readonly Stage[] {
    const levels = new Set(judged.map(({ level }) => level));
    return [...levels]
      .toSorted((a, b) => a - b)
      .map((level) => stageOf(judged.filter((pattern) => pattern.level === level)));
  }

  function stageOf(judged: readonly Pattern[]): Stage {
    const here = new Set(judged);
    const isAlways = new Set(judged.filter(asksNothingMore));
    const byLabel = program.patternsOf.map((fitting) => fitting.filter((one) => here.has(one) && !isAlways.has(one)));
    const words = marks.maskOf([]).length;
    const always = new Int32Array(program.patternsOf.length * words);
    for (const [label, fitting] of program.patternsOf.entries()) {
      const fitted = isAlways.size === 0 ? [] : fitting.filter((one) => isAlways.has(one));
      if (fitted.length > 0) always.set(marks.maskOf(fitted), label * words);
    }
    return { byLabel, always, sought: judged.filter(({ isSought }) => isSought), mask: marks.maskOf(judged) };
  }
}

function asksNothingMore({ tests, events, body, isSought }: Pattern): boolean {
  const { list, never, links } = body;
  return !isSought && list === undefined && tests.length + events.length + never.length + links.length === 0;
}
