import { setMaxListeners } from "node:events";
import { type Agent, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { headersOf } from "./loopback.ts";

/** A `fetch` of texts. */
export type RequestOver = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` of texts on Node's own HTTP client, through the sockets of `agent`; over https through Node's own.
 *
 * The global one lets every request listen to its `AbortSignal` until it is collected as garbage, which after some 1,500
 * calls prints a warning; it is slower, and may be another's.
 */
export function fetchThrough(agent: Agent): RequestOver {
  return (url, { method = "GET", body, headers, signal } = {}) =>
    new Promise((resolve, reject) => {
      // Each request in flight listens to it, and stops when it is done.
      if (signal) setMaxListeners(0, signal);
      const text = typeof body === "string" ? body : undefined;
      const isSecure = new URL(url).protocol === "https:";
      const options = {
        method,
        ...(isSecure ? {} : { agent }),
        headers: {
          ...Object.fromEntries(new Headers(headers)),
          ...(text === undefined ? {} : { "content-length": Buffer.byteLength(text) }),
        },
        ...(signal ? { signal } : {}),
      };
      const request = (isSecure ? httpsRequest : httpRequest)(url, options, (answer) => {
        responseOf(answer).then(resolve, reject);
      });
      request.on("error", reject).end(text);
    });
}

const STATUSES_WITHOUT_BODY: readonly number[] = [101, 204, 205, 304];

/** Streams stay streams; all else is read to its end, so that the socket is free again. */
async function responseOf(answer: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0, statusMessage: statusText = "" } = answer;
  const init = { status, statusText, headers: headersOf(answer) };
  if (answer.headers["content-type"]?.startsWith("text/event-stream"))
    return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, init);
  const body = await buffer(answer);
  return new Response(STATUSES_WITHOUT_BODY.includes(status) ? null : body, init);
}
