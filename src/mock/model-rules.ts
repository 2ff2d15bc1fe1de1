import type { Model, ModelRequest, ModelRule, RuleCondition } from "../scenario/model.ts";
import { holds } from "../scenario/policy.ts";

/** A rule that applies, with its number from 1. */
export interface ChosenRule {
  readonly rule: ModelRule;
  readonly number: number;
}

/**
 * The first rule that applies.
 *
 * @throws Error when none does, with what was asked, and which rule came nearest but for what.
 */
export function chosenRule(model: Model, request: ModelRequest): ChosenRule {
  const index = model.rules.findIndex(({ when }) => unmet(when ?? {}, request).length === 0);
  const rule = model.rules[index];
  if (rule === undefined) throw new Error(noRule(model, request));
  return { rule, number: index + 1 };
}

/** The parts of a condition that do not hold. */
function unmet(condition: RuleCondition, request: ModelRequest): readonly (keyof RuleCondition)[] {
  const { agent, conversation, model, tools, attempt } = request;
  const newest = conversation.at(-1);
  const result = newest?.role === "tool" ? newest : undefined;
  const userAt = conversation.findLastIndex(({ role }) => role === "user");
  const answered = (): number => conversation.slice(userAt + 1).filter(({ role }) => role === "assistant").length;
  const failed: (keyof RuleCondition)[] = [];
  const check = <P extends keyof RuleCondition>(
    part: P,
    isMet: (wanted: NonNullable<RuleCondition[P]>) => boolean,
  ): void => {
    const wanted = condition[part];
    if (wanted !== undefined && !isMet(wanted)) failed.push(part);
  };
  check("agent", (wanted) => wanted === agent);
  check("model", (wanted) => (typeof wanted === "string" ? wanted === model : holds(model, wanted)));
  check("system", (wanted) => conversation.some(({ role, text }) => role === "system" && holds(text, wanted)));
  check("user", (wanted) => holds(conversation[userAt]?.text ?? "", wanted));
  check("after", (wanted) => wanted === result?.tool);
  check("result", (wanted) => result !== undefined && holds(result.text, wanted));
  check("offers", (wanted) => tools.some(({ name }) => name === wanted));
  check("answered", (wanted) => wanted === answered());
  check("attempt", (wanted) => wanted === attempt);
  return failed;
}

function noRule({ name, rules }: Model, request: ModelRequest): string {
  const newest = request.conversation.at(-1);
  const [nearest] = rules
    .map(({ when = {} }, index) => ({ rule: index + 1, when, failed: unmet(when, request) }))
    .toSorted((a, b) => a.failed.length - b.failed.length);
  const hint =
    nearest === undefined
      ? "it has no rules"
      : `rule ${nearest.rule} came nearest, but for ${nearest.failed.map((part) => wantedWords(part, nearest.when[part])).join(", ")}`;
  const heard = newest === undefined ? "an empty conversation" : `"${newest.text.slice(0, 80)}" (${newest.role})`;
  const who = request.agent === "" ? "a client" : `agent ${request.agent}`;
  return `model ${name} has no rule for ${who} after ${heard}; ${hint}`;
}

function wantedWords(part: string, wanted: string | number | RegExp | undefined): string {
  return `${part} ${typeof wanted === "string" ? JSON.stringify(wanted) : String(wanted)}`;
}
