/** Every fault of a carrier, with the cause by which its hop has to be broken: shared by the tests of `sim` and of real wires. */
import { CARRIER_MUTATIONS, type CarrierFault, type CarrierMutation } from "../../src/scenario/fault.ts";
import type { Cause, LedgerEntry } from "../../src/trace/evidence.ts";
import type { Carrying } from "./cells.ts";

export interface CarrierCell {
  readonly name: string;
  readonly fault: CarrierFault & Required<Pick<CarrierFault, "by">>;
}

/** Each carrier as its sender gets it wrong, and as somebody between the two does. */
export const CARRIER_CELLS: readonly CarrierCell[] = CARRIER_MUTATIONS.flatMap((carrier) =>
  (["sender", "intermediary"] as const).map((by) => ({ name: `${carrier} by the ${by}`, fault: { carrier, by } })),
);

/** What breaks the hop, by what carries the message; an agent's own client speaks HTTP, and has no spans. */
export function expectedCause({ carrier, by }: CarrierCell["fault"], carrying: Carrying | "own client"): Cause {
  const isBetween = by === "intermediary";
  if (carrier === "flags-cleared") return "sampled-out";
  if (carrier === "dropped" && isBetween) return "re-rooted";
  // A message of MCP has the context of its transport still.
  if (carrier === "dropped") return carrying === "http" || carrying === "own client" ? "wrong-carrier" : "not-injected";
  // The first message of a span gets a context of another run: who changed the trace on the way began one.
  const isFirst = carrying === "a2a" || carrying === "own client";
  return carrier === "stale" && isBetween && isFirst ? "re-rooted" : "bad-carrier";
}

const CONTEXT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;
const AS_WRITTEN: Readonly<Record<CarrierMutation, (fields: LedgerEntry["carrier"]) => boolean>> = {
  dropped: (fields) => Object.keys(fields).length === 0,
  namespaced: (fields) => CONTEXT.test(fields["io.example.traceparent"] ?? ""),
  "upper-cased": ({ traceparent, TRACEPARENT }) =>
    /^00-[0-9A-F]{32}-[0-9A-F]{16}-01$/.test(TRACEPARENT ?? traceparent ?? ""),
  malformed: ({ traceparent }) => /^00-[0-9a-f]{32}-[0-9a-f]{9}$/.test(traceparent ?? ""),
  stale: ({ traceparent }) => CONTEXT.test(traceparent ?? ""),
  duplicated: ({ traceparent = "" }) => /^(00-[0-9a-f]{32}-[0-9a-f]{16}-01(, |$)){2}$/.test(traceparent),
  "flags-cleared": ({ traceparent }) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/.test(traceparent ?? ""),
};

/** Why the ledgers of the two ends do not show what became of the carrier; `undefined` where they do. */
export function doubtOfCarrier(
  { carrier, by }: CarrierCell["fault"],
  ledger: readonly LedgerEntry[],
): string | undefined {
  const asked = ledger.filter(
    ({ method, role }) => role === "request" && (method === "tools/call" || method === "SendMessage"),
  );
  const [sent, received] = (["sent", "received"] as const).map(
    (end) => asked.find((entry) => entry.end === end)?.carrier,
  );
  if (sent === undefined || received === undefined) return "one of its ends is not written down";
  if (!AS_WRITTEN[carrier](received)) return `it arrived as ${JSON.stringify(received)}`;
  if (by === "intermediary") return CONTEXT.test(sent["traceparent"] ?? "") ? undefined : "its sender was hit";
  return JSON.stringify(sent) === JSON.stringify(received) ? undefined : "it changed on its way";
}
