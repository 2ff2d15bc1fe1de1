import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { canonicalJson } from "../core/json.ts";
import { execute } from "../run/execute.ts";
import type { Run } from "../run/outcome.ts";
import { plan } from "../scenario/plan.ts";
import type { LoadedScenario } from "./load.ts";

const runEvent = z.object({
  /** What happened, in words. */
  name: z.string(),
  /** All of it, as JSON. */
  text: z.string(),
});

const freshRun = z.object({
  events: z.array(runEvent).readonly(),
  /** Why the run could not begin. */
  refusal: z.string().optional(),
});

export type RunEvent = z.infer<typeof runEvent>;
/** What a fresh process says of its run. */
export type FreshRun = z.infer<typeof freshRun>;

/**
 * Runs a plan again in this process, which shows state that user code keeps between runs, and once in a fresh one.
 *
 * @returns a sentence with the first event that differs from `first`, or `undefined` when all are equal.
 */
export async function differenceOver(loaded: LoadedScenario, seed: number, first: Run): Promise<string | undefined> {
  const expected = eventsOf(first);
  const again = firstDifference(expected, eventsOf(await execute(plan(loaded.scenario, seed))));
  if (again !== undefined) return `it is not deterministic: run again in the same process, ${again}`;
  const fresh = await inFreshProcess(loaded, seed);
  if (fresh.refusal !== undefined)
    return `it is not deterministic: in a fresh process, it did not run: ${fresh.refusal}`;
  const difference = firstDifference(expected, fresh.events);
  return difference === undefined ? undefined : `it is not deterministic: in a fresh process, ${difference}`;
}

/** Everything that a run did, in the order of virtual time. */
export function eventsOf({ ledger, spans }: Run): readonly RunEvent[] {
  const crossings = ledger.map((entry) => ({
    at: entry.timeUnixNano,
    name: `${entry.role} ${entry.method} from ${entry.from} to ${entry.to}`,
    text: canonicalJson(entry),
  }));
  const ends = spans.map((span) => ({
    at: span.endTimeUnixNano ?? 0n,
    name: `end of span ${span.name}`,
    text: canonicalJson(span),
  }));
  return [...crossings, ...ends].toSorted((a, b) => Number(a.at - b.at)).map(({ name, text }) => ({ name, text }));
}

function firstDifference(expected: readonly RunEvent[], got: readonly RunEvent[]): string | undefined {
  const count = Math.max(expected.length, got.length);
  for (let index = 0; index < count; index++) {
    const [one, other] = [expected[index], got[index]];
    if (one?.text === other?.text) continue;
    const name = (one ?? other)?.name ?? "";
    return `event ${index + 1} (${name}) differs: ${excerpt(one?.text, other?.text)} became ${excerpt(other?.text, one?.text)}`;
  }
  return undefined;
}

/** The part of an event around the first character in which it differs from another. */
function excerpt(event: string | undefined, other: string | undefined): string {
  if (event === undefined) return "nothing";
  let at = 0;
  while (at < event.length && event[at] === other?.[at]) at++;
  return `…${event.slice(Math.max(0, at - 60), at + 60)}…`;
}

function inFreshProcess({ file, scenario }: LoadedScenario, seed: number): Promise<FreshRun> {
  const script = fileURLToPath(import.meta.url).replace(/determinism(\.\w+)$/, "fresh-run$1");
  const child = fork(script, [`${file}#${scenario.name}`, String(seed)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return new Promise((resolve) => {
    child.once("message", (message) => {
      resolve(freshRun.parse(message));
      child.disconnect();
    });
    child.once("exit", (code, signal) =>
      resolve({ events: [], refusal: `the process ended with ${signal ?? `exit code ${code}`}` }),
    );
  });
}
