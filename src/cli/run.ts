import type { RunResult, SuiteResult } from "../campaign/result.ts";
import type { SuiteRequest } from "../campaign/suite.ts";
import type { Fault } from "../core/errors.ts";
import { faultSentence, TroupeError } from "../core/errors.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { exitCodeOf, worstExitCode } from "../report/exit-code.ts";
import { runText, suiteText } from "../report/text.ts";
import { writeTextFile } from "../wire/files.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import type { ReportTarget } from "./report-targets.ts";
import { readReportTargets, reportText } from "./report-targets.ts";
import { readSeeds } from "./seeds.ts";
import type { Terminal } from "./terminal.ts";

type RunArguments = Arguments<(typeof COMMANDS)["run"]>;
type SuiteRunner = (request: SuiteRequest) => Promise<SuiteResult>;

/** `troupe run`: tells each run as it ends, then the sum, then writes the reports asked for. */
export async function run(
  args: RunArguments,
  { out, err }: Terminal,
  runSuite: SuiteRunner = runCampaignSuite,
): Promise<ExitCode> {
  const { targets, seeds } = readFlags(args);
  const documents = targets.filter(({ kind, file }) => file === undefined && kind !== "text");
  const told = documents.length > 0 ? err : out;
  const paths = args.operands.length > 0 ? args.operands : ["scenarios"];
  // One run of each scenario is looked at, many seeds are scanned: a line for each that passed.
  const isFull = seeds.length === 1;
  if (args.value("seed") === "random") err.print(`seed ${seeds.join()}`);
  const onRun = (result: RunResult): void => {
    const text = runText(result, { paint: told.paint, isFull });
    told.print(text.includes("\n") ? `${text}\n` : text);
  };
  const suite = await runSuite({ paths, seeds, checkDeterminism: args.has("check-determinism"), onRun });
  told.print(suiteText(suite, told));
  for (const { kind, file } of targets) {
    const text = reportText(kind, suite);
    if (file !== undefined) await writeTextFile(file, text);
    else if (kind !== "text") out.print(text.trimEnd());
  }
  // What user code got wrong while it ran, such as a turn that names no tool: it is known only now.
  for (const fault of suite.faults) err.print(faultSentence(fault));
  return worstExitCode([exitCodeOf(suite.verdict), suite.faults.length > 0 ? 2 : 0]);
}

/** Agents, SDKs and telemetry load only now, so that `show`, `check` and `--help` start fast. */
async function runCampaignSuite(request: SuiteRequest): Promise<SuiteResult> {
  const { runSuite } = await import("../campaign/suite.ts");
  return runSuite(request);
}

function readFlags({ value, values, has }: RunArguments): {
  readonly targets: readonly ReportTarget[];
  readonly seeds: readonly number[];
} {
  const faults = modeFaults(value("mode"));
  const seeds = readSeeds({ seed: value("seed"), seeds: value("seeds") }, faults);
  const targets = readReportTargets(values("report"), has("json"), faults);
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  return { seeds, targets };
}

function modeFaults(mode: string | undefined): Fault[] {
  if (mode === undefined || mode === "sim") return [];
  const isLater = mode === "wire" || mode === "live";
  const what = isLater ? `${mode} mode is not built yet` : `unknown mode "${mode}"`;
  return [{ where: `troupe run --mode ${mode}`, what, mend: "Use --mode sim, or leave it out." }];
}
