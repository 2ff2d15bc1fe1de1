/** Every fault, with the agent that meets it: shared by the tests of `sim` and of real wires. */
import { DIRECTIONS, type Direction, type MessageFault, type WireFault } from "../../src/scenario/fault.ts";
import { canonicalJson } from "../../src/core/json.ts";
import type { LedgerEntry } from "../../src/trace/evidence.ts";
import type { Scenario } from "../../src/scenario/scenario.ts";
import { oneCall, oneQuestion } from "../processes/fixtures/faults.scenario.ts";

/** Faults with what they need said, by name. */
export const ACTS = {
  delay: { fault: "delay", ms: 40 },
  drop: { fault: "drop" },
  duplicate: { fault: "duplicate" },
  reorder: { fault: "reorder", withinMs: 30 },
  disconnect: { fault: "disconnect" },
  hang: { fault: "hang" },
  "slow-stream": { fault: "slow-stream", pieces: 4, everyMs: 10 },
  "early-close": { fault: "early-close" },
  truncated: { fault: "truncated" },
  malformed: { fault: "malformed" },
  oversized: { fault: "oversized", bytes: 100_000 },
  "wrong-id": { fault: "wrong-id" },
  "wrong-shape": { fault: "wrong-shape" },
  "rpc-error": { fault: "rpc-error", code: -32050, message: "out of order" },
  "is-error": { fault: "is-error", text: "try later" },
  "http-status": { fault: "http-status", status: 503, body: "overloaded" },
} as const satisfies Record<keyof typeof DIRECTIONS, MessageFault>;

export interface Cell {
  readonly name: string;
  readonly fault: MessageFault & { readonly direction: Direction };
}

/** Every fault in each direction that it can hit. */
export const CELLS: readonly Cell[] = Object.values(ACTS).flatMap((act: MessageFault) =>
  DIRECTIONS[act.fault].map((direction) => ({ name: `${act.fault} of a ${direction}`, fault: { ...act, direction } })),
);

/** One call of a tool that meets the fault. */
export function callMeeting(fault: WireFault): Scenario {
  return { ...oneCall, faults: [{ ...fault, tool: "price" }] };
}

/** One question to a remote agent that meets the fault. */
export function questionMeeting(fault: WireFault): Scenario {
  return { ...oneQuestion, faults: [{ ...fault, to: "risk" }] };
}

/** How a cell has to end, by what carries the message: a pipe, HTTP with MCP, HTTP with A2A. */
export type Carrying = "pipe" | "http" | "a2a";

const ANSWERED = /^answered (\{"euros":12\}|approved)$/;
const LATE = /^failed .* did not answer .* within 1 s \(limits\.requestMs\)$/;

/** What the agent has to hear of a fault, by what carries the message. */
export function expectedWords({ fault, direction }: Cell["fault"], carrying: Carrying): RegExp {
  const isPipe = carrying === "pipe";
  switch (fault) {
    case "delay":
    case "duplicate":
    case "reorder":
    case "slow-stream":
    case "oversized":
      return ANSWERED;
    case "drop":
    case "hang":
      return LATE;
    case "disconnect":
    case "early-close":
      return isPipe
        ? /^failed server shop refused .* Connection closed/
        : /^failed (server shop|agent risk): .* (cut|closed)$/;
    case "truncated":
    case "malformed":
      if (isPipe) return LATE;
      return direction === "request"
        ? /^failed (server shop|agent risk).*-32700/
        : /^failed (server shop|agent risk).*SyntaxError/;
    case "wrong-id":
      return carrying === "a2a" ? /^failed agent risk: .* ID mismatch/ : LATE;
    case "wrong-shape":
      return carrying === "a2a"
        ? /^failed agent risk: .* neither a message nor a task$/
        : /^failed server shop: .*expected array/s;
    case "rpc-error":
      return /^failed (server shop|agent risk).*out of order/;
    case "is-error":
      return /^failed tool price: try later$/;
    case "http-status":
      break;
  }
  return /^failed (server shop|agent risk): .*overloaded$/;
}

/** What the two ends of the call wrote of it, each by itself. */
interface Ends {
  readonly asked: LedgerEntry | undefined;
  readonly heard: readonly LedgerEntry[];
  readonly answered: readonly LedgerEntry[];
  readonly replies: readonly LedgerEntry[];
}

function endsOf(ledger: readonly LedgerEntry[]): Ends {
  const ofCall = ledger.filter(({ method }) => method === "tools/call" || method === "SendMessage");
  const of = (role: LedgerEntry["role"], end: LedgerEntry["end"]): readonly LedgerEntry[] =>
    ofCall.filter((entry) => entry.role === role && entry.end === end);
  const answered = of("reply", "sent");
  // A reply with another id is of no known method: only its words tell.
  const replies = ledger.filter(
    ({ role, end, from }) => role === "reply" && end === "received" && from === answered[0]?.from,
  );
  return { asked: of("request", "sent")[0], heard: of("request", "received"), answered, replies };
}

/** What a text says, whatever its white space and the order of its keys. */
function meaning(text: string): string {
  try {
    return canonicalJson(JSON.parse(text));
  } catch {
    return text;
  }
}

/** How long a fault holds a message up at least, in milliseconds. */
const HELD_MS: Readonly<Partial<Record<MessageFault["fault"], number>>> = { delay: 40, reorder: 30, "slow-stream": 30 };

/** Why the ledgers of the two ends do not show that the fault happened; `undefined` where they do. */
export function doubtOf({ fault, direction }: Cell["fault"], ledger: readonly LedgerEntry[]): string | undefined {
  const { asked, heard, answered, replies } = endsOf(ledger);
  const [sent, received] = direction === "request" ? [asked, heard] : [answered[0], replies];
  if (sent === undefined) return "it was never sent";
  const same = received.filter(({ text, message }) => meaning(text) === meaning(sent.text) && message === sent.message);
  const heldMs = HELD_MS[fault];
  if (heldMs !== undefined) {
    const tookMs = Number((same[0]?.timeUnixNano ?? 0n) - sent.timeUnixNano) / 1e6;
    return tookMs >= heldMs - 1 ? undefined : `it took ${tookMs} ms`;
  }
  if (fault === "duplicate") return same.length === 2 ? undefined : `it arrived ${same.length} times`;
  // Over HTTP, MCP's transport gives out messages without the white space around them: raw bytes tell there.
  if (fault === "oversized") return same.length === 1 ? undefined : `it arrived ${same.length} times`;
  return same.length === 0 ? undefined : "it arrived as it was sent";
}
