import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { CarrierRewrite, Ledger } from "./ledger.ts";
import { type McpEnds, McpMessages, entryWith } from "./mcp-ledger.ts";

/** What carries a message in a simulation: it runs `arrive` later, as the actor `to`, in order within the lane. */
interface Network {
  deliver(lane: string, to: string, arrive: () => void): void;
}

export interface Wire {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly rewrite: CarrierRewrite;
}

/** Who is at the ends: a reply is delivered to the actor that asked, all else to the end's own. */
export interface Actors {
  readonly client: string;
  readonly server: string;
  /** The actor whose code runs. */
  readonly current: () => string;
}

/**
 * Both ends of an MCP connection without a socket. Messages cross as JSON text, so that no object is shared, and each
 * direction is a lane of its own: ordered, like a pipe.
 */
export function simulatedConnection(
  wire: Wire,
  ends: McpEnds,
  actors: Actors,
): { readonly client: Transport; readonly server: Transport } {
  const messages = new McpMessages(ends, "sim");
  const askers = new Map<RequestId, string>();
  const send = (message: JSONRPCMessage, direction: "to-server" | "to-client", lane: string, to: string): void => {
    const entry = messages.entry(message, direction, JSON.stringify(message));
    const carriers = wire.rewrite(entry.carrier, entry);
    const arriving = entryWith(entry, message, carriers.arriving);
    wire.ledger.sent(entryWith(entry, message, carriers.sent));
    wire.network.deliver(lane, to, () => {
      wire.ledger.received(arriving);
      (direction === "to-server" ? server : client).onmessage?.(JSON.parse(arriving.text));
    });
  };
  const [there, back] = [`${ends.client}>${ends.server}`, `${ends.server}>${ends.client}`];
  const client: SimulatedTransport = new SimulatedTransport(
    (message) => {
      if ("method" in message && "id" in message) askers.set(message.id, actors.current());
      send(message, "to-server", there, actors.server);
    },
    () => wire.network.deliver(there, actors.server, () => void server.close()),
  );
  const server: SimulatedTransport = new SimulatedTransport(
    (message) => {
      const id = "method" in message ? undefined : message.id;
      const asker = id === undefined ? undefined : askers.get(id);
      send(message, "to-client", back, asker ?? actors.client);
    },
    () => wire.network.deliver(back, actors.client, () => void client.close()),
  );
  return { client, server };
}

class SimulatedTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #send: (message: JSONRPCMessage) => void;
  readonly #hangUp: () => void;
  #isClosed = false;

  constructor(send: (message: JSONRPCMessage) => void, hangUp: () => void) {
    this.#send = send;
    this.#hangUp = hangUp;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error("the connection is closed"));
    this.#send(message);
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.onclose?.();
      this.#hangUp();
    }
    return Promise.resolve();
  }
}
