import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { canonicalJson } from "../../core/json.ts";
import type { LedgerEntry, TransportName } from "../../trace/evidence.ts";
import type { Written } from "../ledger.ts";
import { clientNameIn } from "../mcp-ledger.ts";

/** A request or notification as the rules of faults see it; its reply, where it has one, is of the same subject. */
export interface FaultSubject {
  /** As the ledger calls it. */
  readonly message: string;
  readonly protocol: LedgerEntry["protocol"];
  readonly transport: TransportName;
  readonly from: string;
  readonly to: string;
  readonly agent: string | undefined;
  readonly method: string;
  readonly tool: string | undefined;
  /** Whether nobody knows which agent asks, as of a client outside of Troupe that does not say so. */
  readonly isUnknown?: boolean;
  /** What is asked, without what differs from one asking to the next: it keys draws. */
  readonly content: string;
}

/** Who asks, by whom occurrences and draws are counted. */
export function askerOf({ from, agent }: { readonly from: string; readonly agent?: string | undefined }): string {
  return `${from}/${agent ?? ""}`;
}

/** Who asks whom over a connection of MCP, and over what. */
export type McpHop = Pick<FaultSubject, "from" | "to" | "transport">;

/** The messages of one connection of MCP, whose two services are known. */
export class McpSubjects {
  readonly #hop: McpHop;
  readonly #notifications = new Map<string, number>();

  constructor(hop: McpHop) {
    this.#hop = hop;
  }

  /** `undefined` for a reply, which is of its request's. */
  of(message: JSONRPCMessage): FaultSubject | undefined {
    if (!("method" in message)) return undefined;
    const { method, params } = message;
    const { from, to } = this.#hop;
    return {
      ...this.#hop,
      message: `${from}>${to}#${"id" in message ? message.id : this.#numbered(method)}`,
      protocol: "mcp",
      agent: clientNameIn(params?._meta),
      method,
      ...askedOverMcp(method, params),
    };
  }

  #numbered(method: string): string {
    const count = (this.#notifications.get(method) ?? 0) + 1;
    this.#notifications.set(method, count);
    return `${method}.${count}`;
  }
}

/** A request or notification, out of what the ledger says of it. */
export function subjectOf({ message, protocol, transport, from, to, agent, method, text }: Written): FaultSubject {
  const hop = { message, protocol, transport, from, to, agent, method };
  if (protocol === "mcp") return { ...hop, ...askedOverMcp(method, partOf(jsonOf(text), "params")) };
  return { ...hop, tool: undefined, content: protocol === "a2a" ? wordsIn(text) : text };
}

function askedOverMcp(method: string, params: unknown): Pick<FaultSubject, "tool" | "content"> {
  const { _meta: _, ...asked }: Readonly<Record<string, unknown>> = Object(params);
  const tool = method === "tools/call" ? asked["name"] : undefined;
  return { tool: typeof tool === "string" ? tool : undefined, content: canonicalJson(asked) };
}

/** What a message says; its ids and those of its conversation are new each time. */
function wordsIn(text: string): string {
  const body = jsonOf(text);
  return body === undefined ? "" : canonicalJson(partOf(partOf(partOf(body, "params"), "message"), "parts"));
}

function partOf(value: unknown, key: string): unknown {
  return Reflect.get(Object(value), key);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
