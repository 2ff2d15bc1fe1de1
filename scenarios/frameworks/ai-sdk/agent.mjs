/** A clerk on the Vercel AI SDK. It finds its model and its servers in the environment, and knows nothing of Troupe. */
import { createMCPClient } from "@ai-sdk/mcp";
import { Experimental_StdioMCPTransport as StdioTransport } from "@ai-sdk/mcp/mcp-stdio";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, stepCountIs } from "ai";

/** Answers one message in the environment of a program. */
export async function answer(text, env) {
  const { mcpServers } = JSON.parse(env.MCP_SERVERS);
  const clients = await Promise.all(
    Object.values(mcpServers).map((server) =>
      createMCPClient({ transport: server.command === undefined ? server : new StdioTransport(server) }),
    ),
  );
  try {
    const tools = Object.assign({}, ...(await Promise.all(clients.map((client) => client.tools()))));
    const openai = createOpenAI({ baseURL: env.OPENAI_BASE_URL, apiKey: env.OPENAI_API_KEY });
    const { text: reply } = await generateText({
      model: openai.chat("mock-model"),
      tools,
      prompt: text,
      stopWhen: stepCountIs(10),
      experimental_telemetry: { isEnabled: true, functionId: "clerk" },
    });
    return reply;
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}
