import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { expect, test } from "vitest";

/** Rooms from left to right; a room imports only from columns to its left. Rooms of one column do not see each other. */
const COLUMNS = [
  ["core"],
  ["trace"],
  ["shape", "format"],
  ["check"],
  ["scenario"],
  ["recording"],
  ["wire"],
  ["telemetry"],
  ["mock"],
  ["run"],
  ["campaign"],
  ["report", "cli"],
  ["vitest"],
] as const;

const PURE = ["core", "trace", "shape", "format", "check", "scenario", "recording", "report"];

/** The files that may touch the machine's clock, chance and timers. */
const AMBIENT = /^(wire|telemetry|cli)\/|^run\/virtual-time\//;

interface Arrow {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const texts = new Map(files.map((file) => [file, readFileSync(join("src", file), "utf8")]));

function importsOf(file: string): readonly string[] {
  const text = texts.get(file) ?? "";
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, specifier = ""]) => specifier);
}

function arrowsOf(file: string): readonly Arrow[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => ({ from: file, to: normalize(join(dirname(file), specifier)) }));
}

function roomOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "door";
}

function columnOf(file: string): number {
  return COLUMNS.findIndex((rooms) => rooms.some((room) => room === roomOf(file)));
}

/** Whether an arrow goes right, or between two rooms of one column; `cli` and `vitest` may import any room but each other. */
function isForbidden({ from, to }: Arrow): boolean {
  if (roomOf(from) === "door" || roomOf(from) === roomOf(to)) return false;
  if (roomOf(from) === "cli") return ["door", "vitest"].includes(roomOf(to));
  if (roomOf(from) === "vitest" && roomOf(to) === "cli") return true;
  return columnOf(to) < 0 || columnOf(from) <= columnOf(to);
}

test("every file stands in a room of the house, or is a door", () => {
  const doors = ["index.ts", "run.ts", "vitest.ts", "register.ts"];
  expect(files.filter((file) => columnOf(file) < 0 && !doors.includes(file))).toEqual([]);
});

test("arrows between rooms go one way", () => {
  expect(files.flatMap(arrowsOf).filter(isForbidden)).toEqual([]);
});

test("the rule about arrows sees an arrow that goes the wrong way", () => {
  expect(isForbidden({ from: "core/ids.ts", to: "trace/span.ts" })).toBe(true);
  expect(isForbidden({ from: "shape/match.ts", to: "format/read.ts" })).toBe(true);
  expect(isForbidden({ from: "vitest/matchers.ts", to: "cli/main.ts" })).toBe(true);
  expect(isForbidden({ from: "cli/main.ts", to: "vitest/matchers.ts" })).toBe(true);
  expect(isForbidden({ from: "check/judge.ts", to: "shape/match.ts" })).toBe(false);
});

test("no room has a barrel", () => {
  expect(files.filter((file) => file.includes("/") && file.endsWith("index.ts"))).toEqual([]);
});

test("pure rooms import no clock, file, process or network of Node's", () => {
  const nodes = files
    .filter((file) => PURE.includes(roomOf(file)))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith("node:"))
        .map((name) => `${file} ${name}`),
    );
  // SHA-256 is a function of its input alone.
  expect(nodes).toEqual(["core/json.ts node:crypto"]);
});

test("ambient time and chance stay outside what promises determinism", () => {
  const word =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bcrypto\.random|(?<!native\.)\bset(Timeout|Interval|Immediate)\(/;
  const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  expect(files.filter((file) => !AMBIENT.test(file) && word.test(code(texts.get(file) ?? "")))).toEqual([]);
});

test("the scenario's door reaches no SDK", () => {
  const seen = new Set<string>();
  const open = ["index.ts"];
  const packages = new Set<string>();
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const name of importsOf(file)) if (!name.startsWith(".")) packages.add(name);
    open.push(...arrowsOf(file).map(({ to }) => to));
  }
  expect([...packages].filter((name) => /^@(modelcontextprotocol|opentelemetry|a2a-js)\//.test(name))).toEqual([]);
});

test("no source file has grown beyond 300 lines of code", () => {
  const long = [...texts].filter(
    ([, text]) => text.split("\n").filter((line) => /^\s*[^\s/*]/.test(line)).length > 300,
  );
  expect(long.map(([file]) => relative(".", file))).toEqual([]);
});
