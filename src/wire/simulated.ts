import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import { SimulatedFaults } from "./faults/simulated.ts";
import { readAfterFault } from "./faults/text.ts";
import type { WireFaults } from "./faults/wire-faults.ts";
import type { CarrierRewrite, Ledger } from "./ledger.ts";
import { type McpEnds, McpMessages, entryWith } from "./mcp-ledger.ts";

/** What carries a message in a simulation: it runs `arrive` later, as the actor `to`, in order within the lane. */
interface Network {
  /** `lateNano` is what a fault adds to the time that it takes anyway. */
  deliver(lane: string, to: string, arrive: () => void, lateNano?: number): void;
}

export interface Wire {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly rewrite: CarrierRewrite;
  readonly faults?: WireFaults | undefined;
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
  const faults = wire.faults === undefined ? undefined : new SimulatedFaults(wire.faults, ends);
  const [there, back] = [`${ends.client}>${ends.server}`, `${ends.server}>${ends.client}`];
  const cut = (): void => wire.network.deliver(back, actors.client, () => void client.close());
  const send = (message: JSONRPCMessage, direction: "to-server" | "to-client", to: string): Promise<void> => {
    const lane = direction === "to-server" ? there : back;
    const entry = messages.entry(message, direction, JSON.stringify(message));
    const carriers = wire.rewrite(entry.carrier, entry);
    const arriving = entryWith(entry, message, carriers.arriving);
    wire.ledger.sent(entryWith(entry, message, carriers.sent));
    const arrive = (left: string): void => {
      const peer = direction === "to-server" ? server : client;
      const read = left === arriving.text ? JSON.parse(left) : readAfterFault(left);
      if (read instanceof Error) return peer.onerror?.(read);
      wire.ledger.received(left === arriving.text ? arriving : { ...arriving, text: left });
      peer.onmessage?.(read);
    };
    if (faults === undefined) {
      wire.network.deliver(lane, to, () => arrive(arriving.text));
      return Promise.resolve();
    }
    const asker = direction === "to-server" ? actors.current() : to;
    const tell = (news: () => void): void => wire.network.deliver(back, asker, news);
    const deliver = (lateNano: number, go: () => void): void => wire.network.deliver(lane, to, go, lateNano);
    return faults.cross({ message, text: arriving.text, direction, deliver, tell, cut }, arrive);
  };
  const client: SimulatedTransport = new SimulatedTransport(
    (message) => {
      if ("method" in message && "id" in message) askers.set(message.id, actors.current());
      return send(message, "to-server", actors.server);
    },
    () => {
      faults?.close();
      wire.network.deliver(there, actors.server, () => void server.close());
    },
  );
  const server: SimulatedTransport = new SimulatedTransport(
    (message) => {
      const id = "method" in message ? undefined : message.id;
      const asker = id === undefined ? undefined : askers.get(id);
      return send(message, "to-client", asker ?? actors.client);
    },
    () => wire.network.deliver(back, actors.client, () => void client.close()),
  );
  return { client, server };
}

class SimulatedTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #send: (message: JSONRPCMessage) => Promise<void>;
  readonly #hangUp: () => void;
  #isClosed = false;

  constructor(send: (message: JSONRPCMessage) => Promise<void>, hangUp: () => void) {
    this.#send = send;
    this.#hangUp = hangUp;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error("the connection is closed"));
    return this.#send(message);
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
