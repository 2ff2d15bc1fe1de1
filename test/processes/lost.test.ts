/** Servers and remote agents that die, hang, spin or shout: the run ends, says so, and leaves nothing behind. */
import { afterAll, expect, test } from "vitest";
import type { Ended, WireTransport } from "../../src/run/control.ts";
import type { Run } from "../../src/run/outcome.ts";
import { MockProcess } from "../../src/run/mock-process.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { runText } from "../../src/report/text.ts";
import type { Child } from "../../src/wire/child.ts";
import { MARK, newMark, processesWith } from "./machine.ts";
import { IS_LONG, TRANSPORTS, essence, fixture, inSim, inWire, judged } from "./wire-runs.ts";

const mark = newMark();
process.env[MARK] = mark;
afterAll(() => {
  delete process.env[MARK];
});

const lost = await fixture("lost");
const OPTIONS = { timeout: 120_000 };

function named(name: string): (typeof lost)[number] {
  const found = lost.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no fixture ${name}`);
  return found;
}

/** What each way to get lost must be called, wherever it happens. */
const SENTENCES = {
  "dies-at-start": /no such table: orders/,
  "cannot-load": /no such module: ledger/,
  "hangs-at-start": /did not start within 5 s \(limits\.startMs\)/,
  "dies-in-call": /the disk is full/,
  "is-killed-in-call": /its process ended with SIGKILL/,
  "hangs-in-call": /did not answer .* within 3 s \(limits\.requestMs\)/,
  "spins-in-call": /did not answer .* within 3 s \(limits\.requestMs\)/,
  "floods-stderr": /flooded stderr/,
  "spins-after-call": /did not hand in its spans within 1 s \(limits\.flushMs\)/,
  "hides-its-end": /did not hand in its spans within 1 s \(limits\.flushMs\)/,
  "throws-later": /too late to tell/,
} as const satisfies Record<string, RegExp>;
type Way = keyof typeof SENTENCES;
const WAYS = Object.keys(SENTENCES) as readonly Way[];
const EARLY: readonly Way[] = ["dies-at-start", "cannot-load", "hangs-at-start"];

/** In every run one of each kind, in a server of the scenario's own and further in; the long tier has them all everywhere. */
const QUICK: readonly string[] = [
  "dies-at-start",
  "cannot-load",
  "dies-in-call-inner",
  "is-killed-in-call",
  "hangs-in-call",
];

const CASES = WAYS.flatMap((way) =>
  (["", "-agent", "-inner"] as const).map((place) => ({ name: `${way}${place}`, way, place })),
).filter(({ name }) => IS_LONG || QUICK.includes(name));

/** Which transports tell something new: agents are always reached over HTTP, and starting is the same for all. */
function transportsOf(way: Way, place: string): readonly WireTransport[] {
  if (place !== "" || EARLY.includes(way)) return ["stdio"];
  return IS_LONG ? TRANSPORTS : TRANSPORTS.filter((_, index) => index === WAYS.indexOf(way) % TRANSPORTS.length);
}

test.for(CASES)("$name ends the run with a sentence that says so, and nothing stays", OPTIONS, async (one) => {
  const { name, way, place } = one;
  const loaded = named(name);
  for (const transport of transportsOf(way, place)) {
    const run = await inWire(loaded, 1, transport);
    const result = judged(loaded, run);
    expect({ transport, verdict: result.verdict }).toEqual({ transport, verdict: "failed" });
    expect(result.failures.join("\n")).toMatch(SENTENCES[way]);
    expect(result.failures.join("\n")).toContain(`${way}${place}`);
    for (const sentence of result.failures) expect(sentence).not.toMatch(/^\s|BUG|no run at the moment/);
    expect(run.faults).toEqual([]);
    expect(runText(result, { paint: PLAIN, isFull: true })).toContain("✗");
    if (!EARLY.includes(way)) expectPartialTree(run);
    await gone(place === "-inner" ? `${way}-` : `#${name} `);
    await expectNextIsUnharmed(transport);
  }
});

test.for(TRANSPORTS)(
  "over %s, rubbish on standard output ends the run only where MCP is spoken there",
  async (transport) => {
    const loaded = named("prints-rubbish");
    const { verdict, failures } = judged(loaded, await inWire(loaded, 1, transport));
    if (transport === "stdio") {
      expect(verdict).toBe("failed");
      expect(failures.join()).toContain(
        'server prints-rubbish printed on standard output what is no MCP message: "DEBUG: looking it up"',
      );
    } else expect([verdict, failures]).toEqual(["passed", []]);
  },
);

