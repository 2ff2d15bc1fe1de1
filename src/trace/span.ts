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
  readonly droppedAttributesCount?: number;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  /** As those of {@link Span}, of the span that the link leads to. */
  readonly flags?: number;
  readonly attributes: Attributes;
  readonly droppedAttributesCount?: number;
}

export interface Scope {
  readonly name: string;
  readonly version?: string;
  readonly attributes?: Attributes;
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
  /** OTLP's 32 bits: the trace flags of W3C lowest, and above them what {@link isParentRemote} reads. Absent: none stated. */
  readonly flags?: number;
  readonly name: string;
  readonly spanKind: SpanKind;
  readonly startTimeUnixNano: bigint;
  /** Absent while the span is open. */
  readonly endTimeUnixNano?: bigint;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  /** How many its tracer threw away, for want of room; absent for none, as in events and links. */
  readonly droppedAttributesCount?: number;
  readonly droppedEventsCount?: number;
  readonly droppedLinksCount?: number;
  /** The resource's attributes, `service.name` among them. One object for all spans of one resource. */
  readonly resource: Attributes;
  readonly scope: Scope;
}

/** The span's `service.name`, or "" where it has none. */
export function serviceOf(span: Span): string {
  const name = span.resource["service.name"];
  return typeof name === "string" ? name : "";
}

/** @see OTLP trace.proto, `SpanFlags` */
const TRACE_FLAGS = 0xff;
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** Whether the parent's context came over a carrier, as from another process; undefined for a root, and where no tracer says. */
export function isParentRemote({ parentSpanId, flags = 0 }: Span): boolean | undefined {
  if (parentSpanId === undefined || (flags & HAS_IS_REMOTE) === 0) return undefined;
  return (flags & IS_REMOTE) !== 0;
}

/** The `flags` of a span, of whose parent it is known whether it is remote, or of a link to such a span. */
export function flagsOf(traceFlags: number, isRemote: boolean): number {
  return (traceFlags & TRACE_FLAGS) | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);
}
