/** Kills a child at each message that it is sent, and looks at what is left of the run. */
import { expect } from "vitest";
import type { LoadedScenario } from "../../src/campaign/load.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { runText } from "../../src/report/text.ts";
import type { WireTransport } from "../../src/run/control.ts";
import type { Run } from "../../src/run/outcome.ts";
import { MockProcess } from "../../src/run/mock-process.ts";
import { Ledger, type Written } from "../../src/wire/ledger.ts";
import { isAlive, parentOf, processesWith } from "./machine.ts";
import { essence, inSim, inWire, judged } from "./wire-runs.ts";

/** Who is to be killed, and at which message that this process sends, counted from 1. */
interface Kill {
  readonly at: number;
  /** By default, to whom the message goes; or another mock, which may be a child's child. */
  readonly victim?: string;
}

/** What this process has sent to others in a run. */
interface Watched {
  readonly run: Run;
  readonly sentTo: readonly string[];
  readonly killed: readonly number[];
}

/** The test hears of each message just before it leaves: the ledger is written then. */
async function killing(
  loaded: LoadedScenario,
  transport: WireTransport,
  mark: string,
  kill: Kill | undefined,
): Promise<Watched> {
  const [begin, sent] = [MockProcess.prototype.begin, Ledger.prototype.sent];
  const pids = new Map<string, number>();
  const sentTo: string[] = [];
  const killed: number[] = [];
  MockProcess.prototype.begin = function (...given): Promise<void> {
    if (this.child.pid !== undefined) pids.set(this.casting.mock.name, this.child.pid);
    return begin.apply(this, given);
  };
  Ledger.prototype.sent = function (entry: Written): void {
    sent.call(this, entry);
    if (entry.role === "reply" || entry.protocol === "in-process") return;
    sentTo.push(entry.to);
    if (kill === undefined || kill.at !== sentTo.length) return;
    const victim = kill.victim ?? entry.to;
    const pid = pids.get(victim) ?? grandchild(mark, `${loaded.file}#${victim}`, [...pids.values()]);
    process.kill(pid, "SIGKILL");
    killed.push(pid);
  };
  try {
    return { run: await inWire(loaded, 1, transport), sentTo, killed };
  } finally {
    MockProcess.prototype.begin = begin;
    Ledger.prototype.sent = sent;
  }
}

/** The one that the run's own children have started: others of that name may wait for a run over another transport. */
function grandchild(mark: string, words: string, children: readonly number[]): number {
  const named = processesWith(mark).filter(({ command }) => `${command} `.includes(`${words} `));
  const [found, ...others] = named.filter(({ pid }) => children.includes(parentOf(pid) ?? Number.NaN));
  if (found === undefined || others.length > 0) throw new Error(`of ${words} there are ${JSON.stringify(named)}`);
  return found.pid;
}

interface KillRequest {
  readonly transport: WireTransport;
  readonly mark: string;
  readonly victims: readonly (string | undefined)[];
  /** Otherwise the first step, the last, and the one in the middle. */
  readonly isEvery: boolean;
}

/** Every step of a scenario, or some, a kill each; resolves with how many there were. */
export async function killAtEachStep(
  loaded: LoadedScenario,
  next: LoadedScenario,
  { transport, mark, victims, isEvery }: KillRequest,
): Promise<number> {
  const { sentTo, run: whole } = await killing(loaded, transport, mark, undefined);
  expect(whole.failures).toEqual([]);
  const all = sentTo.map((_, index) => index);
  const steps = isEvery ? all : [...new Set([0, Math.floor(all.length / 2), all.length - 1])];
  for (const index of steps)
    for (const victim of victims) {
      const kill = { at: index + 1, ...(victim === undefined ? {} : { victim }) };
      const { run, killed, sentTo: addressees } = await killing(loaded, transport, mark, kill);
      expect({ kill, killed: killed.length }).toEqual({ kill, killed: 1 });
      // Of requests made at once, now one is the first to leave and now another.
      expectPartialResult(loaded, run, victim ?? addressees[index] ?? "");
      await expect.poll(() => killed.filter((pid) => isAlive(pid))).toEqual([]);
    }
  expect(essence(next, await inWire(next, 2, transport))).toEqual(essence(next, await inSim(next, 2)));
  return steps.length * victims.length;
}

function expectPartialResult(loaded: LoadedScenario, run: Run, victim: string): void {
  const result = judged(loaded, run);
  expect(["failed", "inconclusive"]).toContain(result.verdict);
  expect(result.failures.join("\n")).toContain(`${victim}: its process ended with SIGKILL`);
  for (const sentence of result.failures) expect(sentence).not.toMatch(/BUG|^\s/);
  expect(run.ledger.length).toBeGreaterThan(0);
  expect(run.spans.map(({ resource }) => resource["service.name"])).toContain("troupe");
  const text = runText(result, { paint: PLAIN, isFull: true });
  expect(text).toContain(`workflow ${loaded.scenario.name} @troupe`);
  expect(text).toMatch(/[├└]─ turn 1/);
}
