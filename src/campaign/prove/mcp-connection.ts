import { Agent } from "node:http";
import {
  Client,
  SdkError,
  SdkErrorCode,
  type ServerCapabilities,
  StreamableHTTPClientTransport,
  type Transport,
} from "@modelcontextprotocol/client";
import * as z from "zod";
import type { Carriers, Reply } from "../../check/proof/evidence.ts";
import type { Proof } from "../../check/proof/proof.ts";
import { fetchThrough } from "../../wire/node-fetch.ts";
import { stdioConnection } from "../../wire/stdio.ts";
import { VERSION } from "../../wire/version.ts";
import type { Bench, ProofLimits } from "./bench.ts";
import { type Era, STATELESS_REVISION } from "./era.ts";
import type { McpRequest } from "./mcp-requests.ts";
import { StatedTransport } from "./stated-transport.ts";

const ANY_RESULT = z.looseObject({});

/** The official client, connected to a peer in one era of MCP, by a bench's URL or the pipes of its program. */
export class McpConnection {
  readonly #client: Client;
  readonly #transport: StatedTransport;
  readonly #sockets = new Agent({ keepAlive: true });
  readonly #limits: ProofLimits;

  /** `onRubbish` hears lines of its standard output that are no JSON-RPC. */
  constructor(
    { url, child }: Pick<Bench, "url" | "child">,
    { era, limits, onRubbish }: { era: Era; limits: ProofLimits; onRubbish: (line: string) => void },
  ) {
    const mode = era === "stateless" ? { pin: STATELESS_REVISION } : "legacy";
    this.#client = new Client(
      { name: "troupe", version: VERSION },
      { versionNegotiation: { mode }, inputRequired: { autoFulfill: false } },
    );
    this.#transport = new StatedTransport((headers) => {
      if (url !== undefined) return this.#overHttp(url, headers);
      if (child === undefined) throw new Error("BUG: a peer with neither a program nor a URL");
      return stdioConnection(child, onRubbish);
    });
    this.#limits = limits;
  }

  #overHttp(url: string, more: () => Carriers["header"]): Transport {
    const request = fetchThrough(this.#sockets);
    return new StreamableHTTPClientTransport(new URL(url), {
      fetch: (to, init = {}) =>
        request(to, { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), ...more() } }),
    });
  }

  /** Absent where there is none. */
  get sessionId(): string | undefined {
    return this.#transport.sessionId;
  }

  get isClosed(): boolean {
    return this.#transport.isClosed;
  }

  /** What the server said that it has; it has begun to speak then. */
  get capabilities(): ServerCapabilities | undefined {
    return this.#client.getServerCapabilities();
  }

  /** How the server introduced itself. Known while it is connected. */
  get introduction(): Omit<Proof["peer"], "subject"> {
    const about = this.#client.getServerVersion();
    const protocol = this.#client.getNegotiatedProtocolVersion();
    return {
      ...(about === undefined ? {} : { name: about.name, version: about.version }),
      ...(protocol === undefined ? {} : { protocol }),
    };
  }

  /** Makes a request with exactly these carriers; the first is the one with which the era begins. */
  async ask(
    { method, params }: McpRequest,
    carriers: Carriers,
  ): Promise<{ readonly reply: Reply; readonly requestId?: string }> {
    this.#transport.state(carriers);
    const timeout = { timeout: this.#limits.answerMs };
    const asked =
      this.#client.transport === undefined
        ? this.#client.connect(this.#transport, timeout)
        : this.#client.request({ method, params }, ANY_RESULT, timeout);
    const why = await asked.then(
      () => "",
      (error: unknown) => this.#words(error),
    );
    return this.#transport.answer(why);
  }

  #words(error: unknown): string {
    const { code } = error instanceof SdkError ? error : {};
    if (code === SdkErrorCode.RequestTimeout) return `there was no answer within ${this.#limits.answerMs / 1000} s`;
    if (code === SdkErrorCode.ConnectionClosed) return "the connection closed before an answer came";
    return error instanceof Error ? error.message : String(error);
  }

  /** Ends its session too, where there is one. The program goes on. */
  async close(): Promise<void> {
    await this.#transport.leave(this.#limits.endMs);
    await this.#client.close().catch(() => {});
    this.#sockets.destroy();
  }
}
