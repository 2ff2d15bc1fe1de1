import type { CarrierFields, TransportName } from "../trace/evidence.ts";
import { type Written, carrierFields, writtenWith } from "./ledger.ts";

/**
 * What answers HTTP requests, whatever carried them. Between its layers bodies are texts, since each
 * `Request` or `Response` made, and read again, costs more than all that a layer does.
 */
export type HttpEndpoint = (request: HttpRequest) => Promise<HttpReply>;

/** `fetch`, or what stands in for it. */
export type Fetch = typeof fetch;

/** A request with its body read. */
export interface ReadRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly text: string;
}

export interface HttpRequest extends ReadRequest {
  /** Aborts when the caller is no longer there to be answered. */
  readonly signal: AbortSignal;
}

/** A reply whose body is a text, or a stream that is still to come. Any `Response` is one. */
export interface HttpReply {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: Headers;
  readonly body: string | ReadableStream<Uint8Array> | null;
}

/** What an endpoint throws where the connection is to end in place of an answer. */
export class HangUpError extends Error {
  override readonly name = "HangUpError";
}

/** A reply as `fetch` gives it. */
export function responseOf({ status, statusText = "", headers, body }: HttpReply): Response {
  return new Response(body, { status, statusText, headers });
}

/** What `fetch` is asked for. The signal stays behind: what listens to it would run in the context of whoever aborts. */
export async function readRequest(input: string | URL | Request, init: RequestInit | undefined): Promise<ReadRequest> {
  const headers = new Headers(init?.headers);
  const { method = "GET", body = null } = init ?? {};
  const isText = method === "POST" && typeof body === "string" && headers.has("content-type");
  // What clients of A2A send needs no `Request`, which costs more than all else here.
  if (!(input instanceof Request) && (isText || (method === "GET" && body === null)))
    return { url: new URL(input).href, method, headers, text: isText ? body : "" };
  const request = new Request(input, { ...init, signal: null });
  return { url: request.url, method: request.method, headers: request.headers, text: await request.text() };
}

export function signalOf(input: string | URL | Request, init: RequestInit | undefined): AbortSignal | undefined {
  return init?.signal ?? (input instanceof Request ? input.signal : undefined);
}

export function isEventStream(contentType: string | null): boolean {
  return contentType?.startsWith("text/event-stream") === true;
}

/** The W3C fields among headers. */
export function carrierIn(headers: Headers): CarrierFields {
  return carrierFields(Object.fromEntries(headers));
}

/** A copy of headers with another carrier; what else stands there is kept. */
export function withCarrierHeaders(headers: RequestInit["headers"], fields: CarrierFields): Headers {
  const changed = new Headers(headers);
  for (const key of Object.keys(carrierIn(changed))) changed.delete(key);
  for (const [key, value] of Object.entries(fields)) changed.set(key, value);
  return changed;
}

/** Where the requests of a protocol carry context. */
export interface CarrierPlace {
  readonly read: (request: ReadRequest) => CarrierFields;
  /** The request with another carrier; what else stands there is kept. */
  readonly write: (request: ReadRequest, fields: CarrierFields) => ReadRequest;
}

/** HTTP writes the keys in lower case. */
const IN_HEADERS: CarrierPlace = {
  read: ({ headers }) => carrierIn(headers),
  write: (request, fields) => ({ ...request, headers: withCarrierHeaders(request.headers, fields) }),
};

/** A request and its entry as they are with another carrier. */
export function requestWith(
  entry: Written,
  request: ReadRequest,
  carrier: CarrierFields,
  place: CarrierPlace = IN_HEADERS,
): { readonly entry: Written; readonly request: ReadRequest } {
  if (carrier === entry.carrier) return { entry, request };
  const changed = place.write(request, carrier);
  return { entry: { ...entry, carrier: place.read(changed), text: changed.text }, request: changed };
}

/** What the ledger says of a request: in which protocol it asks for what, and for which agent, where it says so. */
export interface NamedRequest {
  readonly protocol: "a2a" | "http" | "mcp" | "model";
  /** The request's own id, where its protocol gives it one. */
  readonly id: string;
  readonly method: string;
  readonly agent?: string;
  /** Where else the request may hold a context, beside where its protocol has it. */
  readonly places?: readonly unknown[];
  /** Keys of its carrier that its text has more than once. */
  readonly repeated?: readonly string[];
  /** Default: a request, which is answered. */
  readonly role?: "notification";
}

/** How a protocol's requests are called. */
export type NameRequest = (request: ReadRequest) => NamedRequest;

/** A protocol over HTTP, as the ledger sees it. */
export interface HttpProtocol {
  /** `undefined` for what is no message of the protocol's, as a stream that waits for some. */
  readonly name: (request: ReadRequest) => NamedRequest | undefined;
  /** Default: its headers. */
  readonly carrier?: CarrierPlace;
}

/** The ledger's entry for a request, as either end writes it. `number` stands in place of the request's own id. */
export function requestEntry(
  { from, to, number }: { readonly from: string; readonly to: string; readonly number?: string },
  transport: TransportName,
  request: ReadRequest,
  name: NameRequest,
  place: CarrierPlace = IN_HEADERS,
): Written {
  const { protocol, id, method, agent, places = [], repeated = [], role = "request" } = name(request);
  const beside: CarrierFields = Object.assign({}, ...places.map(carrierFields));
  const message = `${from}>${to}#${number ?? id}`;
  const carrier = place.read(request);
  return writtenWith(
    { message, from, to, protocol, transport, method, role, carrier, text: request.text },
    { agent, beside, repeated },
  );
}

/** The entry for the reply to a request, which came with that status of HTTP. */
export function replyEntry(request: Written, text: string, status: number): Written {
  const { from, to, message } = request;
  const number = message.slice(`${from}>${to}#`.length);
  const reply = {
    message: `${to}>${from}#re:${number}`,
    from: to,
    to: from,
    role: "reply",
    carrier: {},
    status,
    text,
  } as const;
  return Object.assign({}, request, reply);
}
