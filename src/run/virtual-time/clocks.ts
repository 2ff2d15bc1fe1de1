import { VIRTUAL_EPOCH_UNIX_NANO } from "../../core/clock.ts";
import { type VirtualHost, native, virtual } from "./host.ts";
import { patch } from "./patch.ts";

const EPOCH_MS = Number(VIRTUAL_EPOCH_UNIX_NANO / 1_000_000n);

function virtualMs({ nowNano }: VirtualHost): number {
  return EPOCH_MS + Math.floor(nowNano / 1_000_000);
}

/** Patches the clocks of this thread: `Date`, `performance.now`, `process.hrtime`, and what `Intl` formats without a date. */
export function patchClocks(): void {
  const { Date: NativeDate } = native;
  patch(NativeDate, "now", (original) => () => {
    const owner = virtual();
    return owner === undefined ? original() : virtualMs(owner);
  });
  // A Proxy keeps one prototype for all dates, those that structuredClone makes included.
  globalThis.Date = new Proxy(NativeDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
    apply: (target) => new target(target.now()).toString(),
  });
  NativeDate.prototype.constructor = globalThis.Date;
  patch(performance, "now", () => () => {
    const owner = virtual();
    return owner === undefined ? native.performanceNow() : owner.nowNano / 1_000_000;
  });
  patch(process, "hrtime", (original) => {
    const bigint = (): bigint => {
      const owner = virtual();
      return owner === undefined ? original.bigint() : BigInt(owner.nowNano);
    };
    const hrtime = (since?: [number, number]): [number, number] => {
      const owner = virtual();
      if (owner === undefined) return original(since);
      const nano = owner.nowNano - (since === undefined ? 0 : since[0] * 1e9 + since[1]);
      return [Math.floor(nano / 1e9), nano % 1e9];
    };
    return Object.assign(hrtime, { bigint });
  });
  const { prototype } = Intl.DateTimeFormat;
  patch(
    prototype,
    "formatToParts",
    (original) =>
      function (this: Intl.DateTimeFormat, date) {
        return original.call(this, date === undefined ? NativeDate.now() : date);
      },
  );
  const format = Object.getOwnPropertyDescriptor(prototype, "format")?.get;
  if (format !== undefined)
    Object.defineProperty(prototype, "format", {
      configurable: true,
      get(this: Intl.DateTimeFormat) {
        const bound: Intl.DateTimeFormat["format"] = Reflect.apply(format, this, []);
        return (date?: Date | number) => bound(date === undefined ? NativeDate.now() : date);
      },
    });
}
