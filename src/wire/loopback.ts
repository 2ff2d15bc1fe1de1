import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { TroupeError } from "../core/errors.ts";

/** Something that listens, until it is closed. */
export interface Listening {
  readonly url: string;
  /** Ends every connection and socket at once. */
  close(): Promise<void>;
}

/** The most that one message or request may hold. */
export const MESSAGE_BYTES_MAX: number = 64 * 1024 * 1024;

/** An HTTP server that listens. */
interface Listener {
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
): Promise<Listener> {
  return await listenOn({ host: "127.0.0.1", port }, onRequest);
}

/** As {@link listenOnLoopback}, at a host of this machine; who may come in is the caller's to check, at each request. */
export async function listenOn(
  { host, port }: { readonly host: string; readonly port: number },
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listener> {
  const server = createServer(onRequest);
  // An idle socket that the server closes just when its client uses it again costs a call.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(host, port, error)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { server, port: typeof address === "object" && address !== null ? address.port : port, close };
}

/** How a program on this machine names it. */
export const LOOPBACK_NAMES: readonly string[] = ["127.0.0.1", "localhost"];

/**
 * Why a request is not from a program that means this server: a page in a browser may have rebound its own name to the
 * server's address. `names` are those by which it may be asked, as they stand in a URL. `undefined` where all is well.
 */
export function refusalOf({ headers }: IncomingMessage, port: number, names = LOOPBACK_NAMES): string | undefined {
  // Port 80 is left out of both headers.
  const hosts = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  const { host, origin } = headers;
  if (host === undefined || !hosts.includes(host.toLowerCase())) return `Invalid Host header: ${host ?? "none"}`;
  const isForeign = origin !== undefined && !hosts.some((known) => origin === `http://${known}`);
  return isForeign ? `Invalid Origin header: ${origin}` : undefined;
}

function cannotListen(host: string, port: number, error: Error): TroupeError {
  const code = "code" in error ? error.code : undefined;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const mend = "Give --host a name or an address of this machine, or 0.0.0.0 for all of them.";
    return new TroupeError(
      "USAGE",
      { where: `host ${host}`, what: "this machine has no such address", mend },
      { cause: error },
    );
  }
  const what = code === "EADDRINUSE" ? "another process listens there" : `it cannot be listened on (${error.message})`;
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
