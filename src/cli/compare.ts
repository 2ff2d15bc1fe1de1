import type { Comparison, ComparisonRequest } from "../campaign/compare.ts";
import type { Fault } from "../core/errors.ts";
import { TroupeError } from "../core/errors.ts";
import { compareJson } from "../report/compare-json.ts";
import { drawVariants } from "../report/compare-text.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { exitCodeOf } from "../report/exit-code.ts";
import { jsonText } from "../report/json.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { readJobs, readMode } from "./run-flags.ts";
import { readSeeds } from "./seeds.ts";
import type { Terminal } from "./terminal.ts";
import { watched } from "./watched.ts";

/** `troupe compare`: two variants over the same scenarios and seeds. 1 where B failed at anything that A passed. */
export async function compare(
  { operands: [a = "", b = ""], value, values, has }: Arguments<(typeof COMMANDS)["compare"]>,
  terminal: Terminal,
): Promise<ExitCode> {
  const where = "troupe compare";
  const faults: Fault[] = [];
  const mode = readMode(where, value("mode"), ["sim", "wire"], faults);
  const seeds = readSeeds({ seed: value("seed"), seeds: value("seeds") }, faults, where);
  const jobs = readJobs(where, value("jobs"), faults);
  if (a === b)
    faults.push({ where, what: "both variants are the same", mend: "Give two paths, or two agents with --cases." });
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  const request = { a, b, cases: values("cases"), seeds, mode, ...(jobs !== undefined && { jobs }) };
  const { result, stopCode } = await watched(terminal, (watch) => compared({ ...request, ...watch }));
  const { out } = terminal;
  out.print(has("json") ? jsonText(compareJson(result)).trimEnd() : drawVariants(result, out.paint));
  return stopCode ?? exitCodeOf(result.verdict);
}

/** What starts threads loads only where it is asked for. */
async function compared(request: ComparisonRequest): Promise<Comparison> {
  const { compareVariants } = await import("../campaign/compare.ts");
  return compareVariants(request);
}
