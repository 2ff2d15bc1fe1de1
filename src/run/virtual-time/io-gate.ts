import nodeCrypto, { webcrypto } from "node:crypto";
import nodeZlib from "node:zlib";
import { virtual } from "./host.ts";
import { patch } from "./patch.ts";

type Work = "brief" | "lasting" | "channels";

/** What a resource that Node lists is to virtual time; the rest, as its own immediates and timers, is nothing. */
const WORK: ReadonlyMap<string, Work> = new Map<string, Work>([
  // Requests behind which virtual time has to wait. Each ends by itself.
  ["FSReqCallback", "brief"],
  ["FSReqPromise", "brief"],
  ["CloseReq", "brief"],
  ["FileHandleCloseReq", "brief"],
  ["GetAddrInfoReqWrap", "brief"],
  ["GetNameInfoReqWrap", "brief"],
  ["TCPConnectWrap", "brief"],
  // What stays open for as long as somebody wants it.
  ["TCPSocketWrap", "lasting"],
  ["TLSWrap", "lasting"],
  ["ProcessWrap", "lasting"],
  // Channels to other threads, module loaders among them: somebody may be at work there, or they may just stand open.
  ["MessagePort", "channels"],
  ["Worker", "channels"],
]);

let unlistedWork = 0;

/** How many real operations are under way in this thread. */
export interface RealIo {
  /** Files, name look-ups, the thread pool. */
  readonly brief: number;
  /** Sockets and processes. */
  readonly lasting: number;
  /** Channels to other threads, for which virtual time does not wait. */
  readonly channels: number;
}

export function realIo(): RealIo {
  const found = { brief: unlistedWork, lasting: 0, channels: 0 };
  for (const name of process.getActiveResourcesInfo()) {
    // Most of the list, and asked for at every event.
    if (name === "Immediate") continue;
    const work = WORK.get(name);
    if (work !== undefined) found[work]++;
  }
  return found;
}

/** Functions that hand work to the thread pool and report to a callback, their last argument. */
const THREAD_POOL: readonly (readonly [module: object, names: readonly string[]])[] = [
  [
    nodeZlib,
    [
      "deflate",
      "deflateRaw",
      "gzip",
      "gunzip",
      "inflate",
      "inflateRaw",
      "unzip",
      "brotliCompress",
      "brotliDecompress",
      "zstdCompress",
      "zstdDecompress",
    ],
  ],
  [
    nodeCrypto,
    ["pbkdf2", "scrypt", "hkdf", "generateKey", "generateKeyPair", "generatePrime", "checkPrime", "sign", "verify"],
  ],
];

/** Counts, from now on, the calls of WebCrypto, zlib and `node:crypto` that simulated code makes; zlib's streams are not seen. */
export function countUnlistedWork(): void {
  const subtle: object = Object.getPrototypeOf(webcrypto.subtle);
  for (const name of Object.getOwnPropertyNames(subtle)) {
    const value: unknown = Reflect.get(subtle, name, webcrypto.subtle);
    if (name === "constructor" || typeof value !== "function") continue;
    Reflect.defineProperty(subtle, name, {
      configurable: true,
      writable: true,
      value(this: unknown, ...args: unknown[]): unknown {
        const result: unknown = Reflect.apply(value, this, args);
        return result instanceof Promise && virtual() !== undefined ? counted(result) : result;
      },
    });
  }
  for (const [module, names] of THREAD_POOL)
    // Not every Node version has them all.
    for (const name of names.filter((known) => known in module))
      patch(module as Record<string, never>, name, (original) => countedCall(original) as never);
}

function countedCall(original: (...args: unknown[]) => unknown): typeof original {
  const call: typeof original = (...args) => {
    const callback = args.at(-1);
    if (virtual() === undefined || typeof callback !== "function") return Reflect.apply(original, undefined, args);
    const done = (...results: unknown[]): void => {
      unlistedWork--;
      Reflect.apply(callback, undefined, results);
    };
    const result: unknown = Reflect.apply(original, undefined, [...args.slice(0, -1), done]);
    // Arguments that are refused throw before this, and their callback never comes.
    unlistedWork++;
    return result;
  };
  // `util.promisify` finds how a function reports several results in a property of it.
  return Object.defineProperties(call, Object.getOwnPropertyDescriptors(original));
}

function counted<T>(work: Promise<T>): Promise<T> {
  unlistedWork++;
  return work.finally(() => unlistedWork--);
}
