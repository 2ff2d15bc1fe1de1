import type { Random } from "../../core/random.ts";
import type { DelayMs } from "../../scenario/fault.ts";
import * as edit from "./text.ts";
import type { ChosenFault } from "./wire-faults.ts";

/** What HTTP answers in place of a callee. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** What becomes of a message, whatever carries it. */
export interface Fate {
  /** As it arrives. */
  readonly text: string;
  readonly delayMs: number;
  readonly copies: 1 | 2;
  /** How long it waits for another to overtake it; `undefined` where it does not. */
  readonly withinMs: number | undefined;
  /** In how many pieces it comes, and how long after one another; `undefined` where it comes at once. */
  readonly pieces: { readonly count: number; readonly everyMs: number } | undefined;
  /** `lost` alone, `hung` with all that follows, `cut` with its connection, before it or in its middle. */
  readonly end: "arrives" | "lost" | "hung" | "cut" | "cut-midway" | HttpAnswer;
}

/**
 * Has the faults happen to a message, one after the other; what keeps it from arriving is the last of them. A fault that
 * cannot happen to this text, as to the id of what is no JSON-RPC, does not fire.
 */
export function fateOf(chosen: readonly ChosenFault[], text: string, isStream: boolean = false): Fate {
  let fate: Fate = { text, delayMs: 0, copies: 1, withinMs: undefined, pieces: undefined, end: "arrives" };
  for (const one of chosen) {
    if (fate.end !== "arrives") break;
    const { detail = "", ...change } = changeOf(one, fate, isStream) ?? { detail: undefined };
    if (Object.keys(change).length === 0) continue;
    fate = { ...fate, ...change };
    one.fire(detail);
  }
  return fate;
}

/** When the last of a message is there, for who reads it as a whole. */
export function wholeAfterMs({ delayMs, pieces }: Fate): number {
  return delayMs + (pieces === undefined ? 0 : (pieces.count - 1) * pieces.everyMs);
}

type Change = Partial<Fate> & { readonly detail?: string };

function changeOf({ fault, random }: ChosenFault, fate: Fate, isStream: boolean): Change | undefined {
  const edited = (change: (text: string) => string | undefined, detail = ""): Change | undefined => {
    const text = edit.inBody(fate.text, isStream, change);
    return text === undefined ? undefined : { text, detail };
  };
  switch (fault.fault) {
    case "delay": {
      const delayMs = drawnMs(fault.ms, random);
      return { delayMs: fate.delayMs + delayMs, detail: `${delayMs} ms` };
    }
    case "drop":
      return { end: "lost" };
    case "duplicate":
      return { copies: 2 };
    case "reorder": {
      const { withinMs = 100 } = fault;
      return { withinMs, detail: `within ${withinMs} ms` };
    }
    case "disconnect":
      return { end: "cut" };
    case "hang":
      return { end: "hung" };
    case "slow-stream": {
      const { pieces: count = 8, everyMs = 50 } = fault;
      return { pieces: { count, everyMs }, detail: `${count} pieces, every ${everyMs} ms` };
    }
    case "early-close":
      return { end: "cut-midway" };
    case "truncated":
      return edited(edit.truncated);
    case "malformed":
      return edited(edit.malformed);
    case "oversized": {
      const { bytes = 1024 * 1024 } = fault;
      return edited((body) => edit.padded(body, bytes), `${bytes} bytes`);
    }
    case "wrong-id":
      return edited(edit.withWrongId);
    case "wrong-shape":
      return edited(edit.withWrongShape);
    case "rpc-error": {
      const { code = -32603, message = "Internal error" } = fault;
      return edited((body) => edit.asRpcError(body, code, message), String(code));
    }
    case "is-error":
      return edited((body) => edit.asToolError(body, fault.text ?? "the tool failed"));
    case "http-status":
      break;
  }
  const { status, body = "" } = fault;
  return { end: { status, body }, detail: String(status) };
}

/** To the microsecond, so that all machines agree. */
function drawnMs(ms: DelayMs, random: Random): number {
  const drawn = random.next();
  if (typeof ms === "number") return ms;
  if ("p50" in ms) return rounded(quantile(ms, drawn));
  const [min, max] = ms;
  return rounded(min + drawn * (max - min));
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Straight lines between the quantiles, from 0; what is beyond the last is as long as that. */
function quantile(
  { p50, p90, p99 }: { readonly p50: number; readonly p90: number; readonly p99: number },
  at: number,
): number {
  if (at < 0.5) return (at / 0.5) * p50;
  if (at < 0.9) return p50 + ((at - 0.5) / 0.4) * (p90 - p50);
  return p90 + (Math.min(at - 0.9, 0.09) / 0.09) * (p99 - p90);
}
