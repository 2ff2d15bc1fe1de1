import type { LedgerEntry } from "../../trace/evidence.ts";

/** Protocols whose messages are hops. */
export const HOP_PROTOCOLS = [
  "mcp",
  "a2a",
  "in-process",
  "http",
  "environment",
] as const satisfies readonly LedgerEntry["protocol"][];

/** Which hops a rule is about: those of which every stated part holds. */
interface HopMatch {
  readonly from?: string;
  readonly to?: string;
  readonly method?: string;
  readonly protocol?: (typeof HOP_PROTOCOLS)[number];
}

/** What callees owe to the context that reaches them. By default each continues it: its span is a child of the caller's. */
export interface PropagationPolicy {
  /** Hops whose callee begins a trace of its own, with a span that links to the caller's. */
  readonly links?: readonly HopMatch[];
}

/** Whether the callee is to link to the caller's span. */
export function isLinking({ links = [] }: PropagationPolicy, message: LedgerEntry): boolean {
  return links.some(({ from, to, method, protocol }) =>
    [
      [from, message.from],
      [to, message.to],
      [method, message.method],
      [protocol, message.protocol],
    ].every(([wanted, is]) => wanted === undefined || wanted === is),
  );
}
