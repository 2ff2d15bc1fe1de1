import { type Fault, isTroupeError } from "../core/errors.ts";
import { SPANS, type SpansFrom } from "../run/live/spans-from.ts";
import { remoteBytes } from "../wire/trace-stores.ts";
import type { Printer } from "./terminal.ts";

type LiveFlag = "spans" | "spans-wait" | "spans-quiet";

const FLAGS: readonly LiveFlag[] = ["spans", "spans-wait", "spans-quiet"];

/**
 * Where spans come from in `live`, and how many threads play: one, unless somebody says otherwise, since what is spoken
 * to is somebody's staging. Nothing where the mode is another.
 */
export function readLiveFlags(
  where: string,
  value: (flag: LiveFlag) => string | undefined,
  { isLive, jobs = 1 }: { readonly isLive: boolean; readonly jobs: number | undefined },
  faults: Fault[],
): { readonly spans?: SpansFrom; readonly jobs?: number } {
  if (!isLive) {
    for (const flag of FLAGS)
      if (value(flag) !== undefined) {
        const mend = "Add --mode live, or leave it out.";
        faults.push({ where: `${where} --${flag}`, what: "spans of elsewhere are asked for in live alone", mend });
      }
    return {};
  }
  const from = readFrom(`${where} --spans`, value("spans"), faults);
  if (jobs > 1 && from.startsWith("otlp:")) {
    const mend = "Leave out --jobs, or name a store.";
    faults.push({ where: `${where} --jobs ${jobs}`, what: "only one thread can take spans at one port", mend });
  }
  const waitMs = readMs(`${where} --spans-wait`, value("spans-wait"), SPANS.waitMs, faults);
  const quietMs = readMs(`${where} --spans-quiet`, value("spans-quiet"), Math.min(SPANS.quietMs, waitMs), faults);
  if (quietMs > waitMs) {
    const what = `${quietMs / 1000} s of silence do not fit into ${waitMs / 1000} s of waiting`;
    faults.push({ where: `${where} --spans-quiet`, what, mend: "Make it shorter, or --spans-wait longer." });
  }
  return { spans: { from, waitMs, quietMs }, jobs };
}

/** Tells where the agent is to export to. */
export function tellReceiver({ from }: SpansFrom, { print }: Printer): void {
  const [, port] = /^otlp:(\d+)$/.exec(from) ?? [];
  if (port !== undefined)
    print(`spans are taken at http://127.0.0.1:${port} while it runs: OTEL_EXPORTER_OTLP_ENDPOINT of the agent`);
}

const FORM = "Write otlp, otlp:PORT, none, or STORE:URL, where STORE is tempo, jaeger, langfuse or phoenix.";

function readFrom(where: string, word: string | undefined, faults: Fault[]): string {
  if (word === undefined || word === "otlp") return SPANS.from;
  if (word === "none") return word;
  const [, port] = /^otlp:(.*)$/.exec(word) ?? [];
  if (port !== undefined) {
    if (/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536) return word;
    faults.push({ where, what: `${port} is no port`, mend: "Give a number from 1 to 65535." });
    return word;
  }
  if (!/^[a-z]+:https?:/i.test(word) || word.includes("#")) {
    faults.push({ where, what: `"${word}" is nowhere that spans come from`, mend: FORM });
    return word;
  }
  try {
    // Asks for nothing before it is read.
    remoteBytes(`${word}#${"0".repeat(32)}`, {});
  } catch (error) {
    if (!isTroupeError(error)) throw error;
    faults.push(...error.faults.map((fault) => ({ ...fault, where: `${where} ${fault.where}`.replace(/#0+$/, "") })));
  }
  return word;
}

function readMs(where: string, text: string | undefined, usualMs: number, faults: Fault[]): number {
  if (text === undefined) return usualMs;
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 0 && seconds <= 86_400) return seconds * 1000;
  faults.push({ where: `${where} ${text}`, what: "this is no time", mend: "Write seconds, from 0 to 86400." });
  return usualMs;
}
