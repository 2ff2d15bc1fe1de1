import type { TaskState } from "../scenario/a2a.ts";
import type { CarrierFields, TransportName } from "../trace/evidence.ts";
import { type Written, carrierFields } from "./ledger.ts";

/**
 * What answers an A2A agent's HTTP requests, whatever carried them. Between its layers bodies are texts, since each
 * `Request` or `Response` made, and read again, costs more than all that a layer does.
 */
export type A2aEndpoint = (request: HttpRequest) => Promise<HttpReply>;

/** `fetch`, or what stands in for it. */
export type Fetch = typeof fetch;

/** Under this key of a message's metadata an agent introduces itself to the agent that it asks. */
export const CALLER_METADATA = "troupe.caller";

export const CARD_PATH = "/.well-known/agent-card.json";

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

/** What a request asks for, as far as its text tells. */
export interface A2aCall {
  /** The JSON-RPC method; for anything else `{method} {path}` of HTTP. */
  readonly method: string;
  readonly isRpc: boolean;
  /** The JSON-RPC id; "card" for the card. */
  readonly id: string;
  /** The agent that asks, where its message says so. */
  readonly agent?: string;
  /** The conversation that the message belongs to, where it says so. */
  readonly contextId?: string;
}

export function callIn({ url, method, text }: Omit<ReadRequest, "headers">): A2aCall {
  const body = method === "POST" ? jsonOf(text) : undefined;
  const rpc = at(body, "method");
  const { pathname } = new URL(url);
  if (typeof rpc !== "string") {
    return { method: `${method} ${pathname}`, isRpc: false, id: pathname === CARD_PATH ? "card" : pathname };
  }
  const agent = at(body, "params", "message", "metadata", CALLER_METADATA);
  const contextId = at(body, "params", "message", "contextId");
  return {
    method: rpc,
    isRpc: true,
    id: String(at(body, "id")),
    ...(typeof agent === "string" && agent !== "" ? { agent } : {}),
    ...(typeof contextId === "string" && contextId !== "" ? { contextId } : {}),
  };
}

/** What a reply says of its task, and of what went wrong. */
export interface A2aOutcome {
  readonly task?: string;
  readonly state?: TaskState;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Reads a reply's body, JSON or an event stream; of a stream the last word counts. */
export function outcomeIn(text: string, contentType: string | null): A2aOutcome {
  const messages = isEventStream(contentType) ? eventsIn(text) : [jsonOf(text)];
  let outcome: A2aOutcome = {};
  for (const message of messages) outcome = { ...outcome, ...outcomeOf(message) };
  return outcome;
}

function outcomeOf(message: unknown): A2aOutcome {
  const error = at(message, "error");
  if (error !== undefined) return { error: { code: String(at(error, "code")), message: String(at(error, "message")) } };
  const result = at(message, "result");
  const told = at(result, "task") ?? at(result, "statusUpdate") ?? at(result, "artifactUpdate") ?? result;
  const task = at(told, "taskId") ?? at(told, "id");
  const state = taskStateOf(at(told, "status", "state"));
  return {
    ...(typeof task === "string" && task !== "" ? { task } : {}),
    ...(state === undefined ? {} : { state }),
  };
}

function eventsIn(text: string): readonly unknown[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => jsonOf(line.slice("data:".length)));
}

export function isEventStream(contentType: string | null): boolean {
  return contentType?.startsWith("text/event-stream") === true;
}

const STATES: ReadonlySet<string> = new Set<TaskState>([
  "submitted",
  "working",
  "input-required",
  "auth-required",
  "completed",
  "failed",
  "canceled",
  "rejected",
]);

/** A task state as it crosses, `TASK_STATE_INPUT_REQUIRED`, in Troupe's own words, `input-required`. */
export function taskStateOf(name: unknown): TaskState | undefined {
  const word = String(name).replace("TASK_STATE_", "").replaceAll("_", "-").toLowerCase();
  return isTaskState(word) ? word : undefined;
}

function isTaskState(word: string): word is TaskState {
  return STATES.has(word);
}

/** A value deep in JSON that somebody else wrote. */
function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = Reflect.get(Object(found), key);
  return found;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The W3C fields among headers. */
export function carrierIn(headers: Headers): CarrierFields {
  return carrierFields(Object.fromEntries(headers));
}

/** A copy of headers with another carrier; what else stands there is kept. */
export function withCarrierHeaders(headers: Headers, fields: CarrierFields): Headers {
  const changed = new Headers(headers);
  for (const key of Object.keys(carrierIn(headers))) changed.delete(key);
  for (const [key, value] of Object.entries(fields)) changed.set(key, value);
  return changed;
}

/** The ledger's entry for a request, as either end writes it. `number` is the request's own id, where none is given. */
export function requestEntry(
  { from, to, number }: { readonly from: string; readonly to: string; readonly number?: string },
  transport: TransportName,
  request: ReadRequest,
): Written {
  const { id, method, agent } = callIn(request);
  return {
    message: `${from}>${to}#${number ?? id}`,
    from,
    to,
    ...(agent === undefined ? {} : { agent }),
    protocol: "a2a",
    transport,
    method,
    role: "request",
    carrier: carrierIn(request.headers),
    text: request.text,
  };
}

/** The entry for the reply to a request. */
export function replyEntry(request: Written, text: string): Written {
  const { from, to, message } = request;
  const number = message.slice(`${from}>${to}#`.length);
  return { ...request, message: `${to}>${from}#re:${number}`, from: to, to: from, role: "reply", carrier: {}, text };
}

/** `unixNano` as RFC 3339 in UTC, to the millisecond. */
export function timestampOf(unixNano: bigint): string {
  return new Date(Number(unixNano / 1_000_000n)).toISOString();
}
