import type { ReplayResult, ReplaySum } from "../campaign/replay/result.ts";
import type { Change, UnmetChange } from "../check/changes/changes.ts";
import type { Answered } from "../recording/answering.ts";
import { CLOSENESS } from "../recording/matching.ts";
import type { FactChange } from "../shape/diff/fact-changes.ts";
import type { DiffOperation } from "../shape/diff/operations.ts";
import { drawDiff } from "./diff-draw.ts";
import type { Paint } from "./paint.ts";
import { PLAIN } from "./paint.ts";
import { verdictSign } from "./verdict-sign.ts";
import { counted, durationText, oneLine, thousands } from "./wording.ts";

const LISTED_MAX = 20;

export interface ReplayTextOptions {
  readonly paint?: Paint;
  /** Whether a case of which nothing is to be said is told in full too. */
  readonly isFull?: boolean;
  /** Whether its file is told beside its name, as where several have that name. */
  readonly hasFile?: boolean;
}

/**
 * The report of one replayed case: a line where nothing is to be said of it, else what changed and whether it was wanted,
 * how questions were answered that were not recorded just so, what it took, and both trees as one.
 */
export function replayText(
  result: ReplayResult,
  { paint = PLAIN, isFull = false, hasFile = false }: ReplayTextOptions = {},
): string {
  const { judged, quarantine, failures, answered, compared, verdict } = result;
  const header = headerLine(result, hasFile ? ` (${oneLine(result.file)})` : "", paint);
  if (quarantine.length > 0)
    return [
      header,
      ...listed("quarantined", quarantine, paint.warn),
      ...listed("it lacks", result.lacks, paint.dim),
    ].join("\n");
  const near = answered.filter(({ by }) => by !== "exact");
  if (verdict === "passed" && judged.changes.length === 0 && near.length === 0 && !isFull) return header;
  const blocks = [
    [
      header,
      ...listed("the run did not come to its end", failures, paint.bad),
      ...changesText(judged.changes, judged.unmet, paint),
    ].join("\n"),
    [
      ...answeredText(answered, paint),
      `  ${usageText(result)}`,
      ...listed("not compared", result.setAside, paint.dim),
      ...(verdict === "passed" ? [] : listed("what the recording does not hold", result.lacks, paint.dim)),
    ].join("\n"),
    compared === null || judged.changes.length === 0
      ? ""
      : indented(drawDiff(compared.diff, compared.before, compared.after, { paint })),
    listed("notes", result.notes, paint.warn).join("\n"),
    verdict === "passed" ? "" : `  repeat: ${paint.strong(result.repeat)}`,
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

/** `12 cases: 9 passed, 1 failed, 2 in quarantine`, and the lines that repeat what did not pass. */
export function replaysText(
  { passed, failed, inconclusive, quarantined, notRun }: ReplaySum,
  paint: Paint = PLAIN,
): string {
  const parts = [
    passed > 0 ? paint.good(`${thousands(passed)} passed`) : "",
    failed > 0 ? paint.bad(`${thousands(failed)} failed`) : "",
    inconclusive > 0 ? paint.warn(`${thousands(inconclusive)} inconclusive`) : "",
    quarantined > 0 ? paint.warn(`${thousands(quarantined)} in quarantine, and not judged`) : "",
    notRun > 0 ? paint.warn(`${thousands(notRun)} not run`) : "",
  ].filter((part) => part !== "");
  return `${counted(passed + failed + inconclusive + quarantined + notRun, "case")}: ${parts.join(", ") || "nothing ran"}`;
}

function headerLine(
  { verdict, scenario, seed, candidate, judged, quarantine }: ReplayResult,
  file: string,
  paint: Paint,
): string {
  const [name, word] = [paint.strong(oneLine(scenario)) + file, `seed ${seed}`];
  const sign = verdictSign(verdict, paint);
  if (quarantine.length > 0) return `${sign} ${name} ${word}: in quarantine, no candidate was judged on it`;
  if (candidate === null && verdict === "passed") return `${sign} ${name} ${word}: goes as it was recorded`;
  const by = candidate === null ? "" : ` with ${oneLine(candidate)}`;
  const wanted = judged.changes.filter(({ wantedBy }) => wantedBy !== undefined).length;
  const unwanted = judged.changes.length - wanted;
  const parts = [
    verdict === "inconclusive" ? "cannot be judged, since spans have not come" : "",
    unwanted > 0 ? counted(unwanted, "change that nobody declared", "changes that nobody declared") : "",
    wanted > 0 ? counted(wanted, "change as declared", "changes as declared") : "",
    judged.unmet.length > 0
      ? counted(judged.unmet.length, "declared change that did not happen", "declared changes that did not happen")
      : "",
  ].filter((part) => part !== "");
  return `${sign} ${name} ${word}${by}: ${parts.join(", ") || "no change"}`;
}

function changesText(changes: readonly Change[], unmet: readonly UnmetChange[], paint: Paint): readonly string[] {
  const lines = changes.map((change) => {
    const isWanted = change.wantedBy !== undefined;
    const words = changeSentence(change);
    return isWanted ? `    ${paint.good("wanted")}    ${words}` : `    ${paint.bad("unwanted")}  ${words}`;
  });
  const absent = unmet.map(({ wanted: { word, line, count }, happened }) => {
    const times = count.max === Number.POSITIVE_INFINITY ? "" : `, ${counted(happened, "time")}`;
    return `    ${paint.bad("not so")}    declared ${word}: ${oneLine(line, 90)}${happened === 0 ? ", and it did not happen" : times}`;
  });
  return [...cut(lines, paint), ...absent];
}

/** What changed, as one sentence without its end. */
function changeSentence({ operation, isRetry }: Change): string {
  if (operation.kind === "added") {
    const { under } = operation.to;
    const size = operation.size > 1 ? ` (${counted(operation.size, "span")})` : "";
    return `${isRetry ? "retried" : "added"} ${oneLine(operation.after.label, 60)}${size}${under === undefined ? "" : ` under ${oneLine(under.label, 40)}`}`;
  }
  if (operation.kind === "removed") {
    const size = operation.size > 1 ? ` (${counted(operation.size, "span")})` : "";
    return `lost ${oneLine(operation.before.label, 60)}${size}`;
  }
  return pairSentence(operation);
}

function pairSentence(operation: Exclude<DiffOperation, { kind: "added" | "removed" }>): string {
  const label = oneLine(operation.after.label, 60);
  if (operation.kind === "moved") return `moved ${label} under ${oneLine(operation.to.under?.label ?? "the top", 40)}`;
  if (operation.kind === "reordered")
    return `moved ${label} from place ${operation.from.index + 1} to ${operation.to.index + 1}`;
  if (operation.kind === "renamed") return `changed ${oneLine(operation.before.label, 60)} into ${label}`;
  return `changed ${label}: ${operation.changes.map(factText).join("; ")}`;
}

function factText({ key, from, to }: Pick<FactChange, "key" | "from" | "to">): string {
  return `${key} ${oneLine(from ?? "nothing", 60)} → ${oneLine(to ?? "nothing", 60)}`;
}

const OTHERS = ["simulated", "live", "refused", "missed"] as const;

/** How many questions were answered how, and those that were not recorded just so. */
function answeredText(answered: readonly Answered[], paint: Paint): readonly string[] {
  const counts = [...CLOSENESS, ...OTHERS]
    .map((by) => ({ by, count: answered.filter((one) => one.by === by).length }))
    .filter(({ count }) => count > 0)
    .map(({ by, count }) => `${thousands(count)} ${by}`);
  const near = answered
    .filter(({ by }) => by !== "exact")
    .map(({ by, agent, about, asked, recorded }) => {
      const other = recorded === undefined ? "" : ` for recorded ${oneLine(recorded, 70)}`;
      const stress = by === "missed" || by === "refused" ? paint.bad : paint.warn;
      return `    ${stress(by.padEnd(10))}  ${about} ${oneLine(asked, 70)}${other}${agent === "" ? "" : ` (${agent})`}`;
    });
  return [`  answered from the recording: ${counts.join(", ") || "nothing was asked"}`, ...cut(near, paint)];
}

function usageText({ usage: { before, after } }: ReplayResult): string {
  const cost = (usd: number | null): string => (usd === null ? "not stated" : `$${usd.toPrecision(3)}`);
  const tokens = (one: typeof before): string => `${thousands(one.inputTokens)} in, ${thousands(one.outputTokens)} out`;
  return `tokens ${tokens(before)} → ${tokens(after)}; cost ${cost(before.costUsd)} → ${cost(after.costUsd)}; time ${durationText(before.durationMs)} → ${durationText(after.durationMs)}`;
}

function listed(title: string, sentences: readonly string[], stress: (text: string) => string): readonly string[] {
  if (sentences.length === 0) return [];
  return [
    `  ${title}:`,
    ...cut(
      sentences.map((sentence) => `    ${stress(oneLine(sentence))}`),
      PLAIN,
    ),
  ];
}

function cut(lines: readonly string[], paint: Paint): readonly string[] {
  const rest = lines.length - LISTED_MAX;
  return rest > 0 ? [...lines.slice(0, LISTED_MAX), paint.warn(`    … and ${counted(rest, "more", "more")}`)] : lines;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
