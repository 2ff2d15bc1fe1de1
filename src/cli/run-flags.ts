import type { SuiteRequest } from "../campaign/suite.ts";
import type { Fault } from "../core/errors.ts";
import { TroupeError } from "../core/errors.ts";
import { MODES, type Mode } from "../scenario/scenario.ts";
import type { OtlpTarget } from "../telemetry/forwarding.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { readLiveFlags } from "./live-flags.ts";
import { readOtlpTarget } from "./otlp-target.ts";
import type { ReportTarget } from "./report-targets.ts";
import { readReportTargets } from "./report-targets.ts";
import { readSeeds } from "./seeds.ts";
import type { Terminal } from "./terminal.ts";
import { readTransport } from "./transport.ts";

/** What the flags of `troupe run` ask for. */
export interface RunFlags {
  readonly request: Pick<
    SuiteRequest,
    "paths" | "seeds" | "checkDeterminism" | "mode" | "transport" | "hasPreload" | "jobs" | "spans"
  >;
  readonly seeds: readonly number[];
  readonly targets: readonly ReportTarget[];
  /** Whether snapshots are written that are missing or do not match. */
  readonly isUpdate: boolean;
  /** Where the spans of every run go too. */
  readonly otlp: OtlpTarget | undefined;
}

/** More threads than this would be a mistake. */
const JOBS_MAX = 1024;

/** @throws TroupeError `USAGE` with every fault of the flags. */
export function readRunFlags(
  { operands, value, values, has }: Arguments<(typeof COMMANDS)["run"]>,
  env: NonNullable<Terminal["env"]> = {},
): RunFlags {
  const faults: Fault[] = [];
  const mode = readMode("troupe run", value("mode"), MODES, faults);
  const word = value("transport");
  const where = `troupe run --transport ${word}`;
  const transport = readTransport(where, word, faults);
  if (transport !== undefined && mode !== "wire")
    faults.push({ where, what: `${mode} mode has no transports`, mend: "Add --mode wire, or leave it out." });
  if (has("no-preload") && mode !== "wire") {
    const mend = "Add --mode wire, or leave it out.";
    faults.push({ where: "troupe run --no-preload", what: `${mode} mode starts no programs`, mend });
  }
  if (mode !== "sim" && has("check-determinism"))
    faults.push({
      where: "troupe run --check-determinism",
      what: "real processes do not repeat themselves to the byte",
      mend: `Leave out --mode ${mode}: it is checked in sim.`,
    });
  const seeds = readSeeds({ seed: value("seed"), seeds: value("seeds") }, faults);
  const jobs = readJobs("troupe run", value("jobs"), faults);
  const live = readLiveFlags("troupe run", value, { isLive: mode === "live", jobs }, faults);
  const targets = readReportTargets(values("report"), has("json"), faults);
  const otlp = readOtlpTarget("--otlp", { url: value("otlp"), headers: values("otlp-header") }, env, faults);
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  const request = {
    paths: operands.length > 0 ? operands : ["scenarios"],
    seeds,
    checkDeterminism: has("check-determinism"),
    mode,
    ...(has("no-preload") ? { hasPreload: false } : {}),
    ...(transport === undefined ? {} : { transport }),
    ...(jobs === undefined ? {} : { jobs }),
    ...live,
  };
  return { request, seeds, targets, isUpdate: has("update"), otlp };
}

/** One of the modes that a command has, by default the first. */
export function readMode<M extends Mode>(
  where: string,
  word: string | undefined,
  modes: readonly [M, ...M[]],
  faults: Fault[],
): M {
  const mode = word === undefined ? modes[0] : modes.find((one) => one === word);
  if (mode !== undefined) return mode;
  const isOther = MODES.some((one) => one === word);
  const what = isOther ? `it has no ${word} mode` : `unknown mode "${word}"`;
  const choices = modes.map((one) => `--mode ${one}`);
  faults.push({ where: `${where} --mode ${word}`, what, mend: `Use ${choices.join(" or ")}.` });
  return modes[0];
}

export function readJobs(where: string, text: string | undefined, faults: Fault[]): number | undefined {
  if (text === undefined) return undefined;
  const jobs = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (jobs >= 1 && jobs <= JOBS_MAX) return jobs;
  const mend = `Write a number from 1 to ${JOBS_MAX}, or leave it out.`;
  faults.push({ where, what: `--jobs ${text} is no number of threads`, mend });
  return undefined;
}
