import { expect, test } from "vitest";
import type { Attributes } from "../../../src/trace/span.ts";
import { agent, at, span } from "../spans.ts";
import { seenBy } from "./findings.ts";

/** Cuts what looks real in two, so that no scanner takes this file for a leak. */
const CUT: string = "";
const KEY = `AKIA${CUT}Q3EGRZ7WQJ4XKPLM`;
const secrets = (attributes: Attributes): readonly string[] =>
  seenBy("secret-in-attribute", [at(1n, "a", undefined, attributes)]);

test("secret-in-attribute names the attribute and the kind, never the secret", () => {
  const seen = secrets({ ...agent("triage"), "gen_ai.input.messages": `[{"content":"use ${KEY} please"}]` });
  expect(seen).toEqual(["a: gen_ai.input.messages holds an AWS access key"]);
  expect(seen.join()).not.toContain(KEY);
});

test("secret-in-attribute looks into lists, objects, events, the status and the name", () => {
  expect(secrets({ headers: ["x", KEY] })).toHaveLength(1);
  expect(secrets({ nested: { deep: [{ key: KEY }] } })).toHaveLength(1);
  const event = { name: "log", timeUnixNano: 1n, attributes: { body: KEY } };
  const spans = [
    span("a", undefined, { events: [event] }),
    span("b", "a", { startTimeUnixNano: 2000n, status: { code: "error", message: `denied for ${KEY}` } }),
    span("c", "a", { startTimeUnixNano: 3000n, name: `GET /?key=${KEY}` }),
  ];
  expect(seenBy("secret-in-attribute", spans)).toEqual([
    "a: event log: body holds an AWS access key",
    "b: the span's status holds an AWS access key",
    "c: the span's name holds an AWS access key",
  ]);
});

test("an attribute that is called a password holds one, whatever it looks like", () => {
  expect(secrets({ "db.password": "correct horse" })).toHaveLength(1);
  expect(secrets({ "db.password": "" })).toEqual([]);
});

test("one kind in one attribute is told once a trace, with how many spans hold it", () => {
  const spans = ["a", "b", "c"].map((id) => span(id, id === "a" ? undefined : "a", { attributes: { note: KEY } }));
  expect(seenBy("secret-in-attribute", spans)).toEqual(["a: note holds an AWS access key, as on 2 other spans"]);
});

test("personal-data-in-attribute tells addresses and numbers of people, and secret-in-attribute does not", () => {
  const attributes = { note: "Ann (ann@example.org, +44 20 7946 0958) paid with 4111 1111 1111 1111" };
  expect(seenBy("personal-data-in-attribute", [at(1n, "a", undefined, attributes)])).toEqual([
    "a: note holds an e-mail address",
    "a: note holds a phone number",
    "a: note holds the number of a payment card",
  ]);
  expect(secrets(attributes)).toEqual([]);
});

test("ordinary attributes hold nothing that must not stand there", () => {
  const attributes = {
    ...agent("triage"),
    "server.address": "10.0.0.1",
    id: "550e8400-e29b-41d4-a716-446655440000",
    at: "2026-11-21T10:00:00+02:00",
    nanos: "1795246604071000000",
    "gen_ai.usage.input_tokens": 4_111_111_111_111_111,
    "gen_ai.token.type": "input",
  };
  expect(secrets(attributes)).toEqual([]);
  expect(seenBy("personal-data-in-attribute", [at(1n, "a", undefined, attributes)])).toEqual([]);
});
