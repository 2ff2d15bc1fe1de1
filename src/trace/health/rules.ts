import { ATTRIBUTE_RULES } from "./attributes.ts";
import { CALL_RULES } from "./calls.ts";
import { CONTEXT_RULES } from "./context.ts";
import { PRIVACY_RULES } from "./privacy.ts";
import { RETRIEVAL_RULES } from "./retrieval.ts";
import type { Level, Rule, Thresholds } from "./rule.ts";
import { SAMPLING_RULES } from "./sampling.ts";
import { STRUCTURE_RULES } from "./structure.ts";
import { TIMING_RULES } from "./timing.ts";

/** Every rule, by family. A new rule is one entry in the table of its family. */
export const RULES: readonly Rule[] = [
  ...STRUCTURE_RULES,
  ...TIMING_RULES,
  ...ATTRIBUTE_RULES,
  ...CALL_RULES,
  ...RETRIEVAL_RULES,
  ...CONTEXT_RULES,
  ...PRIVACY_RULES,
  ...SAMPLING_RULES,
];

/** How a team wants one rule to be: at another level, with other thresholds, or not at all. */
export interface RuleChange {
  readonly level?: Level | "off";
  readonly thresholds?: Thresholds;
}

/** A rule that is looked at, as the team wants it. */
export interface ActiveRule {
  readonly rule: Rule;
  readonly level: Level;
  readonly thresholds: Thresholds;
}

/** The rules that are not switched off, in the order of the table. */
export function activeRules(changes: Readonly<Record<string, RuleChange>> = {}): readonly ActiveRule[] {
  return RULES.flatMap((rule): ActiveRule[] => {
    const { level = rule.level, thresholds } = changes[rule.name] ?? {};
    return level === "off" ? [] : [{ rule, level, thresholds: { ...rule.thresholds, ...thresholds } }];
  });
}
