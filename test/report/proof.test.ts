import { expect, test } from "vitest";
import { type Proved, cannotTell, no, yes } from "../../src/check/proof/evidence.ts";
import type { Proof } from "../../src/check/proof/proof.ts";
import { proofJson, proofSchema } from "../../src/report/proof-json.ts";
import { proofMarkdown } from "../../src/report/proof-markdown.ts";
import { proofText } from "../../src/report/proof-text.ts";
import { trial } from "../check/proof/cases.ts";

const whole: Proved = {
  subject: trial(1),
  carriers: trial(1).carriers,
  carrier: "_meta",
  context: "valid",
  read: yes("`tools/call echo` is a child of our span"),
  kept: yes("trace id"),
  passedOn: cannotTell("it sent nothing on"),
  recorded: yes("`tools/call echo` (server)"),
};

const proof: Proof = {
  kind: "mcp-server",
  peer: { subject: "node server.mjs", name: "orders", version: "1.0.0", protocol: "2025-11-25" },
  transport: "stdio",
  proved: [
    whole,
    { ...whole, context: "foreign", read: no("`tools/call echo` began a trace of its own", "not-extracted") },
    { ...whole, subject: { ...trial(2), method: "ping" }, recorded: no("no span tells of the message") },
  ],
  counts: { messages: 3, spans: 2, downstream: 0 },
  notes: ["tools that were not called: drop"],
};

test("on a terminal the answers stand in tables, and under them why", () => {
  expect(proofText(proof)).toBe(`mcp-server node server.mjs
orders 1.0.0, MCP 2025-11-25 over stdio: 3 requests, 2 spans exported, 0 messages sent on

method      carrier  read    kept  passed on    recorded
tools/call  _meta    no 1/2  yes   cannot tell  yes
ping        _meta    yes     yes   cannot tell  no

carrier  context  read  kept  passed on    recorded
_meta    valid    yes   yes   cannot tell  no 1/2
_meta    foreign  no    yes   cannot tell  yes

read: its span is a child of the context that a request brought
kept: trace id, tracestate and baggage are what they were
passed on: what it sent next, while it answered, brings the context
recorded: a span says what the OTel MCP conventions ask for
–: nothing asks for it here; 2/5: the answer of 2 of the 5 messages for which one is due

What breaks a trace
  read: \`tools/call echo\` began a trace of its own
    tools/call echo (_meta: foreign)
    for example request 1 brought params._meta {"traceparent":"00-0000000000000000000000000000001a-000000000000001a-01"}
    not-extracted: the callee began a trace of its own. Extract the context from the carrier and make it the parent of the callee's span.

What differs, and breaks none
  recorded: no span tells of the message
    ping echo (_meta: valid)

What cannot be told
  passed on: it sent nothing on
    tools/call echo, ping echo (_meta: valid, foreign)

Notes
  tools that were not called: drop

broken: 1 of 3 messages loses context, or says of it what is not so`);
});

test("an issue gets the same in Markdown", () => {
  const [title = "", , figures = "", , verdict = "", , head = "", rule = "", first = ""] = proofMarkdown(
    proof,
    "9.9.9",
  ).split("\n");
  expect([title, figures, verdict]).toEqual([
    "## Trace context of mcp-server `node server.mjs`",
    "orders 1.0.0, MCP 2025-11-25 over stdio: 3 requests, 2 spans exported, 0 messages sent on. Found by `troupe prove` 9.9.9.",
    "**broken: 1 of 3 messages loses context, or says of it what is not so**",
  ]);
  expect([head, rule, first]).toEqual([
    "| method | carrier | read | kept | passed on | recorded |",
    "| --- | --- | --- | --- | --- | --- |",
    "| `tools/call` | `_meta` | **no 1/2** | yes | cannot tell | yes |",
  ]);
});

test("what a peer says of itself mentions nobody in an issue, and opens no tag and no cell", () => {
  const peer = { ...proof.peer, name: "<img src=x> @maintainer | `x`" };
  const named = { ...whole, subject: { ...trial(1), method: "a|b\n# c" }, read: no("`<b>` @all", "not-extracted") };
  const text = proofMarkdown({ ...proof, peer, proved: [named], notes: ["<i> @team"], failure: "`@x` <u>" }, "9.9.9");
  const bare = text.replaceAll(/`[^`\n]*`/g, "");
  expect(bare).not.toMatch(/@|<|^# /m);
});

test("the document holds every message, and keeps to its schema", () => {
  const document = proofJson(proof, "9.9.9");
  expect(proofSchema.parse(document)).toEqual(document);
  expect([document.verdict, document.messages.length, document.messages[1]?.read.causes]).toEqual([
    "failed",
    3,
    ["not-extracted"],
  ]);
});
