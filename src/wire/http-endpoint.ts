import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { NUMBER_HEADER, callerIn, ownUserAgent } from "./asker.ts";
import {
  type Fetch,
  HangUpError,
  type HttpEndpoint,
  type HttpReply,
  type HttpRequest,
  type NameRequest,
  readRequest,
  replyEntry,
  requestEntry,
  requestWith,
  responseOf,
  signalOf,
} from "./http-exchange.ts";
import { faultyExchange, faultyReply } from "./faults/exchange.ts";
import type { Strangers } from "./faults/strangers.ts";
import { subjectOf } from "./faults/subject.ts";
import { heardReply } from "./body.ts";
import type { Ledger, Written } from "./ledger.ts";
import type { ReplyOver } from "./node-fetch.ts";
import { type Door, openDoor } from "./door.ts";
import { type Listening, bodyOf, headersOf } from "./loopback.ts";
import type { Wire } from "./simulated.ts";

/**
 * Serves an endpoint. It is made when the address is known, which an agent's card has to name.
 *
 * @throws TroupeError as {@link openDoor}.
 */
export async function listenEndpoint({
  endpoint,
  ...where
}: Door & { readonly endpoint: (url: string) => HttpEndpoint }): Promise<Listening> {
  const door = await openDoor(where, (request, response) => {
    const refusal = door.refusalOf(request);
    if (refusal === undefined) void serveOver(request, response, answer);
    else response.writeHead(refusal.status, refusal.headers).end(refusal.message);
  });
  const url = door.urlOf("http");
  const answer = endpoint(url);
  return { url, close: () => door.close() };
}

/** One request from its first byte to the last of its reply, which is 500 where the endpoint throws what is no hang-up. */
export async function serveOver(
  request: IncomingMessage,
  response: ServerResponse,
  endpoint: HttpEndpoint,
): Promise<void> {
  const hungUp = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) hungUp.abort();
  });
  try {
    const body = await bodyOf(request);
    if (body === undefined) return void response.writeHead(413).end("Payload Too Large");
    const { url = "/", method = "GET", headers } = request;
    await write(
      await endpoint({
        url: new URL(url, `http://${headers.host}`).href,
        method,
        headers: headersOf(request),
        text: body.toString(),
        signal: hungUp.signal,
      }),
      response,
    );
  } catch (error) {
    if (response.headersSent || error instanceof HangUpError) response.destroy();
    else response.writeHead(500).end();
  }
}

async function write({ status, statusText, headers, body }: HttpReply, response: ServerResponse): Promise<void> {
  response.statusCode = status;
  if (statusText !== undefined) response.statusMessage = statusText;
  response.setHeaders(headers);
  if (body === null || typeof body === "string") {
    if (!response.destroyed) response.end(body);
    return;
  }
  response.flushHeaders();
  await pipeline(Readable.fromWeb(body), response);
}

/** A fetch that writes down what it sends and what comes back, rewrites carriers as they leave, and says whose it is. */
export function recordedFetch(
  request: ReplyOver,
  {
    ledger,
    rewrite,
    faults,
    from,
    to,
    number,
    name,
  }: Pick<Wire, "ledger" | "rewrite" | "faults"> & {
    readonly from: string;
    readonly to: string;
    /** Numbers requests whose protocol gives them no id of their own. */
    readonly number?: () => string;
    readonly name: NameRequest;
  },
): Fetch {
  return async (input, init) => {
    const read = await readRequest(input, init);
    read.headers.set("user-agent", ownUserAgent(from));
    const numbered = number === undefined ? {} : { number: number() };
    if (numbered.number !== undefined) read.headers.set(NUMBER_HEADER, numbered.number);
    const entry = requestEntry({ from, to, ...numbered }, "http", read, name);
    const { sent, arriving } = rewrite(entry.carrier, entry);
    ledger.sent(requestWith(entry, read, sent).entry);
    const { headers } = requestWith(entry, read, arriving).request;
    const body = read.text === "" ? null : read.text;
    const signal = signalOf(input, init) ?? null;
    const send = (left: string | null): Promise<HttpReply> =>
      request(read.url, { method: read.method, headers, body: left, signal });
    const reply: HttpReply =
      faults === undefined
        ? await send(body)
        : await faultyExchange(faults, {
            subject: subjectOf(entry),
            text: read.text,
            signal: signal ?? undefined,
            send: async (left) => responseOf(await send(left === "" ? null : left)),
          });
    const heard = await heardReply(reply, (text, ending) => {
      if (ending === "whole") ledger.received(replyEntry(entry, text, reply.status));
    });
    return responseOf(heard);
  };
}

/**
 * An endpoint that writes down what it is asked and what it answers. Clients other than Troupe's begin to count anew
 * whenever they like: a repeated id of theirs is another request's.
 *
 * What faults do to requests of `strangers`, they do before that is written down, and to answers after it.
 */
export function recordedEndpoint(
  endpoint: HttpEndpoint,
  {
    ledger,
    service,
    name,
    strangers,
  }: {
    readonly ledger: Ledger;
    readonly service: string;
    readonly name: NameRequest;
    readonly strangers?: Strangers | undefined;
  },
): HttpEndpoint {
  const counts = new Map<string, number>();
  const numbered = (entry: Written): Written => {
    const count = (counts.get(entry.message) ?? 0) + 1;
    counts.set(entry.message, count);
    return count === 1 ? entry : { ...entry, message: `${entry.message}~${count}` };
  };
  const answered = async (entry: Written, request: HttpRequest): Promise<HttpReply> => {
    ledger.received(entry);
    const reply = await endpoint(request);
    return await heardReply(reply, (text, ending) => {
      if (ending === "whole") ledger.sent(replyEntry(entry, text, reply.status));
    });
  };
  return async (request) => {
    const { isOwn, ...caller } = callerIn(request.headers);
    const written = requestEntry({ ...caller, to: service }, "http", request, name);
    const entry = ledger.isKept && !isOwn ? numbered(written) : written;
    if (strangers === undefined || isOwn) return await answered(entry, request);
    const headers = Object.fromEntries(request.headers);
    const { sent, arriving } = strangers.rewrite(entry, headers);
    // Nobody else writes down how a message set out that somebody spoilt on its way.
    if (sent !== arriving) ledger.sent(requestWith(entry, request, sent).entry);
    const came = requestWith(entry, request, arriving);
    const answer = (text: string): Promise<HttpReply> =>
      answered({ ...came.entry, text }, { ...request, ...came.request, text });
    return await faultyReply(strangers.faults, { subject: strangers.subjectOf(entry, headers), request, answer });
  };
}
