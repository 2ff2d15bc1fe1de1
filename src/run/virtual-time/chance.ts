import nodeCrypto from "node:crypto";
import { currentActor } from "../../telemetry/actor.ts";
import { patch } from "./patch.ts";

type Callback = (...args: unknown[]) => void;

const isNative = (): boolean => currentActor() === undefined;

/**
 * Patches this thread's chance, also where time is real: a stream of the actor whose code runs answers, one for
 * `Math.random` and another for what libraries draw too, ids and bytes, which differs between transports.
 *
 * `node:crypto`'s `getRandomValues` cannot be redefined, but reads the global object.
 */
export function patchChance(): void {
  patch(Math, "random", (original) => () => (isNative() ? original() : (currentActor()?.random.next() ?? 0)));
  if (globalThis.crypto !== undefined) patchCryptoObject(globalThis.crypto);
  patch(nodeCrypto, "randomUUID", (original) => (options) => (isNative() ? original(options) : virtualUuid()));
  const { randomBytes, randomFillSync, randomInt } = nodeCrypto;
  const bytes = (size: number, callback?: (error: Error | null, bytes: Buffer) => void): unknown => {
    if (isNative()) return callback === undefined ? randomBytes(size) : randomBytes(size, callback);
    const drawn = fill(Buffer.alloc(size));
    return callback === undefined ? drawn : process.nextTick(callback, null, drawn);
  };
  patch(nodeCrypto, "randomBytes", () => bytes as typeof randomBytes);
  const fillSync = (
    view: NodeJS.ArrayBufferView,
    offset = 0,
    size = view.byteLength - offset,
  ): NodeJS.ArrayBufferView => {
    if (isNative()) return randomFillSync(view, offset, size);
    fill(new Uint8Array(view.buffer, view.byteOffset + offset, size));
    return view;
  };
  patch(nodeCrypto, "randomFillSync", () => fillSync as typeof randomFillSync);
  const { randomFill } = nodeCrypto;
  const fillLater = (view: NodeJS.ArrayBufferView, ...rest: [...(number | undefined)[], Callback]): void => {
    if (isNative()) return Reflect.apply(randomFill, undefined, [view, ...rest]);
    const report = rest.pop() as Callback;
    process.nextTick(report, null, fillSync(view, ...(rest as number[])));
  };
  patch(nodeCrypto, "randomFill", () => fillLater as typeof randomFill);
  const int = (first: number, second?: number | Callback, callback?: Callback): unknown => {
    if (isNative())
      return Reflect.apply(
        randomInt,
        undefined,
        [first, second, callback].filter((arg) => arg !== undefined),
      );
    const [min, max] = typeof second === "number" ? [first, second] : [0, first];
    const drawn = currentActor()?.ids.integer(min, max - 1);
    const report = typeof second === "function" ? second : callback;
    return report === undefined ? drawn : process.nextTick(report, null, drawn);
  };
  patch(nodeCrypto, "randomInt", () => int as typeof randomInt);
}

function patchCryptoObject(target: typeof globalThis.crypto): void {
  const { randomUUID, getRandomValues } = target;
  patch(target, "randomUUID", () => () => (isNative() ? randomUUID.call(target) : virtualUuid()));
  const values = (view: NodeJS.ArrayBufferView): NodeJS.ArrayBufferView =>
    isNative() ? Reflect.apply(getRandomValues, target, [view]) : fill(view);
  patch(target, "getRandomValues", () => values as typeof getRandomValues);
}

function fill<T extends NodeJS.ArrayBufferView>(view: T): T {
  const actor = currentActor();
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (actor !== undefined) bytes.set(actor.ids.bytes(bytes.length));
  return view;
}

function virtualUuid(): `${string}-${string}-${string}-${string}-${string}` {
  const bytes = fill(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
