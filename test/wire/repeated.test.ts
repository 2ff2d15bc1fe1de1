/** A carrier that stands in a message's JSON twice: whoever reads the text says so, where `JSON.parse` says nothing. */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { LedgerEntry } from "../../src/trace/evidence.ts";
import { listenHttp } from "../../src/wire/http.ts";
import { Ledger, asWritten } from "../../src/wire/ledger.ts";
import { McpMessages, recorded } from "../../src/wire/mcp-ledger.ts";
import { repeatedInCarrier } from "../../src/wire/repeated.ts";
import { stdioServing } from "../../src/wire/stdio.ts";
import { listenWebSocket } from "../../src/wire/websocket.ts";

const CONTEXT = '"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"';
const META = `{"traceparent":${CONTEXT}}`;
const asking = (params: string): string => `{"jsonrpc":"2.0","id":1,"method":"ping","params":{${params}}}`;
const TWICE = asking(`"_meta":${META},"name":"x","_meta":{}`);

test.for<readonly [string, string, readonly string[]]>([
  ["nothing", asking(`"_meta":${META}`), []],
  ["`_meta`", TWICE, ["_meta"]],
  ["`traceparent`", asking(`"_meta":{"traceparent":${CONTEXT}, "traceparent" : ${CONTEXT}}`), ["traceparent"]],
  [
    "what stands in another place too",
    asking(`"_meta":${META},"arguments":{"_meta":${META},"traceparent":${CONTEXT}}`),
    [],
  ],
  ["what an argument has twice", asking(`"_meta":${META},"arguments":{"_meta":1,"_meta":2}`), []],
  ["what a text says", asking(`"text":"{\\"_meta\\":1,\\"_meta\\":2, \\\\","_meta":${META}`), []],
  [
    "`_meta` in params that are there twice",
    `{"params":{"_meta":${META}},"params":{"_meta":${META}}}`,
    ["_meta", "traceparent"],
  ],
])("%s is repeated", ([, text, expected]) => {
  JSON.parse(text);
  expect(repeatedInCarrier(text)).toEqual(expected);
});

test("what was written by JSON.stringify repeats nothing, whatever it says", () => {
  const keys = fc.constantFrom("_meta", "traceparent", "params", "a");
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.string(),
      fc.integer(),
      fc.array(tie("value")),
      fc.dictionary(keys, tie("value")),
    ),
  }));
  const isSilent = (params: unknown): boolean => repeatedInCarrier(JSON.stringify({ params })).length === 0;
  fc.assert(fc.property(value, isSilent));
});

/** A server that answers nothing, and what it wrote down of the first message. */
function listening(transport: LedgerEntry["transport"]): {
  readonly onConnection: (connection: Transport) => Promise<void>;
  readonly heard: Promise<LedgerEntry>;
} {
  const ledger = new Ledger({ nowUnixNano: () => 0n });
  const messages = new McpMessages({ client: "c", server: "s", number: () => 1 }, transport);
  let hear = (_entry: LedgerEntry): void => {};
  const heard = new Promise<LedgerEntry>((resolve) => (hear = resolve));
  const onConnection = async (connection: Transport): Promise<void> => {
    const end = recorded(connection, "server", { messages, ledger, rewrite: asWritten });
    end.onmessage = () => {
      const [entry] = ledger.entries;
      if (entry !== undefined) hear(entry);
    };
    await end.start();
  };
  return { onConnection, heard };
}

const OPENING = TWICE.replace(
  '"ping","params":{',
  '"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"},',
);

const WIRES: Readonly<Record<string, (of: ReturnType<typeof listening>) => Promise<string>>> = {
  async stdio({ onConnection }) {
    const input = new PassThrough();
    await onConnection(stdioServing(input, new PassThrough()));
    input.write(`${TWICE}\n`);
    return TWICE;
  },
  async http({ onConnection }) {
    const server = await listenHttp({ port: 0, onConnection });
    onTestFinished(() => server.close());
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    void fetch(server.url, { method: "POST", headers, body: OPENING }).catch(() => {});
    return OPENING;
  },
  async ws({ onConnection }) {
    const server = await listenWebSocket({ port: 0, onConnection });
    onTestFinished(() => server.close());
    const socket = new WebSocket(server.url, "mcp");
    await once(socket, "open");
    socket.send(TWICE);
    return TWICE;
  },
};

test.for(["stdio", "http", "ws"] as const)(
  "over %s the receiving side's ledger says that `_meta` came twice",
  async (transport) => {
    const end = listening(transport);
    const text = await WIRES[transport]?.(end);
    expect(await end.heard).toMatchObject({ end: "received", repeated: ["_meta"], carrier: {}, text });
  },
);
