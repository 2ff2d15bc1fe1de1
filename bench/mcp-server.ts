/**
 * A bare server in a process of its own, as the official SDKs have it: over the transport that its first argument names,
 * and with spans for the collector that its second names, if any. It prints the address at which it listens.
 */
import { randomUUID } from "node:crypto";
import {
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
  type ServerResponse,
  createServer,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { A2A_PROTOCOL_VERSION, type AgentCard, Role } from "@a2a-js/sdk";
import { AgentEvent, type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore } from "@a2a-js/sdk/server";
import { UserBuilder, agentCardHandler, jsonRpcHandler } from "@a2a-js/sdk/server/express";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { type WebSocket, WebSocketServer } from "ws";
import { echoServer } from "./mcp-echo.ts";
import { ASK_ATTRIBUTES, TURN_ATTRIBUTES, exporting, servingWith } from "./mcp-traced.ts";

/** Comes with the MCP SDK and without types. */
const EXPRESS: string = "express";

interface Express {
  use(path: string, handler: unknown): void;
  (...args: Parameters<RequestListener>): void;
}

const [TRANSPORT = "", COLLECTOR] = process.argv.slice(2);
const serving = servingWith(COLLECTOR === undefined ? undefined : exporting(COLLECTOR));

const STARTERS: Readonly<Record<string, () => Promise<void>>> = {
  stdio: () => echoServer(TRANSPORT, serving).connect(new StdioServerTransport()),
  http: serveHttp,
  ws: serveWebSocket,
  a2a: serveA2a,
};

async function listening(server: HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function serveHttp(): Promise<void> {
  let session: StreamableHTTPServerTransport | undefined;
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, enableJsonResponse: true });
    await echoServer(TRANSPORT, serving).connect(transport);
    return transport;
  };
  const server = createServer((request, response) => {
    void (async () => {
      const body: unknown = request.method === "POST" ? JSON.parse(await text(request)) : undefined;
      session ??= await open();
      await session.handleRequest(request, response, body);
    })();
  });
  console.log(`http://127.0.0.1:${await listening(server)}/mcp`);
}

/** The SDK has a client for WebSocket and no server. */
async function serveWebSocket(): Promise<void> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, handleProtocols: () => "mcp" });
  sockets.on("connection", (socket) => void echoServer(TRANSPORT, serving).connect(transportOf(socket)));
  console.log(`ws://127.0.0.1:${await listening(server)}`);
}

function transportOf(socket: WebSocket): Transport {
  const transport: Transport = {
    start: () => Promise.resolve(),
    close: () => Promise.resolve(socket.close()),
    send: (message) => Promise.resolve(socket.send(JSON.stringify(message))),
  };
  socket.on("message", (data: Buffer) =>
    transport.onmessage?.(JSONRPCMessageSchema.parse(JSON.parse(data.toString("utf8")))),
  );
  socket.on("close", () => transport.onclose?.());
  return transport;
}

async function serveA2a(): Promise<void> {
  const { default: express } = (await import(EXPRESS)) as { readonly default: () => Express };
  const app = express();
  const server = createServer(app);
  const url = `http://127.0.0.1:${await listening(server)}`;
  const requestHandler = new DefaultRequestHandler(cardAt(url), new InMemoryTaskStore(), PARROT);
  app.use("/.well-known/agent-card.json", agentCardHandler({ agentCardProvider: requestHandler }));
  app.use("/", spanAround);
  app.use("/", jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
  console.log(url);
}

function spanAround({ headers: fields }: IncomingMessage, response: ServerResponse, next: () => void): void {
  void serving({ name: "SendMessage", attributes: ASK_ATTRIBUTES, fields }, () => {
    next();
    return new Promise<void>((resolve) => void response.once("close", resolve));
  });
}

const PARROT: AgentExecutor = {
  execute: ({ userMessage, taskId, contextId }, bus) => {
    const { parts } = userMessage;
    const message = {
      messageId: `${taskId}/1`,
      contextId,
      taskId: "",
      role: Role.ROLE_AGENT,
      parts,
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    };
    return serving({ name: "invoke_agent parrot", attributes: TURN_ATTRIBUTES }, () =>
      Promise.resolve(bus.publish(AgentEvent.message(message))),
    );
  },
  cancelTask: () => Promise.resolve(),
};

function cardAt(url: string): AgentCard {
  return {
    name: "parrot",
    description: "Repeats what it hears",
    version: "1.0.0",
    supportedInterfaces: [{ url, protocolBinding: "JSONRPC", tenant: "", protocolVersion: A2A_PROTOCOL_VERSION }],
    provider: undefined,
    capabilities: { streaming: true, pushNotifications: false, extensions: [], extendedAgentCard: false },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [],
    signatures: [],
  };
}

await STARTERS[TRANSPORT]?.();
