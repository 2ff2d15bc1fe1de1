import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Progress } from "../../src/campaign/result.ts";
import { ProgressLine } from "../../src/cli/progress.ts";
import type { Printer } from "../../src/cli/terminal.ts";
import { ANSI, PLAIN } from "../../src/report/paint.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function at(done: number, changes: Partial<Progress> = {}): Progress {
  return { done, total: 300, unmet: 0, scenario: "refund-handoff", seed: done, ...changes };
}

const ESCAPE = "\u001B";
/** What moves, clears or paints, and what is text. */
const SIGNS = new RegExp(`${ESCAPE}\\[K|\\r|\\n|[^${ESCAPE}\\r\\n]+|${ESCAPE}\\[\\d+m`, "g");

/** A terminal that shows what a person would see: the lines, with what was written over or erased gone. */
function fakeTerminal(columns = 80, paint = PLAIN) {
  let text = "";
  const write = (added: string): void => void (text += added);
  const printer: Printer = { paint, print: (line) => write(`${line}\n`), screen: { columns: () => columns, write } };
  const seen = (): readonly string[] => {
    const lines = [""];
    let column = 0;
    for (const [part = ""] of text.matchAll(SIGNS)) {
      const line = lines.at(-1) ?? "";
      if (part === "\n") column = lines.push("") && 0;
      else if (part === "\r") column = 0;
      else if (part === "\u001B[K") lines[lines.length - 1] = line.slice(0, column);
      else if (!part.startsWith("\u001B")) {
        lines[lines.length - 1] = line.slice(0, column) + part + line.slice(column + part.length);
        column += part.length;
      }
    }
    return lines;
  };
  return { printer, seen, raw: () => text };
}

/** Standard error that goes to a file. */
function fakeLog() {
  const lines: string[] = [];
  return { printer: { paint: PLAIN, print: (line: string) => void lines.push(line) }, lines };
}

test("a terminal shows one line that is written over", () => {
  const { printer, seen } = fakeTerminal();
  const line = new ProgressLine(printer);
  line.update(at(12, { unmet: 2, seed: 13 }));
  vi.advanceTimersByTime(100);
  expect(seen()).toEqual(["12/300 runs, 2 failed, refund-handoff seed 13"]);
  line.update(at(150, { scenario: "a", seed: 1 }));
  vi.advanceTimersByTime(100);
  expect(seen()).toEqual(["150/300 runs, a seed 1"]);
});

test("a suite that is faster than a redraw shows nothing", () => {
  const { printer, raw } = fakeTerminal();
  const line = new ProgressLine(printer);
  line.update(at(300));
  line.end();
  vi.advanceTimersByTime(1000);
  expect(raw()).toBe("");
});

test("many runs between two redraws are drawn once", () => {
  const { printer, raw } = fakeTerminal();
  const line = new ProgressLine(printer);
  for (let done = 1; done <= 100; done++) line.update(at(done));
  vi.advanceTimersByTime(100);
  expect(raw().split("\r")).toHaveLength(2);
});

test("other output stands above the line, which comes back below it", () => {
  const { printer, seen } = fakeTerminal();
  const line = new ProgressLine(printer);
  line.update(at(1));
  vi.advanceTimersByTime(100);
  line.around(() => printer.print("✓ passed a"));
  expect(seen()).toEqual(["✓ passed a", "1/300 runs, refund-handoff seed 1"]);
});

test("nothing of the line is left at the end", () => {
  const { printer, seen } = fakeTerminal();
  const line = new ProgressLine(printer);
  line.update(at(1));
  vi.advanceTimersByTime(100);
  line.end();
  vi.advanceTimersByTime(1000);
  expect(seen()).toEqual([""]);
});

test.each([
  [20, "refund-handoff"],
  [11, "返金処理の引き継ぎ"],
])("in %i columns the line never wraps, whatever the scenario is called", (columns, scenario) => {
  const { printer, seen } = fakeTerminal(columns);
  const line = new ProgressLine(printer);
  line.update(at(1, { scenario }));
  vi.advanceTimersByTime(100);
  const [shown = ""] = seen();
  const width = Array.from(shown).reduce((sum, character) => sum + (character <= "~" ? 1 : 2), 0);
  expect(width).toBeLessThan(columns);
  expect(shown).toMatch(/^1\/300 run/);
});

test("without colour nothing is painted, with it the line is dim", () => {
  for (const [paint, isPainted] of [
    [PLAIN, false],
    [ANSI, true],
  ] as const) {
    const { printer, raw } = fakeTerminal(80, paint);
    const line = new ProgressLine(printer);
    line.update(at(1));
    vi.advanceTimersByTime(100);
    expect(raw().includes("\u001B[2m")).toBe(isPainted);
  }
});

test("a name that would move the cursor is made visible", () => {
  const { printer, raw } = fakeTerminal();
  const line = new ProgressLine(printer);
  line.update(at(1, { scenario: "a\u001B[2Jb" }));
  vi.advanceTimersByTime(100);
  expect(raw()).not.toContain("\u001B[2J");
});

test("a log gets a line at most every ten seconds, and none where the suite is soon done", () => {
  const { printer, lines } = fakeLog();
  const line = new ProgressLine(printer);
  for (let done = 1; done <= 25; done++) {
    vi.advanceTimersByTime(1000);
    line.update(at(done));
  }
  expect(lines).toEqual(["10/300 runs, refund-handoff seed 10", "20/300 runs, refund-handoff seed 20"]);
  line.end();
});

test("a log is not told of the end, which the report tells", () => {
  const { printer, lines } = fakeLog();
  const line = new ProgressLine(printer);
  vi.advanceTimersByTime(60_000);
  line.update(at(300));
  expect(lines).toEqual([]);
});
