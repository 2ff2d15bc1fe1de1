import type { Fault } from "../core/errors.ts";
import { TroupeError } from "../core/errors.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { jsonText } from "../report/json.ts";
import { mineJson, readMineJson } from "../report/mine-json.ts";
import { drawComparison, drawMine } from "../report/mine-text.ts";
import { compareMines } from "../shape/mine/compare.ts";
import { miner, type Mine, type Miner } from "../shape/mine/mine.ts";
import { readTextFileSync, writeTextFile } from "../wire/files.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import type { Terminal } from "./terminal.ts";
import { streamTraceFiles } from "./trace-file.ts";

type MineArguments = Arguments<(typeof COMMANDS)["mine"]>;

/** `troupe mine`: traces by semantic shape. It passes no judgement: what it can read ends with 0. */
export async function mine(args: MineArguments, terminal: Terminal): Promise<ExitCode> {
  const { operands: files, has, value } = args;
  const { top, older, parts } = readMineFlags(args);
  const gathering = miner({ isCounted: has("counts") });
  for (const part of parts) gathering.merge(part);
  const notes = files.length === 0 ? [] : await addTraces(gathering, files, terminal);
  const mined = gathering.result();
  const comparison = older === undefined ? undefined : compareMines(older, mined);
  const { out } = terminal;
  const file = value("out");
  if (file !== undefined) await writeTextFile(file, jsonText(mineJson(mined, { notes })));
  if (has("json")) {
    const document = mineJson(mined, { notes, ...(comparison !== undefined && { comparison }) });
    out.print(jsonText(document).trimEnd());
  } else if (comparison !== undefined) out.print(drawComparison(comparison, { paint: out.paint, top }));
  else out.print(drawMine(mined, { paint: out.paint, top }));
  return 0;
}

async function addTraces({ add }: Miner, files: readonly string[], terminal: Terminal): Promise<readonly string[]> {
  const { trees, notes } = await streamTraceFiles(files, terminal);
  for await (const { tree, source } of trees) add(tree, source);
  return notes;
}

interface MineFlags {
  readonly top: number;
  readonly older: Mine | undefined;
  readonly parts: readonly Mine[];
}

const TOP = 20;

/** @throws TroupeError `USAGE` with every fault of the flags and of the documents that they name. */
function readMineFlags({ operands, has, value, values }: MineArguments): MineFlags {
  const where = "troupe mine";
  const faults: Fault[] = [];
  const text = value("top") ?? String(TOP);
  const top = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(top))
    faults.push({ where, what: `--top ${text} is no number of shapes`, mend: "Write how many are drawn." });
  const merged = values("merge");
  if (operands.length === 0 && merged.length === 0)
    faults.push({ where, what: "there is nothing to mine", mend: "Write troupe mine TRACE…, or --merge FILE." });
  const read = (file: string): Mine | undefined => {
    try {
      const mined = readMineJson(readTextFileSync(file), file);
      if (mined.isCounted === has("counts")) return mined;
      const what = mined.isCounted ? "it was made with --counts" : "it was made without --counts";
      faults.push({ where: file, what, mend: "Mine both the same way." });
    } catch (error) {
      if (!(error instanceof TroupeError)) throw error;
      faults.push(...error.faults);
    }
    return undefined;
  };
  const compared = value("compare");
  const older = compared === undefined ? undefined : read(compared);
  const parts = merged.flatMap((file) => read(file) ?? []);
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  return { top, older, parts };
}
