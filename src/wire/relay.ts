import { type Socket, createServer } from "node:net";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { CarrierFields } from "../trace/evidence.ts";
import { LineSplitter } from "./lines.ts";
import { stdioServing } from "./stdio.ts";

/** A server over stdio that lives in this process: what a client starts only passes its pipes on. */
export interface Relay {
  /** What a client's configuration names. */
  readonly entry: { readonly command: string; readonly args: readonly string[] };
  close(): Promise<void>;
}

/** Says first what context its environment brought, and is then its client's pipes and nothing else. */
const PROGRAM = `
const socket = require("node:net").connect(Number(process.argv[1]), "127.0.0.1");
const { TRACEPARENT: traceparent, TRACESTATE: tracestate, BAGGAGE: baggage } = process.env;
socket.write(JSON.stringify({ traceparent, tracestate, baggage }) + "\\n");
process.stdin.pipe(socket).pipe(process.stdout);
socket.on("error", () => process.exit(1));
`;

/** @param onConnection is given each client's connection, and the context in the environment that the client gave */
export async function listenRelay(
  onConnection: (transport: Transport, environment: CarrierFields) => Promise<void>,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("close", () => sockets.delete(socket)).on("error", () => {}));
    const lines = new LineSplitter(() => socket.destroy());
    const onData = (chunk: Buffer): void => {
      lines.append(chunk);
      const first = lines.next();
      if (first === undefined) return;
      socket.off("data", onData).pause();
      const rest = lines.rest();
      if (rest.length > 0) socket.unshift(rest);
      onConnection(stdioServing(socket, socket), fieldsIn(first)).catch(() => socket.destroy());
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function fieldsIn(line: string): CarrierFields {
  const fields: unknown = JSON.parse(line);
  return Object.fromEntries(
    Object.entries(Object(fields)).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}
