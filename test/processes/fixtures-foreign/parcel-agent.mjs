/** An agent on Node with a model over HTTP and MCP tools, asked line by line or over HTTP; told `--curious`, it looks at one shelf more. */
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { SpanStatusCode, trace } from "@opentelemetry/api";

const { env, argv } = process;
const tracer = trace.getTracer("parcel-agent");
const operation = "gen_ai.operation.name";

function spanned(name, attributes, work) {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } finally {
      span.end();
    }
  });
}

async function connected() {
  const client = new Client({ name: env.OTEL_SERVICE_NAME, version: "1.0.0" });
  const { url } = JSON.parse(env.MCP_SERVERS).mcpServers.parcels;
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

function call(client, name, args) {
  const attributes = {
    [operation]: "execute_tool",
    "gen_ai.tool.name": name,
    "gen_ai.tool.call.arguments": JSON.stringify(args),
  };
  return spanned(`execute_tool ${name}`, attributes, async (span) => {
    const { content, isError } = await client.callTool({ name, arguments: args });
    span.setAttribute("gen_ai.tool.call.result", content[0].text);
    if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
    return content[0].text;
  });
}

function ask(messages) {
  const model = "gpt-9";
  return spanned(`chat ${model}`, { [operation]: "chat", "gen_ai.request.model": model }, async () => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${env.OPENAI_API_KEY}` };
    const body = JSON.stringify({ model, messages });
    const response = await fetch(`${env.OPENAI_BASE_URL}/chat/completions`, { method: "POST", headers, body });
    return (await response.json()).choices[0].message;
  });
}

async function answer(client, text) {
  const messages = [{ role: "user", content: text }];
  for (;;) {
    const message = await ask(messages);
    messages.push(message);
    if (!message.tool_calls?.length) return message.content;
    for (const { id, function: wanted } of message.tool_calls) {
      const content = await call(client, wanted.name, JSON.parse(wanted.arguments));
      messages.push({ role: "tool", tool_call_id: id, content });
      if (wanted.name === "track" && argv.includes("--curious")) await call(client, "shelf", { parcel: "P2" });
    }
  }
}

function answered(text) {
  const attributes = { [operation]: "invoke_agent", "gen_ai.agent.name": env.OTEL_SERVICE_NAME };
  return spanned(`invoke_agent ${env.OTEL_SERVICE_NAME}`, attributes, () => answer(client, text));
}

const client = await connected();
if (env.PORT === undefined) {
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify({ text: await answered(JSON.parse(line).text) })}\n`);
  await client.close();
} else
  createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.end(JSON.stringify({ text: await answered(JSON.parse(body).text) }));
  }).listen(Number(env.PORT), "127.0.0.1");
