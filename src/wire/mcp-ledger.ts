import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { CarrierFields, LedgerEntry, TransportName } from "../trace/evidence.ts";
import { MESSAGE_HEADER, type PlainHeaders, toldCaller } from "./asker.ts";
import { type TextTransport, decorated } from "./decorated-transport.ts";
import { repeatedInCarrier } from "./repeated.ts";
import { type CarrierRewrite, type Ledger, type Written, asWritten, carrierFields, writtenWith } from "./ledger.ts";

/** Under this key of `params._meta` a request says on whose behalf it is made (MCP 2026-07-28; free-form before). */
export const CLIENT_INFO_META = "io.modelcontextprotocol/clientInfo";

/** The name under which a message's sender introduced itself in the message. */
export function clientNameIn(meta: unknown): string | undefined {
  return nameIn(Reflect.get(Object(meta), CLIENT_INFO_META));
}

/** The name under which a client introduces itself, where a message opens its connection. */
export function clientNameOf(message: JSONRPCMessage): string | undefined {
  return "method" in message && message.method === "initialize" ? nameIn(message.params?.["clientInfo"]) : undefined;
}

function nameIn(info: unknown): string | undefined {
  const name: unknown = Reflect.get(Object(info), "name");
  return typeof name === "string" ? name : undefined;
}

/** The two services of an MCP connection. */
export interface McpEnds {
  /** A server's end learns it from `initialize`: a client of Troupe's is called after its service. */
  readonly client: string;
  readonly server: string;
  /** Which connection of a client to the server this is, counted from 1 and asked for once. */
  readonly number: (client: string) => number;
}

type Direction = "to-server" | "to-client";

/** What is known of one connection's messages at one of its ends: enough to write a ledger entry for each. */
export class McpMessages {
  #client: string;
  readonly #server: string;
  readonly #transport: TransportName;
  readonly #number: McpEnds["number"];
  /** Ids of requests begin anew in each connection. */
  #connection = "";
  /** Requests that have no reply yet, by the direction in which they went. */
  readonly #requests = { "to-server": new Map<RequestId, Subject>(), "to-client": new Map<RequestId, Subject>() };
  readonly #notifications = new Map<string, number>();

  constructor(ends: McpEnds, transport: TransportName) {
    this.#number = ends.number;
    this.#client = ends.client;
    this.#server = ends.server;
    this.#transport = transport;
  }

  /** The entry of a message that goes from the client to the server, or the other way, as `text`. */
  entry(crossing: JSONRPCMessage, direction: Direction, text: string, { headers, repeated }: Foreign = {}): Written {
    const isToServer = direction === "to-server";
    const isNamed = isToServer && headers !== undefined;
    const told = isNamed ? toldCaller(Reflect.get(Object(headers), MESSAGE_HEADER)) : undefined;
    this.#client = told?.from ?? this.#client;
    if ("method" in crossing && crossing.method === "initialize") this.#open(told?.from ?? clientNameOf(crossing));
    const from = isToServer ? this.#client : this.#server;
    const to = isToServer ? this.#server : this.#client;
    const { place, role, method, agent } = this.#subject(crossing, direction, told?.number);
    const carrier = carrierFields("params" in crossing ? crossing.params?.["_meta"] : undefined);
    const beside = role === "reply" ? {} : carrierFields(headers);
    const message = `${from}>${to}${place}`;
    const transport = this.#transport;
    return writtenWith(
      { message, from, to, protocol: "mcp", transport, method, role, carrier, text },
      repeated === undefined ? { agent, beside } : { agent, beside, repeated },
    );
  }

  #open(client: string = this.#client): void {
    this.#client = client;
    const number = this.#number(this.#client);
    this.#connection = number === 1 ? "" : `/${number}`;
  }

  /** `number` is the one that its sender gave a message, who counts them over all connections. */
  #subject(message: JSONRPCMessage, direction: Direction, number: string | undefined): Subject {
    const placeOf = (own: string): string => (number === undefined ? `${this.#connection}#${own}` : `#${number}`);
    if (!("method" in message)) {
      const { id } = message;
      const asked = this.#requests[direction === "to-server" ? "to-client" : "to-server"];
      const known = id === undefined ? undefined : asked.get(id);
      if (id !== undefined) asked.delete(id);
      const { place, method = "", agent }: Partial<Subject> = known ?? {};
      return { place: (place ?? placeOf(String(id))).replace("#", "#re:"), role: "reply", method, agent };
    }
    const { method } = message;
    const agent = clientNameIn(message.params?.["_meta"]);
    if ("id" in message) {
      const request = { place: placeOf(String(message.id)), role: "request", method, agent } as const;
      this.#requests[direction].set(message.id, request);
      return request;
    }
    const key = `${direction}#${method}`;
    const count = (this.#notifications.get(key) ?? 0) + 1;
    this.#notifications.set(key, count);
    return { place: placeOf(`${method}.${count}`), role: "notification", method, agent };
  }
}

