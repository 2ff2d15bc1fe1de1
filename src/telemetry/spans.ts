import {
  type Attributes,
  type Context,
  type Exception,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  context,
  trace,
} from "@opentelemetry/api";
import { ATTR } from "../trace/conventions.ts";

export interface SpanRequest {
  readonly name: string;
  readonly kind?: SpanKind;
  readonly attributes: Attributes;
  /** Default: the active context. */
  readonly parent?: Context;
}

/** Runs `work` inside a span, which ends when the work does and says so when it fails. */
export async function inSpan<T>(tracer: Tracer, request: SpanRequest, work: (span: Span) => Promise<T>): Promise<T> {
  const parent = request.parent ?? context.active();
  const { name, kind = SpanKind.INTERNAL, attributes } = request;
  const span = tracer.startSpan(name, { kind, attributes }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work, undefined, span);
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Marks a span as failed. */
export function failSpan(span: Span, error: unknown): void {
  const message = portableMessage(error);
  span.setAttribute(ATTR.errorType, error instanceof Error ? error.name : typeof error);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
}

/** An error as a message may carry it to another actor, whose spans will repeat it. */
export function portableWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = portableMessage(error);
  return message === undefined ? error.name : `${error.name}: ${message}`;
}

/**
 * An exception event as the SDK would write it, without the stack: paths and frames are the machine's and the Node
 * version's own.
 */
export function exceptionAttributes(exception: Exception): Attributes {
  if (typeof exception === "string") return { "exception.message": exception };
  const { code, name } = exception;
  const message = name !== undefined && V8_ERRORS.has(name) ? undefined : exception.message;
  return {
    "exception.type": String(code ?? name),
    ...(message === undefined ? {} : { "exception.message": message }),
  };
}

/**
 * The texts that V8 writes for its own errors differ between Node versions and stay out of spans; the words of everybody
 * else's errors are kept, and so are those of the cause of one of V8's, as of a `fetch` that failed.
 */
function portableMessage(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const told = V8_ERRORS.has(error.name) ? error.cause : error;
  return told instanceof Error && !V8_ERRORS.has(told.name) ? told.message : undefined;
}

const V8_ERRORS: ReadonlySet<string> = new Set([
  "TypeError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "URIError",
  "EvalError",
]);
