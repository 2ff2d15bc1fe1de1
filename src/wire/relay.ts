import { type Socket, createServer } from "node:net";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { CarrierFields } from "../trace/evidence.ts";
import { LineSplitter } from "./lines.ts";
import { stdioServing } from "./stdio.ts";

/** Something that programs start in place of an MCP server that speaks over stdio; its pipes come out here. */
export interface Relay {
  /** How it is started, as configurations of MCP clients say it. */
  readonly entry: { readonly command: string; readonly args: readonly string[] };
  close(): Promise<void>;
}

/** Says first what context its environment brought, and is then its client's pipes and nothing else. */
const PROGRAM = `
const socket = require("node:net").connect(Number(process.argv[1]), "127.0.0.1");
const { TRACEPARENT: traceparent, TRACESTATE: tracestate, BAGGAGE: baggage } = process.env;
socket.write(JSON.stringify({ traceparent, tracestate, baggage }) + "\\n");
process.stdin.pipe(socket).pipe(process.stdout);
for (const event of ["close", "error"]) socket.on(event, () => process.exit());
`;

/**
 * A relay that can be started any number of times; when it closes, it takes no more, and those that were started go on.
 *
 * @param onStart is given each one's pipes as a socket, which is paused, and the context in the environment that its
 *   client gave it
 */
export async function listenRelay(onStart: (pipes: Socket, environment: CarrierFields) => void): Promise<Relay> {
  const server = createServer((socket) => {
    // Its end says all there is to say.
    socket.on("error", () => {});
    const lines = new LineSplitter(() => socket.destroy());
    const onData = (chunk: Buffer): void => {
      lines.append(chunk);
      const first = lines.next();
      if (first === undefined) return;
      socket.off("data", onData).pause();
      const rest = lines.rest();
      if (rest.length > 0) socket.unshift(rest);
      onStart(socket, fieldsIn(first));
    };
    socket.on("data", onData);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    entry: { command: process.execPath, args: ["-e", PROGRAM, String(port)] },
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** A server over stdio that lives in this process: what its clients start only passes their pipes on. */
export async function listenStdio(
  onConnection: (transport: Transport, environment: CarrierFields) => Promise<void>,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  const relay = await listenRelay((socket, environment) => {
    sockets.add(socket.once("close", () => sockets.delete(socket)));
    const transport = stdioServing(socket, socket);
    const closeTransport = transport.close.bind(transport);
    // The program that was started leaves with its server.
    transport.close = () => closeTransport().then(() => socket.destroySoon());
    onConnection(transport, environment).catch(() => socket.destroy());
  });
  return {
    entry: relay.entry,
    async close() {
      for (const socket of sockets) socket.destroy();
      await relay.close();
    },
  };
}

function fieldsIn(line: string): CarrierFields {
  const fields: unknown = JSON.parse(line);
  return Object.fromEntries(
    Object.entries(Object(fields)).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}
