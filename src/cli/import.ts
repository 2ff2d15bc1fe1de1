import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Fault, TroupeError, faultSentence, isTroupeError } from "../core/errors.ts";
import { type CaseFile, caseFiles, freeSlug, slugOf } from "../recording/case-files.ts";
import { conversationName, conversationsIn } from "../recording/conversations.ts";
import { redactor } from "../recording/redactor.ts";
import { recordingOfTraces } from "../recording/trace-recording.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { type ImportedCase, drawCases, importJson } from "../report/import-report.ts";
import type { Tree } from "../trace/tree.ts";
import { writeTextFile } from "../wire/files.ts";
import { VERSION } from "../wire/version.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { type ImportFlags, readImportFlags } from "./import-flags.ts";
import { openSuite } from "./import-suite.ts";
import type { Terminal } from "./terminal.ts";
import { openTraceFiles } from "./trace-file.ts";

type ImportArguments = Arguments<(typeof COMMANDS)["import"]>;

/** The traces of one conversation, and where they were found. */
export interface Found {
  readonly trees: readonly Tree[];
  readonly format: string;
  readonly store: string;
  readonly notes: readonly string[];
  /** Of a case out of `troupe mine`: its shape, and how often that was. */
  readonly cluster?: { readonly key: string; readonly traces: number; readonly failed: number };
}

/** `troupe import`: cases out of traces. 0 where cases were written, or all of them are there already. */
export async function importCases(args: ImportArguments, terminal: Terminal): Promise<ExitCode> {
  const flags = readImportFlags(args);
  const { out, err } = terminal;
  const suite = flags.from === undefined ? undefined : openSuite(flags.folder);
  const conversations =
    suite === undefined ? await conversationsOf(flags, terminal) : await suite.promoted(flags, terminal);
  const { cases, faults } = casesOf(conversations, flags, suite === undefined);
  for (const fault of faults) err.print(err.paint.warn(`not imported: ${faultSentence(fault)}`));
  if (cases.length === 0 && faults.length > 0) throw new TroupeError("TRACE_INVALID", faults);
  for (const { path, text } of cases.flatMap(({ files }) => files)) await writeTextFile(join(flags.folder, path), text);
  await suite?.add(cases);
  if (args.has("json")) out.print(importJson(flags.folder, cases, faults.map(faultSentence)).trimEnd());
  else out.print(drawCases(flags.folder, cases, out.paint));
  return 0;
}

async function conversationsOf({ sources, traceIds, top }: ImportFlags, terminal: Terminal): Promise<readonly Found[]> {
  const { trees, format, notes } = await openTraceFiles(sources, terminal);
  const where = sources.join(", ");
  const chosen = traceIds.length === 0 ? trees : trees.filter(({ traceId }) => traceIds.includes(traceId));
  const absent = traceIds.filter((id) => !trees.some(({ traceId }) => traceId === id));
  if (absent.length > 0) throw absentTraces(where, absent, trees);
  if (trees.length === 0)
    throw new TroupeError("TRACE_INVALID", {
      where,
      what: "there are no spans in it",
      mend: "Name a trace file with spans.",
    });
  const all = conversationsIn(chosen);
  if (all.length > top) {
    const what = `${all.length} conversations are in it, and at most ${top} are imported at once`;
    const mend = "Name traces with --trace ID, or more with --top N. troupe mine says which are worth it: see --from.";
    throw new TroupeError("USAGE", { where, what, mend });
  }
  return all.map((conversation) => ({ trees: conversation, format, store: where, notes }));
}

function absentTraces(where: string, absent: readonly string[], trees: readonly Tree[]): TroupeError {
  const known = trees.slice(0, KNOWN_SHOWN).map(({ traceId }) => traceId);
  const mend = `There are ${known.join(", ") || "none"}${trees.length > KNOWN_SHOWN ? ", …" : ""}.`;
  return new TroupeError(
    "USAGE",
    absent.map((id) => ({ where, what: `there is no trace ${id}`, mend })),
  );
}

const KNOWN_SHOWN = 5;

/**
 * The cases that conversations make; each has one redactor, so that the same is the same all over it.
 *
 * @throws TroupeError `USAGE` for every folder that is there already, where they may not be written over.
 */
function casesOf(
  conversations: readonly Found[],
  { folder, name, patterns, isForced }: ImportFlags,
  mayCollide: boolean,
): { readonly cases: readonly ImportedCase[]; readonly faults: readonly Fault[] } {
  const taken = new Set<string>();
  const faults: Fault[] = [];
  const cases = conversations.flatMap((found): readonly ImportedCase[] => {
    try {
      const redact = redactor({ patterns });
      const origin = { ...found, readBy: `troupe ${VERSION}`, timeText };
      const recording = recordingOfTraces(found.trees, origin, redact);
      const wanted = slugOf(name ?? redact.text(conversationName(found.trees)));
      const slug = freeSlug(wanted, (one) => taken.has(one) || (!mayCollide && existsSync(join(folder, one))));
      taken.add(slug);
      const files: readonly CaseFile[] = caseFiles(recording, { slug, description: descriptionOf(found) });
      return [{ slug, recording, files }];
    } catch (error) {
      if (!isTroupeError(error) || error.code === "BUG") throw error;
      faults.push(...error.faults);
      return [];
    }
  });
  const there = cases.filter(({ slug }) => existsSync(join(folder, slug)));
  if (there.length > 0 && !isForced)
    throw new TroupeError(
      "USAGE",
      there.map(({ slug }) => ({
        where: join(folder, slug),
        what: "a case of this name is there already, and nothing was written",
        mend: "Give the new one a name with --name, or write over the old one with --force.",
      })),
    );
  return { cases, faults };
}

function timeText(unixNano: bigint): string {
  return new Date(Number(unixNano / 1_000_000n)).toISOString();
}

function descriptionOf({ trees, cluster }: Found): string {
  const traces = trees.length === 1 ? `trace ${trees[0]?.traceId ?? ""}` : `${trees.length} traces of one conversation`;
  const shape =
    cluster === undefined ? "" : `, one of ${cluster.traces} of its shape, ${cluster.failed} of which failed`;
  return `What happened in ${traces}${shape}.`;
}
