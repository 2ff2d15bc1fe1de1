import * as z from "zod";
import { modelName } from "../../mock/model-api/handler.ts";
import type { LedgerEntry } from "../../trace/evidence.ts";
import { a2aName } from "../../wire/a2a-exchange.ts";
import { type HttpProtocol, replyEntry, requestEntry } from "../../wire/http-exchange.ts";
import { MCP_OVER_HTTP } from "../../wire/mcp-endpoint.ts";
import type { Surroundings } from "./environment.ts";

const TIME = z.string().regex(/^\d+$/).transform(BigInt);
const REQUEST = z.object({
  number: z.string(),
  from: z.string(),
  url: z.url(),
  method: z.string(),
  carrier: z.record(z.string(), z.string()),
  text: z.string(),
  timeUnixNano: TIME,
});
const REPLY = z.object({ number: z.string(), status: z.int(), timeUnixNano: TIME });

/** What programs say that they have asked over HTTP. */
export interface ToldRequests {
  readonly requests: readonly z.infer<typeof REQUEST>[];
  /** By the number of the request. */
  readonly replies: ReadonlyMap<string, z.infer<typeof REPLY>>;
}

/** Reads what a program told of its requests; lines of another kind, or cut off at its end, are nobody's request. */
export function readToldRequests(text: string): ToldRequests {
  const lines = text.split("\n").map(jsonOf);
  const replies = lines.flatMap((line) => REPLY.safeParse(line).data ?? []);
  return {
    requests: lines.flatMap((line) => REQUEST.safeParse(line).data ?? []),
    replies: new Map(replies.map((reply) => [reply.number, reply])),
  };
}

type Callee = Pick<LedgerEntry, "to" | "protocol">;

/**
 * The program's ends of what it asked of a run's mocks: of the one that has heard the request, wherever it was sent, or else
 * of the one at its address. What else it asked on this machine is none of the run's.
 */
export function toldEntries(
  { requests, replies }: ToldRequests,
  { ledger, mockAt }: { readonly ledger: readonly LedgerEntry[]; readonly mockAt: (url: string) => Callee | undefined },
): readonly LedgerEntry[] {
  const heard = new Map(ledger.flatMap((entry) => (entry.end === "received" ? [[numberOf(entry), entry]] : [])));
  return requests.flatMap(({ number, from, carrier, timeUnixNano, ...request }) => {
    const { to = "", protocol }: Partial<Callee> = heard.get(number) ?? mockAt(request.url) ?? {};
    const { name, carrier: place } = PROTOCOLS[protocol ?? "line"] ?? {};
    const read = { ...request, headers: new Headers(carrier) };
    const named = name?.(read);
    if (named === undefined) return [];
    const entry = requestEntry({ from, to, number }, "http", read, () => named, place);
    const sent = { ...entry, end: "sent", timeUnixNano, isTold: true } as const;
    const reply = entry.role === "request" ? replies.get(number) : undefined;
    if (reply === undefined) return [sent];
    const came = { end: "received", timeUnixNano: reply.timeUnixNano, isTold: true } as const;
    return [sent, { ...replyEntry(entry, "", reply.status), ...came }];
  });
}

const PROTOCOLS: Partial<Record<LedgerEntry["protocol"], HttpProtocol>> = {
  mcp: MCP_OVER_HTTP,
  a2a: { name: a2aName },
  model: { name: modelName },
};

function numberOf({ message }: LedgerEntry): string {
  return message.slice(message.lastIndexOf("#") + 1);
}

/** Which mock listens at an address, of those around a program. */
export function mocksAround(
  { models, mcpServers, a2aAgents }: Surroundings,
  model: string,
): (url: string) => Callee | undefined {
  const servers = Object.entries(mcpServers).flatMap(([to, entry]) =>
    "url" in entry ? [[entry.url, { to, protocol: "mcp" }] as const] : [],
  );
  const agents = Object.entries(a2aAgents).map(([to, url]) => [url, { to, protocol: "a2a" }] as const);
  const all = [[models, { to: model, protocol: "model" }] as const, ...servers, ...agents];
  const byOrigin = new Map<string, Callee>(all.map(([url, callee]) => [new URL(url).origin, callee]));
  return (url) => byOrigin.get(new URL(url).origin);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
