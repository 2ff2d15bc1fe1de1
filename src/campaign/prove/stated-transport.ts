import { SdkHttpError, StreamableHTTPClientTransport, type Transport } from "@modelcontextprotocol/client";
import type { Carriers, Reply } from "../../check/proof/evidence.ts";
import { withCarrier } from "../../wire/mcp-ledger.ts";
import { after } from "../../wire/system-clock.ts";
import { replyOf } from "./far-end.ts";

/** The official client's transport, with the carriers of each message exactly as they are stated. */
export class StatedTransport implements Transport {
  onmessage?: NonNullable<Transport["onmessage"]>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  isClosed = false;
  readonly hasPerRequestStream: boolean;
  readonly #inner: Transport;
  #carriers: Carriers = { meta: {}, header: {} };
  #requestId: string | undefined;
  #reply: Reply | undefined;

  constructor(open: (headers: () => Carriers["header"]) => Transport) {
    this.#inner = open(() => this.#carriers.header);
    this.hasPerRequestStream = this.#inner.hasPerRequestStream === true;
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
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

  async send(...[message, options]: Parameters<Transport["send"]>): Promise<void> {
    if ("method" in message && "id" in message) this.#requestId ??= String(message.id);
    const { meta } = this.#carriers;
    const isBare = Object.keys(meta).length === 0 || !("method" in message);
    try {
      await this.#inner.send(isBare ? message : withCarrier(message, meta), options);
    } catch (error) {
      // Over HTTP a refusal is an answer, though none of JSON-RPC.
      if (error instanceof SdkHttpError) this.#reply ??= { kind: "error", text: refusalOf(error) };
      throw error;
    }
  }

  /** Ends the session, where there is one; waits for `limitMs` at most, as the server may hang. */
  async leave(limitMs: number): Promise<void> {
    if (!(this.#inner instanceof StreamableHTTPClientTransport) || this.sessionId === undefined) return;
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => (cancel = after(limitMs, resolve)));
    await Promise.race([this.#inner.terminateSession().catch(() => {}), late]);
    cancel();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }
}

function refusalOf({ status, data: { text }, message }: SdkHttpError): string {
  return `HTTP ${status} ${typeof text === "string" ? text : message}`;
}
