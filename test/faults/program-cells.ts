/** How each fault has to end for a program with a client of its own: by its own words, and by what the mock heard and said. */
import type { LedgerEntry } from "../../src/trace/evidence.ts";
import type { Carrying, Cell } from "./cells.ts";

const ANSWERED = /^answered .*(12|approved)/;
const CUT = /^failed TypeError: fetch failed SocketError: other side closed$/;
/** Over pipes and WebSocket nobody ends what is lost but the client. */
const LATE = /^failed McpError: .*Request timed out/;

/** What the program says of a fault, in the words of the official SDK that it has. */
export function programWords({ fault, direction }: Cell["fault"], carrying: Carrying): RegExp {
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
      return isPipe ? LATE : CUT;
    case "disconnect":
      return isPipe ? /^failed McpError: .*Connection closed/ : CUT;
    case "early-close":
      return isPipe ? /^failed McpError: .*Connection closed/ : /^failed TypeError: terminated SocketError: other side/;
    case "truncated":
    case "malformed":
      if (isPipe) return LATE;
      return direction === "request" ? /^failed .*(-32700|Invalid JSON payload)/ : /^failed SyntaxError/;
    case "wrong-id":
      return carrying === "a2a" ? /^failed Error: .* ID mismatch/ : LATE;
    case "wrong-shape":
      return carrying === "a2a" ? /^failed|^answered (?!.*approved)/ : /^failed .*expected array/s;
    case "rpc-error":
      return /^failed .*out of order/;
    case "is-error":
      return /^failed .*try later/;
    case "http-status":
      break;
  }
  return /^failed Error: .*overloaded/;
}

/** How often the call was heard and answered at the mock's end, behind the fault, by the mock's own ledger. */
export function atTheMock(ledger: readonly LedgerEntry[]): readonly [heard: number, answered: number] {
  const heard = ledger.filter(
    ({ method, end, role }) =>
      end === "received" && role === "request" && (method === "tools/call" || method === "SendMessage"),
  );
  // By the id alone: of two answers with one id the second is of no known method.
  const answers = new Set(heard.map(({ from, to, message }) => `${to}>${from}${message.replace(/^[^#]*#/, "#re:")}`));
  const answered = ledger.filter(({ end, message }) => end === "sent" && answers.has(message));
  return [heard.length, answered.length];
}

/** The same, as it has to be. */
export function expectedAtTheMock({ fault, direction }: Cell["fault"], carrying: Carrying): readonly [number, number] {
  if (direction === "reply") return [1, 1];
  if (fault === "duplicate") return [2, 2];
  const isLost = fault === "drop" || fault === "hang" || fault === "disconnect" || fault === "http-status";
  // A remote agent answers what is no JSON; a server's transport has it go no further.
  const isUnread = (fault === "truncated" || fault === "malformed") && carrying !== "a2a";
  return isLost || isUnread ? [0, 0] : [1, 1];
}
