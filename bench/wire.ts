/**
 * What a call costs in wire mode beside the official SDKs over the same transport: tool calls over stdio, HTTP and
 * WebSocket, and asks of a remote agent, one after the other, with a real child process on each side.
 *
 * Troupe's side is what every run does: a span at each end, carriers, the ledger, and the export of the child's spans.
 * There are two floors. The bare one is the official client and server without a span; over HTTP its replies are JSON, as
 * Troupe's are. The traced one is that with what a team without Troupe would add for the same trace: a span at each end,
 * propagation in `_meta` or headers, and the server's spans exported by OTLP/HTTP, by the SDK with its defaults.
 * `npm run bench:wire` runs the three in turn, each in a process of its own, and prints medians. Aim: ≤ 1.3 of bare.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { LANES, type Lane, bareLane, runLane, tracedLane } from "./wire-lanes.ts";

const ROUNDS = 5;
const SIDES = { bare: bareLane, traced: tracedLane, troupe: runLane } as const;
type Side = keyof typeof SIDES;

const [side, lane] = process.argv.slice(2);
if (side === undefined || lane === undefined) report();
else {
  const run = SIDES[z.enum(["bare", "traced", "troupe"]).parse(side)];
  console.log(JSON.stringify(await run(z.enum(LANES).parse(lane))));
  process.exit();
}

function report(): void {
  console.log(`node ${process.version}, medians of ${ROUNDS} rounds; calls a second, and their ratio to Troupe's`);
  for (const name of LANES) {
    const rounds = Array.from({ length: ROUNDS }, () => ({
      bare: measure("bare", name),
      traced: measure("traced", name),
      troupe: measure("troupe", name),
    }));
    const rate = (of: Side): string =>
      `${of} ${median(rounds.map((round) => round[of]))
        .toFixed(0)
        .padStart(6)}`;
    const ratio = (of: Side): string => median(rounds.map((round) => round[of] / round.troupe)).toFixed(2);
    console.log(
      `${name.padEnd(5)} ${rate("bare")}, ${rate("traced")}, ${rate("troupe")}; ${ratio("bare")} of bare (aim 1.3), ${ratio("traced")} of traced`,
    );
  }
}

function measure(of: Side, name: Lane): number {
  // The SDK's HTTP client lets thousands of warnings be printed, which is not what is measured.
  const args = [...process.execArgv, "--no-warnings", fileURLToPath(import.meta.url), of, name];
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return z.object({ callsPerSecond: z.number() }).parse(JSON.parse(stdout)).callsPerSecond;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
