import type { Fault } from "../core/errors.ts";
import { ATTR } from "../trace/conventions.ts";
import { subscript } from "./form.ts";
import type { Scenario } from "./scenario.ts";

/** The limits of W3C baggage, beyond which OpenTelemetry drops entries without a word. */
const BAGGAGE_MAX = { entries: 180, entryBytes: 4096, bytes: 8192 } as const;
/** Troupe's own entry: the run's id in 16 hex digits. */
const RUN_ID_BYTES = `${ATTR.runId}=`.length + 16;

const RESERVED_PREFIXES = ["gen_ai.", "mcp.", "troupe.", "a2a.", "jsonrpc.", "rpc."] as const;
const RESERVED: readonly string[] = [...Object.values(ATTR), "service.name"].filter((key) => !hasReservedPrefix(key));

function hasReservedPrefix(key: string): boolean {
  return RESERVED_PREFIXES.some((prefix) => key.startsWith(prefix));
}

/** What would keep attributes from arriving whole at every hop, or from being told apart from what Troupe writes. */
export function attributeFaults(attributes: Scenario["attributes"], where: string): readonly Fault[] {
  const at = `${where}, attributes`;
  const entries = Object.entries(attributes);
  const faults = entries.flatMap(([key, value]) => [
    ...keyFaults(key, `${at}${subscript(key)}`),
    ...valueFaults(value, `${at}${subscript(key)}`),
    ...entryFaults([key, value], `${at}${subscript(key)}`),
  ]);
  const count = entries.length + 1;
  if (count > BAGGAGE_MAX.entries) {
    const mend = `Leave some out: baggage has at most ${BAGGAGE_MAX.entries} entries, and ${ATTR.runId} is one of them.`;
    faults.push({ where: at, what: `with ${ATTR.runId} these are ${count} entries of baggage`, mend });
  }
  const bytes = entries.reduce((sum, entry) => sum + 1 + entryBytes(entry), RUN_ID_BYTES);
  if (bytes > BAGGAGE_MAX.bytes) {
    const mend = `Shorten them: baggage has at most ${BAGGAGE_MAX.bytes} bytes, percent-encoded and joined by commas.`;
    faults.push({ where: at, what: `with ${ATTR.runId} these are ${bytes} bytes of baggage`, mend });
  }
  return faults;
}

function* keyFaults(key: string, where: string): Generator<Fault> {
  if (key === "") yield { where, what: "its key is empty", mend: "Give it one, as in `tenant.id`." };
  if (/\p{Cs}/u.test(key)) yield { where, what: "its key holds half a surrogate pair", mend: MEND_SURROGATE };
  if (/\p{Cc}/u.test(key))
    yield { where, what: "its key holds a line break or another control character", mend: "Take it out." };
  // OpenTelemetry reads baggage into a plain object.
  if (key === "__proto__") yield { where, what: "this key gets lost in baggage", mend: "Choose another key." };
  if (hasReservedPrefix(key) || RESERVED.includes(key)) {
    const mend = `Choose another key: ${RESERVED_PREFIXES.join("*, ")}*, ${RESERVED.join(", ")} are taken.`;
    yield { where, what: "Troupe and the conventions write this key themselves", mend };
  }
}

const MEND_SURROGATE = "Write whole characters: half of a pair cannot be encoded for baggage.";

function* valueFaults(value: string, where: string): Generator<Fault> {
  const mend = "Write a text, or leave the attribute out: baggage carries no empty value.";
  if (value === "") yield { where, what: "its value is empty", mend };
  if (/\p{Cs}/u.test(value)) yield { where, what: "its value holds half a surrogate pair", mend: MEND_SURROGATE };
}

function* entryFaults(entry: readonly [string, string], where: string): Generator<Fault> {
  const bytes = entryBytes(entry);
  const mend = `Shorten it: an entry has at most ${BAGGAGE_MAX.entryBytes} bytes, key=value, percent-encoded.`;
  if (bytes > BAGGAGE_MAX.entryBytes) yield { where, what: `this is ${bytes} bytes of baggage`, mend };
}

/** How long `key=value` is in baggage, where it is ASCII; half a surrogate pair, a fault of its own, counts as one whole. */
function entryBytes(entry: readonly [string, string]): number {
  return entry.map((words) => encodeURIComponent(words.replaceAll(/\p{Cs}/gu, "\u{FFFD}"))).join("=").length;
}
