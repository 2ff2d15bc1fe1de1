import protobuf from "protobufjs";

const field = (type: string, id: number): protobuf.IField => ({ type, id });
const list = (type: string, id: number): protobuf.IField & { readonly rule: string } => ({
  rule: "repeated",
  type,
  id,
});

/**
 * opentelemetry-proto's trace messages for protobufjs, a decoder that shares nothing with ours: every field of trace.proto,
 * common.proto and resource.proto as of 2026-08-18.
 */
export const EXPORT_REQUEST: protobuf.Type = protobuf.Root.fromJSON({
  nested: {
    Request: { fields: { resourceSpans: list("ResourceSpans", 1) } },
    ResourceSpans: {
      fields: {
        resource: field("Resource", 1),
        scopeSpans: list("ScopeSpans", 2),
        schemaUrl: field("string", 3),
      },
    },
    ScopeSpans: {
      fields: { scope: field("Scope", 1), spans: list("Span", 2), schemaUrl: field("string", 3) },
    },
    Span: {
      fields: {
        traceId: field("bytes", 1),
        spanId: field("bytes", 2),
        traceState: field("string", 3),
        parentSpanId: field("bytes", 4),
        name: field("string", 5),
        kind: field("SpanKind", 6),
        startTimeUnixNano: field("fixed64", 7),
        endTimeUnixNano: field("fixed64", 8),
        attributes: list("KeyValue", 9),
        droppedAttributesCount: field("uint32", 10),
        events: list("Event", 11),
        droppedEventsCount: field("uint32", 12),
        links: list("Link", 13),
        droppedLinksCount: field("uint32", 14),
        status: field("Status", 15),
        flags: field("fixed32", 16),
      },
    },
    SpanKind: { values: { UNSPECIFIED: 0, INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 } },
    Event: {
      fields: {
        timeUnixNano: field("fixed64", 1),
        name: field("string", 2),
        attributes: list("KeyValue", 3),
        droppedAttributesCount: field("uint32", 4),
      },
    },
    Link: {
      fields: {
        traceId: field("bytes", 1),
        spanId: field("bytes", 2),
        traceState: field("string", 3),
        attributes: list("KeyValue", 4),
        droppedAttributesCount: field("uint32", 5),
        flags: field("fixed32", 6),
      },
    },
    Status: { fields: { message: field("string", 2), code: field("StatusCode", 3) } },
    StatusCode: { values: { UNSET: 0, OK: 1, ERROR: 2 } },
    Resource: {
      fields: {
        attributes: list("KeyValue", 1),
        droppedAttributesCount: field("uint32", 2),
        entityRefs: list("EntityRef", 3),
      },
    },
    EntityRef: {
      fields: {
        schemaUrl: field("string", 1),
        type: field("string", 2),
        idKeys: list("string", 3),
        descriptionKeys: list("string", 4),
      },
    },
    Scope: {
      fields: {
        name: field("string", 1),
        version: field("string", 2),
        attributes: list("KeyValue", 3),
        droppedAttributesCount: field("uint32", 4),
      },
    },
    KeyValue: { fields: { key: field("string", 1), value: field("AnyValue", 2) } },
    AnyValue: {
      oneofs: {
        value: {
          oneof: ["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"],
        },
      },
      fields: {
        stringValue: field("string", 1),
        boolValue: field("bool", 2),
        intValue: field("int64", 3),
        doubleValue: field("double", 4),
        arrayValue: field("ArrayValue", 5),
        kvlistValue: field("KeyValueList", 6),
        bytesValue: field("bytes", 7),
      },
    },
    ArrayValue: { fields: { values: list("AnyValue", 1) } },
    KeyValueList: { fields: { values: list("KeyValue", 1) } },
  },
}).lookupType("Request");
