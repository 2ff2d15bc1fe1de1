import type { Node } from "yaml";
import { isMap, isScalar, isSeq } from "yaml";
import { calls, handsOff, maxTokens, noRepeatedCall } from "../check/calls.ts";
import type { Expectation, MustFailExpectation } from "../check/expectation.ts";
import { matchesShape, mustFail, shapeFile } from "../check/expectation.ts";
import { healthy } from "../check/health/healthy.ts";
import { reachesOutcome } from "../check/outcome.ts";
import { propagation } from "../check/propagation/propagation.ts";
import { noErrors, noOrphans, oneTrace } from "../check/structure.ts";
import { didYouMean, isTroupeError, nearestWord } from "../core/errors.ts";
import { type Json, canonicalJson } from "../core/json.ts";
import { parseShape } from "../shape/text/parse.ts";
import { RULES } from "../trace/health/rules.ts";
import { textOrPattern } from "./policy.ts";
import type { ScriptStep } from "./scenario.ts";
import { user } from "./scenario.ts";
import type { AnyTool, McpServer } from "./server.ts";
import { mcpServer, tool, toolError } from "./server.ts";
import * as y from "./yaml-reader.ts";
import type { Read, YamlSource } from "./yaml-reader.ts";

/** A text, or the pattern that it writes as `/pattern/flags`. */
export const wantedYaml: Read<string | RegExp> = (node, yaml) => {
  const written = y.text(node, yaml);
  try {
    return lift(written, textOrPattern);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    yaml.fault(node, `this is no pattern: ${words}`, "Correct the regular expression between the slashes.");
    return undefined;
  }
};

/** A pair of numbers, the first not above the second. */
export const range: Read<readonly [min: number, max: number]> = (node, yaml) => {
  const [min, max, ...more] = y.list(y.number(0, true))(node, yaml) ?? [];
  if (min !== undefined && max !== undefined && more.length === 0 && min <= max) return [min, max];
  if (isSeq(node)) yaml.fault(node, "this is no range", "Write two numbers, the smaller first, such as [2, 30].");
  return undefined;
};

interface FixedReply {
  readonly when?: Readonly<Record<string, Json>>;
  readonly result?: Json;
  readonly error?: string;
}

const replyFields = y.object("a reply", {}, { when: y.record(y.json), result: y.json, error: y.text });

const reply: Read<FixedReply> = (node, yaml) => {
  const fields = replyFields(node, yaml);
  if (fields === undefined || "result" in fields !== "error" in fields) return fields;
  const has = y.entries(node, yaml).filter(({ name }) => name === "result" || name === "error").length;
  if (has === 2) yaml.fault(node, "a reply has both a result and an error", "Keep one of them.");
  if (has === 0) yaml.absence(node, "a reply has neither a result nor an error", "Write result: or error:.");
  return undefined;
};

const schema: Read<Readonly<Record<string, Json>>> = (node, yaml) => {
  const read = y.record(y.json)(node, yaml);
  if (read === undefined || read["type"] === "object") return read;
  yaml.absence(node, "a tool's schema describes an object", "Begin it with type: object.");
  return undefined;
};

const toolFields = y.object(
  "a tool",
  { replies: y.list(reply, { min: 1 }) },
  { description: y.text, input: schema, output: schema },
);

const toolYaml: Read<AnyTool> = (node, yaml) => {
  const fields = toolFields(node, yaml);
  if (fields === undefined) return undefined;
  const { replies, input = { type: "object" }, ...rest } = fields;
  checkConditions(node, input, yaml);
  return tool({ ...rest, input, handle: (args) => fixedReply(replies, args) });
};

/** Conditions may only name arguments that the tool's schema has, where it says which. */
function checkConditions(node: Node, input: Readonly<Record<string, Json>>, yaml: YamlSource): void {
  const { properties } = input;
  if (typeof properties !== "object" || properties === null) return;
  const known = Object.keys(properties);
  const replies = isMap(node) ? node.get("replies") : undefined;
  for (const item of isSeq(replies) ? replies.items : []) {
    const when = isMap(item) ? item.get("when") : undefined;
    for (const { key, name } of isMap(when) ? y.entries(when, yaml) : [])
      if (!known.includes(name))
        yaml.fault(
          key,
          `the tool has no argument "${name}"${didYouMean(nearestWord(name, known))}`,
          `Its input has ${known.join(", ") || "no properties"}.`,
        );
  }
}

/** @throws Error when no reply is for these arguments: a fault of the mock, never a silent default. */
function fixedReply(replies: readonly FixedReply[], args: unknown): unknown {
  const given: ReadonlyMap<string, unknown> = new Map(Object.entries(args ?? {}));
  const found = replies.find(({ when = {} }) =>
    Object.entries(when).every(([name, value]) => canonicalJson(given.get(name)) === canonicalJson(value)),
  );
  if (found === undefined) throw new Error(`no reply is for the arguments ${canonicalJson(args)}`);
  return found.error === undefined ? found.result : toolError(found.error);
}

const serverFields = y.object(
  "a server",
  { name: y.text, tools: y.record(toolYaml) },
  { version: y.text, instructions: y.text, latencyMs: range },
);

export const serverYaml: Read<McpServer> = (node, yaml) => {
  const fields = serverFields(node, yaml);
  return fields === undefined ? undefined : mcpServer(fields.name, fields);
};

/** A word alone, or the only key of a mapping with its value: `oneTrace`, `maxTokens: 900`. `undefined` with a fault. */
function oneWord(node: Node, yaml: YamlSource, what: string): Word | undefined {
  if (isScalar(node)) {
    const word = y.text(node, yaml);
    return word === undefined ? undefined : { word, at: node, value: undefined, also: [] };
  }
  const [first, ...also] = y.entries(node, yaml);
  if (first === undefined) {
    if (isMap(node)) yaml.absence(node, `${what} is empty`, "Write what it is.");
    return undefined;
  }
  return { word: first.name, at: first.key, value: first.value, also };
}

