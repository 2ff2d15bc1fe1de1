/** The bare server, as one writes it with the official SDK: one tool, which repeats what it hears. */
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { type Serving, toolAttributes } from "./mcp-traced.ts";

const ARGUMENTS = z.object({ text: z.string() });
const TOOL = {
  name: "echo",
  inputSchema: { ...z.toJSONSchema(ARGUMENTS), type: "object" as const },
  outputSchema: { ...z.toJSONSchema(ARGUMENTS), type: "object" as const },
};

export function echoServer(transport: string, serving: Serving): Server {
  const server = new Server({ name: "echo", version: "1" }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [TOOL] }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }, { requestId }) => {
    const attributes = { ...toolAttributes(transport), "jsonrpc.request.id": String(requestId) };
    return serving({ name: `tools/call ${params.name}`, attributes, fields: params._meta ?? {} }, () => {
      const structuredContent = ARGUMENTS.parse(params.arguments);
      return Promise.resolve({
        content: [{ type: "text", text: JSON.stringify(structuredContent) }],
        structuredContent,
      });
    });
  });
  return server;
}
