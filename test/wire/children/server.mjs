// An MCP server over stdio made of the official SDK alone: the far end of stdioConnection.
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { CallToolRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const server = new Server({ name: "far", version: "1" }, { capabilities: { tools: {} } });
server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args } }) => {
  if (name === "die") process.exit(7);
  if (name === "hang") await new Promise(() => {});
  if (name === "print") process.stdout.write(args.text);
  return { content: [{ type: "text", text: JSON.stringify(args ?? {}) }] };
});
await server.connect(new StdioServerTransport());
