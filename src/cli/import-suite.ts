import { existsSync } from "node:fs";
import { join } from "node:path";
import { TroupeError } from "../core/errors.ts";
import { SUITE_FILE, readSuite, suiteCase, suiteText } from "../recording/suite.ts";
import type { ImportedCase } from "../report/import-report.ts";
import { readMineJson } from "../report/mine-json.ts";
import type { Cluster } from "../shape/mine/mine.ts";
import { readTextFileSync, writeTextFile } from "../wire/files.ts";
import type { Found } from "./import.ts";
import type { ImportFlags } from "./import-flags.ts";
import type { Terminal } from "./terminal.ts";
import { openTraceFiles } from "./trace-file.ts";

/** The suite of a folder, to which shapes are promoted that are not in it yet. */
export interface OpenSuite {
  /** The newest trace of each shape that is promoted; what is in the suite already stays as it is. */
  readonly promoted: (flags: ImportFlags, terminal: Terminal) => Promise<readonly Found[]>;
  readonly add: (cases: readonly ImportedCase[]) => Promise<void>;
}

/** @throws TroupeError `SCENARIO_INVALID` where the folder's suite cannot be read. */
export function openSuite(folder: string): OpenSuite {
  const file = join(folder, SUITE_FILE);
  const suite = existsSync(file) ? readSuite(readTextFileSync(file), file) : { revision: 0, cases: [] };
  const known = new Set(suite.cases.map(({ key }) => key));
  return {
    promoted: async ({ from = "", top, isFailingOnly }, terminal) => {
      const { clusters } = readMineJson(readTextFileSync(from), from);
      const chosen = clusters.filter(({ tally }) => !isFailingOnly || tally.failed > 0).slice(0, top);
      if (chosen.length === 0) throw nothingChosen(from, isFailingOnly);
      const fresh = chosen.filter(({ key }) => !known.has(key));
      if (fresh.length < chosen.length)
        terminal.err.print(`${chosen.length - fresh.length} of ${chosen.length} shapes are in ${file} already`);
      return await examplesOf(fresh, terminal);
    },
    add: async (cases) => {
      if (cases.length === 0) return;
      const added = cases.map(({ slug, recording }) => suiteCase(slug, recording));
      await writeTextFile(file, suiteText({ revision: suite.revision + 1, cases: [...suite.cases, ...added] }));
    },
  };
}

function nothingChosen(from: string, isFailingOnly: boolean): TroupeError {
  const what = isFailingOnly ? "no shape in it has a trace that failed" : "there is no shape in it";
  const mend = isFailingOnly ? "Leave --failing out." : "Mine traces first, with troupe mine TRACE… --out FILE.";
  return new TroupeError("USAGE", { where: from, what, mend });
}

/** The trace that stands for each shape, out of where it was mined; each source is read once. */
async function examplesOf(clusters: readonly Cluster[], terminal: Terminal): Promise<readonly Found[]> {
  const bySource = new Map<string, Cluster[]>();
  for (const cluster of clusters) {
    const source = cluster.tally.example?.source;
    if (source !== undefined) bySource.set(source, [...(bySource.get(source) ?? []), cluster]);
  }
  const found = new Map<Cluster, Found>();
  for (const [source, ofSource] of bySource) {
    const { trees, format, notes } = await openTraceFiles([source], terminal);
    const byId = new Map(trees.map((tree) => [tree.traceId, tree]));
    for (const cluster of ofSource) {
      const { traceId = "" } = cluster.tally.example ?? {};
      const tree = byId.get(traceId);
      if (tree === undefined)
        terminal.err.print(terminal.err.paint.warn(`not imported: ${source} holds no trace ${traceId} any more`));
      else {
        const { traces, failed } = cluster.tally;
        found.set(cluster, {
          trees: [tree],
          format,
          store: source,
          notes,
          cluster: { key: cluster.key, traces, failed },
        });
      }
    }
  }
  return clusters.flatMap((cluster) => found.get(cluster) ?? []);
}
