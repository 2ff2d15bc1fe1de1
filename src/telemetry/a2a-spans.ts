import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  context,
  trace,
} from "@opentelemetry/api";
import { AskFailedError, type RemoteReply } from "../scenario/a2a.ts";
import { ATTR } from "../trace/conventions.ts";
import { type A2aCall, type A2aOutcome, CARD_PATH, callIn, outcomeIn } from "../wire/a2a-exchange.ts";
import { type Ending, heardReply } from "../wire/body.ts";
import { type HttpEndpoint, type ReadRequest, carrierIn, withCarrierHeaders } from "../wire/http-exchange.ts";
import { currentActor } from "./actor.ts";
import { extract, inject } from "./carrier.ts";
import type { Service } from "./service.ts";
import { failSpan, inSpan } from "./spans.ts";

/** A request to a remote agent, as its CLIENT span says it. */
export interface AskSpan {
  /** The JSON-RPC method. */
  readonly method: string;
  /** The agent that is asked. */
  readonly agent: string;
  /** What else the span says: the conversation, the step. */
  readonly attributes: Attributes;
}

/** Runs `work`, one request to a remote agent, inside its CLIENT span; the task that comes of it is in the span. */
export async function inAskSpan<Reply extends Pick<RemoteReply, "task" | "state">>(
  tracer: Tracer,
  { method, agent, attributes }: AskSpan,
  work: () => Promise<Reply>,
): Promise<Reply> {
  const request = {
    name: `${method} ${agent}`,
    kind: SpanKind.CLIENT,
    attributes: Object.assign(a2aAttributes(method, agent), attributes),
  };
  return await inSpan(tracer, request, async (span) => {
    try {
      const reply = await work();
      sayTask(span, reply);
      return reply;
    } catch (error) {
      if (error instanceof AskFailedError) sayTask(span, error.reply);
      throw error;
    }
  });
}

function a2aAttributes(method: string, agent: string): Attributes {
  const attributes: Attributes = { [ATTR.a2aMethod]: method, [ATTR.agentName]: agent };
  const isStreaming = method === "SendStreamingMessage" || method === "SubscribeToTask";
  if (isStreaming) attributes[ATTR.a2aStreaming] = true;
  return attributes;
}

/** An answer that is a message has no task. */
function sayTask(span: Span, { task, state }: Pick<RemoteReply, "task" | "state">): void {
  if (task !== null) span.setAttributes({ [ATTR.a2aTaskId]: task, [ATTR.a2aTaskState]: state });
}

/**
 * A fetch whose requests take the active context along in their headers. A GET, as of an agent's card, for which nobody
 * makes a span, gets a CLIENT span of the actor whose code runs.
 */
export function carryingFetch(fetchImpl: typeof fetch): typeof fetch {
  const carrying = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const given = init?.headers ?? (input instanceof Request ? input.headers : undefined);
    const headers = withCarrierHeaders(given, inject(context.active()));
    return fetchImpl(input, { ...init, headers });
  };
  return async (input, init) => {
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    const tracer = currentActor()?.service.tracer;
    if (method !== "GET" || tracer === undefined) return await carrying(input, init);
    const { href, pathname } = new URL(input instanceof Request ? input.url : input);
    const attributes = { [ATTR.httpMethod]: method, [ATTR.urlFull]: href, [ATTR.urlTemplate]: pathname };
    return await inSpan(tracer, { name: `${method} ${pathname}`, kind: SpanKind.CLIENT, attributes }, async (span) => {
      const response = await carrying(input, init);
      sayStatus(span, response.status, 400);
      return response;
    });
  };
}

function sayStatus(span: Span, status: number, failsFrom: number): void {
  span.setAttribute(ATTR.httpStatus, status);
  if (status >= failsFrom) span.setAttribute(ATTR.errorType, String(status)).setStatus({ code: SpanStatusCode.ERROR });
}

/**
 * The server's end: each request is answered inside a SERVER span whose parent is what its headers say, and nothing else.
 * The span ends with the whole of the response. An error of JSON-RPC fails it, and so does a task that a message to it has
 * seen fail; a task that was rejected or canceled, or needs input, is an answer as any.
 */
export function servingA2a(endpoint: HttpEndpoint, service: Service, agent: string): HttpEndpoint {
  return async (request) => {
    const parent = extract(carrierIn(request.headers));
    const call = callIn(request);
    const span = startServerSpan(service.tracer, agent, { call, request, parent });
    return await context.with(trace.setSpan(parent, span), async () => {
      try {
        const reply = await endpoint(request);
        const type = reply.headers.get("content-type");
        return await heardReply(reply, (text, ending) => {
          if (call.isRpc) sayOutcome(span, call.method, outcomeIn(text, type));
          else sayStatus(span, reply.status, 500);
          sayEnding(span, ending);
          span.end();
        });
      } catch (error) {
        failSpan(span, error);
        span.end();
        throw error;
      }
    });
  };
}

interface Arrived {
  readonly call: A2aCall;
  readonly request: ReadRequest;
  readonly parent: Context;
}

function startServerSpan(tracer: Tracer, agent: string, { call, request, parent }: Arrived): Span {
  const { method, id, contextId, isRpc } = call;
  const kind = SpanKind.SERVER;
  if (isRpc) {
    const attributes = a2aAttributes(method, agent);
    attributes[ATTR.jsonrpcRequestId] = id;
    if (contextId !== undefined) attributes[ATTR.conversationId] = contextId;
    return tracer.startSpan(`${method} ${agent}`, { kind, attributes }, parent);
  }
  const { pathname } = new URL(request.url);
  const attributes = {
    [ATTR.httpMethod]: request.method,
    [ATTR.urlPath]: pathname,
    ...(pathname === CARD_PATH || pathname === "/" ? { [ATTR.httpRoute]: pathname } : {}),
  };
  return tracer.startSpan(method, { kind, attributes }, parent);
}

function sayOutcome(span: Span, method: string, { task, state, error }: A2aOutcome): void {
  if (task !== undefined) span.setAttribute(ATTR.a2aTaskId, task);
  if (state !== undefined) span.setAttribute(ATTR.a2aTaskState, state);
  if (error !== undefined) {
    span.setAttributes({ [ATTR.errorType]: error.code, [ATTR.rpcStatusCode]: error.code });
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  } else if (state === "failed" && MESSAGES.has(method)) {
    span.setAttribute(ATTR.errorType, "task_failed").setStatus({ code: SpanStatusCode.ERROR });
  }
}

/** To ask how a task stands is no failure, however it stands. */
const MESSAGES: ReadonlySet<string> = new Set(["SendMessage", "SendStreamingMessage"]);

function sayEnding(span: Span, ending: Ending): void {
  if (ending === "whole") return;
  const why = ending === "cancelled" ? "cancelled" : "connection_closed";
  span.setAttribute(ATTR.errorType, why).setStatus({ code: SpanStatusCode.ERROR });
}
