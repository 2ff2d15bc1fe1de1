import { type ReplaySource, casesAt, sourceOfRecording } from "../campaign/replay/cases.ts";
import { type Fault, TroupeError, isTroupeError } from "../core/errors.ts";
import { freeSlug, slugOf } from "../recording/case-files.ts";
import { conversationName, conversationsIn } from "../recording/conversations.ts";
import { redactor } from "../recording/redactor.ts";
import { recordingOfTraces } from "../recording/trace-recording.ts";
import { VERSION } from "../wire/version.ts";
import type { Terminal } from "./terminal.ts";
import { openTraceFiles } from "./trace-file.ts";

/**
 * The cases of paths: folders and files of cases, and traces, each of which is imported in memory.
 *
 * @throws TroupeError with every fault of every path.
 */
export async function sourcesOf(paths: readonly string[], terminal: Terminal): Promise<readonly ReplaySource[]> {
  const faults: Fault[] = [];
  const sources: ReplaySource[] = [];
  const names = new Set<string>();
  for (const path of paths) {
    try {
      sources.push(...(casesAt(path) ?? (await importedFrom(path, names, terminal))));
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new TroupeError("FILE_UNREADABLE", faults);
  return sources;
}

/** One case for each conversation in a file. */
async function importedFrom(path: string, names: Set<string>, terminal: Terminal): Promise<readonly ReplaySource[]> {
  const { trees, format, notes } = await openTraceFiles([path], terminal);
  return conversationsIn(trees).map((conversation) => {
    const name = freeSlug(slugOf(conversationName(conversation)), (slug) => names.has(slug));
    names.add(name);
    const origin = { format, readBy: `troupe ${VERSION}`, store: path, notes };
    return sourceOfRecording(name, path, recordingOfTraces(conversation, origin, redactor()));
  });
}
