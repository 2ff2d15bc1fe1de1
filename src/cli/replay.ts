import type { ReplayRequest } from "../campaign/replay/replay.ts";
import type { ReplayResult } from "../campaign/replay/result.ts";
import type { Played } from "../campaign/result.ts";
import { parseWantedChanges } from "../check/changes/wanted-text.ts";
import type { WantedChange } from "../check/changes/wanted.ts";
import { type Fault, TroupeError, didYouMean, faultSentence, isTroupeError, nearestWord } from "../core/errors.ts";
import { MISSES, type Miss } from "../recording/answering.ts";
import type { ExitCode } from "../report/exit-code.ts";
import { exitCodeOf, worstExitCode } from "../report/exit-code.ts";
import { jsonText } from "../report/json.ts";
import { readTextFileSync } from "../wire/files.ts";
import type { Arguments } from "./arguments.ts";
import type { COMMANDS } from "./commands.ts";
import { readLiveFlags, tellReceiver } from "./live-flags.ts";
import { mcpOf } from "./record-flags.ts";
import { readJobs, readMode } from "./run-flags.ts";
import { readSeeds } from "./seeds.ts";
import type { Terminal } from "./terminal.ts";
import { watched } from "./watched.ts";

type ReplayArguments = Arguments<(typeof COMMANDS)["replay"]>;

/** `troupe replay`: tells each case as it ends, then the sum. 4 where a case is in quarantine and none has failed. */
export async function replay(args: ReplayArguments, terminal: Terminal): Promise<ExitCode> {
  const { operands, has } = args;
  const flags = readReplayFlags(args, terminal.env ?? {});
  const { out, err } = terminal;
  if (flags.spans !== undefined) tellReceiver(flags.spans, err);
  const [{ casesOf }, { openTraceFiles }] = await Promise.all([
    import("../campaign/replay/cases.ts"),
    import("./trace-file.ts"),
  ]);
  const cases = await casesOf(operands, (path) => openTraceFiles([path], terminal));
  const [{ replayCases }, { sumOfReplays }, { replayText, replaysText }] = await Promise.all([
    import("../campaign/replay/replay.ts"),
    import("../campaign/replay/result.ts"),
    import("../report/replay-text.ts"),
  ]);
  const isJson = has("json");
  const names = new Map<string, number>();
  for (const { name } of cases) names.set(name, (names.get(name) ?? 0) + 1);
  const options = { paint: out.paint, isFull: cases.length === 1 };
  const { result: played, stopCode } = await watched(terminal, (watch, around): Promise<Played<ReplayResult>> => {
    const onReplayed = (result: ReplayResult): void => {
      const hasFile = (names.get(result.scenario) ?? 0) > 1;
      if (!isJson) around(() => out.print(told(replayText(result, { ...options, hasFile }))));
    };
    const isDetailed = isJson || cases.length === 1;
    return replayCases({ ...flags, ...watch, cases, isDetailed, onReplayed });
  });
  const sum = sumOfReplays(played);
  if (isJson) {
    const { replayJson } = await import("../report/replay-json.ts");
    out.print(jsonText(replayJson(played.version, played.runs, sum)).trimEnd());
  } else out.print(replaysText(sum, out.paint));
  for (const fault of played.faults) err.print(faultSentence(fault));
  return stopCode ?? worstExitCode([exitCodeOf(sum.verdict), played.faults.length > 0 ? 2 : 0]);
}

function told(text: string): string {
  return text.includes("\n") ? `${text}\n` : text;
}

/** @throws TroupeError `USAGE` or `SHAPE_INVALID` with every fault of the flags and of the changes that they name. */
function readReplayFlags(
  { value, values }: ReplayArguments,
  env: NonNullable<Terminal["env"]>,
): Pick<ReplayRequest, "agents" | "miss" | "spans" | "real" | "wanted" | "seed" | "jobs"> {
  const where = "troupe replay";
  const faults: Fault[] = [];
  const miss = readMiss(value("miss") ?? "nearest", faults);
  if (miss === "live" && value("mode") === "live") {
    const what = "in live mode the agent asks its own tools, and no recording answers it";
    faults.push({ where: `${where} --miss live`, what, mend: "Leave out one of the two." });
  }
  const real = readReal(values, miss, env, faults);
  const [seed = 1] = readSeeds({ seed: value("seed"), seeds: undefined }, faults, where);
  const jobs = readJobs(where, value("jobs"), faults);
  const isLive = value("mode") !== undefined && readMode(where, value("mode"), ["live"], faults) === "live";
  const live = readLiveFlags(where, value, { isLive, jobs }, faults);
  const wanted = values("expect-change").flatMap((file): readonly WantedChange[] => {
    try {
      return parseWantedChanges(readTextFileSync(file), file);
    } catch (error) {
      if (!isTroupeError(error)) throw error;
      faults.push(...error.faults);
      return [];
    }
  });
  if (faults.length > 0) throw new TroupeError("USAGE", faults);
  return { agents: values("agent"), miss, wanted, seed, ...(jobs !== undefined && { jobs }), ...live, ...real };
}

function readMiss(word: string, faults: Fault[]): Miss {
  const where = `troupe replay --miss ${word}`;
  const miss = MISSES.find((one) => one === word);
  const mend = "Use --miss fail, nearest, model or live.";
  if (miss === undefined)
    faults.push({ where, what: `there is no such policy${didYouMean(nearestWord(word, MISSES))}`, mend });
  return miss ?? "nearest";
}

/** What may be called in the real world. */
function readReal(
  values: ReplayArguments["values"],
  miss: Miss,
  env: NonNullable<Terminal["env"]>,
  faults: Fault[],
): Pick<ReplayRequest, "real"> {
  const where = "troupe replay";
  const [named, allowed] = [values("mcp"), values("allow-call")];
  const fault = (what: string, mend: string): undefined => void faults.push({ where, what, mend });
  for (const call of allowed)
    if (!/^[^/]+\/.+$/.test(call)) fault(`--allow-call ${call} names no tool`, "Write SERVER/TOOL.");
  if (miss !== "live") {
    if (named.length + allowed.length > 0)
      fault("real tools are called with --miss live alone", "Add it, or leave out --mcp and --allow-call.");
    return {};
  }
  if (named.length === 0) fault("no real server is named for --miss live", "Add --mcp NAME=URL for each.");
  const servers = named.flatMap((text) => mcpOf(text, env, fault));
  const flags = [...named.flatMap((text) => ["--mcp", text]), ...allowed.flatMap((text) => ["--allow-call", text])];
  return { real: { servers, allowed, flags } };
}
