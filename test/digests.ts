/** Digests of runs. As a program of its own: `digests FIRST..LAST [down] [PATH…]` prints `path seed digest digest` lines. */
import { pathToFileURL } from "node:url";
import { type LoadedScenario, loadScenarios } from "../src/campaign/load.ts";
import { canonicalJson, sha256 } from "../src/core/json.ts";
import { writeOtlpJson } from "../src/format/otlp-write.ts";
import { execute } from "../src/run/execute.ts";
import { prepareThread } from "../src/run/prepare-thread.ts";
import { plan } from "../src/scenario/plan.ts";

export interface Digests {
  /** Of the exported bytes, by `path seed`. */
  readonly spans: ReadonlyMap<string, string>;
  /** Of what crossed the wires, by the same. */
  readonly ledgers: ReadonlyMap<string, string>;
}

/** The shipped scenarios: not those of other people's frameworks and languages, some of which have no part in sim. */
export async function shippedScenarios(): Promise<readonly LoadedScenario[]> {
  return (await loadScenarios(["scenarios"])).filter(({ file }) => !file.includes("frameworks"));
}

/** Runs each scenario for each seed, in the order given. */
export async function digestsOf(
  scenarios: readonly Pick<LoadedScenario, "path" | "scenario">[],
  seeds: readonly number[],
): Promise<Digests> {
  const spans = new Map<string, string>();
  const ledgers = new Map<string, string>();
  for (const { path, scenario } of scenarios)
    for (const seed of seeds) {
      const run = await execute(plan(scenario, seed));
      spans.set(`${path} ${seed}`, sha256(writeOtlpJson(run.spans)));
      ledgers.set(`${path} ${seed}`, sha256(canonicalJson(run.ledger)));
    }
  return { spans, ledgers };
}

/** One line a run, sorted. */
export function linesOf({ spans, ledgers }: Digests): readonly string[] {
  return [...spans].map(([key, digest]) => `${key} ${digest} ${ledgers.get(key) ?? ""}`).toSorted();
}

export function seedsOf(range: string, isDownwards: boolean): readonly number[] {
  const [first = 1, last = first] = range.split("..").map(Number);
  const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return isDownwards ? seeds.toReversed() : seeds;
}

const [, main = "", range = "1..1", ...rest] = process.argv;
if (import.meta.url === pathToFileURL(main).href) {
  prepareThread();
  const paths = rest.filter((word) => word !== "down");
  const loaded = paths.length > 0 ? await loadScenarios(paths) : await shippedScenarios();
  const digests = await digestsOf(loaded, seedsOf(range, rest.includes("down")));
  process.stdout.write(linesOf(digests).join("\n"));
}
