import { McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";

/**
 * Something to call of every kind that clients call, on the official SDK, which speaks it in either era; nothing here makes
 * a span. One serves a connection, or a request without one.
 */
export function proofServer(): McpServer {
  const server = new McpServer({ name: "troupe-proof", version: "1.0.0" });
  server.registerTool(
    "echo",
    { description: "Answers with its text.", inputSchema: z.object({ text: z.string().optional() }) },
    (args) => ({ content: [{ type: "text", text: JSON.stringify(args) }] }),
  );
  server.registerTool("fail", { description: "Answers with an error.", inputSchema: z.object({}) }, () => ({
    content: [{ type: "text", text: "it fails, as it is asked to" }],
    isError: true,
  }));
  server.registerResource("note", "proof://note", { description: "A short text." }, ({ href }) => ({
    contents: [{ uri: href, text: "a note" }],
  }));
  server.registerPrompt("greeting", { description: "A greeting." }, () => ({
    messages: [{ role: "user", content: { type: "text", text: "Say hello." } }],
  }));
  return server;
}
