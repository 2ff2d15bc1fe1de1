import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { CarrierFields, LedgerEntry } from "../trace/evidence.ts";
import { type Ledger, carrierFields } from "./ledger.ts";

/** What carries a message in a simulation: it runs `arrive` later, as the actor `to`, in order within the lane. */
interface Network {
  deliver(lane: string, to: string, arrive: () => void): void;
}

/** Rewrites a carrier on its way, as a broken intermediary would; tests of propagation remove it. */
export type CarrierRewrite = (
  fields: CarrierFields,
  hop: Pick<LedgerEntry, "from" | "to" | "method" | "protocol">,
) => CarrierFields;

export interface Wire {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly rewrite: CarrierRewrite;
}

/** One end of a connection: the service that the ledger names, and the actor that its messages are delivered to. */
export interface Endpoint {
  readonly service: string;
  readonly actor: string;
}

/** The end that calls: it acts for an agent. */
export interface ClientEndpoint extends Endpoint {
  readonly agent: string;
}

/**
 * Both ends of an MCP connection without a socket. Messages cross as JSON text, so that no object is shared, and each
 * direction is a lane of its own: ordered, like a pipe.
 */
export function simulatedConnection(
  wire: Wire,
  client: ClientEndpoint,
  server: Endpoint,
): { readonly client: Transport; readonly server: Transport } {
  const methods = new Map<RequestId, string>();
  const clientEnd = new SimulatedTransport(wire, client, server, client.agent, methods);
  const serverEnd = new SimulatedTransport(wire, server, client, client.agent, methods);
  clientEnd.peer = serverEnd;
  serverEnd.peer = clientEnd;
  return { client: clientEnd, server: serverEnd };
}

class SimulatedTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  peer: SimulatedTransport | undefined;
  readonly #wire: Wire;
  readonly #self: Endpoint;
  readonly #other: Endpoint;
  readonly #lane: string;
  readonly #agent: string;
  readonly #methods: Map<RequestId, string>;
  #count = 0;
  #isClosed = false;

  constructor(wire: Wire, self: Endpoint, other: Endpoint, agent: string, methods: Map<RequestId, string>) {
    this.#wire = wire;
    this.#self = self;
    this.#other = other;
    this.#agent = agent;
    this.#lane = `${self.actor}>${other.actor}`;
    this.#methods = methods;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error(`the connection ${this.#lane} is closed`));
    const entry = this.#entry(message);
    this.#wire.ledger.sent(entry);
    const fields = this.#wire.rewrite(entry.carrier, entry);
    const text = fields === entry.carrier ? entry.text : JSON.stringify(withCarrier(message, fields));
    this.#wire.network.deliver(this.#lane, this.#other.actor, () => {
      this.#wire.ledger.received({ ...entry, carrier: fields, text });
      this.peer?.onmessage?.(JSON.parse(text));
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.onclose?.();
      const { peer } = this;
      this.#wire.network.deliver(this.#lane, this.#other.actor, () => void peer?.close());
    }
    return Promise.resolve();
  }

  #entry(message: JSONRPCMessage): Omit<LedgerEntry, "end" | "timeUnixNano"> {
    return {
      message: `${this.#lane}#${++this.#count}`,
      from: this.#self.service,
      to: this.#other.service,
      agent: this.#agent,
      protocol: "mcp",
      transport: "sim",
      ...this.#subject(message),
      carrier: "params" in message ? carrierFields(message.params?.["_meta"]) : {},
      text: JSON.stringify(message),
    };
  }

  #subject(message: JSONRPCMessage): Pick<LedgerEntry, "method" | "role"> {
    if ("method" in message) {
      if (!("id" in message)) return { method: message.method, role: "notification" };
      this.#methods.set(message.id, message.method);
      return { method: message.method, role: "request" };
    }
    return { method: (message.id === undefined ? undefined : this.#methods.get(message.id)) ?? "", role: "reply" };
  }
}

function withCarrier(message: JSONRPCMessage, fields: CarrierFields): JSONRPCMessage {
  if (!("params" in message)) return message;
  const rest = Object.entries(message.params?.["_meta"] ?? {}).filter(
    ([key]) => !(key in carrierFields({ [key]: "" })),
  );
  return { ...message, params: { ...message.params, _meta: { ...Object.fromEntries(rest), ...fields } } };
}
