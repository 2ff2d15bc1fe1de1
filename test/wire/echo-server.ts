import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema } from "@modelcontextprotocol/sdk/types.js";

/** A server whose tools answer what they were asked; `hang` never answers, `headers` tells the HTTP headers. */
export function echoServer(): Server {
  const server = new Server({ name: "echo", version: "1" }, { capabilities: { tools: {} } });
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args } }, { requestInfo }) => {
    if (name === "hang") await new Promise(() => {});
    const told = name === "headers" ? requestInfo?.headers : args;
    return { content: [{ type: "text" as const, text: JSON.stringify(told ?? {}) }] };
  });
  return server;
}
