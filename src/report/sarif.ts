import type { CheckResult } from "../check/result.ts";
import { sha256 } from "../core/json.ts";
import type { Level } from "../trace/health/rule.ts";
import { RULES } from "../trace/health/rules.ts";

interface SarifResult {
  readonly ruleId: string;
  readonly level: Level;
  readonly message: { readonly text: string };
  readonly locations?: readonly object[];
  readonly partialFingerprints: { readonly "troupe/v1": string };
}

interface Place {
  readonly file: string | null;
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly label: string | null;
}

const NOWHERE: Place = { file: null, traceId: null, spanId: null, label: null };

/** The rules that are no rules of health. */
const OTHER_RULES = [
  {
    id: "limit",
    text: "A figure is beyond the limit that the budget sets.",
    help: "See the figures of the report.",
    level: "error",
  },
  { id: "shape", text: "The trace does not match a shape.", help: "Mend the code, or the shape.", level: "error" },
] as const;

/**
 * A check of traces as SARIF 2.1.0: a `result` for each finding, each limit that is not held and each mismatch of a shape.
 * A trace is no file with lines: where its file is known that is the artifact, and trace and span are logical locations.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifText({ expectations, health }: CheckResult, version: string): string {
  const findings = (health?.rules ?? []).flatMap(({ rule, level, shown }) =>
    shown.map((finding) => resultOf(rule, level, finding.seen, finding)),
  );
  const limits = (health?.excesses ?? []).map(({ limit, seen, traceId }) =>
    resultOf("limit", "error", `${limit}: ${seen}`, { ...NOWHERE, traceId }),
  );
  const mismatches = expectations
    .filter(({ verdict, inverted }) => !inverted && (verdict === "failed" || verdict === "inconclusive"))
    .flatMap(({ mismatches: those, verdict }) =>
      those.map(({ message, found, under }) => {
        const place = found ?? under;
        const level = verdict === "failed" ? "error" : "warning";
        return resultOf("shape", level, message, place === undefined ? NOWHERE : { ...NOWHERE, ...place });
      }),
    );
  const left = (health?.rules ?? []).filter(({ count, shown }) => count > shown.length);
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "troupe", semanticVersion: version, rules: ruleDescriptors() } },
        columnKind: "utf16CodeUnits",
        results: [...findings, ...limits, ...mismatches],
        ...(left.length > 0 && {
          properties: {
            notListed: Object.fromEntries(left.map(({ rule, count, shown }) => [rule, count - shown.length])),
          },
        }),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleDescriptors(): readonly object[] {
  return [
    ...RULES.map(({ name, level, reason, mend }) => descriptor(name, reason, mend, level)),
    ...OTHER_RULES.map(({ id, text, help, level }) => descriptor(id, text, help, level)),
  ];
}

function descriptor(id: string, text: string, help: string, level: Level): object {
  return { id, shortDescription: { text }, help: { text: help }, defaultConfiguration: { level } };
}

function resultOf(ruleId: string, level: Level, seen: string, place: Place): SarifResult {
  const { file, traceId, spanId, label } = place;
  const logical =
    traceId === null
      ? []
      : [
          { name: traceId, fullyQualifiedName: traceId, kind: "trace" },
          ...(spanId === null
            ? []
            : [{ name: label ?? spanId, fullyQualifiedName: `${traceId}/${spanId}`, kind: "span" }]),
        ];
  const location = {
    ...(file !== null && { physicalLocation: { artifactLocation: { uri: uriOf(file) } } }),
    ...(logical.length > 0 && { logicalLocations: logical }),
  };
  return {
    ruleId,
    level,
    message: { text: label === null ? seen : `${label}: ${seen}` },
    ...(Object.keys(location).length > 0 && { locations: [location] }),
    partialFingerprints: { "troupe/v1": sha256(JSON.stringify([ruleId, traceId, spanId, seen])) },
  };
}

/** A path as a URI reference: relative paths stay relative, and only what a URI may not hold is encoded. */
function uriOf(file: string): string {
  const path = file.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${path}` : path;
}
