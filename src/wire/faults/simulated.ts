import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { McpEnds } from "../mcp-ledger.ts";
import { ConnectionFaults } from "./connection.ts";
import { type HttpAnswer, wholeAfterMs } from "./fate.ts";
import { type Carriage, FaultLane } from "./lane.ts";
import { McpSubjects } from "./subject.ts";
import type { WireFaults } from "./wire-faults.ts";

/** A message in a simulation, and the ways that the network has for it. */
export interface Passage {
  readonly message: JSONRPCMessage;
  readonly text: string;
  readonly direction: "to-server" | "to-client";
  /** Takes it to the other end, so much later than it would. */
  readonly deliver: (lateNano: number, arrive: () => void) => void;
  /** Brings news to who asked. */
  readonly tell: (news: () => void) => void;
  readonly cut: () => void;
}

/** The faults of one connection of MCP in a simulation, which is like a pipe, and like HTTP where a fault needs it. */
export class SimulatedFaults {
  readonly #faults: WireFaults;
  readonly #connection: ConnectionFaults;
  readonly #lanes = { "to-server": new FaultLane(), "to-client": new FaultLane() };
  readonly #refusals = new Map<RequestId, (error: Error) => void>();

  constructor(faults: WireFaults, { client, server }: Pick<McpEnds, "client" | "server">) {
    this.#faults = faults;
    this.#connection = new ConnectionFaults(faults, new McpSubjects({ from: client, to: server, transport: "sim" }));
  }

  /** Rejects as soon as HTTP has answered a request in place of the server, as the SDK's client over HTTP does. */
  cross({ message, text, direction, deliver, tell, cut }: Passage, arrive: (text: string) => void): Promise<void> {
    const id = "id" in message ? message.id : undefined;
    const isRequest = direction === "to-server" && "method" in message && id !== undefined;
    const refused = isRequest
      ? new Promise<void>((_, reject) => void this.#refusals.set(id, reject))
      : Promise.resolve();
    const refuse = id === undefined ? undefined : this.#refusals.get(id);
    const carriage: Carriage = {
      deliver: (fate, go) => deliver(Math.round(wholeAfterMs(fate) * 1e6), go),
      cut,
      refuse: (answer) => tell(() => refuse?.(refusal(answer))),
      lose: () => {},
      after: (delayMs, fire) => this.#faults.after(delayMs, fire),
    };
    const fates = this.#connection;
    const fate = direction === "to-server" ? fates.leaving(message, text) : fates.arriving(message, text);
    this.#lanes[direction].cross(fate, carriage, arrive);
    return refused;
  }

  close(): void {
    this.#connection.close();
  }
}

/** In the words of the SDK's client over HTTP. */
function refusal({ status, body }: HttpAnswer): Error {
  const error = new Error(`Streamable HTTP error: Error POSTing to endpoint: ${body}`);
  return Object.assign(error, { code: status });
}
