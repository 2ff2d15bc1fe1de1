/** What faults leave on a wire, as somebody sees it who knows nothing of faults: bytes of sockets and pipes. */
import { Agent } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { PassThrough } from "node:stream";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import type { MessageFault } from "../../src/scenario/fault.ts";
import { faultyRequests } from "../../src/wire/faults/exchange.ts";
import { McpSubjects } from "../../src/wire/faults/subject.ts";
import { faultyTransport } from "../../src/wire/faults/transport.ts";
import type { TransportName } from "../../src/trace/evidence.ts";
import { WireFaults } from "../../src/wire/faults/wire-faults.ts";
import { fetchThrough } from "../../src/wire/node-fetch.ts";
import { stdioServing } from "../../src/wire/stdio.ts";
import { after } from "../../src/wire/system-clock.ts";
import { webSocketConnection } from "../../src/wire/websocket.ts";

const ENDS = { client: "agents", server: "orders" };
const CALL = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "find", arguments: {} } } as const;
const TEXT = JSON.stringify(CALL);

/** The asking end of a connection. */
function asking(transport: TransportName): Parameters<typeof faultyTransport>[2] {
  return { end: "client", subjects: new McpSubjects({ from: ENDS.client, to: ENDS.server, transport }) };
}

function opened(fault: MessageFault): WireFaults {
  return new WireFaults([fault], {
    seed: 1,
    clock: { nowUnixNano: () => process.hrtime.bigint() },
    setTimer: (delayNano, fire) => after(delayNano / 1e6, fire),
    keepInHand: () => {},
    limitMs: 50,
  });
}

/** Sends one call over HTTP to a bare TCP server; gives the bodies that its sockets received, and what came of it. */
async function overHttp(
  fault: MessageFault,
): Promise<{ readonly bodies: readonly string[]; readonly outcome: string }> {
  const bodies: string[] = [];
  const server = createServer((socket) => {
    let bytes = "";
    socket
      .on("error", () => {})
      .on("data", (chunk) => {
        bytes += chunk.toString("latin1");
        const [head = "", body = ""] = bytes.split("\r\n\r\n");
        if (body.length < Number(/content-length: (\d+)/i.exec(head)?.[1])) return;
        bodies.push(body);
        bytes = "";
        socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`);
      });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => {
    agent.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const request = faultyRequests(fetchThrough(agent), opened(fault), ENDS);
  const headers = { "content-type": "application/json" };
  const outcome = await request(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: TEXT }).then(
    async (response) => `${response.status} ${await response.text()}`,
    (error: unknown) => String(Reflect.get(Object(error), "cause")),
  );
  if (fault.fault === "duplicate") while (bodies.length < 2) await new Promise((resolve) => setImmediate(resolve));
  return { bodies, outcome };
}

test.for<readonly [MessageFault, readonly string[], string]>([
  [{ fault: "truncated", direction: "request" }, [TEXT.slice(0, Math.floor(TEXT.length / 2))], "200 {}"],
  [{ fault: "malformed", direction: "request" }, [`}${TEXT}`], "200 {}"],
  [{ fault: "oversized", direction: "request", bytes: 200 }, [TEXT.padEnd(200)], "200 {}"],
  [{ fault: "duplicate" }, [TEXT, TEXT], "200 {}"],
  [{ fault: "drop" }, [], "Error: no answer came within 0.05 s (limits.requestMs)"],
  [{ fault: "disconnect" }, [], "Error: the connection was cut"],
  [{ fault: "http-status", status: 502, body: "bad gateway", direction: "request" }, [], "502 bad gateway"],
  [{ fault: "http-status", status: 500 }, [TEXT], "500 "],
  [{ fault: "drop", direction: "reply" }, [TEXT], "Error: no answer came within 0.05 s (limits.requestMs)"],
])("over HTTP, $0.fault leaves $1.length requests on the socket", async ([fault, bodies, outcome]) => {
  expect(await overHttp(fault)).toEqual({ bodies, outcome });
});

const FRAMES: readonly (readonly [MessageFault, readonly string[]])[] = [
  [{ fault: "truncated", direction: "request" }, [TEXT.slice(0, Math.floor(TEXT.length / 2))]],
  [{ fault: "malformed", direction: "request" }, [`}${TEXT}`]],
  [{ fault: "oversized", direction: "request", bytes: 200 }, [TEXT.padEnd(200)]],
  [{ fault: "duplicate" }, [TEXT, TEXT]],
  [{ fault: "drop" }, []],
];

/** The frames that a bare WebSocket server receives of one call, once its socket has closed. */
async function overWebSocket(fault: MessageFault): Promise<readonly string[]> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "mcp" });
  onTestFinished(() => server.close());
  await once(server, "listening");
  const frames: string[] = [];
  const ended = new Promise((resolve) => {
    server.once("connection", (socket) => {
      socket.on("message", (data: Buffer) => frames.push(data.toString())).once("close", resolve);
    });
  });
  const connection = webSocketConnection(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const transport = faultyTransport(connection, opened(fault), asking("ws"));
  await transport.start();
  await transport.send(CALL);
  if (fault.fault !== "disconnect") await transport.close();
  await ended;
  return frames;
}

test.for(FRAMES)("over WebSocket, $0.fault leaves $1.length frames on the socket", async ([fault, expected]) => {
  expect(await overWebSocket(fault)).toEqual(expected);
});

test("over WebSocket, a cut connection is closed at the other end too, which hears nothing", async () => {
  expect(await overWebSocket({ fault: "disconnect" })).toEqual([]);
});

test.for(FRAMES)("over pipes, $0.fault leaves $1.length lines", async ([fault, expected]) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const transport = faultyTransport(stdioServing(input, output), opened(fault), asking("stdio"));
  await transport.start();
  await transport.send(CALL);
  output.end();
  const lines = (await output.toArray()).join("").split("\n").slice(0, -1);
  expect(lines).toEqual(expected);
});
