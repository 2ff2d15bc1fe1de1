import { expect, test } from "vitest";
import { hopMarkdown, hopTable } from "../../src/report/hop-table.ts";
import type { Hop } from "../../src/trace/evidence.ts";

const WHOLE: Hop = {
  from: "agents",
  to: "orders",
  agent: "triage",
  method: "tools/call",
  transport: "sim",
  carrier: "params._meta",
  status: null,
  verdict: "whole",
  causes: [],
  detail: null,
};
const FOREIGN: Hop = {
  ...WHOLE,
  to: "desk",
  agent: null,
  transport: "http",
  carrier: "traceparent",
  verdict: "broken",
  causes: ["not-extracted", "re-rooted"],
  detail: "its span 00aa is a root",
};

test("equal hops are counted, and broken ones come first with what was found and what mends them", () => {
  expect(hopTable([WHOLE, FOREIGN, WHOLE])).toBe(
    `
  3 hops: 2 whole, 1 broken
        from    to      agent   method      transport  carrier       verdict  causes
    1×  agents  desk    -       tools/call  http       traceparent   broken   not-extracted or re-rooted
       its span 00aa is a root. Extract the context from the carrier and make it the parent of the callee's span. Or: Have the proxy or gateway pass the carrier on as it came, or put its own span below the one in it.
    2×  agents  orders  triage  tools/call  sim        params._meta  whole`.slice(1),
  );
});

test("the status of HTTP has a column where a hop has one", () => {
  const [, head, first, , second] = hopTable([WHOLE, { ...FOREIGN, status: 503 }]).split("\n");
  expect(
    [head, first, second].map((line) => line?.match(/  (status|\d{3}|-) {2,}(?:verdict|broken|whole)/)?.[1]),
  ).toEqual(["status", "503", "-"]);
  expect(hopTable([WHOLE])).not.toContain("status");
});

test("hops that differ in what was found alone are one row", () => {
  expect(hopTable([FOREIGN, { ...FOREIGN, detail: "its span 00bb is a root" }])).toContain("2×  agents  desk");
});

test("of many rows the first forty are told, broken ones among them, and how many more there are", () => {
  const many = Array.from({ length: 60 }, (_, index) => ({ ...WHOLE, method: `m${index}` }));
  const text = hopTable([...many, FOREIGN]);
  expect(text).toContain("61 hops: 60 whole, 1 broken");
  expect(text).toContain("not-extracted or re-rooted");
  expect(text).toMatch(/… and 21 more rows$/);
});

test("without hops there is no table", () => {
  expect([hopTable([]), hopMarkdown([], String)]).toEqual(["", []]);
});

test("in Markdown each row has its mend, and what comes from outside is written as the caller wants it", () => {
  const lines = hopMarkdown([FOREIGN, WHOLE], (text) => `<${text}>`);
  expect(lines[2]).toBe("|  | from | to | agent | method | transport | carrier | verdict | causes | mend |");
  expect(lines[4]).toMatch(/^\| 1× \| <agents> \| <desk> \| .* \| <not-extracted or re-rooted> \| Extract the context/);
  expect(new Set(lines.slice(2, 6).map((line) => line.split("|").length))).toEqual(new Set([12]));
});
