import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { casesAt } from "../src/campaign/replay/cases.ts";
import { replayCases } from "../src/campaign/replay/replay.ts";
import { sumOfReplays } from "../src/campaign/replay/result.ts";
import { caseFiles } from "../src/recording/case-files.ts";
import { redactor } from "../src/recording/redactor.ts";
import { recordingOfTraces } from "../src/recording/trace-recording.ts";
import { replay } from "../src/run.ts";
import { execute } from "../src/run/execute.ts";
import { prepareThread } from "../src/run/prepare-thread.ts";
import { plan } from "../src/scenario/plan.ts";
import { buildTrees } from "../src/trace/tree.ts";

// Many cases replayed in sim, both lanes of each: recordings of the richest scenario over as many seeds, its own agents as
// candidates. The aim is 1,000 in 60 s, and memory that does not grow with their number: one case in ten is measured first,
// and what is left after each quarter of them, replayed once more in this thread, in the end.
// A word after -- is another number of cases: `npm run bench:replay -- 200`.
const CASES = Number(process.argv[2] ?? 1000);
const SECONDS_MAX = 60;
const AGENTS = ".bench/scenarios/parallel-research.scenario.js";

prepareThread();
const { default: scenario } = await import("../scenarios/parallel-research.scenario.ts");
const folder = mkdtempSync(join(tmpdir(), "troupe-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
let spans = 0;
for (let seed = 1; seed <= CASES; seed++) {
  const run = await execute(plan({ ...scenario, expect: [] }, seed));
  const origin = { format: "otlp-json", readBy: "troupe", notes: [] };
  const read = recordingOfTraces(buildTrees(run.spans), origin, redactor());
  // Spans do not hold what the user said.
  const [said] = run.messages;
  const exchanges = read.exchanges.map((one) => (one.kind === "user" ? { ...one, text: said?.text ?? "" } : one));
  const recording = { ...read, exchanges };
  spans += run.spans.length;
  for (const { path, text } of caseFiles(recording, { slug: `case-${seed}` })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
const cases = casesAt(folder) ?? [];
console.log(`${cases.length} cases of ${Math.round(spans / CASES)} spans`);

await replayed(cases.slice(0, Math.ceil(CASES / 10)));
await replayed(cases);
await heapAfterEachQuarter();

async function replayed(some: typeof cases): Promise<void> {
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
  globalThis.gc?.();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const played = await replayCases({
    cases: some,
    agents: [AGENTS],
    miss: "nearest",
    wanted: [],
    isDetailed: false,
    seed: 1,
  });
  const seconds = (performance.now() - start) / 1000;
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  const { passed, failed, quarantined } = sumOfReplays(played);
  const each = ((1000 * seconds) / some.length).toFixed(1);
  const late = some.length === CASES && seconds > SECONDS_MAX ? " (TOO LONG)" : "";
  console.log(
    `${some.length} cases in ${seconds.toFixed(1)} s${late}, ${each} ms each, ${((user + system) / 1e6).toFixed(1)} s of CPU; most memory ${(peak / 1e6).toFixed(0)} MB; ` +
      `${passed} passed, ${failed} failed, ${quarantined} in quarantine`,
  );
  if (passed + failed + quarantined !== some.length) throw new Error("cases were lost");
  const first = played.runs.find(({ verdict }) => verdict !== "passed");
  if (first !== undefined)
    console.log(
      first.quarantine,
      first.failures,
      first.judged.changes.map((one) => one.operation),
    );
}

async function heapAfterEachQuarter(): Promise<void> {
  const heaps: string[] = [];
  const start = process.cpuUsage();
  for (const [index, { path }] of cases.entries()) {
    await replay(path, { agents: scenario.agents });
    if ((index + 1) % Math.ceil(cases.length / 4) !== 0) continue;
    globalThis.gc?.();
    heaps.push((process.memoryUsage().heapUsed / 1e6).toFixed(1));
  }
  const { user, system } = process.cpuUsage(start);
  console.log(
    `in one thread ${((user + system) / 1e6).toFixed(1)} s of CPU; heap after each quarter ${heaps.join(", ")} MB`,
  );
}
