import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { TroupeError } from "../core/errors.ts";

/** Something that listens, until it is closed. */
export interface Listening {
  readonly url: string;
  /** Ends every connection and socket at once. */
  close(): Promise<void>;
}

/** Where MCP is to be served, and by what. */
export interface McpListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Over HTTP: whether the server may say something before its answer, which then comes as a stream. Default: false. */
  readonly isStreaming?: boolean;
  /** Connects a server to each new session or connection. */
  readonly onConnection: (transport: Transport) => Promise<void>;
}

/** The most that one message or request may hold. */
export const MESSAGE_BYTES_MAX: number = 64 * 1024 * 1024;

/** An HTTP server that only this machine can reach. */
export interface Loopback {
  readonly server: Server;
  readonly port: number;
  /** Closes it and every socket at once. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1; port 0 takes a free one.
 *
 * @throws TroupeError `USAGE` when the port is taken or not allowed.
 */
export async function listenOnLoopback(
  port: number,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Loopback> {
  const server = createServer(onRequest);
  // An idle socket that the server closes just when its client uses it again costs a call.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(port, error)));
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { server, port: typeof address === "object" && address !== null ? address.port : port, close };
}

/**
 * Why a request is not from a program on this machine: a page in a browser may have rebound its own name to 127.0.0.1.
 * `undefined` where all is well.
 */
export function refusalOf({ headers }: IncomingMessage, port: number): string | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host, origin } = headers;
  if (host === undefined || !hosts.includes(host)) return `Invalid Host header: ${host ?? "none"}`;
  const isForeign = origin !== undefined && !hosts.some((known) => origin === `http://${known}`);
  return isForeign ? `Invalid Origin header: ${origin}` : undefined;
}

function cannotListen(port: number, error: Error): TroupeError {
  const isTaken = "code" in error && error.code === "EADDRINUSE";
  const what = isTaken ? "another process listens there" : `it cannot be listened on (${error.message})`;
  return new TroupeError(
    "USAGE",
    { where: `port ${port}`, what, mend: "Choose another --port, or 0 for a free one." },
    { cause: error },
  );
}

/**
 * A request's body; `undefined` where it is larger than `bytesMax`. It is read to its end even then: a client that is
 * still writing does not read the answer.
 */
export async function bodyOf(
  request: IncomingMessage,
  bytesMax: number = MESSAGE_BYTES_MAX,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > bytesMax ? undefined : Buffer.concat(chunks);
}

/** The headers of a request or an answer. */
export function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value);
  return headers;
}
