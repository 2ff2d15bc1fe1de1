import * as z from "zod";
import { didYouMean, nearestWord } from "../../core/errors.ts";
import { REQUIRED } from "../../trace/health/attributes.ts";
import { LEVELS, type RequiredAttributes } from "../../trace/health/rule.ts";
import { type RuleChange, RULES } from "../../trace/health/rules.ts";
import { KINDS } from "../../trace/kinds.ts";
import { isKindOrRoute, KIND_LIMITS, type Limits, PLAIN_LIMITS } from "./limits.ts";
import { readForm } from "./yaml-form.ts";

/** From which level on a finding fails the check. */
const FAIL_ON = [...LEVELS, "never"] as const;

/** What a team allows: which rules count and how much, and bounds on figures. */
export interface Budget {
  readonly failOn: (typeof FAIL_ON)[number];
  readonly rules: Readonly<Record<string, RuleChange>>;
  readonly required: RequiredAttributes;
  readonly limits: Limits;
}

/** Without a file: what is an error fails, and no figure has a limit. */
export const DEFAULT_BUDGET: Budget = { failOn: "error", rules: {}, required: REQUIRED, limits: {} };

const ruleLevels = ["off", ...LEVELS] as const;
const bound = z.number({ error: "a number is due here" }).nonnegative({ error: "a number from 0 is due here" });

const rules = z.strictObject(
  Object.fromEntries(
    RULES.map(({ name, thresholds }) => {
      const bounds = Object.fromEntries(Object.keys(thresholds).map((threshold) => [threshold, bound.optional()]));
      const whole = z.strictObject({ level: z.enum(ruleLevels).optional(), ...bounds });
      // `orphan-rate: off` is short for `orphan-rate: { level: off }`.
      const short = (value: unknown): unknown => (typeof value === "string" ? { level: value } : value);
      return [name, z.preprocess(short, whole).optional()];
    }),
  ),
  { error: mappingError("rules") },
);

const kinds: readonly string[] = ["any", ...KINDS];

const limits = z.strictObject(
  {
    ...Object.fromEntries(Object.keys(PLAIN_LIMITS).map((name) => [name, bound.optional()])),
    ...Object.fromEntries(
      Object.keys(KIND_LIMITS).map((name) => [
        name,
        z
          .record(kindName(KINDS, isKindOrRoute), bound, { error: "a mapping of kinds to milliseconds is due here" })
          .optional(),
      ]),
    ),
  },
  { error: mappingError("limits") },
);

const form = z.strictObject(
  {
    failOn: z.enum(FAIL_ON).optional(),
    rules: rules.optional(),
    required: z
      .record(
        kindName(kinds, (name) => kinds.includes(name)),
        z.array(z.string({ error: "the name of an attribute is due here" }), {
          error: "a list of attributes is due here",
        }),
        {
          error: mappingError("required"),
        },
      )
      .optional(),
    limits: limits.optional(),
  },
  { error: mappingError("budget") },
);

/**
 * Reads a budget: YAML.
 *
 * @throws TroupeError `BUDGET_INVALID` with every fault, each with its place and the nearest spelling.
 */
export function readBudget(text: string, file: string): Budget {
  const read = readForm(text, file, form, knownAt);
  const changes = Object.entries(read.rules ?? {}).flatMap(([name, change]): [string, RuleChange][] => {
    if (change === undefined) return [];
    const { level, ...thresholds } = change;
    return [[name, { ...(isLevel(level) && { level }), thresholds: numbersIn(thresholds) }]];
  });
  return {
    failOn: read.failOn ?? DEFAULT_BUDGET.failOn,
    rules: Object.fromEntries(changes),
    required: withRequired(read.required ?? {}),
    limits: definedIn(read.limits ?? {}),
  };
}

/** What a budget requires is added to what nobody has to ask for. */
function withRequired(added: RequiredAttributes): RequiredAttributes {
  const groups = new Set([...Object.keys(REQUIRED), ...Object.keys(added)]);
  return Object.fromEntries(
    [...groups].map((group) => [group, [...new Set([...(REQUIRED[group] ?? []), ...(added[group] ?? [])])]]),
  );
}

function knownAt([part, name]: readonly PropertyKey[]): readonly string[] {
  if (part === undefined) return Object.keys(form.shape);
  if (part === "limits") return Object.keys(limits.shape);
  const rule = RULES.find((known) => known.name === name);
  return rule === undefined ? Object.keys(rules.shape) : ["level", ...Object.keys(rule.thresholds)];
}

/** A name that begins with a kind. */
function kindName(known: readonly string[], isKnown: (name: string) => boolean): z.ZodString {
  return z.string().superRefine((name, context) => {
    if (isKnown(name)) return;
    const near = didYouMean(nearestWord(name.split(" ", 1)[0] ?? "", known));
    context.addIssue({ code: "custom", message: `"${name}" begins with no kind${near}` });
  });
}

function mappingError(of: string) {
  return ({ code }: { readonly code?: string | undefined }): string | undefined =>
    code === "invalid_type" ? `${of} is a mapping, and this is none` : undefined;
}

function isLevel(word: unknown): word is (typeof ruleLevels)[number] {
  return ruleLevels.some((level) => level === word);
}

function numbersIn(values: object): Readonly<Record<string, number>> {
  const numbers = Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  return Object.fromEntries(numbers);
}

function definedIn(values: Readonly<Record<string, Limits[string] | undefined>>): Limits {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
