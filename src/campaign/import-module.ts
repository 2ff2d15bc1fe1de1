import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Fault, TroupeError } from "../core/errors.ts";

/**
 * Imports a module of the user's.
 *
 * @throws TroupeError `SCENARIO_LOAD` when it throws while it loads, cannot be parsed, or waits for what never comes.
 */
export async function importModule(file: string): Promise<object> {
  const path = resolve(file);
  try {
    if (/\.[mc]?ts$/.test(file) && !stripsTypes(path)) await registerTsx();
    return await unlessIdle(import(pathToFileURL(path).href));
  } catch (cause) {
    throw new TroupeError("SCENARIO_LOAD", faultOf(cause, path, file), { cause });
  }
}

/** A top level that waits for something which never comes lets the process run out of work, and end in silence. */
async function unlessIdle<T>(work: Promise<T>): Promise<T> {
  let stop: () => void = () => {};
  const idle = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new Error("its top level waits for something that never comes"));
    globalThis.process.once("beforeExit", stop);
  });
  try {
    return await Promise.race([work, idle]);
  } finally {
    globalThis.process.off("beforeExit", stop);
  }
}

interface Place {
  readonly path: string;
  readonly line: string;
  readonly column: string | undefined;
}

function faultOf(cause: unknown, path: string, file: string): Fault {
  const stack = cause instanceof Error ? (cause.stack ?? "") : "";
  const places = placesIn(stack);
  // A module that the file imports may throw before the file itself stands in any frame.
  const place = places.find((one) => one.path === path) ?? places[0] ?? { path };
  const isOwn = place.path === path;
  const where = isOwn ? file : relative("", place.path);
  const at = "line" in place ? [where, place.line, place.column].filter((part) => part !== undefined).join(":") : where;
  const syntax = SYNTAX.exec(stack)?.[1];
  if (syntax !== undefined) return { where: at, what: `it cannot be read: ${syntax}`, mend: "Correct the syntax." };
  const when = isOwn ? "it throws while it loads" : `it throws while ${file} loads it`;
  const mend = isMissing(cause)
    ? "Correct the path, which ends with the file's extension, or install the package."
    : "Mend the file; loading a scenario runs its top level, nothing else.";
  return { where: at, what: `${when}: ${wordsOf(cause)}`, mend };
}

/** How esbuild, which tsx asks, says what is wrong, after its place. */
const SYNTAX = /:\d+:\d+: ERROR: (.*)/;
const FRAME = /^\s+at (?:async )?(?:.+ \()?(.+?):(\d+):(\d+)\)?$/;
/** What stands above the message of a syntax error, Node's or esbuild's. */
const HEAD = /^((?:file:|\/|[A-Za-z]:\\).*?):(\d+)(?::(\d+): ERROR: .*)?$/;

/** The places in a user's files that a stack names, innermost first. */
function placesIn(stack: string): readonly Place[] {
  const caret = /^( *)\^/m.exec(stack)?.[1]?.length;
  return stack.split("\n").flatMap((text) => {
    const frame = FRAME.exec(text);
    const head = frame === null ? HEAD.exec(text) : null;
    const [, named = "", line = ""] = frame ?? head ?? [];
    const path = named.startsWith("file:") ? fileURLToPath(named) : named;
    if (!/[/\\]/.test(path) || /^node:|[/\\]node_modules[/\\]/.test(path) || path.startsWith(OWN)) return [];
    // esbuild counts columns from 0, as the caret's indentation does.
    const before = head?.[3] === undefined ? caret : Number(head[3]);
    return [{ path, line, column: frame?.[3] ?? (before === undefined ? undefined : String(before + 1)) }];
  });
}

/** The folder of Troupe's own code. */
const OWN = fileURLToPath(new URL("..", import.meta.url));

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message.split("\n")[0]}` : String(cause);
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(cause.code));
}

/** Whether Node itself loads this TypeScript file: a Node that strips types, and no folder that says it is CommonJS. */
function stripsTypes(path: string): boolean {
  const features: object = globalThis.process.features;
  if (!("typescript" in features) || features.typescript === false) return false;
  return path.endsWith(".mts") || packageType(path) !== "commonjs";
}

function packageType(path: string): unknown {
  const require = createRequire(path);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      const { type }: { type?: unknown } = require(join(folder, "package.json"));
      return type;
    } catch {
      if (folder === dirname(folder)) return undefined;
    }
  }
}

let isTsxRegistered = false;

async function registerTsx(): Promise<void> {
  if (isTsxRegistered) return;
  isTsxRegistered = true;
  // Every module that loads from here on takes a detour through tsx: the door, which the file is about to import, need not.
  const door = import.meta.url.endsWith(".js") ? import.meta.resolve("troupe") : "";
  if (door.endsWith(".js")) await import(door);
  const [esm, cjs] = await Promise.all([import("tsx/esm/api"), import("tsx/cjs/api")]);
  esm.register();
  cjs.register();
}

/** Everything that a module exports; a CommonJS module's exports arrive under `default`. */
export function exportsOf(module: object): readonly unknown[] {
  // By name, as a module's namespace lists them: some loaders keep the order of the text.
  const own = Object.entries(module)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);
  const nested = own.filter((value) => typeof value === "object" && value !== null && "default" in value);
  return [...own, ...nested.flatMap((value) => Object.values(value as object))];
}
