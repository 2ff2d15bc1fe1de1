import { expect, test } from "vitest";
import { conventionFor } from "../../../src/trace/health/custom-names.ts";
import { agent, at, chat, span } from "../spans.ts";
import { seenBy } from "./findings.ts";

const root = at(1n, "a", undefined, agent("triage"));

test("required-attributes names each attribute that spans of a kind lack, and at how many", () => {
  const spans = [root, at(2n, "b", "a", chat(3, 1)), at(3n, "c", "a", chat(3)), at(4n, "d", "a", chat())];
  expect(seenBy("required-attributes", spans)).toEqual([
    "d: 1 of 3 llm spans has no gen_ai.usage.input_tokens",
    "c: 2 of 3 llm spans have no gen_ai.usage.output_tokens",
  ]);
});

test("required-attributes is silent where any dialect states the field, and 0 tokens are stated", () => {
  const openInference = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "small",
    "llm.token_count.prompt": 0,
    "llm.token_count.completion": 0,
  };
  expect(seenBy("required-attributes", [root, at(2n, "b", "a", openInference)])).toEqual([]);
});

test("required-attributes looks into the resource", () => {
  expect(seenBy("required-attributes", [span("a", undefined, { resource: {} })])).toEqual([
    "a: 1 of 1 span has no service.name",
  ]);
});

test("a layer around a model call need not repeat what the call states", () => {
  const layer = at(2n, "b", "a", { "gen_ai.operation.name": "chat", "gen_ai.request.model": "small" });
  expect(seenBy("required-attributes", [root, layer, at(3n, "c", "b", chat(3, 1))])).toEqual([]);
});

test("prompt-version-missing counts the model calls without one, there or above", () => {
  expect(seenBy("prompt-version-missing", [root, at(2n, "b", "a", chat(3, 1))])).toEqual([
    "b: 1 of 1 model call and the spans above state no version of the prompt",
  ]);
  const versioned = at(1n, "a", undefined, { ...agent("triage"), "prompt.version": "v2" });
  expect(seenBy("prompt-version-missing", [versioned, at(2n, "b", "a", chat(3, 1))])).toEqual([]);
  const langfuse = { ...chat(3, 1), "langfuse.observation.prompt.version": 3 };
  expect(seenBy("prompt-version-missing", [root, at(2n, "b", "a", langfuse)])).toEqual([]);
});

test("custom-name tells the convention's name, once for a name and trace", () => {
  const own = { ...agent("triage"), tool_name: "find", userId: "u1" };
  expect(seenBy("custom-name", [at(1n, "a", undefined, own), at(2n, "b", "a", { userId: "u1" })])).toEqual([
    "a: tool_name stands on 1 span; the convention is gen_ai.tool.name",
    "a: userId stands on 2 spans; the convention is user.id",
  ]);
});

test("custom-name is silent where the convention's name stands beside it", () => {
  expect(seenBy("custom-name", [at(1n, "a", undefined, { userId: "u1", "user.id": "u1" })])).toEqual([]);
});

test("a slip in a convention's namespace is told, another name of the conventions is none", () => {
  expect(conventionFor("gen_ai.request.modle")).toBe("gen_ai.request.model");
  expect(conventionFor("gen_ai.usage.input_token")).toBe("gen_ai.usage.input_tokens");
  for (const known of ["gen_ai.usage.cache_read.input_tokens", "gen_ai.agent.id", "gen_ai.request.top_p", "my.own"])
    expect([known, conventionFor(known)]).toEqual([known, undefined]);
});
