/**
 * What a simulated run costs beside a bare loop of the same SDK calls and spans.
 *
 * `npm run bench:run` runs each lane in processes of its own, in turn, and prints medians and ratios, in real time and in
 * processor time. Gates on a quiet machine: ≤ 1.3 of the SDKs' defaults, ≤ 1.8 of the loop tuned as Troupe tunes it, with
 * tree and verdict included. What the bare loop does is in `bench/bare.ts`.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { type Figure, runSuiteOf } from "./lanes.ts";

const LANES = ["defaults", "tuned", "simulate", "judge"] as const;
const ROUNDS = 3;

const FIGURE = z.object({ msPerRun: z.number(), cpuMsPerRun: z.number(), spans: z.number() });
type Measure = "msPerRun" | "cpuMsPerRun";

function report(): void {
  const rounds = Array.from(
    { length: ROUNDS },
    () => new Map<string, Figure>(LANES.map((name) => [name, measured(name)])),
  );
  const of = (name: string, measure: Measure): number => median(rounds.map((one) => one.get(name)?.[measure] ?? NaN));
  const ratio = (name: string, measure: Measure): string =>
    median(rounds.map((one) => (one.get("judge")?.[measure] ?? NaN) / (one.get(name)?.[measure] ?? NaN))).toFixed(2);
  console.log(`node ${process.version}, medians of ${ROUNDS} processes for each lane, in turn`);
  for (const name of LANES)
    console.log(
      `${name.padEnd(9)} ${of(name, "msPerRun").toFixed(3)} ms a run, ${of(name, "cpuMsPerRun").toFixed(3)} of processor time`,
    );
  const spans = rounds[0]?.get("judge")?.spans ?? NaN;
  const perSecond = 1000 / of("judge", "msPerRun");
  console.log(`${perSecond.toFixed(0)} runs/s, ${(perSecond * spans).toFixed(0)} spans/s, ${spans} spans a run`);
  const both = (name: string): string => `${ratio(name, "msPerRun")}, in processor time ${ratio(name, "cpuMsPerRun")}`;
  console.log(`over bare with SDK defaults: ${both("defaults")} (gate 1.3)`);
  console.log(`over bare tuned as ours:     ${both("tuned")} (gate 1.8)`);
  console.log(
    `tree, verdict:               ${(of("judge", "msPerRun") - of("simulate", "msPerRun")).toFixed(3)} ms of it`,
  );
}

function measured(name: string): Figure {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), name];
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return FIGURE.parse(JSON.parse(stdout));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

const lane = process.argv[2];
if (lane !== undefined) console.log(JSON.stringify(await runSuiteOf(z.enum(LANES).parse(lane))));
else report();
