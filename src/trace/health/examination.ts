import type { Tree } from "../tree.ts";
import { REQUIRED } from "./attributes.ts";
import { mergeTally, newTally, type Tally, tallyTrace } from "./figures/tally.ts";
import { addLooseEnds, type LooseEnds, mergeLooseEnds, splitCalls } from "./loose-ends.ts";
import { type Finding, findingOf, type Level, type RequiredAttributes } from "./rule.ts";
import { type ActiveRule, activeRules } from "./rules.ts";
import {
  newSamplingWatch,
  samplingFindings,
  type SamplingPolicy,
  type SamplingWatch,
  seeBefore,
  seeKept,
} from "./sampling.ts";
import { TraceView } from "./view.ts";

/** What is looked at. */
export interface HealthSettings {
  readonly rules: readonly ActiveRule[];
  /** By kind, or `any`. */
  readonly required: RequiredAttributes;
  readonly policy?: SamplingPolicy;
}

const DEFAULT_SETTINGS: HealthSettings = { rules: activeRules(), required: REQUIRED };

/** What one rule found: how often, and the first {@link FINDINGS_MAX} of it. */
export interface RuleFindings {
  readonly rule: string;
  readonly level: Level;
  count: number;
  readonly shown: Finding[];
}

/** Of each rule so many findings are kept; of the rest there is the number. */
const FINDINGS_MAX = 100;

/**
 * Many traces looked at one after the other, in memory that does not grow with their number. Examinations of parts, under
 * the same settings, merge into that of the whole.
 */
export interface Examination {
  readonly settings: HealthSettings;
  readonly tally: Tally;
  readonly findings: ReadonlyMap<string, RuleFindings>;
  readonly looseEnds: LooseEnds;
  readonly sampling: SamplingWatch;
}

export function newExamination(settings: HealthSettings = DEFAULT_SETTINGS): Examination {
  const findings = settings.rules.map(({ rule, level }): [string, RuleFindings] => [
    rule.name,
    { rule: rule.name, level, count: 0, shown: [] },
  ]);
  return {
    settings,
    tally: newTally(),
    findings: new Map(findings),
    looseEnds: { calling: [], called: [] },
    sampling: newSamplingWatch(),
  };
}

/** Notes a trace from before the sampler, whose policy decides whether it has to come again. */
export function examineBefore({ settings: { policy }, sampling }: Examination, tree: Tree): void {
  if (policy !== undefined) seeBefore(sampling, policy, new TraceView(tree));
}

/** Looks at one whole trace: every rule, every figure. `file` is where it was read from. */
export function examine(examination: Examination, tree: Tree, file: string | null = null): void {
  const { settings, tally, sampling } = examination;
  const view = new TraceView(tree);
  applyRules(examination, view, file);
  tallyTrace(tally, view, settings.required);
  if (settings.policy !== undefined) seeKept(sampling, view);
}

/** As {@link examine}, for who asks for no figures, which cost more than most rules. */
export function examineByRules(examination: Examination, tree: Tree): void {
  applyRules(examination, new TraceView(tree), null);
}

function applyRules(examination: Examination, view: TraceView, file: string | null): void {
  const { settings, looseEnds } = examination;
  for (const { rule, level, thresholds } of settings.rules)
    for (const sighting of rule.find(view, thresholds, settings.required))
      note(examination, findingOf(rule.name, level, { traceId: view.tree.traceId, file }, sighting));
  addLooseEnds(looseEnds, view, file);
}

/** Adds what was seen of other traces. What traces lack of each other is found when both are at an end. */
export function mergeExamination(into: Examination, other: Examination): void {
  for (const { rule, count, shown } of other.findings.values()) {
    const own = into.findings.get(rule);
    if (own === undefined) continue;
    own.count += count;
    own.shown.push(...shown.slice(0, FINDINGS_MAX - own.shown.length));
  }
  mergeTally(into.tally, other.tally);
  mergeLooseEnds(into.looseEnds, other.looseEnds);
}

/** What each rule found, in the order of the table, with what only all traces together show. */
export function findingsOf(examination: Examination): readonly RuleFindings[] {
  const { settings, findings, looseEnds, sampling } = examination;
  const across = settings.rules.flatMap(({ rule, level, thresholds }): readonly Finding[] => {
    if (rule.name === "split-trace") return splitCalls(looseEnds, level, thresholds["toleranceMs"] ?? 0);
    if (rule.name === "sampling-policy" && settings.policy !== undefined)
      return samplingFindings(sampling, settings.policy, level);
    return [];
  });
  return [...findings.values()].map((own) => {
    const more = across.filter(({ rule }) => rule === own.rule);
    return { ...own, count: own.count + more.length, shown: [...own.shown, ...more].slice(0, FINDINGS_MAX) };
  });
}

function note({ findings }: Examination, finding: Finding): void {
  const own = findings.get(finding.rule);
  if (own === undefined) return;
  own.count++;
  if (own.shown.length < FINDINGS_MAX) own.shown.push(finding);
}
