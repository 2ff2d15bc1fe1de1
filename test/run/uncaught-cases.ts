/**
 * Runs every case and prints the failures of each. A process of its own, since vitest listens to uncaught errors too.
 */
import { readFile } from "node:fs";
import { pathToFileURL } from "node:url";
import { agent } from "../../src/scenario/agent.ts";
import { inAgent, runOf, sleep } from "./agents.ts";

const boom = (): never => {
  throw new Error("boom");
};

/** What goes wrong behind an agent's back. */
export const CASES: Readonly<Record<string, () => unknown>> = {
  "a rejection that nobody handles": () => void Promise.reject(new Error("boom")),
  "a rejection after a timer": () => void sleep(5).then(boom),
  "a timer's callback that throws": () => setTimeout(boom, 5),
  "an immediate that throws": () => setImmediate(boom),
  "a tick that throws": () => process.nextTick(boom),
  "a microtask that throws": () => queueMicrotask(boom),
  "a file's callback that throws": () => readFile(import.meta.filename, boom),
};

async function failuresOf(goWrong: () => unknown): Promise<readonly string[]> {
  const careless = agent("careless", async () => {
    goWrong();
    await sleep(10);
    return "done";
  });
  const waiting = agent("solo", async (turn) => {
    await turn.ask(careless, "?");
    return "done";
  });
  return (await runOf({ agents: [waiting, careless] })).failures;
}

/** The failures of a run during which what an earlier one left behind goes wrong. */
async function failuresAfterAnother(): Promise<readonly string[]> {
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve));
  await inAgent(() => void left.then(boom));
  const next = agent("next", async () => {
    leave();
    await sleep(10);
    return "done";
  });
  return (await runOf({ agents: [next] })).failures;
}

const [, main = ""] = process.argv;
if (import.meta.url === pathToFileURL(main).href) {
  const failures: Record<string, readonly string[]> = { "an earlier run": await failuresAfterAnother() };
  for (const [name, goWrong] of Object.entries(CASES)) failures[name] = await failuresOf(goWrong);
  process.stdout.write(JSON.stringify(failures));
}