/** What a message may have that somebody else wrote. */
interface Foreign {
  /** The headers of HTTP that came with it. */
  readonly headers?: unknown;
  /** The keys of its carrier that its text has more than once. */
  readonly repeated?: readonly string[];
}

/** What a message is about. */
interface Subject {
  /** Which it is of those that go from the one end to the other: `{connection}#{n}`. */
  readonly place: string;
  readonly role: LedgerEntry["role"];
  readonly method: string;
  readonly agent: string | undefined;
}

/** A message's entry as it is with another carrier. */
export function entryWith(entry: Written, message: JSONRPCMessage, carrier: CarrierFields): Written {
  return carrier === entry.carrier ? entry : { ...entry, carrier, text: JSON.stringify(withCarrier(message, carrier)) };
}

/** A message with another carrier in its `_meta`; what else stands there is kept. */
export function withCarrier(message: JSONRPCMessage, fields: CarrierFields): JSONRPCMessage {
  if (!("params" in message)) return message;
  const rest = Object.entries(message.params?.["_meta"] ?? {}).filter(
    ([key]) => !(key in carrierFields({ [key]: "" })),
  );
  return { ...message, params: { ...message.params, _meta: { ...Object.fromEntries(rest), ...fields } } };
}

/** What writes down all that crosses a connection. */
interface Record {
  readonly messages: McpMessages;
  readonly ledger: Ledger;
  /** What becomes of carriers as they leave. */
  readonly rewrite: CarrierRewrite;
  /** What becomes of carriers as they arrive, where nobody at the other end does it. Default, as where it says: nothing. */
  readonly rewriteArriving?: (entry: Written, headers?: PlainHeaders) => ReturnType<CarrierRewrite> | undefined;
}

/** One end of a real connection, with all that crosses it written down, and carriers rewritten. */
export function recorded(inner: TextTransport, end: "client" | "server", record: Record): Transport {
  const { messages, ledger, rewrite, rewriteArriving } = record;
  const [near, far] = end === "client" ? (["to-server", "to-client"] as const) : (["to-client", "to-server"] as const);
  const withStatus = (entry: Written, id: RequestId | undefined): Written => {
    const status = id === undefined ? undefined : inner.statusOf?.(id);
    return status === undefined ? entry : { ...entry, status };
  };
  /** Over HTTP a refusal is an answer, though no message of MCP. */
  const refused = (id: RequestId) => (error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    const entry = withStatus(messages.entry({ jsonrpc: "2.0", id, result: {} }, far, words), id);
    if (entry.status !== undefined) ledger.received(entry);
    throw error;
  };
  return decorated(inner, {
    send: (message, options) => {
      const text = JSON.stringify(message);
      const entry = messages.entry(message, near, text);
      const { sent, arriving } = rewrite(entry.carrier, entry);
      const leaving = entryWith(entry, message, sent);
      // Over HTTP a server's answer has its status when it has left.
      const isAnswer = end === "server" && inner.statusOf !== undefined && !("method" in message);
      if (!isAnswer) ledger.sent(leaving);
      const left =
        arriving === entry.carrier
          ? inner.send(message, options, text)
          : inner.send(withCarrier(message, arriving), options);
      if (isAnswer) return left.then(() => ledger.sent(withStatus(leaving, message.id)));
      const isAnswered = inner.statusOf !== undefined && "method" in message && "id" in message;
      return isAnswered ? left.catch(refused(message.id)) : left;
    },
    receive: (message, extra, next, text) => {
      const repeated = text === undefined || !("method" in message) ? [] : repeatedInCarrier(text);
      const headers = extra?.requestInfo?.headers;
      const entry = messages.entry(message, far, text ?? JSON.stringify(message), { headers, repeated });
      const { sent, arriving } = rewriteArriving?.(entry, headers) ?? asWritten(entry.carrier, entry);
      // Of a message that somebody spoilt on its way, nobody else writes down how it set out.
      if (sent !== arriving) ledger.sent(entryWith(entry, message, sent));
      const came = entryWith(entry, message, arriving);
      ledger.received(withStatus(came, "method" in message ? undefined : message.id));
      next?.(arriving === entry.carrier ? message : withCarrier(message, arriving), extra);
    },
  });
}
