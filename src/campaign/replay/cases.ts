import { basename, dirname, join } from "node:path";
import { type Fault, TroupeError, isTroupeError } from "../../core/errors.ts";
import { freeSlug, scenarioText, slugOf } from "../../recording/case-files.ts";
import { conversationName, conversationsIn } from "../../recording/conversations.ts";
import { type Recording, readRecording, recordingText } from "../../recording/recording.ts";
import { redactor } from "../../recording/redactor.ts";
import { recordingOfTraces } from "../../recording/trace-recording.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import type { Tree } from "../../trace/tree.ts";
import { readTextFileSync } from "../../wire/files.ts";
import { VERSION } from "../../wire/version.ts";
import { exists, filesIn, scenariosIn } from "../load.ts";

/** A case to be replayed: a recording's file, or the text of one that was made of a trace. */
export interface ReplaySource {
  readonly name: string;
  /** As the user named it: the recording's file, or the trace. */
  readonly file: string;
  /** What names it alone on a command line. */
  readonly path: string;
  /** Absent for a file, which is read when its turn comes. */
  readonly text?: string;
}

const RECORDING = /^(.+)\.recording\.json$/;
const SCENARIO = /^(.+)\.scenario\.(ts|mts|cts|js|mjs|cjs|ya?ml)$/;

/** A trace file that was read. */
interface ReadTrace {
  readonly trees: readonly Tree[];
  readonly format: string;
  readonly notes: readonly string[];
}

/**
 * The cases of paths: folders and files of cases, and traces, each of which is imported in memory, with one case for each
 * conversation in it.
 *
 * @throws TroupeError with every fault of every path.
 */
export async function casesOf(
  paths: readonly string[],
  readTrace: (path: string) => Promise<ReadTrace>,
): Promise<readonly ReplaySource[]> {
  const faults: Fault[] = [];
  const sources: ReplaySource[] = [];
  const names = new Set<string>();
  for (const path of paths) {
    try {
      sources.push(...(casesAt(path) ?? importedFrom(path, await readTrace(path), names)));
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new TroupeError("FILE_UNREADABLE", faults);
  return sources;
}

function importedFrom(path: string, { trees, format, notes }: ReadTrace, names: Set<string>): readonly ReplaySource[] {
  return conversationsIn(trees).map((conversation) => {
    const name = freeSlug(slugOf(conversationName(conversation)), (slug) => names.has(slug));
    names.add(name);
    const origin = { format, readBy: `troupe ${VERSION}`, store: path, notes };
    const text = recordingText(recordingOfTraces(conversation, origin, redactor()));
    return { name, file: path, path, text };
  });
}

/**
 * The cases that a path names: a folder's, at any depth, in the order of their paths; that of a recording's file, or of
 * the scenario beside it. `undefined` for anything else, such as a trace.
 *
 * @throws TroupeError `FILE_UNREADABLE` for a folder without a case.
 */
export function casesAt(path: string): readonly ReplaySource[] | undefined {
  const slug = RECORDING.exec(basename(path))?.[1] ?? SCENARIO.exec(basename(path))?.[1];
  const beside = slug === undefined ? undefined : join(dirname(path), `${slug}.recording.json`);
  if (beside !== undefined && exists(beside)) return [sourceOf(beside)];
  const files = filesIn(path, (name) => RECORDING.test(name));
  if (files === undefined) return undefined;
  if (files.length > 0) return files.map(sourceOf);
  const mend = "Write one with `troupe import TRACE --out DIR`, or name a trace itself.";
  throw new TroupeError("FILE_UNREADABLE", { where: path, what: "there is no case in this folder", mend });
}

function sourceOf(file: string): ReplaySource {
  return { name: RECORDING.exec(basename(file))?.[1] ?? file, file, path: file };
}

/** A case that was read, with the scenario beside it where its user changed that. */
export interface ReplayCase {
  readonly recording: Recording;
  readonly edited?: { readonly scenario: Scenario; readonly file: string };
}

/**
 * Reads a case. The scenario beside a recording is loaded where it is not just what `troupe import` wrote, or where
 * `isNeeded` says so.
 *
 * @throws TroupeError with every fault of the recording and of the scenario.
 */
export async function readCase({ name, file, text }: ReplaySource, isNeeded: boolean): Promise<ReplayCase> {
  const recording = readRecording(text ?? readTextFileSync(file), file);
  const beside = text === undefined ? scenarioBeside(file, name) : undefined;
  if (beside === undefined) return { recording };
  const written = readTextFileSync(beside);
  if (!isNeeded && isAsWritten(written, recording, name)) return { recording };
  const scenarios = await scenariosIn(beside);
  const scenario = scenarios.find((one) => one.name === name) ?? scenarios[0];
  if (scenario !== undefined && (scenarios.length === 1 || scenario.name === name))
    return { recording, edited: { scenario, file: beside } };
  const what = scenario === undefined ? "it exports no scenario" : `none of its scenarios is called "${name}"`;
  throw new TroupeError("SCENARIO_INVALID", {
    where: beside,
    what,
    mend: `Export the case's scenario, named "${name}".`,
  });
}

function scenarioBeside(file: string, name: string): string | undefined {
  const endings = ["ts", "mts", "cts", "js", "mjs", "cjs", "yaml", "yml"];
  return endings.map((ending) => join(dirname(file), `${name}.scenario.${ending}`)).find(exists);
}

/** Whether a scenario's file is what was written with its recording; its description may be any. */
function isAsWritten(text: string, recording: Recording, slug: string): boolean {
  const literal = /^ {2}description: (".*"),$/m.exec(text)?.[1];
  try {
    const described = literal === undefined ? {} : { description: String(JSON.parse(literal)) };
    return text === scenarioText(recording, { slug, ...described });
  } catch {
    return false;
  }
}
