import { expect, test } from "vitest";
import { judgeRecording } from "../../../src/check/proof/recorded.ts";
import type { Reply } from "../../../src/check/proof/evidence.ts";
import type { Span } from "../../../src/trace/span.ts";
import { served, trial } from "./cases.ts";

const OF = { ...trial(1), peer: "mcp-server" } as const;

test("a span as the conventions ask for is a record", () => {
  expect(judgeRecording(served(1), OF)).toEqual({ answer: "yes", why: "`tools/call echo` (server)", causes: [] });
});

test.for(["mcp.method.name", "gen_ai.tool.name", "jsonrpc.request.id"])("without %s it is none", (key) => {
  const { [key]: _, ...attributes } = served(1).attributes;
  expect(judgeRecording(served(1, { attributes }), OF)).toMatchObject({
    answer: "no",
    why: expect.stringContaining(`${key} is absent`),
    causes: [],
  });
});

test.for([
  [{ spanKind: "internal" }, "its kind is internal, not server"],
  [{ name: "call a tool" }, "its name is `call a tool`, not `tools/call echo`"],
  [{ attributes: { ...served(1).attributes, "jsonrpc.request.id": "7" } }, 'jsonrpc.request.id is "7", not "1"'],
] as const satisfies readonly (readonly [Partial<Span>, string])[])("with %j it is none", ([given, why]) => {
  expect(judgeRecording(served(1, given), OF)).toMatchObject({ answer: "no", why: expect.stringContaining(why) });
});

test("what is only recommended is told, and does not count", () => {
  const { "network.transport": _, ...attributes } = served(1).attributes;
  const sessionId = "s-1";
  expect(judgeRecording(served(1, { attributes }), { ...OF, sessionId })).toMatchObject({
    answer: "yes",
    why: "`tools/call echo` (server); recommended, and absent: mcp.session.id, network.transport",
  });
});

test.for([
  ["result", "unset", []],
  ["result", "error", ["wrong-status"]],
  ["tool-error", "error", []],
  ["tool-error", "ok", ["wrong-status"]],
  ["error", "unset", ["wrong-status"]],
  ["none", "error", []],
] as const)("of an answer that is a %s the status %s breaks %j", ([kind, code, causes]) => {
  const reply: Reply = { kind, text: "" };
  expect(judgeRecording(served(1, { status: { code } }), { ...OF, reply }).causes).toEqual(causes);
});

test("an error inside of an answer 200 is none of HTTP's", () => {
  const attributes = { "http.request.method": "POST", "http.response.status_code": 200 };
  const reply: Reply = { kind: "error", text: "" };
  expect(judgeRecording(served(1, { attributes }), { ...OF, peer: "a2a", reply }).causes).toEqual([]);
});

test("an application's own span is no record, whatever its status", () => {
  const own = served(1, { spanKind: "internal", name: "work", attributes: {} });
  expect(judgeRecording(own, { ...OF, reply: { kind: "error", text: "" } })).toEqual({
    answer: "no",
    why: "no span tells of the message; all there is is `work` (internal)",
    causes: [],
  });
});

test("an execute_tool span is the client's record of a call", () => {
  const attributes = { ...served(1).attributes, "gen_ai.operation.name": "execute_tool" };
  const own = served(1, { spanKind: "internal", name: "execute_tool echo", attributes });
  expect(judgeRecording(own, { ...OF, peer: "mcp-client" }).answer).toBe("yes");
  expect(judgeRecording(own, OF).answer).toBe("no");
});
