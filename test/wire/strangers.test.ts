/** Faults at a server's end of a connection, for clients that are not Troupe's own. */
import { PassThrough } from "node:stream";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { CallToolRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect, onTestFinished, test } from "vitest";
import { unfiredNotes } from "../../src/campaign/fault-notes.ts";
import type { WireFault } from "../../src/scenario/fault.ts";
import { type Asker, askerHeader, ownUserAgent } from "../../src/wire/asker.ts";
import type { TextTransport } from "../../src/wire/decorated-transport.ts";
import { Strangers, faultyServing } from "../../src/wire/faults/strangers.ts";
import { WireFaults } from "../../src/wire/faults/wire-faults.ts";
import { httpConnection, listenHttp } from "../../src/wire/http.ts";
import { stdioServing } from "../../src/wire/stdio.ts";
import { after } from "../../src/wire/system-clock.ts";
import { listenWebSocket, webSocketConnection } from "../../src/wire/websocket.ts";

const CLERK = { from: "clerk", agent: "clerk" };
const HELPER = { from: "agents", agent: "helper" };
const OWN = { "user-agent": ownUserAgent("agents") };

function strangersOf(faults: readonly WireFault[], agents: readonly Asker[] = [CLERK]): Strangers {
  const wireFaults = new WireFaults(faults, {
    seed: 1,
    clock: { nowUnixNano: () => process.hrtime.bigint() },
    setTimer: (delayNano, fire) => after(delayNano / 1e6, fire),
    keepInHand: () => {},
    limitMs: 50,
  });
  return new Strangers(wireFaults, agents);
}

test.for<readonly [string, string, Readonly<Record<string, string>>, readonly Asker[], Asker | undefined]>([
  ["Troupe's own client is no stranger", "agents", OWN, [CLERK], undefined],
  ["a client that calls itself as an agent is that agent's", "clerk", {}, [CLERK, { from: "x", agent: "x" }], CLERK],
  ["the only program is meant, whatever its client is called", "node", {}, [HELPER, CLERK], CLERK],
  ["the only agent in process is meant where there is no program", "node", {}, [HELPER], HELPER],
  ["of two nobody knows which", "node", {}, [CLERK, { from: "x", agent: "x" }], { from: "node" }],
  [
    "an agent in process is known by what its process says",
    "node",
    { "troupe-asker": askerHeader(HELPER) },
    [CLERK],
    HELPER,
  ],
])("%s", ([, client, headers, agents, expected]) => {
  expect(strangersOf([], agents).whoIs(client, headers)).toEqual(expected);
});

/** A server with one tool, behind the faults. */
async function serve(
  connection: TextTransport,
  strangers: Strangers,
  transport: "http" | "ws" | "stdio",
): Promise<void> {
  const server = new Server({ name: "shop", version: "1" }, { capabilities: { tools: {} } });
  server.setRequestHandler(CallToolRequestSchema, () => ({ content: [{ type: "text", text: "12" }] }));
  await server.connect(faultyServing(connection, strangers, { to: "shop", transport }));
}

/** Calls the tool; what came of it. */
async function call(transport: Transport): Promise<string> {
  const client = new Client({ name: "someone", version: "1" });
  onTestFinished(() => client.close());
  await client.connect(transport);
  const said = client.callTool({ name: "price", arguments: {} });
  return await said.then(({ content }) => JSON.stringify(content), String);
}

const LISTEN = { http: listenHttp, ws: listenWebSocket };
const CONNECT = {
  http: (url: string, headers: Readonly<Record<string, string>>) => httpConnection(url, () => headers),
  ws: webSocketConnection,
};

test.for(["http", "ws"] as const)(
  "over %s a stranger's call is hit, and never one of Troupe's own client",
  async (over) => {
    const strangers = strangersOf([{ fault: "rpc-error", message: "out of order", agent: "clerk" }]);
    const onConnection = (connection: TextTransport): Promise<void> => serve(connection, strangers, over);
    const { url, close } = await LISTEN[over]({ port: 0, onConnection });
    onTestFinished(close);
    expect(await call(CONNECT[over](url, OWN))).toContain("12");
    expect(strangers.faults.tally.fitting).toEqual([0]);
    expect(await call(CONNECT[over](url, { "user-agent": "node" }))).toContain("out of order");
    expect(strangers.faults.tally.fired).toMatchObject([
      { fault: "rpc-error", from: "clerk", agent: "clerk", to: "shop", tool: "price", message: "someone>shop#1" },
    ]);
  },
);

test("over pipes a call that arrives twice is answered twice", async () => {
  const strangers = strangersOf([{ fault: "duplicate", tool: "price" }]);
  const [there, back] = [new PassThrough(), new PassThrough()];
  await serve(stdioServing(there, back), strangers, "stdio");
  // The same class at the other end: what it writes is what the server reads.
  const lines: string[] = [];
  back.on("data", (chunk: Buffer) => lines.push(...chunk.toString().trim().split("\n")));
  expect(await call(stdioServing(back, there))).toContain("12");
  await expect.poll(() => lines.filter((line) => line.includes('"12"')).length).toBe(2);
  expect(strangers.faults.tally.fired).toMatchObject([{ fault: "duplicate", transport: "stdio", occurrence: 1 }]);
});

test("where nobody knows which agent asks, a rule that names one hits nothing, and it is told how many it may be", async () => {
  const two = [CLERK, { from: "other", agent: "other" }];
  const faults: readonly WireFault[] = [
    { fault: "drop", agent: "clerk" },
    { fault: "delay", ms: 1 },
  ];
  const strangers = strangersOf(faults, two);
  const onConnection = (connection: TextTransport): Promise<void> => serve(connection, strangers, "http");
  const { url, close } = await listenHttp({ port: 0, onConnection });
  onTestFinished(close);
  expect(await call(httpConnection(url, () => ({ "user-agent": "node" })))).toContain("12");
  const { tally } = strangers.faults;
  expect(tally.fired).toMatchObject([{ fault: "delay", from: "someone", agent: null }]);
  expect(unfiredNotes(faults, [tally])).toEqual([
    "faults[0] (drop) never happened: no message of this run fits its rule; one more may, of which nobody knows what agent asked: let its client call itself as the agent is called",
  ]);
});
