import { AsyncResource } from "node:async_hooks";
import nodeTimers from "node:timers";
import nodeTimersPromises from "node:timers/promises";
import { promisify } from "node:util";
import { type VirtualHost, virtual } from "./host.ts";
import { patch } from "./patch.ts";

/** A virtual timer: Node's `Timeout` as far as code can tell. Its callback keeps the async context of its creator. */
class VirtualTimer {
  readonly #host: VirtualHost;
  readonly #fire: () => void;
  readonly #delayNano: number;
  readonly #repeats: boolean;
  readonly #resource = new AsyncResource("Timeout");
  #cancel: () => void;
  #hasRef = true;
  #id: number | undefined;

  constructor(owner: VirtualHost, fire: () => void, delayNano: number, repeats: boolean) {
    this.#host = owner;
    this.#fire = fire;
    this.#delayNano = delayNano;
    this.#repeats = repeats;
    this.#cancel = this.#start();
  }

  #start(): () => void {
    return this.#resource.runInAsyncScope(() =>
      this.#host.setTimer(this.#delayNano, () => {
        if (this.#repeats) this.#cancel = this.#start();
        this.#resource.runInAsyncScope(this.#fire);
      }),
    );
  }

  close(): this {
    this.#cancel();
    return this;
  }

  refresh(): this {
    this.#cancel();
    this.#cancel = this.#start();
    return this;
  }

  ref(): this {
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    this.#hasRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#hasRef;
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }

  /** A number for code that keeps timers by id; such timers are found again while their simulation runs. */
  [Symbol.toPrimitive](): number {
    const known = numberedOf(this.#host);
    this.#id ??= -1 - known.size;
    known.set(this.#id, this);
    return this.#id;
  }
}

/** Numbers are each simulation's own, or a printed one would tell what ran before; below zero, where Node has none. */
const numbered = new WeakMap<VirtualHost, Map<number, VirtualTimer>>();

function numberedOf(owner: VirtualHost): Map<number, VirtualTimer> {
  const known = numbered.get(owner) ?? new Map<number, VirtualTimer>();
  numbered.set(owner, known);
  return known;
}

/** Node's rule: whole milliseconds, at least one, and one for anything out of range. */
function delayNanoOf(delay: unknown): number {
  const ms = Math.trunc(Number(delay));
  return (ms >= 1 && ms <= 2_147_483_647 ? ms : 1) * 1_000_000;
}

type Callback = (...args: unknown[]) => void;

/** Patches the timers of this thread, wherever Node offers them, and `AbortSignal.timeout`. */
export function patchTimers(): void {
  const start =
    (original: (...args: never[]) => unknown, repeats: boolean) =>
    (callback: Callback, delay?: unknown, ...args: unknown[]): unknown => {
      const owner = virtual();
      if (owner === undefined || typeof callback !== "function")
        return Reflect.apply(original, undefined, [callback, delay, ...args]);
      return new VirtualTimer(owner, () => callback(...args), delayNanoOf(delay), repeats);
    };
  const startNow =
    (original: (...args: never[]) => unknown) =>
    (callback: Callback, ...args: unknown[]): unknown => {
      const owner = virtual();
      // A connection that a later run uses again still acts as the actor who opened it, and hands itself on in immediates.
      if (owner === undefined || owner.isOver || typeof callback !== "function")
        return Reflect.apply(original, undefined, [callback, ...args]);
      return new VirtualTimer(owner, () => callback(...args), 0, false);
    };
  const stop =
    (original: (...args: never[]) => unknown) =>
    (timer?: unknown): unknown => {
      const owner = virtual();
      const isNumber = typeof timer === "number" || typeof timer === "string";
      const known = isNumber && owner !== undefined ? numberedOf(owner).get(Number(timer)) : timer;
      return known instanceof VirtualTimer ? void known.close() : Reflect.apply(original, undefined, [timer]);
    };
  const { setImmediate } = nodeTimersPromises;
  const promised = {
    setTimeout: promisedTimer(nodeTimersPromises.setTimeout, (delay) => delayNanoOf(delay)),
    setImmediate: promisedTimer(
      (_delay, value, options) => setImmediate(value, options),
      () => 0,
    ),
  };
  for (const target of [globalThis, nodeTimers] as unknown as Record<string, never>[]) {
    patch(target, "setTimeout", (original) => start(original, false) as never);
    patch(target, "setInterval", (original) => start(original, true) as never);
    patch(target, "setImmediate", (original) => startNow(original) as never);
    for (const name of ["clearTimeout", "clearInterval", "clearImmediate"])
      patch(target, name, (original) => stop(original) as never);
    Object.defineProperty(target["setTimeout"], promisify.custom, { value: promised.setTimeout });
    Object.defineProperty(target["setImmediate"], promisify.custom, {
      value: (value: unknown, options?: PromisedOptions) => promised.setImmediate(0, value, options),
    });
  }
  patchPromisedTimers(promised);
  patch(AbortSignal, "timeout", (original) => (ms) => {
    const owner = virtual();
    if (owner === undefined) return original.call(AbortSignal, ms);
    const controller = new AbortController();
    const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
    setTimeout(() => controller.abort(reason), ms);
    return controller.signal;
  });
}

type PromisedOptions = { readonly signal?: AbortSignal; readonly ref?: boolean };
type Promised = (delay?: number, value?: unknown, options?: PromisedOptions) => Promise<unknown>;

function promisedTimer(original: Promised, delayNano: (delay: unknown) => number): Promised {
  return (delay, value, options) => {
    const owner = virtual();
    if (owner === undefined) return original(delay, value, options);
    return new Promise((resolve, reject) => {
      const signal = options?.signal;
      if (signal?.aborted === true) return reject(abortError(signal));
      const fire = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve(value);
      };
      const timer = new VirtualTimer(owner, fire, delayNano(delay), false);
      const abort = (): void => {
        timer.close();
        reject(abortError(signal));
      };
      signal?.addEventListener("abort", abort, { once: true });
    });
  };
}

/** Node's own, which code knows by its name or its code. */
function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error("The operation was aborted", { cause: signal?.reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}

function patchPromisedTimers(promised: { readonly setTimeout: Promised; readonly setImmediate: Promised }): void {
  const target = nodeTimersPromises as unknown as Record<string, never>;
  patch(target, "setTimeout", () => promised.setTimeout as never);
  patch(
    target,
    "setImmediate",
    () => ((value: unknown, options?: PromisedOptions) => promised.setImmediate(0, value, options)) as never,
  );
  patch(target, "setInterval", (original: (...args: never[]) => AsyncIterable<unknown>) => {
    const intervals = async function* (delay?: number, value?: unknown, options?: PromisedOptions): AsyncGenerator {
      if (virtual() === undefined) return yield* Reflect.apply(original, undefined, [delay, value, options]);
      for (;;) yield await promised.setTimeout(delay, value, options);
    };
    return intervals as never;
  });
  patch(
    nodeTimersPromises.scheduler,
    "wait",
    () => (delay, options) => promised.setTimeout(delay, undefined, options) as Promise<void>,
  );
}
