import { ATTR } from "../conventions.ts";
import type { Kind } from "../kinds.ts";
import type { Span } from "../span.ts";
import type { Dialect } from "./dialect.ts";

/** The draft of OpenTelemetry's A2A conventions (semantic-conventions-genai pull request 195). */
export const OTEL_A2A: Dialect = {
  name: "otel-a2a",
  kinds: [{ rule: `${ATTR.a2aMethod}, and which side of the call the span is`, kindOf: a2aKind }],
  fields: { method: [ATTR.a2aMethod], taskState: [ATTR.a2aTaskState] },
};

function a2aKind(span: Span): Kind | undefined {
  if (typeof span.attributes[ATTR.a2aMethod] !== "string") return undefined;
  if (span.spanKind === "server" || span.spanKind === "consumer") return "a2a.server";
  // An in-process invoke_agent span may carry the task it works on; it is the agent, not the call.
  if (span.spanKind === "internal" && span.attributes[ATTR.operation] !== undefined) return undefined;
  return "a2a.client";
}
