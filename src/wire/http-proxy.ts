import {
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
  request as httpRequest,
  validateHeaderValue,
} from "node:http";
import { request as httpsRequest } from "node:https";
import { brotliDecompressSync, constants, gunzipSync, inflateSync } from "node:zlib";
import type { Ending } from "./body.ts";
import type { ReadRequest } from "./http-exchange.ts";
import { type Listening, MESSAGE_BYTES_MAX, bodyOf, headersOf, listenOnLoopback, refusalOf } from "./loopback.ts";

/** What came back for a request that was passed on: an answer, as far as it came, or why there is none. */
export type PassedReply =
  | { readonly status: number; readonly headers: Headers; readonly text: string; readonly ending: Ending }
  | { readonly unreachable: string };

/** Where a request goes on to, and who hears what comes back. */
export interface Passage {
  readonly url: string;
  /** Headers in place of those of the same name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes another body of a whole one; left out, bytes pass as they come. */
  readonly rewrite?: (text: string) => string;
  readonly hear: (reply: PassedReply) => void;
}

/**
 * A reverse proxy on 127.0.0.1 that passes every byte on as it comes, both ways, and hears a copy of it. What cannot be
 * reached is answered with 502, as a gateway does; a connection that breaks on one side is broken on the other.
 *
 * `passageOf` is asked once a request, when its body has come; `undefined` is answered with 404. An answer of which more
 * comes than a message may hold passes, too, and is heard as broken.
 *
 * @throws TroupeError `USAGE` when the port is taken.
 */
export async function listenProxy(
  port: number,
  passageOf: (request: ReadRequest) => Passage | undefined,
): Promise<Listening> {
  const loopback = await listenOnLoopback(port, (request, response) => {
    const refusal = refusalOf(request, loopback.port);
    if (refusal !== undefined) response.writeHead(403).end(refusal);
    else pass(request, response, passageOf).catch((error: unknown) => fail(response, wordsOf(error)));
  });
  return { url: `http://127.0.0.1:${loopback.port}`, close: () => loopback.close() };
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  passageOf: (request: ReadRequest) => Passage | undefined,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) return void response.writeHead(413).end("Payload Too Large");
  const { url = "/", method = "GET", headers } = request;
  const read = { url: new URL(url, `http://${headers.host}`).href, method, headers: headersOf(request) };
  const passage = passageOf({ ...read, text: body.toString() });
  if (passage === undefined) return void response.writeHead(404).end("there is nothing behind this path");
  const away = open(passage, request, body.length);
  const gone = (): void => void (response.writableFinished || away.destroy(new Error("nobody waits for it any more")));
  response.once("close", gone);
  away.once("error", (error) => {
    if (response.headersSent) return;
    if (response.destroyed) return passage.hear({ status: 499, headers: new Headers(), text: "", ending: "cancelled" });
    const unreachable = `${new URL(passage.url).origin} could not be reached: ${wordsOf(error)}`;
    passage.hear({ unreachable });
    fail(response, unreachable);
  });
  away.once("response", (answer) => back(answer, response, passage));
  away.end(body);
}

/** What holds for one connection, and not for what crosses it. @see RFC 9110, section 7.6.1 */
const HOP_BY_HOP = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect)$/i;
/** What a copy can be unpacked from. */
const UNPACK: Readonly<Record<string, typeof gunzipSync>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

function open({ url, headers: own = {}, rewrite }: Passage, request: IncomingMessage, length: number): ClientRequest {
  const to = new URL(url);
  const replaced: Readonly<Record<string, string>> = {
    ...own,
    host: to.host,
    ...("content-length" in request.headers || length > 0 ? { "content-length": String(length) } : {}),
    ...("accept-encoding" in request.headers
      ? { "accept-encoding": rewrite === undefined ? known(request.headers["accept-encoding"]) : "identity" }
      : {}),
  };
  const kept = pairsOf(request).filter(([name]) => !HOP_BY_HOP.test(name) && !(name.toLowerCase() in replaced));
  const headers = [...kept, ...Object.entries(replaced)];
  for (const [name, value] of headers) validateHeaderValue(name, value);
  return (to.protocol === "https:" ? httpsRequest : httpRequest)(to, {
    method: request.method,
    headers: headers.flat(),
    // A socket that the other side closes just when it is used again would cost a call that nobody would make again.
    agent: false,
  });
}

/** Of the codings that a client takes, those that the copy can be unpacked from. */
function known(accepted: string | readonly string[] = ""): string {
  const codings = String(accepted)
    .split(",")
    .filter((coding) => Object.hasOwn(UNPACK, coding.split(";", 1)[0]?.trim() ?? ""));
  return codings.join(",").trim() || "identity";
}

function pairsOf({ rawHeaders }: IncomingMessage): readonly (readonly [name: string, value: string])[] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] as const] : []));
}

function back(answer: IncomingMessage, response: ServerResponse, { hear, rewrite, url }: Passage): void {
  const { statusCode: status = 502, statusMessage = "" } = answer;
  const copy: Buffer[] = [];
  let bytes = 0;
  const heard = (ending: Ending): void => {
    const isWhole = bytes <= MESSAGE_BYTES_MAX;
    const text = unpacked(isWhole ? Buffer.concat(copy) : Buffer.alloc(0), answer.headers["content-encoding"]);
    hear({ status, headers: headersOf(answer), text, ending: isWhole ? ending : "broken" });
  };
  const kept = pairsOf(answer)
    .filter(([name]) => !HOP_BY_HOP.test(name) && !(rewrite !== undefined && /^content-length$/i.test(name)))
    .map(([name, value]) => [name, /^location$/i.test(name) ? relative(value, url) : value]);
  response.writeHead(status, statusMessage, kept.flat());
  if (rewrite === undefined) response.flushHeaders();
  answer.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MESSAGE_BYTES_MAX) copy.push(chunk);
    if (rewrite === undefined && !response.write(chunk)) answer.pause();
  });
  response.on("drain", () => answer.resume());
  answer.once("end", () => {
    if (rewrite === undefined) response.end();
    else response.end(rewrite(Buffer.concat(copy).toString()));
    heard("whole");
  });
  answer.once("error", () => {
    heard(response.destroyed ? "cancelled" : "broken");
    response.destroy();
  });
}

/** A redirect within what is behind the proxy stays with the proxy. */
function relative(location: string, from: string): string {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  return to?.origin === new URL(from).origin ? `${to.pathname}${to.search}` : location;
}

function unpacked(bytes: Buffer, coding = "identity"): string {
  const unpack = UNPACK[coding.trim().toLowerCase()];
  if (unpack === undefined) return bytes.toString();
  try {
    // What broke off is read as far as it came.
    const finishFlush = coding === "br" ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
    return unpack(bytes, { maxOutputLength: MESSAGE_BYTES_MAX, finishFlush }).toString();
  } catch {
    return "";
  }
}

/** As gateways say it. @see RFC 9110, section 15.6.3 */
function fail(response: ServerResponse, message: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(502, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { type: "bad_gateway", message } }));
}

/** Where several addresses were tried, the error itself says nothing. */
function wordsOf(error: unknown): string {
  const { message, code }: Readonly<Record<string, unknown>> = Object(error);
  return String(message || code || error);
}
