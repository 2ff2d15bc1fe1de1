/**
 * What a simulated run costs beside a bare loop of the same SDK calls and spans.
 *
 * `npm run bench:run` runs each lane in processes of its own, in turn, and prints medians and ratios. Gates on a quiet
 * machine: ≤ 1.5 of the SDKs' defaults, ≤ 2.2 of the loop tuned as Troupe tunes it, with tree and verdict included.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { runSuiteOf } from "./lanes.ts";

const LANES = ["defaults", "tuned", "simulate", "judge"] as const;
const ROUNDS = 5;

const lane = process.argv[2];
if (lane !== undefined) console.log(JSON.stringify(await runSuiteOf(z.enum(LANES).parse(lane))));
else report();

function report(): void {
  const figures = new Map<string, number[]>(LANES.map((name) => [name, []]));
  let spans = 0;
  for (let round = 0; round < ROUNDS; round++)
    for (const name of LANES) {
      const args = [...process.execArgv, fileURLToPath(import.meta.url), name];
      const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      const figure = z.object({ msPerRun: z.number(), spans: z.number() }).parse(JSON.parse(stdout));
      figures.get(name)?.push(figure.msPerRun);
      if (name === "judge") spans = figure.spans;
    }
  const median = (name: string): number =>
    (figures.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN;
  const ratio = (name: string): string => {
    const pairs = (figures.get("judge") ?? []).map((ms, round) => ms / (figures.get(name)?.[round] ?? NaN));
    return (pairs.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN).toFixed(2);
  };
  console.log(`node ${process.version}, medians of ${ROUNDS} processes for each lane, in turn`);
  for (const name of LANES) console.log(`${name.padEnd(9)} ${median(name).toFixed(3)} ms a run`);
  console.log(
    `${(1000 / median("judge")).toFixed(0)} runs/s, ${((1000 / median("judge")) * spans).toFixed(0)} spans/s, ${spans} spans a run`,
  );
  console.log(`over bare with SDK defaults: ${ratio("defaults")} (gate 1.5)`);
  console.log(`over bare tuned as ours:     ${ratio("tuned")} (gate 2.2)`);
  console.log(`tree, verdict, digests:      ${(median("judge") - median("simulate")).toFixed(3)} ms of it`);
}
