import { didYouMean, nearestWord, TroupeError, type Fault } from "../core/errors.ts";
import { download, type Download, type DownloadLimits } from "./download.ts";
import { JAEGER } from "./trace-stores/jaeger.ts";
import type { Environment } from "./trace-stores/keys.ts";
import { LANGFUSE } from "./trace-stores/langfuse.ts";
import { PHOENIX } from "./trace-stores/phoenix.ts";
import { refusal, type Store } from "./trace-stores/store.ts";
import { TEMPO } from "./trace-stores/tempo.ts";

type Bytes = AsyncIterable<Uint8Array>;

const STORES: ReadonlyMap<string, Store> = new Map([
  ["tempo", TEMPO],
  ["jaeger", JAEGER],
  ["langfuse", LANGFUSE],
  ["phoenix", PHOENIX],
]);

/** Whether a word names no file but what is behind a URL: `https://…`, or `STORE:URL#TRACEID`. */
export function isRemote(word: string): boolean {
  return /^[a-z]+:(?:https?:|#)|^https?:\/\//i.test(word) || STORES.has(/^([a-z]+):/.exec(word)?.[1] ?? "");
}

/**
 * What is behind a URL: the body of `https://…`, or a trace of `STORE:URL#TRACEID`, where STORE is tempo, jaeger, langfuse or
 * phoenix and URL its address. Keys come from the environment, and are never part of an error.
 *
 * Nothing is asked for before the bytes are read.
 *
 * @throws TroupeError `USAGE` for a word in no such form; while reading `URL_UNREADABLE` with URL and reason.
 */
export function remoteBytes(word: string, env: Environment, limits: DownloadLimits = {}): Bytes {
  const [, name = "", address = "", fragment = ""] = /^(?:([a-z]+):)?(https?:\/\/[^#]*)(?:#(.*))?$/i.exec(word) ?? [];
  const base = URL.canParse(address) ? new URL(address) : undefined;
  if (base === undefined) throw misspelled(word);
  if (base.username !== "" || base.password !== "") throw keysInUrl(base);
  if (name === "") return wholeBody(new URL(address), limits);
  const store = STORES.get(name.toLowerCase());
  const traceId = fragment.trim();
  if (store === undefined || traceId === "" || store.id?.test(traceId) === false) throw misspelled(word);
  return storedBytes({ base, store, traceId, env, limits });
}

interface Wanted {
  readonly base: URL;
  readonly store: Store;
  readonly traceId: string;
  readonly env: Environment;
  readonly limits: DownloadLimits;
}

async function* storedBytes({ base, store, traceId, env, limits }: Wanted): Bytes {
  const keys = store.keys(env);
  const [, root = "", project = "default"] = /^(.*?)(?:\/projects\/([^/]+))?\/*$/.exec(base.pathname) ?? [];
  const urlOf = (path: string): URL => new URL(path, `${base.origin}${root}/`);
  const ask = (path: string): Promise<Download> => download(urlOf(path), keys, limits);
  const good = async (path: string, answer: Download): Promise<Download> => {
    if (answer.status === 200 && !answer.isWebPage) return answer;
    throw await refusal(urlOf(path), answer, { store, keys, traceId });
  };
  yield* store.documents({
    urlOf,
    traceId: encodeURIComponent(traceId.replace(/^0x/i, "")),
    project,
    read: async (path) => good(path, await ask(path)),
    readIfThere: async (path) => {
      const answer = await ask(path);
      return answer.status === 404 ? undefined : good(path, answer);
    },
  });
}

async function* wholeBody(url: URL, limits: DownloadLimits): Bytes {
  const answer = await download(url, {}, limits);
  if (answer.status !== 200 || answer.isWebPage) throw await refusal(url, answer, undefined);
  yield* answer.bytes;
}

const FORM = `Write https://… for a file, or STORE:URL#TRACEID, where STORE is ${[...STORES.keys()].join(", ")}.`;

function misspelled(word: string): TroupeError {
  const [, name = ""] = /^([a-z]+):(?!\/\/)/i.exec(word) ?? [];
  const isKnown = name === "" || STORES.has(name.toLowerCase());
  const what = isKnown ? whatLacks(word, name.toLowerCase()) : unknownStore(name);
  return new TroupeError("USAGE", { where: withoutUserInfo(word), what, mend: FORM });
}

function whatLacks(word: string, name: string): string {
  const [address = "", traceId = ""] = word.replace(/^[a-z]+:(?!\/\/)/i, "").split("#");
  if (!URL.canParse(address)) return "there is no URL";
  if (traceId.trim() === "") return "there is no trace id behind a #";
  return `${JSON.stringify(traceId)} is no trace id of ${name}: those are 1 to 32 hexadecimal digits`;
}

function unknownStore(name: string): string {
  return `there is no store ${name}${didYouMean(nearestWord(name, STORES.keys()))}`;
}

function keysInUrl(base: URL): TroupeError {
  const fault: Fault = {
    where: withoutUserInfo(base.href),
    what: "the URL holds a user or a password",
    mend: `Keys come from the environment: ${[...STORES].map(([name, { variables }]) => `${name}: ${variables}`).join("; ")}.`,
  };
  return new TroupeError("USAGE", fault);
}

function withoutUserInfo(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//");
}
