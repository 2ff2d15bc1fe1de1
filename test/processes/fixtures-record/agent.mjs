/** An agent on official clients, which knows nothing of Troupe and exports no spans. */
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import OpenAI from "openai";

const openai = new OpenAI();
const { mcpServers } = JSON.parse(process.env.MCP_SERVERS);

for await (const line of createInterface({ input: process.stdin })) {
  const messages = [{ role: "user", content: JSON.parse(line).text }];
  const stream = await openai.chat.completions.create({ model: "gpt-5", messages, stream: true });
  let text = "";
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
  for (const entry of Object.values(mcpServers)) {
    const transport =
      "url" in entry ? new StreamableHTTPClientTransport(new URL(entry.url)) : new StdioClientTransport(entry);
    const client = new Client({ name: "agent", version: "1.0.0" });
    await client.connect(transport);
    const { content } = await client.callTool({ name: "lookup", arguments: { id: "A-17" } });
    await client.close();
    text += ` ${content[0].text}`;
  }
  console.log(JSON.stringify({ text }));
}
