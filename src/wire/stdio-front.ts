import { type AddressInfo, type Socket, createServer } from "node:net";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { stdioServing } from "./stdio.ts";

/** Something that programs start in place of an MCP server that speaks over stdio. */
export interface StdioFront {
  /** How it is started, as configurations of MCP clients say it. */
  readonly entry: { readonly command: string; readonly args: readonly string[] };
  close(): Promise<void>;
}

const RELAY = `
const socket = require("node:net").connect(Number(process.argv[1]), "127.0.0.1");
process.stdin.pipe(socket).pipe(process.stdout);
for (const event of ["close", "error"]) socket.on(event, () => process.exit());
`;

/** Connects a server in this process to each program that is started: what it reads and writes passes through a socket. */
export async function listenStdio(onConnection: (transport: Transport) => Promise<void>): Promise<StdioFront> {
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    // Its end says all there is to say.
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    const transport = stdioServing(socket, socket);
    const close = transport.close.bind(transport);
    // The program that was started leaves with its server.
    transport.close = () => close().then(() => socket.destroySoon());
    onConnection(transport).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    entry: { command: process.execPath, args: ["-e", RELAY, String(port)] },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
