import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Carriers, Reply } from "../../check/proof/evidence.ts";
import { withCarrier } from "../../wire/mcp-ledger.ts";
import { replyOf } from "./far-end.ts";

/** The official client's transport, with the carriers of each message exactly as they are stated. */
export class StatedTransport implements Transport {
  onmessage?: NonNullable<Transport["onmessage"]>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  isClosed = false;
  protocolVersion: string | undefined;
  readonly #inner: Transport;
  #carriers: Carriers = { meta: {}, header: {} };
  #requestId: string | undefined;
  #reply: Reply | undefined;

  constructor(open: (headers: () => Carriers["header"]) => Transport) {
    this.#inner = open(() => this.#carriers.header);
  }

  // Absent where there is no session, which the type of an accessor cannot say.
  get sessionId(): string {
    return this.#inner.sessionId as string;
  }

  /** What the next message is to bring. */
  state(carriers: Carriers): void {
    this.#carriers = carriers;
    this.#requestId = undefined;
    this.#reply = undefined;
  }

  /** How the last request was answered; `why` the client says that it was not. */
  answer(why: string): { readonly reply: Reply; readonly requestId?: string } {
    const silence: Reply = { kind: "none", text: why };
    return {
      reply: this.#reply ?? silence,
      ...(this.#requestId === undefined ? {} : { requestId: this.#requestId }),
    };
  }

  start(): Promise<void> {
    this.#inner.onmessage = (message, extra) => {
      if (!("method" in message) && String(message.id) === this.#requestId) this.#reply = replyOf(message);
      this.onmessage?.(message, extra);
    };
    this.#inner.onclose = () => {
      this.isClosed = true;
      this.onclose?.();
    };
    this.#inner.onerror = (error) => this.onerror?.(error);
    return this.#inner.start();
  }

  async send(message: Parameters<Transport["send"]>[0]): Promise<void> {
    if ("method" in message && "id" in message) this.#requestId ??= String(message.id);
    const { meta } = this.#carriers;
    const isBare = Object.keys(meta).length === 0 || !("method" in message);
    try {
      await this.#inner.send(isBare ? message : withCarrier(message, meta));
    } catch (error) {
      // Over HTTP a refusal is an answer, though none of JSON-RPC.
      const text = error instanceof Error ? error.message : String(error);
      if (this.sessionId !== undefined) this.#reply ??= { kind: "error", text };
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  setProtocolVersion(version: string): void {
    this.protocolVersion = version;
    this.#inner.setProtocolVersion?.(version);
  }
}
