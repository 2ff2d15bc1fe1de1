/** A `traceparent` that keeps the rules. */
export interface Traceparent {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  /** What a sender may not do and a reader lets pass. */
  readonly fault?: string;
}

/** Why a text keeps no rule that a reader could go by: a part of a sentence. */
export interface Malformed {
  readonly fault: string;
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** `sampled`, and since Level 2 `random-trace-id`. */
const KNOWN_FLAGS = 0b11;

/**
 * Reads a `traceparent` as a receiver must, and says where the sender broke a rule that the receiver overlooks: a later
 * version may append fields, and flags that version 00 does not know are to be zero.
 *
 * @see W3C Trace Context Level 2, "traceparent Header Field Values" and "Versioning of traceparent"
 */
export function readTraceparent(text: string): Traceparent | Malformed {
  const [, version, traceId, spanId, flags, rest] = FORM.exec(text) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined)
    return { fault: `it is not of the form 00-{32 hex}-{16 hex}-{2 hex}` };
  if (version === "ff") return { fault: "version ff is forbidden" };
  if (version === "00" && rest !== undefined) return { fault: "version 00 has nothing behind its flags" };
  if (/^0+$/.test(traceId)) return { fault: "its trace id is all zeros" };
  if (/^0+$/.test(spanId)) return { fault: "its span id is all zeros" };
  const bits = Number.parseInt(flags, 16);
  const isReserved = version === "00" && (bits & ~KNOWN_FLAGS) !== 0;
  return {
    traceId,
    spanId,
    isSampled: (bits & 1) === 1,
    ...(isReserved && { fault: `its flags ${flags} set bits that version 00 reserves` }),
  };
}

const MEMBERS_MAX = 32;
const KEY = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
/** Printable ASCII without comma and equals sign, and no blank at the end. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * The first rule that a `tracestate` breaks; undefined for one that keeps them all. Keys are those of Level 2, which
 * include those of Level 1. A list may hold empty members, and blanks around each.
 *
 * @see W3C Trace Context Level 2, "tracestate Header Field Values"
 */
export function tracestateFault(text: string): string | undefined {
  const members = text
    .split(",")
    .map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  if (members.length > MEMBERS_MAX) return `it has ${members.length} members, and ${MEMBERS_MAX} is the most`;
  const keys = new Set<string>();
  for (const member of members) {
    const at = member.indexOf("=");
    if (at === -1) return `${shown(member)} has no "="`;
    const key = member.slice(0, at);
    if (!KEY.test(key)) return `${shown(key)} is no key`;
    if (!VALUE.test(member.slice(at + 1))) return `the value of ${key} is none`;
    if (keys.has(key)) return `the key ${key} stands there twice`;
    keys.add(key);
  }
  return undefined;
}

const SHOWN_MAX = 40;

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}
