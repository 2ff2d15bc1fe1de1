/** A clerk on LangGraph. It finds its model and its servers in the environment, and knows nothing of Troupe. */
import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import * as callbacks from "@langchain/core/callbacks/manager";
import { MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { ToolNode, toolsCondition } from "@langchain/langgraph/prebuilt";
import { MultiServerMCPClient } from "@langchain/mcp-adapters";
import { ChatOpenAI } from "@langchain/openai";

new LangChainInstrumentation().manuallyInstrument(callbacks);

/** Answers one message in the environment of a program. */
export async function answer(text, env) {
  const { mcpServers } = JSON.parse(env.MCP_SERVERS);
  const client = new MultiServerMCPClient({ mcpServers });
  try {
    const tools = await client.getTools();
    const configuration = { baseURL: env.OPENAI_BASE_URL };
    const model = new ChatOpenAI({ model: "mock-model", apiKey: env.OPENAI_API_KEY, configuration }).bindTools(tools);
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("clerk", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
      .addNode("tools", new ToolNode(tools))
      .addEdge("__start__", "clerk")
      .addConditionalEdges("clerk", toolsCondition)
      .addEdge("tools", "clerk")
      .compile();
    const { messages } = await graph.invoke({ messages: [{ role: "user", content: text }] });
    return messages.at(-1).content;
  } finally {
    await client.close();
  }
}
