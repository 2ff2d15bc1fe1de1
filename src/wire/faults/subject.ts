import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { canonicalJson } from "../../core/json.ts";
import type { TransportName } from "../../trace/evidence.ts";
import type { Written } from "../ledger.ts";
import { clientNameIn } from "../mcp-ledger.ts";

/** A request or notification as the rules of faults see it; its reply, where it has one, is of the same subject. */
export interface FaultSubject {
  /** As the ledger calls it. */
  readonly message: string;
  readonly transport: TransportName;
  readonly from: string;
  readonly to: string;
  readonly agent: string | undefined;
  readonly method: string;
  readonly tool: string | undefined;
  /** What is asked, without what differs from one asking to the next: it keys draws. */
  readonly content: string;
}

/** Who asks whom over a connection of MCP, and over what. */
export type McpHop = Pick<FaultSubject, "from" | "to" | "transport">;

/** The messages of one connection of MCP, at the end that asks. */
export class McpSubjects {
  readonly #hop: McpHop;
  readonly #notifications = new Map<string, number>();

  constructor(hop: McpHop) {
    this.#hop = hop;
  }

  /** `undefined` for a reply, which is of its request's. */
  of(message: JSONRPCMessage): FaultSubject | undefined {
    if (!("method" in message)) return undefined;
    const { method, params = {} } = message;
    const { from, to } = this.#hop;
    const { _meta: meta, ...asked } = params;
    const tool = method === "tools/call" ? asked["name"] : undefined;
    return {
      ...this.#hop,
      message: `${from}>${to}#${"id" in message ? message.id : this.#numbered(method)}`,
      agent: clientNameIn(meta),
      method,
      tool: typeof tool === "string" ? tool : undefined,
      content: canonicalJson(asked),
    };
  }

  #numbered(method: string): string {
    const count = (this.#notifications.get(method) ?? 0) + 1;
    this.#notifications.set(method, count);
    return `${method}.${count}`;
  }
}

/** A request over A2A, out of what the ledger says of it. */
export function a2aSubject({ message, transport, from, to, agent, method, text }: Written): FaultSubject {
  return { message, transport, from, to, agent, method, tool: undefined, content: wordsIn(text) };
}

/** What a message says; its ids and those of its conversation are new each time. */
function wordsIn(text: string): string {
  try {
    const message: unknown = Reflect.get(Object(Reflect.get(Object(JSON.parse(text)), "params")), "message");
    return canonicalJson(Reflect.get(Object(message), "parts"));
  } catch {
    return "";
  }
}
