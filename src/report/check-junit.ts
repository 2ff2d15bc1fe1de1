import { doesFail, type Health } from "../check/health/health.ts";
import type { CheckResult } from "../check/result.ts";
import type { ExpectationResult } from "../check/verdict.ts";
import type { RuleFindings } from "../trace/health/examination.ts";
import type { Finding } from "../trace/health/rule.ts";
import { expectationText } from "./text.ts";
import { attributes, escaped } from "./xml.ts";

interface Case {
  readonly name: string;
  /** Undefined where it passed. */
  readonly failure: { readonly message: string; readonly type: string; readonly text: string } | undefined;
  /** What is worth reading though it decides nothing. */
  readonly out?: string;
}

/**
 * A check of traces as JUnit XML: a `testsuite` of shapes with a `testcase` for each, and one of health with a `testcase`
 * for each rule and each limit that is not held. A finding that does not fail the check stands in `system-out`.
 */
export function checkJunitText({ expectations, health }: CheckResult): string {
  const suites = [
    { name: "shapes", cases: expectations.map(expectationCase) },
    { name: "health", cases: health === undefined ? [] : healthCases(health) },
  ].filter(({ cases }) => cases.length > 0);
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "troupe", ...totals(all) })}>`,
    ...suites.map(({ name, cases }) =>
      [
        `  <testsuite${attributes({ name, ...totals(cases) })}>`,
        ...cases.map((one) => caseXml(name, one)),
        "  </testsuite>",
      ].join("\n"),
    ),
    "</testsuites>",
    "",
  ].join("\n");
}

function expectationCase(result: ExpectationResult): Case {
  const { name, verdict, mismatches } = result;
  if (verdict === "passed" || verdict === "skipped") return { name, failure: undefined };
  return {
    name,
    failure: { message: mismatches[0]?.message ?? verdict, type: verdict, text: expectationText(result) },
  };
}

function healthCases({ rules, excesses, failOn, verdict }: Health): readonly Case[] {
  const cases: readonly Case[] = [
    ...rules.map((found) => ruleCase(found, doesFail(found, failOn))),
    ...excesses.map(({ limit, seen }) => ({ name: limit, failure: { message: seen, type: "limit", text: seen } })),
  ];
  if (verdict !== "inconclusive") return cases;
  const message = "there was no trace, or a part of the traces could not be read";
  return [...cases, { name: "all traces were read", failure: { message, type: verdict, text: message } }];
}

function ruleCase({ rule, level, count, shown }: RuleFindings, isFailing: boolean): Case {
  if (count === 0) return { name: rule, failure: undefined };
  const rest = count > shown.length ? [`… and ${count - shown.length} more`] : [];
  const text = [...shown.map(findingLine), ...rest].join("\n");
  return isFailing
    ? { name: rule, failure: { message: `${count} × ${shown[0]?.seen ?? rule}`, type: level, text } }
    : { name: rule, failure: undefined, out: `${level}:\n${text}` };
}

function findingLine({ file, traceId, spanId, label, seen }: Finding): string {
  const place = [file, traceId === null ? null : `trace ${traceId}`, spanId === null ? null : `span ${spanId}`];
  return [...place.filter((part) => part !== null), `${label === null ? "" : `${label}: `}${seen}`].join(" ");
}

function caseXml(suite: string, { name, failure, out }: Case): string {
  const head = attributes({ name, classname: `troupe.${suite}`, time: "0.000" });
  const inner = [
    ...(failure === undefined
      ? []
      : [
          `      <failure${attributes({ message: failure.message, type: failure.type })}>${escaped(failure.text)}</failure>`,
        ]),
    ...(out === undefined ? [] : [`      <system-out>${escaped(out)}</system-out>`]),
  ];
  return inner.length === 0
    ? `    <testcase${head}/>`
    : [`    <testcase${head}>`, ...inner, "    </testcase>"].join("\n");
}

function totals(cases: readonly Case[]): Readonly<Record<string, string>> {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  return { tests: String(cases.length), failures: String(failures), errors: "0", skipped: "0", time: "0.000" };
}
