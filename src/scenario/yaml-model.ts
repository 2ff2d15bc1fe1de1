import { isScalar } from "yaml";
import type { Model, ModelAnswer, ModelFailure, ModelRule } from "./model.ts";
import { scriptedModel } from "./model.ts";
import { range, wantedYaml } from "./yaml-parts.ts";
import * as y from "./yaml-reader.ts";
import type { Read } from "./yaml-reader.ts";

const failFields = y.object(
  "a failure",
  {},
  { status: y.number(400), message: y.text, retryAfterMs: y.number(0), breakAfter: y.number(0) },
);

const failYaml: Read<ModelFailure> = (node, yaml) => {
  if (isScalar(node) && node.value === "hang") return "hang";
  const { status, breakAfter, ...rest } = failFields(node, yaml) ?? {};
  if (status !== undefined && breakAfter === undefined) return { status, ...rest };
  if (breakAfter !== undefined && status === undefined) return { breakAfter };
  yaml.fault(node, "this is no failure", "Write hang, status: or breakAfter:, one of them.");
  return undefined;
};

const answerReads = {
  say: y.text,
  call: y.list(
    y.object("a call", { tool: y.mention("tool") }, { arguments: y.record(y.json), id: y.text, malformed: y.text }),
    {
      min: 1,
    },
  ),
  finish: y.choice("length", "content_filter"),
  fail: failYaml,
  inputTokens: y.number(0),
  outputTokens: y.number(0),
};
const answer: Read<ModelAnswer> = y.object("an answer", {}, answerReads);

const condition = y.object(
  "a condition",
  {},
  {
    agent: y.mention("agent", true),
    model: wantedYaml,
    system: wantedYaml,
    user: wantedYaml,
    after: y.mention("tool"),
    result: wantedYaml,
    offers: y.mention("tool"),
    answered: y.number(0),
    attempt: y.number(1),
  },
);

const ruleFields = y.object("a rule", {}, { when: condition, ...answerReads, variants: y.list(answer, { min: 1 }) });

const rule: Read<ModelRule> = (node, yaml) => {
  const fields = ruleFields(node, yaml);
  if (fields === undefined) return undefined;
  const { when, variants, ...own } = fields;
  if (variants !== undefined && Object.keys(own).length > 0)
    yaml.fault(node, "a rule has an answer of its own beside its variants", "Move it into the variants.");
  if (variants === undefined && own.say === undefined && own.call === undefined && own.fail === undefined)
    yaml.absence(node, "a rule answers nothing", "Write say:, call:, fail: or variants:.");
  return { ...(when === undefined ? {} : { when }), answer: variants ?? own };
};

const money = y.number(0, true);
const modelFields = y.object(
  "a model",
  { name: y.text, rules: y.list(rule, { min: 1 }) },
  {
    provider: y.text,
    price: y.object("a price", { input: money, output: money }, {}),
    timing: y.object("a timing", { firstChunkMs: range, tokensPerSecond: y.number(1, true) }, {}),
  },
);

export const modelYaml: Read<Model> = (node, yaml) => {
  const fields = modelFields(node, yaml);
  return fields === undefined ? undefined : scriptedModel(fields.name, fields.rules, fields);
};
