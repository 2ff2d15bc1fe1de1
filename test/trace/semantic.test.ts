import { expect, test } from "vitest";
import { semanticNodes } from "../../src/trace/semantic.ts";
import type { Span } from "../../src/trace/span.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { agent, at, chat, tool } from "./spans.ts";

const semantic = (spans: readonly Span[]): readonly string[] =>
  buildTrees(spans).flatMap((tree) => semanticNodes(tree.roots).map(({ span }) => span.spanId));

const http = { "http.request.method": "POST" };

test("transparent spans give their place to what is below them, at any depth", () => {
  const spans = [
    at(1n, "run", undefined, { "gen_ai.operation.name": "invoke_workflow", "troupe.harness": true }),
    at(2n, "turn", "run", { "troupe.turn": 1, "troupe.harness": true }),
    at(3n, "post", "turn", http),
    at(4n, "noise", "post"),
    at(5n, "handshake", "noise", { "mcp.method.name": "initialize" }),
    at(6n, "triage", "noise", agent("triage")),
    at(7n, "inside", "triage", chat()),
  ];
  expect(semantic(spans)).toEqual(["triage"]);
});

test("a workflow that Troupe did not put there stays", () => {
  expect(semantic([at(1n, "run", undefined, { "gen_ai.operation.name": "invoke_workflow" })])).toEqual(["run"]);
});

test("what is spliced in stands by its own start, not by that of the span it came from", () => {
  const spans = [
    at(1n, "post", undefined, http),
    at(9n, "late", "post", tool("x")),
    at(5n, "early", undefined, tool("y")),
  ];
  expect(semantic(spans)).toEqual(["early", "late"]);
});
