import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isIPv4, isIPv6 } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { ReadRequest } from "./http-exchange.ts";
import { LOOPBACK_NAMES, listenOn, refusalOf } from "./loopback.ts";

/** Where something is to listen, and what a request has to bring. */
export interface Door {
  /** 0 takes a free one. */
  readonly port: number;
  /** A name or an address of this machine; `0.0.0.0` and `::` are all of its addresses. Default: 127.0.0.1. */
  readonly host?: string;
  /** What clients call it by, where a proxy stands before it: http or https, without a slash at its end. Default: where it listens. */
  readonly publicUrl?: string;
  /** What every request has to bring as `Authorization: Bearer TOKEN`. Default: nothing. */
  readonly token?: string | undefined;
}

/** Where MCP is to be served, and by what. */
export interface McpListenOptions extends Door {
  /** Over HTTP: whether the server may say something before its answer, which then comes as a stream. Default: false. */
  readonly isStreaming?: boolean;
  /** Connects a server to each new session or connection. */
  readonly onConnection: (transport: Transport) => Promise<void>;
  /** Over HTTP: hears of each request that was refused, with that status, before any server heard of it. */
  readonly onRefused?: (request: ReadRequest, status: number) => void;
}

/** Why a request is not let in, as HTTP says it. */
interface RefusedEntry {
  readonly status: 401 | 403;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: string;
}

interface OpenDoor {
  readonly server: Server;
  /** Where clients find it, as `host:port`: the host that was asked for, or of all addresses one that others can reach. */
  readonly authority: string;
  /** The address that clients are told, without a slash at its end. */
  urlOf(scheme: "http" | "ws"): string;
  /** `undefined` where a request may come in. Nothing of its body is read before. */
  refusalOf(request: IncomingMessage): RefusedEntry | undefined;
  /** Ends it and every socket at once. */
  close(): Promise<void>;
}

/**
 * Listens for HTTP where a door says. Requests have to name the host that was asked for, or loopback, in `Host`, and the
 * same in `Origin` where there is one: a page in a browser may have rebound its own name to the address. What a proxy
 * before it is called by is as good.
 *
 * @throws TroupeError `USAGE` when the port is taken or not allowed, or the host is not this machine's.
 */
export async function openDoor(
  { port: wanted, host = "127.0.0.1", publicUrl, token }: Door,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<OpenDoor> {
  const { server, port, ...listener } = await listenOn({ host, port: wanted }, onRequest);
  const names = [...LOOPBACK_NAMES, ...(isEveryAddress(host) ? namesOfMachine() : [host])].map(inUrl);
  const authority = `${inUrl(isEveryAddress(host) ? reachableAddress() : host)}:${port}`;
  return {
    server,
    authority,
    urlOf: (scheme) =>
      publicUrl === undefined
        ? `${scheme}://${authority}`
        : publicUrl.replace(/^http/, scheme === "ws" ? "ws" : "http"),
    refusalOf(request) {
      const message = isAskedAt(publicUrl, request) ? undefined : refusalOf(request, port, names);
      if (message !== undefined) return { status: 403, headers: {}, message };
      return token === undefined ? undefined : unauthorized(request, token);
    },
    close: () => listener.close(),
  };
}

/** Whether a request has come by the proxy, which hands `Host` on as it got it. */
function isAskedAt(publicUrl: string | undefined, { headers }: IncomingMessage): boolean {
  if (publicUrl === undefined) return false;
  const { host, origin, protocol } = new URL(publicUrl);
  const usual = protocol === "https:" ? 443 : 80;
  const isHost = [host, `${host}:${usual}`].includes(headers.host?.toLowerCase() ?? "");
  return isHost && (headers.origin === undefined || headers.origin === origin);
}

/** Whether only this machine can reach what listens there. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** Whether it stands for all addresses of this machine. */
export function isEveryAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** @see RFC 6750, section 3 */
function unauthorized({ headers }: IncomingMessage, token: string): RefusedEntry | undefined {
  const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  if (given !== undefined && isSame(given, token)) return undefined;
  const [error, message] =
    given === undefined
      ? ["", "A token is needed: Authorization: Bearer TOKEN"]
      : [', error="invalid_token"', "The token is not the one that is needed"];
  return { status: 401, headers: { "www-authenticate": `Bearer realm="troupe"${error}` }, message };
}

/** How long it takes says nothing about the texts, of which digests have one length. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}

function inUrl(host: string): string {
  return (isIPv6(host) ? `[${host}]` : host).toLowerCase();
}

function addressesOfMachine(): readonly { readonly address: string; readonly internal: boolean }[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
}

function namesOfMachine(): readonly string[] {
  return [hostname(), ...addressesOfMachine().map(({ address }) => address)];
}

/** Of a machine without a network, its loopback. */
function reachableAddress(): string {
  return addressesOfMachine().find(({ address, internal }) => !internal && isIPv4(address))?.address ?? "127.0.0.1";
}