test("rubbish on the standard output of a server of a remote agent ends the run too", async () => {
  const { verdict, failures } = judged(
    named("prints-rubbish-inner"),
    await inWire(named("prints-rubbish-inner"), 1, "stdio"),
  );
  expect(verdict).toBe("failed");
  expect(failures.join()).toContain("server prints-rubbish-inner printed on standard output");
});

test("rubbish on the standard output of a remote agent harms nobody", async () => {
  const { verdict, failures } = judged(
    named("prints-rubbish-agent"),
    await inWire(named("prints-rubbish-agent"), 1, "stdio"),
  );
  expect([verdict, failures]).toEqual(["passed", []]);
});

test.for(["http", "ws"] as const)(
  "over %s, a server may print megabytes on its standard output",
  OPTIONS,
  async (transport) => {
    const { verdict, failures } = judged(named("floods-stdout"), await inWire(named("floods-stdout"), 1, transport));
    expect([verdict, failures]).toEqual(["passed", []]);
  },
);

test("a remote agent may print megabytes on its standard output", OPTIONS, async () => {
  const loaded = named("floods-stdout-agent");
  const { verdict, failures } = judged(loaded, await inWire(loaded, 1, "stdio"));
  expect([verdict, failures]).toEqual(["passed", []]);
});

test("a run whose children did well keeps them for the next, and only them", async () => {
  const sound = named("sound");
  await inWire(sound, 1, "stdio");
  const before = pidsOf("#sound ");
  await inWire(sound, 2, "stdio");
  expect(before).not.toEqual([]);
  expect(pidsOf("#sound ")).toEqual(before);
});

test("a child that dies before it has handed in what it knows fails the run, though it had answered everything", async () => {
  const sound = named("sound");
  const run = await whenEnding(
    (child, end) => (child.kill(), end()),
    () => inWire(sound, 1, "stdio"),
  );
  const { verdict, failures } = judged(sound, run);
  const killed = sound.scenario.servers.map(({ name }) => `server ${name}: its process ended with SIGKILL`);
  expect([verdict, failures.toSorted()]).toEqual(["failed", killed.toSorted()]);
  await expectNextIsUnharmed("stdio");
});

test("one that dies after that has left nothing out, and the next run starts another", async () => {
  const sound = named("sound");
  const dying = async (child: Child, end: () => Promise<Ended>): Promise<Ended> => {
    const ended = await end();
    child.kill();
    return ended;
  };
  const run = await whenEnding(dying, () => inWire(sound, 1, "stdio"));
  expect(essence(sound, run)).toEqual(essence(sound, await inSim(sound, 1)));
  await expectNextIsUnharmed("stdio");
});

test.for(IS_LONG ? TRANSPORTS : (["ws"] as const))(
  "a child that dies while it waits is replaced in the next run, over %s",
  async (transport) => {
    await expectNextIsUnharmed(transport);
    const waiting = pidsOf("#sound ");
    expect(waiting).not.toEqual([]);
    // And at once: of its end this process has not heard when the run begins.
    for (const pid of waiting) process.kill(pid, "SIGKILL");
    await expectNextIsUnharmed(transport);
  },
);

/** Does something else where a child is asked to end the run. */
async function whenEnding<T>(
  instead: (child: Child, end: () => Promise<Ended>) => Promise<Ended>,
  work: () => Promise<T>,
): Promise<T> {
  const { end } = MockProcess.prototype;
  MockProcess.prototype.end = function (limits): Promise<Ended> {
    return instead(this.child, () => end.call(this, limits));
  };
  try {
    return await work();
  } finally {
    MockProcess.prototype.end = end;
  }
}

/** What went well before is there to be read. */
function expectPartialTree(run: Run): void {
  const names = run.spans.map(({ name }) => name);
  expect(names).toContain("execute_tool look");
  expect(names).toContain("tools/call look");
  expect(names).toContain("invoke_agent worker");
}

async function expectNextIsUnharmed(transport: WireTransport): Promise<void> {
  const sound = named("sound");
  expect(essence(sound, await inWire(sound, 5, transport))).toEqual(essence(sound, await inSim(sound, 5)));
}

function pidsOf(words: string): readonly number[] {
  return processesWith(mark)
    .filter(({ command }) => `${command} `.includes(words))
    .map(({ pid }) => pid);
}

/** A child's own children leave by themselves when it has gone, a moment later. */
async function gone(words: string): Promise<void> {
  await expect.poll(() => pidsOf(words), { timeout: 10_000, interval: 20 }).toEqual([]);
}
