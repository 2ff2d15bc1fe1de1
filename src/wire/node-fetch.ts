import { setMaxListeners } from "node:events";
import { type Agent, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type HttpReply, responseOf } from "./http-exchange.ts";
import { headersOf } from "./loopback.ts";

/** A `fetch` of texts. */
export type RequestOver = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** The same, for who reads the reply and needs no `Response`, of which each costs more than all else here. */
export type ReplyOver = (url: string | URL, init?: RequestInit) => Promise<HttpReply>;

/** {@link repliesThrough} as a `fetch`. */
export function fetchThrough(agent: Agent): RequestOver {
  const replyOver = repliesThrough(agent);
  return async (url, init) => responseOf(await replyOver(url, init));
}

/**
 * Requests of texts on Node's own HTTP client, through the sockets of `agent`; over https through Node's own.
 *
 * The global `fetch` lets every request listen to its `AbortSignal` until it is collected as garbage, which after some
 * 1,500 calls prints a warning; it is slower, and may be another's.
 */
export function repliesThrough(agent: Agent): ReplyOver {
  return (url, { method = "GET", body, headers = {}, signal } = {}) =>
    new Promise((resolve, reject) => {
      // Each request in flight listens to it, and stops when it is done.
      if (signal) setMaxListeners(0, signal);
      const sent = typeof body === "string" ? body : undefined;
      const isSecure = new URL(url).protocol === "https:";
      const options = {
        method,
        ...(isSecure ? {} : { agent }),
        headers: {
          ...Object.fromEntries(headers instanceof Headers ? headers : new Headers(headers)),
          ...(sent === undefined ? {} : { "content-length": Buffer.byteLength(sent) }),
        },
        ...(signal ? { signal } : {}),
      };
      const request = (isSecure ? httpsRequest : httpRequest)(url, options, (answer) => {
        replyOf(answer).then(resolve, reject);
      });
      request.on("error", reject).end(sent);
    });
}

const STATUSES_WITHOUT_BODY: readonly number[] = [101, 204, 205, 304];

/** Streams stay streams; all else is read to its end, so that the socket is free again. */
async function replyOf(answer: IncomingMessage): Promise<HttpReply> {
  const { statusCode: status = 0, statusMessage: statusText = "" } = answer;
  const head = { status, statusText, headers: headersOf(answer) };
  if (answer.headers["content-type"]?.startsWith("text/event-stream"))
    return { ...head, body: Readable.toWeb(answer) as ReadableStream<Uint8Array> };
  const body = await text(answer);
  return { ...head, body: STATUSES_WITHOUT_BODY.includes(status) ? null : body };
}