interface Word {
  readonly word: string;
  readonly at: Node;
  readonly value: Node | undefined;
  readonly also: ReturnType<typeof y.entries>;
}

const untilSatisfied = y.object("untilSatisfied", {}, { turnsMax: y.number(0) });
const SCRIPT: Readonly<Record<string, Read<ScriptStep>>> = {
  says: (node, yaml) => lift(y.text(node, yaml), (words) => user.says(words)),
  untilSatisfied: (node, yaml) => lift(untilSatisfied(node, yaml), (options) => user.untilSatisfied(options)),
};

export const scriptStepYaml: Read<ScriptStep> = (node, yaml) => {
  const step = oneWord(node, yaml, "a step");
  if (step?.word === "untilSatisfied" && step.value === undefined) return user.untilSatisfied();
  return step === undefined ? undefined : readWord(step, SCRIPT, yaml);
};

const times: Read<number | { readonly min?: number; readonly max?: number }> = (node, yaml) =>
  isMap(node) ? y.object("times", {}, { min: y.number(0), max: y.number(0) })(node, yaml) : y.number(0)(node, yaml);

const call = y.object(
  "calls",
  { tool: y.mention("tool") },
  { agent: y.mention("agent"), server: y.mention("server"), times },
);

type Direct = Exclude<Expectation, MustFailExpectation<unknown>>;

const PLAIN: Readonly<Record<string, () => Direct>> = { oneTrace, noOrphans, noErrors, propagation, reachesOutcome };

const DIRECT: Readonly<Record<string, Read<Direct>>> = {
  shape: (node, yaml) => {
    try {
      return matchesShape(parseShape(yaml.excerpt(node), yaml.file));
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      yaml.adopt(error.faults);
      return undefined;
    }
  },
  shapeFile: (node, yaml) => lift(y.text(node, yaml), shapeFile),
  noRepeatedCall: (node, yaml) =>
    lift(y.object("noRepeatedCall", { max: y.number(0) }, {})(node, yaml), noRepeatedCall),
  calls: (node, yaml) => lift(call(node, yaml), calls),
  handsOff: (node, yaml) => {
    const [from, to, ...more] = y.list(y.mention("agent"))(node, yaml) ?? [];
    if (from !== undefined && to !== undefined && more.length === 0) return handsOff(from, to);
    if (isSeq(node)) yaml.fault(node, "handsOff names two agents", "Write handsOff: [from, to].");
    return undefined;
  },
  maxTokens: (node, yaml) => lift(y.number(0)(node, yaml), maxTokens),
  healthy: (node, yaml) => lift(y.choice(...RULES.map(({ name }) => name))(node, yaml), (rule) => healthy(rule)),
};

const EXPECTATIONS = [...Object.keys(PLAIN), ...Object.keys(DIRECT), "mustFail"];

export const expectationYaml: Read<Expectation> = (node, yaml) => {
  const found = oneWord(node, yaml, "an expectation");
  if (found?.word !== "mustFail") return found === undefined ? undefined : direct(found, yaml);
  const inner = found.value === undefined ? undefined : oneWord(found.value, yaml, "mustFail");
  if (found.value === undefined) yaml.fault(found.at, "mustFail turns nothing round", "Write mustFail: noErrors.");
  if (inner?.word === "mustFail") {
    yaml.fault(inner.at, "mustFail stands inside mustFail", "Two negations would hide what is meant: remove both.");
    return undefined;
  }
  const expectation = inner === undefined ? undefined : direct(inner, yaml);
  const why = found.also.find(({ name }) => name === "why");
  if (why === undefined)
    yaml.absence(
      found.at,
      'mustFail needs "why"',
      "Write why: with a mismatch's kind, a part of its message or a pattern.",
    );
  refuseMore(
    found.also.filter((entry) => entry !== why),
    yaml,
  );
  const cause = why === undefined ? undefined : wantedYaml(why.value, yaml);
  return expectation === undefined || cause === undefined ? undefined : mustFail(expectation, cause);
};

function direct(found: Word, yaml: YamlSource): Direct | undefined {
  const plain = found.value === undefined && Object.hasOwn(PLAIN, found.word) ? PLAIN[found.word] : undefined;
  if (plain !== undefined) return plain();
  return readWord(found, DIRECT, yaml, EXPECTATIONS);
}

function readWord<T>(
  { word, at, value, also }: Word,
  reads: Readonly<Record<string, Read<T>>>,
  yaml: YamlSource,
  known: readonly string[] = Object.keys(reads),
): T | undefined {
  refuseMore(also, yaml);
  const read = Object.hasOwn(reads, word) ? reads[word] : undefined;
  if (read !== undefined && value !== undefined) return read(value, yaml);
  if (read !== undefined) yaml.absence(at, `${word} needs a value`, `Write ${word}: with its value.`);
  else if (known.includes(word)) yaml.fault(at, `${word} takes no value here`, `Write ${word} alone.`);
  else yaml.fault(at, `there is no "${word}"${didYouMean(nearestWord(word, known))}`, `Known: ${known.join(", ")}.`);
  return undefined;
}

function refuseMore(also: Word["also"], yaml: YamlSource): void {
  for (const { key, name } of also)
    yaml.fault(key, `"${name}" stands beside another entry`, 'Begin this one with "- " as well, or remove it.');
}

function lift<A, B>(value: A | undefined, make: (value: A) => B): B | undefined {
  return value === undefined ? undefined : make(value);
}
