import * as fc from "fast-check";
import { expect, test } from "vitest";
import { meaningOf } from "../../src/trace/dialects.ts";
import { DIALECTS } from "../../src/trace/dialects/order.ts";
import { explainSpan, type FieldExplanation } from "../../src/trace/explain.ts";
import { preorder } from "../../src/trace/walk.ts";
import type { Attributes, Span } from "../../src/trace/span.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { agent, at, span } from "./spans.ts";

function explained(spans: readonly Span[], spanId: string): ReturnType<typeof explainSpan> {
  const node = preorder(buildTrees(spans).flatMap(({ roots }) => roots)).find((each) => each.span.spanId === spanId);
  if (node === undefined) throw new Error(`there is no span ${spanId}`);
  return explainSpan(node);
}

const fieldsOf = (attributes: Attributes, more: Partial<Span> = {}): ReadonlyMap<string, FieldExplanation> =>
  new Map(explained([span("s", undefined, { ...more, attributes })], "s").fields.map((field) => [field.field, field]));

test("a field names the dialect and the attribute that gave it, and those that lost", () => {
  const attributes = {
    "gen_ai.operation.name": "chat",
    "openinference.span.kind": "AGENT",
    "gen_ai.usage.input_tokens": "many",
    "gen_ai.usage.prompt_tokens": 12,
    "llm.token_count.prompt": 13,
  };
  const fields = fieldsOf(attributes);
  expect(fields.get("kind")).toEqual({
    field: "kind",
    value: "llm",
    dialect: "otel-genai",
    rule: "gen_ai.operation.name",
    lost: [
      {
        value: "agent",
        dialect: "openinference",
        rule: "openinference.span.kind",
        why: "another rule is asked first",
      },
    ],
  });
  expect(fields.get("inputTokens")).toMatchObject({
    value: "12",
    rule: "gen_ai.usage.prompt_tokens",
    lost: [
      { rule: "gen_ai.usage.input_tokens", why: "its value is not usable" },
      { dialect: "openinference", rule: "llm.token_count.prompt", value: "13", why: "another rule is asked first" },
    ],
  });
});

test("what stands in an object or an event is named by where it stands", () => {
  const usage = { "langfuse.observation.type": "generation", "langfuse.observation.usage_details": '{"input":7}' };
  expect(fieldsOf(usage).get("inputTokens")?.rule).toBe("langfuse.observation.usage_details#input");
  const monocle = { "span.type": "inference", "entity.1.type": "inference.openai" };
  const events = [{ name: "metadata", timeUnixNano: 1n, attributes: { prompt_tokens: 7 } }];
  expect(fieldsOf(monocle, { events }).get("inputTokens")).toMatchObject({
    dialect: "monocle",
    rule: "monocle.metadata.prompt_tokens, out of entities and events",
    value: "7",
  });
});

test("a handoff in disguise says what it was written as", () => {
  const attributes = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "transfer_to_billing" };
  const { fields } = explained([at(1n, "a", undefined, agent("triage")), at(2n, "b", "a", attributes)], "b");
  expect(fields[0]).toMatchObject({
    field: "kind",
    value: "handoff",
    lost: [{ value: "tool", dialect: "otel-genai" }],
  });
  expect(fields.find(({ field }) => field === "handoff")?.value).toBe("triage -> billing");
  expect(fields.find(({ field }) => field === "agent at work")?.value).toBe("triage");
});

test("what a span does not take though it is there says why", () => {
  const fields = fieldsOf({ "openinference.span.kind": "CHAIN", "input.value": "in" });
  expect(fields.get("arguments")?.notTaken).toBe("only calls have arguments and results");
});

test("a span says whether it is transparent and why", () => {
  const why = (attributes: Attributes): readonly unknown[] => {
    const { isTransparent, whyTransparent } = explained([span("s", undefined, { attributes })], "s");
    return [isTransparent, whyTransparent];
  };
  expect(why({ "http.request.method": "GET" })).toEqual([
    true,
    "spans of the kind http say nothing of what the agents do",
  ]);
  expect(why({ "troupe.harness": true, "troupe.turn": 1 })).toEqual([
    true,
    "Troupe put it around the system under test",
  ]);
  expect(why(agent("triage"))).toEqual([false, "agent is work of the agents"]);
});

test("evaluations are found in an event, in lists and in attributes", () => {
  const event = {
    name: "gen_ai.evaluation.result",
    timeUnixNano: 1n,
    attributes: { "gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0 },
  };
  const attributes = {
    "evaluations.0.evaluation.name": "tone",
    "evaluations.0.evaluation.label": "rude",
    "gen_ai.evaluation.name": "safe",
    "gen_ai.evaluation.score.value": 1,
  };
  const { fields } = explained([span("s", undefined, { attributes, events: [event] })], "s");
  expect(fields.filter(({ field }) => field === "evaluation").map(({ value }) => value)).toEqual([
    "relevance: 0",
    "tone: rude",
    "safe: 1",
  ]);
});

const KEYS = [...new Set(DIALECTS.flatMap(({ fields = {} }) => Object.values(fields).flat()))];

test("no attribute is listed under two fields: it would be read as one of them only", () => {
  const fields = DIALECTS.flatMap((dialect) =>
    Object.entries(dialect.fields ?? {}).flatMap(([field, keys]) => keys.map((key) => [key, field] as const)),
  );
  const twice = KEYS.filter(
    (key) => new Set(fields.flatMap(([each, field]) => (each === key ? [field] : []))).size > 1,
  );
  expect(twice).toEqual([]);
});

test("property: what is explained is what is meant, for any attributes of any dialects", () => {
  const attributes = fc.dictionary(
    fc.constantFrom(...KEYS.map((key) => key.split("#")[0] ?? "")),
    fc.oneof(
      fc.constantFrom("", "?", '["stop"]', '{"input":3,"output":"4","usage":{"input_tokens":5},"model":"m"}'),
      fc.nat(),
      fc.string(),
      fc.constant(null),
    ),
    { maxKeys: 12 },
  );
  const kinds = fc.constantFrom<Attributes>(
    {},
    agent("a"),
    { "openinference.span.kind": "LLM" },
    { "fi.span.kind": "TOOL" },
  );
  fc.assert(
    fc.property(attributes, kinds, (some, kind) => {
      const one = span("s", undefined, { attributes: { ...some, ...kind } });
      const meaning: Readonly<Record<string, unknown>> = { ...meaningOf(one) };
      for (const { field, value, notTaken } of explained([one], "s").fields) {
        if (!(field in meaning) || field === "arguments" || field === "handoff") continue;
        expect([field, value, notTaken]).toEqual([field, String(meaning[field]), undefined]);
      }
    }),
  );
});

test("the time to the first chunk is explained too, the standard's attribute before the others", () => {
  const attributes = { "ai.response.msToFirstChunk": 260, "gen_ai.response.time_to_first_chunk": 0.25 };
  const [found] = explained([span("s", undefined, { attributes })], "s").fields.filter(
    ({ field }) => field === "time to first chunk",
  );
  expect(found).toEqual({
    field: "time to first chunk",
    value: "250 ms",
    dialect: "otel-genai",
    rule: "gen_ai.response.time_to_first_chunk (seconds)",
    lost: [
      {
        value: "260 ms",
        dialect: "vercel-ai-sdk",
        rule: "ai.response.msToFirstChunk (milliseconds)",
        why: "another rule is asked first",
      },
    ],
  });
});
