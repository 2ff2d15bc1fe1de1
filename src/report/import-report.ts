import type { CaseFile } from "../recording/case-files.ts";
import { readableJson } from "../recording/readable-json.ts";
import type { Recording } from "../recording/recording.ts";
import type { Paint } from "./paint.ts";
import { counted, oneLine } from "./wording.ts";

/** A case that was written. */
export interface ImportedCase {
  readonly slug: string;
  readonly recording: Recording;
  readonly files: readonly CaseFile[];
}

/** The document of `troupe import --json`. */
export function importJson(folder: string, cases: readonly ImportedCase[], notImported: readonly string[]): string {
  return readableJson({
    folder,
    cases: cases.map(({ slug, recording: { source, exchanges, replaced, lacks }, files }) => {
      return { slug, source, exchanges: countsOf(exchanges), replaced, lacks, files: files.map(({ path }) => path) };
    }),
    notImported,
  });
}

/** What was written, what was replaced in it, and what replay will have to do without. */
export function drawCases(folder: string, cases: readonly ImportedCase[], paint: Paint): string {
  if (cases.length === 0) return paint.dim("nothing new: every case is there already");
  return [
    ...cases.map((one) => caseText(folder, one, paint)),
    paint.dim(`Run ${cases.length === 1 ? "it" : "them"} with: troupe run ${folder}`),
  ].join("\n\n");
}

function caseText(folder: string, { slug, recording, files }: ImportedCase, paint: Paint): string {
  const { exchanges, replaced, lacks } = recording;
  const counts = Object.entries(countsOf(exchanges)).map(([kind, count]) =>
    counted(count, WORDS[kind] ?? kind, MANY[kind]),
  );
  const kinds = Object.entries(replaced).map(([kind, count]) => counted(count, kind));
  return [
    `${paint.good(slug)}: ${counts.join(", ")}`,
    ...files.map(({ path }) => `  wrote ${folder}/${path}`),
    ...(kinds.length === 0 ? [] : [`  replaced: ${kinds.join(", ")}`]),
    ...lacks.map(({ what, consequence }) => `  ${paint.warn("lacks")} ${oneLine(what)}: ${consequence}`),
  ].join("\n");
}

const WORDS: Readonly<Record<string, string>> = {
  user: "turn",
  model: "model call",
  tool: "tool call",
  resource: "resource read",
  prompt: "prompt",
  ask: "question to a remote agent",
  retrieval: "search",
};
const MANY: Readonly<Record<string, string>> = { ask: "questions to remote agents", retrieval: "searches" };

function countsOf(exchanges: Recording["exchanges"]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of exchanges) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
