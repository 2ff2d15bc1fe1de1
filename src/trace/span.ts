/** OTLP's `AnyValue`. Integers beyond 2^53 are bigint; bytes stay bytes. */
export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** OTLP's own `kind` of a span; what the span *means* is its {@link Kind}. */
export type SpanKind = "unspecified" | "internal" | "server" | "client" | "producer" | "consumer";

export interface SpanStatus {
  readonly code: "unset" | "ok" | "error";
  readonly message?: string;
}

export interface SpanEvent {
  readonly name: string;
  readonly timeUnixNano: bigint;
  readonly attributes: Attributes;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly attributes: Attributes;
}

export interface Scope {
  readonly name: string;
  readonly version?: string;
}

/**
 * One finished or open span, whatever tracer and format it came from: the type at which the making and the checking half
 * of Troupe meet.
 *
 * Ids are lower-case hex (32 and 16 digits) wherever the format allows; formats with other ids keep them as written.
 * Times are nanoseconds since the Unix epoch.
 *
 * @see OTLP trace.proto, `Span`
 */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Absent for a root. */
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly spanKind: SpanKind;
  readonly startTimeUnixNano: bigint;
  /** Absent while the span is open. */
  readonly endTimeUnixNano?: bigint;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  /** The resource's attributes, `service.name` among them. One object for all spans of one resource. */
  readonly resource: Attributes;
  readonly scope: Scope;
}

/** The span's `service.name`, or "" where it has none. */
export function serviceOf(span: Span): string {
  const name = span.resource["service.name"];
  return typeof name === "string" ? name : "";
}
