/** What only running shows, as the program tells of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runSchema } from "../../src/report/json-schema.ts";
import { GOOD, folder } from "../cli/bad-files.ts";
import type { Exited } from "../cli/run-child.ts";
import { troupeProcess } from "../cli/run-child.ts";
import { parseXml } from "../report/xml.ts";

const OPTIONS = { timeout: 60_000 };

const RUNNING = `
import { readFile } from "node:fs/promises";
import { type Agent, type Turn, agent, defineScenario, mcpServer, oneTrace, tool, user } from "troupe";
import * as z from "zod";

const input = { type: "object" } as const;
const never = (): Promise<never> => new Promise(() => {});
const shop = mcpServer("shop", {
  tools: {
    throws: tool({ input, handle: () => { throw new Error("no database"); } }),
    wrong: tool({ input, output: z.object({ n: z.number() }), handle: () => ({ n: "x" }) as never }),
    never: tool({ input, handle: never }),
  },
});
const of = (name: string, work: Agent["work"], others: readonly Agent[] = []) =>
  defineScenario({ name, agents: [agent("solo", work), ...others], servers: [shop], script: [user.says("Hello")], expect: [oneTrace()] });
const call = (name: "throws" | "wrong" | "never") => async (turn: Turn) => String(await turn.tool(shop, name, {}));
const other = agent("other", async (turn) => (await turn.ask(deadlocked, "and you?")).text);
const deadlocked: Agent = agent("solo", async (turn) =>
  turn.input === "and you?" ? never() : (await turn.ask(other, "?")).text);

export const a = of("handler throws", call("throws"));
export const b = of("handler wrong", call("wrong"));
export const c = of("handler never", call("never"));
export const d = of("agent throws", () => { throw new Error("out of ideas"); });
export const e = of("agent nothing", async () => undefined as never);
export const f = of("agent never", never);
export const g = of("agent polls", () => { setInterval(() => {}, 10); return never(); });
export const h = of("deadlock", deadlocked.work, [other]);
export const i = of("real i/o", async () => (await readFile("package.json", "utf8")).slice(0, 1));
export const z1 = of("last", async () => "fine");
`;

const FAULTY = `
export const q = of("unknown tool", async (turn) => String(await turn.tool(shop, "thows" as "throws", {})));
export const r = of("unknown server", async (turn) => String(await turn.tool({ ...shop, name: "shp" }, "throws", {})));
export const s = of("unknown agent", (turn) => turn.handoff({ ...other, name: "othr" }), [other]);
`;

interface Reported extends Exited {
  readonly text: string;
  readonly junit: string;
}

/** One call for all tests below: it is looked at from many sides. */
const reported = new Map<string, Promise<Reported>>();

function report(scenarios: string): Promise<Reported> {
  const known = reported.get(scenarios) ?? reportNow(scenarios);
  reported.set(scenarios, known);
  return known;
}

async function reportNow(scenarios: string): Promise<Reported> {
  const path = folder({ "a.scenario.ts": scenarios });
  const [text, junit] = [join(path, "out.txt"), join(path, "out.xml")];
  const ended = await troupeProcess(["run", path, "--json", "--report", `text=${text}`, "--report", `junit=${junit}`]);
  return { ...ended, text: readFileSync(text, "utf8"), junit: readFileSync(junit, "utf8") };
}

/** The text report's block of one scenario. */
async function block(name: string, scenarios = RUNNING): Promise<string> {
  const { text } = await report(scenarios);
  return text.split(/^(?=[✓✗?] )/m).find((one) => one.split("\n")[0]?.includes(` ${name} seed`)) ?? "";
}

const TREE = "workflow .* @troupe";

test.for<readonly [string, RegExp]>([
  ["handler throws", /first cause: server shop, tools\/call throws: its handler threw Error: no database\n/],
  ["handler wrong", /first cause: server shop, tools\/call wrong: its handler returned the wrong shape: n: .*number/],
  ["handler never", /server shop did not answer tools\/call never within 60 s \(limits\.requestMs\)\n/],
  ["agent throws", /first cause: agent solo failed: Error: out of ideas\n/],
  ["agent nothing", /first cause: agent solo failed: Error: it returned nothing, which is no reply; return a text or/],
  ["agent never", /first cause: no reply: agent solo has not answered the message of persona user, /],
  ["agent polls", /first cause: agent solo did not reply within 120 s \(limits\.replyMs\)\n/],
  [
    "deadlock",
    /first cause: deadlock: .*agent other has not answered .*agent solo has not answered the .* of agent other/,
  ],
])("a run with %s has failed, says so in a sentence and draws its tree", OPTIONS, async ([name, sentence]) => {
  const text = await block(name);
  expect(text).toMatch(/^✗ failed /);
  expect(text).toMatch(sentence);
  expect(text).toMatch(new RegExp(TREE));
  expect(text).toMatch(/repeat: troupe run .* --seed 1\n/);
});

test("an agent that does real I/O passes, with a note that names it", OPTIONS, async () => {
  const { err } = await report(RUNNING);
  const text = await block("real i/o");
  expect(text).toMatch(/^✓ passed real i\/o .*\n +note: agent solo did real I\/O; /);
  expect(err).toContain("agent solo did real I/O");
});

test("a suite goes on after each failure, ends with 1, and its document holds every run", OPTIONS, async () => {
  const { code, out } = await report(RUNNING);
  const { verdict, runs } = runSchema.parse(JSON.parse(out));
  expect([code, verdict, runs.length]).toEqual([1, "failed", 10]);
  expect(runs.filter((run) => run.verdict === "passed").map(({ scenario }) => scenario)).toEqual(["real i/o", "last"]);
});

test(
  "names that only running shows to be unknown end with 2, and the rest of the suite is run and reported",
  OPTIONS,
  async () => {
    const { code, out, err } = await report(RUNNING + FAULTY);
    const { runs } = runSchema.parse(JSON.parse(out));
    expect([code, runs.length]).toEqual([2, 13]);
    expect(runs.at(-1)).toMatchObject({ scenario: "last", verdict: "passed" });
    for (const [name, what] of [
      ["unknown tool", 'there is no tool "thows" among server shop; did you mean "throws"?'],
      ["unknown server", 'there is no server "shp" among the scenario\'s `servers`; did you mean "shop"?'],
      ["unknown agent", 'there is no agent "othr" among the scenario\'s `agents`; did you mean "other"?'],
    ] as const) {
      const line = err
        .split("\n")
        .find((text) => text.includes(`a.scenario.ts, scenario "${name}", agent solo: ${what}`));
      expect(line).toMatch(/ Known: .*\. Add it, or correct the name\.$/);
      expect(await block(name, RUNNING + FAULTY)).toMatch(new RegExp(`^✗ failed [^]*${TREE}`));
    }
  },
);

test("the JUnit report of passed, failed and faulty runs is well-formed and counts them", OPTIONS, async () => {
  const { junit } = await report(RUNNING + FAULTY);
  expect(parseXml(junit)).toMatchObject({ name: "testsuites", attributes: { tests: "13" } });
});

test("the worst exit code wins: a faulty definition over a failed run over a passed one", OPTIONS, async () => {
  const path = folder({ "a.scenario.ts": GOOD });
  const [passed, failed, faulty] = await Promise.all([
    troupeProcess(["run", path, "--json"]),
    report(RUNNING),
    report(RUNNING + FAULTY),
  ]);
  expect([passed.code, failed.code, faulty.code]).toEqual([0, 1, 2]);
});
