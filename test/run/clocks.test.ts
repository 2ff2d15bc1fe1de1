import { performance as importedPerformance } from "node:perf_hooks";
import { hrtime } from "node:process";
import { expect, test } from "vitest";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { inAgent, runOf, sleep } from "./agents.ts";
import { agent } from "../../src/scenario/agent.ts";

const CapturedBefore = globalThis.Date;
prepareThread();

const EPOCH_MS = Date.UTC(2025, 0, 1);

/** What `look` gives in an agent after so many whole milliseconds of its own waiting, and the run's own time then. */
async function after<T>(ms: number, look: () => T): Promise<{ readonly value: T; readonly nowMs: number }> {
  const { value } = await inAgent(async () => {
    await sleep(ms);
    return { nowMs: EPOCH_MS + Math.floor(performance.now()), value: look() };
  });
  return value;
}

test("a run begins on 1 January 2025, UTC", async () => {
  const { value } = await inAgent(() => new Date().toISOString());
  expect(value).toMatch(/^2025-01-01T00:00:00\.00\dZ$/);
});

test.for<readonly [string, () => number]>([
  ["Date.now()", () => Date.now()],
  ["Date.now() of a Date captured before", () => CapturedBefore.now()],
  ["new Date()", () => new Date().getTime()],
  ["Reflect.construct(Date, [])", () => Reflect.construct(Date, []).getTime()],
  ["new of a date's own constructor", () => new (new Date(0).constructor as DateConstructor)().getTime()],
  ["a class that extends Date", () => new (class extends Date {})().getTime()],
])("%s is virtual time, in whole milliseconds", async ([, look]) => {
  const { value, nowMs } = await after(1234, look);
  expect(value).toBe(nowMs);
});

test("Date() as a function gives virtual time as text", async () => {
  const { value, nowMs } = await after(61_000, () => Date());
  expect(value).toBe(new Date(nowMs).toString());
});

test("dates out of explicit arguments are what they were", async () => {
  const { value } = await inAgent(() => [
    new Date(0).getTime(),
    new Date(2020, 1, 29, 12).getTime(),
    new Date("2001-02-03T04:05:06Z").getTime(),
    new Date(new Date(5)).getTime(),
    Date.UTC(1999, 11, 31),
    Date.parse("1970-01-01"),
  ]);
  expect(value).toEqual([0, new Date(2020, 1, 29, 12).getTime(), 981173106000, 5, 946598400000, 0]);
});

test("a date that structuredClone made is a Date like any other", async () => {
  const { value } = await inAgent(() => {
    const clone = structuredClone(new Date());
    return [Object.getPrototypeOf(clone) === Date.prototype, clone instanceof Date, clone.constructor === Date];
  });
  expect(value).toEqual([true, true, true]);
});

test("a subclass of Date keeps its prototype", async () => {
  class Birthday extends Date {}
  const { value } = await inAgent(() => [new Birthday() instanceof Birthday, new Birthday(0).getTime()]);
  expect(value).toEqual([true, 0]);
});

test("performance.now counts virtual milliseconds from the run's start, with their fractions", async () => {
  const { value } = await inAgent(async () => {
    const before = [performance.now(), importedPerformance.now()];
    await sleep(20);
    return [before[0] === before[1], performance.now() - (before[0] ?? 0), (before[0] ?? 0) % 1];
  });
  expect(value[0]).toBe(true);
  expect(value[1]).toBeCloseTo(20, 6);
  expect(value[2]).not.toBe(0);
});

test("process.hrtime and its bigint count virtual nanoseconds", async () => {
  const { value } = await inAgent(async () => {
    const [start, bigint] = [process.hrtime(), hrtime.bigint()];
    await sleep(1500);
    return { since: process.hrtime(start), bigint: hrtime.bigint() - bigint, now: hrtime() };
  });
  expect(value.since).toEqual([1, 500_000_000]);
  expect(value.bigint).toBe(1_500_000_000n);
  expect(value.now[0]).toBe(1);
});

test("Intl.DateTimeFormat formats virtual now, and any date that it is given", async () => {
  const { value } = await inAgent(
    async () => {
      await sleep(3_600_000);
      const formatter = new Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "short", timeZone: "UTC" });
      const { format } = formatter;
      return [
        formatter.format(),
        format(),
        formatter
          .formatToParts()
          .map((part) => part.value)
          .join(""),
        formatter.format(0),
        formatter.format(undefined),
      ].map((text) => text.replaceAll("\u202f", " "));
    },
    { limits: { replyMs: 7_200_000 } },
  );
  const now = "1/1/25, 1:00 AM";
  expect(value).toEqual([now, now, now, "1/1/70, 12:00 AM", now]);
});

test("computing takes no virtual time", async () => {
  const { value } = await inAgent(() => {
    const before = process.hrtime.bigint();
    for (let round = 0; round < 200_000; round++) Math.sqrt(round);
    return process.hrtime.bigint() - before;
  });
  expect(value).toBe(0n);
});

test("outside every actor clocks are the machine's", async () => {
  await runOf({ agents: [agent("solo", () => Promise.resolve("done"))] });
  const [before, now, perf] = [process.hrtime.bigint(), new Date(), performance.now()];
  expect(now.getUTCFullYear()).toBeGreaterThan(2025);
  expect(Math.abs(now.getTime() - Date.now())).toBeLessThan(60_000);
  expect(Number(process.hrtime.bigint() - before)).toBeGreaterThan(0);
  expect(process.hrtime()[0]).toBe(Math.floor(Number(process.hrtime.bigint()) / 1e9));
  expect(performance.now()).toBeGreaterThan(perf);
  expect(new Intl.DateTimeFormat("en", { year: "numeric" }).format()).toBe(String(now.getFullYear()));
});

test("code that outlives its run still has that run's clock, standing still", async () => {
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve));
  const seen: number[] = [];
  await inAgent(async () => {
    await sleep(5);
    void left.then(() => seen.push(Date.now() - EPOCH_MS));
  });
  await inAgent(async () => {
    await sleep(60_000);
    leave();
  });
  expect(seen[0]).toBeLessThan(1000);
});
