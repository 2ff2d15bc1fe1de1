import { urlError, type Download } from "../download.ts";
import type { TroupeError } from "../../core/errors.ts";
import { withoutKeys, type Environment, type KeyHeaders } from "./keys.ts";

type Bytes = AsyncIterable<Uint8Array>;

/** A store of traces that has an API. A new one is one file and its line in `trace-stores.ts`. */
export interface Store {
  /** The variables that its keys come from, for the error that asks for them. */
  readonly variables: string;
  readonly keys: (env: Environment) => KeyHeaders;
  /** Which ids it can have. Absent: any. */
  readonly id?: RegExp;
  /** A trace as the documents in which the store gives it. */
  readonly documents: (trace: StoredTrace) => Bytes;
}

export interface StoredTrace {
  readonly urlOf: (path: string) => URL;
  /** Ready to stand in a path. */
  readonly traceId: string;
  /** Of Phoenix, which keeps traces in projects: the one that the URL names, or its usual one. */
  readonly project: string;
  /** Asks the store for a path below its address. @throws TroupeError `URL_UNREADABLE` for any answer but a good one. */
  readonly read: (path: string) => Promise<Download>;
  /** The same, but undefined where the store has no such thing. */
  readonly readIfThere: (path: string) => Promise<Download | undefined>;
}

export const HEX_ID = /^(?:0x)?[0-9a-f]{1,32}$/i;

/** How many spans are asked for at once, and how many pages at most, where a store gives pages. */
export const PAGE_SIZE = 100;
export const PAGES_MAX = 1000;

export type Members = Readonly<Record<string, unknown>>;

/** A page as it came, with the line end that parts it from the next, and its members. */
export async function readPage(
  { read, urlOf }: StoredTrace,
  path: string,
): Promise<{ readonly members: Members; readonly bytes: Uint8Array }> {
  const text = await textOf((await read(path)).bytes);
  const members = membersIn(text);
  if (members !== undefined) return { members, bytes: Buffer.from(`${text}\n`) };
  const shown = JSON.stringify(text.slice(0, SHOWN_MAX));
  throw urlError(urlOf(path), { what: `the answer is no JSON object; it begins with ${shown}`, mend: API_MEND });
}

function membersIn(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** A page that is put together here. */
export function page(members: Members): Uint8Array {
  return Buffer.from(`${JSON.stringify(members)}\n`);
}

async function textOf(bytes: Bytes): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts).toString();
}

const SHOWN_MAX = 200;
const API_MEND = "Name the address of the store's API, and not of another page.";

/** What an answer without a trace means. What the store says of it is shown, but no key that it may repeat. */
export async function refusal(url: URL, answer: Download, of: Asked | undefined): Promise<TroupeError> {
  const { status, isWebPage } = answer;
  const said = withoutKeys(await textOf(answer.bytes).catch(() => ""), of?.keys ?? {});
  if (isWebPage) {
    return urlError(url, { what: `the answer is a web page (status ${status}) and no trace`, mend: API_MEND });
  }
  const cause = status === 404 ? NOT_THERE : undefined;
  const why = said.trim() === "" ? "" : `: ${said.trim().replaceAll(/\s+/g, " ").slice(0, SHOWN_MAX)}`;
  return urlError(url, { what: `the answer is ${status}${why}`, mend: mendOf(status, of) }, cause);
}

const NOT_THERE = new Error("404");

/** Whether a store's refusal says that it has no such trace, which may be still to come. */
export function isNotThere(error: unknown): boolean {
  return error instanceof Error && error.cause === NOT_THERE;
}

interface Asked {
  readonly store: Store;
  readonly keys: KeyHeaders;
  readonly traceId: string;
}

function mendOf(status: number, of: Asked | undefined): string {
  if (status === 401 || status === 403) {
    return of === undefined
      ? "It asks for a key, which Troupe gives to trace stores only: save the trace to a file."
      : `Set ${of.store.variables} in the environment${Object.keys(of.keys).length > 0 ? "; those that are set are refused" : ""}.`;
  }
  if (status === 404)
    return of === undefined ? "Check the URL." : `It has no trace ${of.traceId}, or its API is elsewhere.`;
  return status === 429 || status >= 500 ? "Ask again later, or look into the store's own log." : "Check the URL.";
}

export function tooManyPages({ urlOf }: StoredTrace): TroupeError {
  const what = `it has more than ${PAGES_MAX} pages of ${PAGE_SIZE} spans, or gives the same page again`;
  return urlError(urlOf(""), { what, mend: "Export the trace to a file, and name that." });
}
