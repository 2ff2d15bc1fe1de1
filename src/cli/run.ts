import type { RunResult, SuiteResult } from "../campaign/result.ts";
import type { SuiteRequest } from "../campaign/suite.ts";
import { faultSentence } from "../core/errors.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { exitCodeOf, worstExitCode } from "../report/exit-code.ts";
import { runText, suiteText } from "../report/text.ts";
import type { Forwarding, OtlpTarget } from "../telemetry/forwarding.ts";
import { writeTextFile } from "../wire/files.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { reportToGithub } from "./github-report.ts";
import { isDocument, reportText } from "./report-targets.ts";
import { tellReceiver } from "./live-flags.ts";
import { type RunFlags, readRunFlags } from "./run-flags.ts";
import type { Printer, Terminal } from "./terminal.ts";
import type { Played } from "./update.ts";
import { watched } from "./watched.ts";

type RunArguments = Arguments<(typeof COMMANDS)["run"]>;
type SuiteRunner = (request: SuiteRequest) => Promise<SuiteResult>;

/**
 * `troupe run`: tells each run as it ends, then the sum, then writes the reports asked for. With `--update` it tells them
 * at the end, once the snapshots that do not match are written.
 */
export async function run(
  args: RunArguments,
  terminal: Terminal,
  runSuite: SuiteRunner = runCampaignSuite,
): Promise<ExitCode> {
  const flags = readRunFlags(args, terminal.env);
  const { out, err } = terminal;
  const told = flags.targets.some(isDocument) ? err : out;
  if (flags.request.spans !== undefined) tellReceiver(flags.request.spans, err);
  if (args.value("seed") === "random") err.print(`seed ${flags.seeds.join()}`);
  const { played: first, stopCode } = await played(flags, told, terminal, runSuite);
  const suite = flags.isUpdate ? await updated(first, terminal) : first.suite;
  if (flags.isUpdate) for (const result of suite.runs) told.print(runReport(result, flags, told));
  told.print(suiteText(suite, told));
  for (const { kind, file } of flags.targets) {
    if (kind === "github") {
      await reportToGithub(suite, file, told.print, terminal.env ?? {});
      continue;
    }
    const text = reportText(kind, suite);
    if (file !== undefined) await writeTextFile(file, text);
    else if (kind !== "text") out.print(text.trimEnd());
  }
  // What user code got wrong while it ran, such as a turn that names no tool: it is known only now.
  for (const fault of suite.faults) err.print(faultSentence(fault));
  return stopCode ?? worstExitCode([exitCodeOf(suite.verdict), suite.faults.length > 0 ? 2 : 0]);
}

/** Plays the suite and tells each run, while a line shows how far it is and a signal may stop it. */
async function played(
  flags: RunFlags,
  told: Printer,
  terminal: Terminal,
  runSuite: SuiteRunner,
): Promise<{ readonly played: Played; readonly stopCode: ExitCode | undefined }> {
  const { request, seeds, targets, isUpdate } = flags;
  let scenarios: Played["scenarios"] = [];
  const forwarding = flags.otlp === undefined ? undefined : await forwardingOf(flags.otlp);
  try {
    const { result: suite, stopCode } = await watched(terminal, (watch, around) =>
      runSuite({
        ...request,
        ...watch,
        detail: { hasDigests: targets.some(({ kind }) => kind === "json"), hasTrees: isUpdate || isFull(flags) },
        mayMissSnapshots: isUpdate,
        onLoaded: (loaded) => (scenarios = loaded),
        onRun: (result) => {
          if (!isUpdate) around(() => told.print(runReport(result, flags, told)));
        },
        ...(forwarding === undefined
          ? {}
          : {
              onExport: ({ json, spans }) => forwarding.send({ encoding: "json", bytes: Buffer.from(json), spans }),
            }),
      }),
    );
    return { played: { suite, scenarios, seedCount: seeds.length }, stopCode };
  } finally {
    for (const note of (await forwarding?.finish()) ?? []) terminal.err.print(terminal.err.paint.warn(note));
  }
}

/** What sends spans on loads only where it is asked for. */
async function forwardingOf(target: OtlpTarget): Promise<Forwarding> {
  const { forwardingTo } = await import("../telemetry/forwarding.ts");
  return forwardingTo(target);
}

/** One run of each scenario is looked at, many seeds are scanned: a line for each that passed. */
function isFull({ seeds }: RunFlags): boolean {
  return seeds.length === 1;
}

function runReport(result: RunResult, flags: RunFlags, { paint }: Printer): string {
  const text = runText(result, { paint, isFull: isFull(flags) });
  return text.includes("\n") ? `${text}\n` : text;
}

/** What infers shapes loads only where it is asked for. */
async function updated(first: Played, terminal: Terminal): Promise<SuiteResult> {
  const { updateSnapshots } = await import("./update.ts");
  return updateSnapshots(first, terminal);
}

/** What starts threads loads only now, so that `show`, `check` and `--help` start fast. */
async function runCampaignSuite(request: SuiteRequest): Promise<SuiteResult> {
  const { runSuite } = await import("../campaign/suite.ts");
  return runSuite(request);
}
