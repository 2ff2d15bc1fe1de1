import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import type { PlainHeaders } from "./asker.ts";
import { type McpListenOptions, openDoor } from "./door.ts";
import { type Listening, MESSAGE_BYTES_MAX } from "./loopback.ts";
import type { TextTransport } from "./decorated-transport.ts";

const SUBPROTOCOL = "mcp";
const HANDSHAKE_LIMIT_MS = 10_000;
const FAREWELL_LIMIT_MS = 1000;

/**
 * Serves MCP over WebSocket: a custom transport, which MCP allows and does not define. One text frame is one JSON-RPC
 * message; `_meta` is the only carrier, since a frame has no headers. A token comes with the handshake.
 *
 * @throws TroupeError as {@link openDoor}.
 */
export async function listenWebSocket({ onConnection, ...where }: McpListenOptions): Promise<Listening> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols: () => SUBPROTOCOL,
  });
  const door = await openDoor(where, (_, response) => void response.writeHead(426).end());
  door.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = door.refusalOf(request);
    if (refusal !== undefined) return refuse(socket, refusal.status, refusal.message, refusal.headers);
    if (!subprotocolsOf(request).includes(SUBPROTOCOL))
      return refuse(socket, 400, `The subprotocol must be ${SUBPROTOCOL}`);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const transport = new WebSocketTransport(webSocket, "the client", request.headers);
      onConnection(transport).catch((error: unknown) => {
        // A reason may have 123 bytes.
        webSocket.close(1011, (error instanceof Error ? error.message : String(error)).slice(0, 40));
        webSocket.resume();
      });
    });
  });
  return {
    url: door.urlOf("ws"),
    async close() {
      for (const webSocket of sockets.clients) webSocket.terminate();
      sockets.close();
      await door.close();
    },
  };
}

/** The client's end of MCP over WebSocket, which asks with those headers; see {@link listenWebSocket}. */
export function webSocketConnection(url: string, headers: Readonly<Record<string, string>> = {}): Transport {
  return new WebSocketTransport(
    () =>
      new WebSocket(url, SUBPROTOCOL, {
        headers,
        perMessageDeflate: false,
        maxPayload: MESSAGE_BYTES_MAX,
        handshakeTimeout: HANDSHAKE_LIMIT_MS,
      }),
    url,
  );
}

function subprotocolsOf({ headers }: IncomingMessage): readonly string[] {
  return (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
}

function refuse(socket: Duplex, status: number, reason: string, more: Readonly<Record<string, string>> = {}): void {
  const length = String(Buffer.byteLength(reason));
  const headers = { connection: "close", "content-type": "text/plain", "content-length": length, ...more };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on("error", () => {}).once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${reason}`);
}

class WebSocketTransport implements TextTransport {
  onmessage?: NonNullable<TextTransport["onmessage"]>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly openedBy: PlainHeaders;
  readonly #peer: string;
  readonly #open: () => WebSocket;
  #webSocket: WebSocket | undefined;
  #isClosed = false;

  /** A socket that is open, or the way to open one. */
  constructor(socket: WebSocket | (() => WebSocket), peer: string, openedBy: PlainHeaders = {}) {
    this.#peer = peer;
    this.openedBy = openedBy;
    if (typeof socket === "function") this.#open = socket;
    else {
      // Or what comes before `start` would be lost.
      socket.pause();
      this.#open = () => socket;
      this.#webSocket = socket;
      this.#watch(socket);
    }
  }

  async start(): Promise<void> {
    const isOpen = this.#webSocket !== undefined;
    const webSocket = this.#open();
    webSocket.on("message", (data, isBinary) => this.#take(data, isBinary));
    if (isOpen) return webSocket.resume();
    this.#webSocket = webSocket;
    await new Promise<void>((resolve, reject) => {
      webSocket.once("open", resolve).once("error", reject);
      this.#watch(webSocket);
    });
  }

  send(message: JSONRPCMessage, _options?: unknown, text: string = JSON.stringify(message)): Promise<void> {
    const webSocket = this.#webSocket;
    if (webSocket?.readyState !== WebSocket.OPEN) return Promise.reject(this.#gone());
    return new Promise((resolve, reject) => {
      webSocket.send(text, (error) => (error ? reject(this.#gone(error)) : resolve()));
    });
  }

  async close(): Promise<void> {
    const webSocket = this.#webSocket;
    if (webSocket === undefined || webSocket.readyState === WebSocket.CLOSED) return this.#over();
    webSocket.close(1000);
    // A paused socket, or one whose peer hangs, never sees the other's goodbye.
    webSocket.resume();
    const limit = setTimeout(() => webSocket.terminate(), FAREWELL_LIMIT_MS);
    await new Promise((resolve) => webSocket.once("close", resolve));
    clearTimeout(limit);
  }

  #watch(webSocket: WebSocket): void {
    webSocket.on("error", (error) => this.onerror?.(error));
    webSocket.once("close", () => this.#over());
  }

  #over(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.onclose?.();
  }

  #take(data: RawData, isBinary: boolean): void {
    const text = isBinary ? "" : textOf(data);
    const message = messageIn(text);
    if (message === undefined) this.onerror?.(new Error(`${this.#peer} sent what is no JSON-RPC message`));
    else this.onmessage?.(message, undefined, text);
  }

  #gone(cause?: Error): Error {
    return new Error(`${this.#peer} has gone`, { cause });
  }
}

function textOf(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString();
}

function messageIn(text: string): JSONRPCMessage | undefined {
  try {
    return JSONRPCMessageSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
