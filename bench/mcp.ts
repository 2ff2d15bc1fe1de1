/**
 * What a call costs under Troupe beside the official SDKs alone: tool calls in `sim` and over stdio, HTTP and WebSocket,
 * and asks of a remote agent, one after the other and 16 in flight. Outside of `sim` a real child process answers.
 *
 * Troupe's side is what every run does: a span at each end, carriers, the ledger, and the export of the child's spans.
 * There are two floors. The bare one is the official client and server without a span; over HTTP its replies are JSON, as
 * Troupe's are. The traced one is that with what a team without Troupe would add for the same trace: a span at each end,
 * propagation in `_meta` or headers, and the server's spans exported by OTLP/HTTP, by the SDK with its defaults.
 *
 * `npm run bench:mcp` runs the three in turn, each in a process of its own, and prints medians, in real time and in
 * processor time of both processes, which a busy machine distorts less; `npm run bench:mcp -- sim stdio` only those. Aims:
 * ≤ 1.5 of bare in `sim`, ≤ 1.2 over stdio and HTTP.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { LANES, type Lane, bareLane, runLane, tracedLane } from "./mcp-lanes.ts";
import { AT_ONCE, type AtOnce } from "./mcp.scenario.ts";

const ROUNDS = 5;
const SIDES = { bare: bareLane, traced: tracedLane, troupe: runLane } as const;
type Side = keyof typeof SIDES;

const FIGURE = z.object({ microsPerCall: z.number(), cpuMicrosPerCall: z.number() });
type Measure = keyof z.output<typeof FIGURE>;

/** The lanes to run, or what one process is to measure: a side, its lane, and the calls in flight. */
const [first, ...rest] = process.argv.slice(2);
const side = z.enum(["bare", "traced", "troupe"]).safeParse(first);
if (side.success) {
  const [lane, atOnce] = z.tuple([z.enum(LANES), z.enum(AT_ONCE)]).parse(rest);
  console.log(JSON.stringify(await SIDES[side.data](lane, atOnce)));
  process.exit();
} else {
  const lanes = z.array(z.enum(LANES)).parse(first === undefined ? [] : [first, ...rest]);
  report(lanes.length === 0 ? LANES : lanes);
}

function report(lanes: readonly Lane[]): void {
  console.log(
    `node ${process.version}, medians of ${ROUNDS} rounds; microseconds a call, of processor time in brackets`,
  );
  for (const lane of lanes) for (const atOnce of AT_ONCE) console.log(lineOf(lane, atOnce));
}

function lineOf(lane: Lane, atOnce: AtOnce): string {
  const rounds = Array.from({ length: ROUNDS }, () => ({
    bare: measured("bare", lane, atOnce),
    traced: measured("traced", lane, atOnce),
    troupe: measured("troupe", lane, atOnce),
  }));
  const cost = (of: Side): string => {
    const [real, cpu] = both((measure) => median(rounds.map((round) => round[of][measure])).toFixed(0));
    return `${of} ${real.padStart(4)} (${cpu})`;
  };
  const ratio = (of: Side): string => {
    const [real, cpu] = both((measure) =>
      median(rounds.map(({ troupe, [of]: floor }) => troupe[measure] / floor[measure])).toFixed(2),
    );
    return `${real} (${cpu}) of ${of}`;
  };
  const costs = [cost("bare"), cost("traced"), cost("troupe")].join(", ");
  return `${lane.padEnd(5)} ${atOnce.padStart(2)} in flight: ${costs}; ${ratio("bare")}, ${ratio("traced")}`;
}

function both<T>(take: (measure: Measure) => T): readonly [real: T, cpu: T] {
  return [take("microsPerCall"), take("cpuMicrosPerCall")];
}

function measured(of: Side, lane: Lane, atOnce: AtOnce): z.output<typeof FIGURE> {
  // The SDK's HTTP client lets thousands of warnings be printed, which is not what is measured.
  const args = [...process.execArgv, "--no-warnings", fileURLToPath(import.meta.url), of, lane, atOnce];
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return FIGURE.parse(JSON.parse(stdout));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
