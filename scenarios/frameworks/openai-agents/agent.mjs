/** Two agents on OpenAI's Agents SDK, one of which hands over to the other. They know nothing of Troupe. */
import { OpenAIAgentsInstrumentation } from "@arizeai/openinference-instrumentation-openai-agents";
import * as sdk from "@openai/agents";

// In place of the exporter to OpenAI.
new OpenAIAgentsInstrumentation().manuallyInstrument(sdk);

/** Answers one message in the environment of a program. */
export async function answer(text, env) {
  const { mcpServers } = JSON.parse(env.MCP_SERVERS);
  const servers = Object.entries(mcpServers).map(([name, server]) =>
    server.command === undefined
      ? new sdk.MCPServerStreamableHttp({ name, url: server.url })
      : new sdk.MCPServerStdio({ name, ...server }),
  );
  try {
    for (const server of servers) await server.connect();
    const model = "mock-model";
    const billing = new sdk.Agent({ name: "billing", model, instructions: "Pay back.", mcpServers: servers });
    const triage = new sdk.Agent({ name: "triage", model, instructions: "Find who can help.", handoffs: [billing] });
    const modelProvider = new sdk.OpenAIProvider({ baseURL: env.OPENAI_BASE_URL, apiKey: env.OPENAI_API_KEY });
    const { finalOutput } = await new sdk.Runner({ modelProvider }).run(triage, text);
    return finalOutput;
  } finally {
    for (const server of servers) await server.close();
  }
}
