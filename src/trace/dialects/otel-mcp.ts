import { ATTR, isMcpLifecycle } from "../conventions.ts";
import type { Kind } from "../kinds.ts";
import type { Span } from "../span.ts";
import type { Dialect } from "./dialect.ts";

/** OpenTelemetry's MCP conventions. */
export const OTEL_MCP: Dialect = {
  name: "otel-mcp",
  kinds: [{ rule: `${ATTR.mcpMethod}, and which side of the call the span is`, kindOf: mcpKind }],
  fields: { method: [ATTR.mcpMethod], prompt: [ATTR.promptName], resource: [ATTR.mcpResourceUri] },
};

function mcpKind(span: Span): Kind | undefined {
  const method = span.attributes[ATTR.mcpMethod];
  if (typeof method !== "string") return undefined;
  if (isMcpLifecycle(method)) return "mcp.lifecycle";
  if (span.spanKind === "server" || span.spanKind === "consumer") return "mcp.server";
  // The convention puts `execute_tool` on plain client spans too. An execute_tool span proper, which carries the mcp.*
  // attributes because it is the client side, is told from those by being INTERNAL or by its name.
  const executesTool = span.attributes[ATTR.operation] === "execute_tool";
  if (executesTool && (span.spanKind === "internal" || span.name.startsWith("execute_tool"))) return undefined;
  return "mcp.client";
}
