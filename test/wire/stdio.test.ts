import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, expect, test } from "vitest";
import { type Child, startChild } from "../../src/wire/child.ts";
import { stdioConnection, stdioServing } from "../../src/wire/stdio.ts";
import { echoServer } from "./echo-server.ts";

const SERVER = fileURLToPath(new URL("children/server.mjs", import.meta.url));
const SERVING = fileURLToPath(new URL("children/serving.ts", import.meta.url));
const PATIENCE_MS = 30_000;

const started: Child[] = [];

function farServer(): Child {
  const child = startChild({ command: process.execPath, args: [SERVER], env: {}, label: "server far" });
  started.push(child);
  return child;
}

afterEach(async () => {
  for (const child of started) child.kill();
  await Promise.all(started.splice(0).map(({ exited }) => exited));
});

async function connected(transport: Transport): Promise<Client> {
  const client = new Client({ name: "caller", version: "1" });
  await client.connect(transport);
  return client;
}

async function call(client: Client, name: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const { content } = await client.callTool({ name, arguments: args });
  return Array.isArray(content) ? JSON.parse(content[0].text) : undefined;
}

const noRubbish = (line: string): void => expect.unreachable(line);

test(
  "the official client calls an official server in a child, through our end",
  async () => {
    const client = await connected(stdioConnection(farServer(), noRubbish));
    expect(await call(client, "echo", { text: "ä\n💡" })).toEqual({ text: "ä\n💡" });
  },
  PATIENCE_MS,
);

test(
  "several connections follow each other over one child and leave no listener",
  async () => {
    const child = farServer();
    const counts = (): readonly number[] =>
      [child.stdout, child.stdin].map((pipe) =>
        pipe.eventNames().reduce((sum, name) => sum + pipe.listenerCount(name), 0),
      );
    const before = counts();
    for (const n of [1, 2, 3]) {
      const client = await connected(stdioConnection(child, noRubbish));
      expect(await call(client, "echo", { n })).toEqual({ n });
      await client.close();
      expect(counts()).toEqual(before);
    }
    expect(child.isOver).toBe(false);
  },
  PATIENCE_MS,
);

test(
  "a call is refused at once when the child dies under it",
  async () => {
    const child = farServer();
    const client = await connected(stdioConnection(child, noRubbish));
    await expect(call(client, "die")).rejects.toThrow("Connection closed");
    expect((await child.exited).code).toBe(7);
  },
  PATIENCE_MS,
);

test(
  "a connection to a child that has gone is refused",
  async () => {
    const child = farServer();
    child.kill();
    await child.exited;
    await expect(connected(stdioConnection(child, noRubbish))).rejects.toThrow("server far has gone");
  },
  PATIENCE_MS,
);

test(
  "rubbish between messages is passed on, trimmed, and the connection goes on",
  async () => {
    const rubbish: string[] = [];
    const client = await connected(stdioConnection(farServer(), (line) => rubbish.push(line)));
    await call(client, "print", { text: `  debug: ${"x".repeat(300)}  \n\n{"jsonrpc":"1.0"}\n` });
    expect(await call(client, "echo", { still: "here" })).toEqual({ still: "here" });
    expect(rubbish).toEqual([`debug: ${"x".repeat(193)}`, '{"jsonrpc":"1.0"}']);
  },
  PATIENCE_MS,
);

/** Our client's end on bare pipes; `far` is what a child would write. */
function bare(): {
  readonly far: PassThrough;
  readonly open: (rubbish?: string[]) => Promise<readonly JSONRPCMessage[]>;
} {
  const far = new PassThrough();
  const child = { ...NO_CHILD, stdout: far };
  return {
    far,
    async open(rubbish = []) {
      const messages: JSONRPCMessage[] = [];
      const transport = stdioConnection(child, (line) => rubbish.push(line));
      transport.onmessage = (message) => {
        messages.push(message);
        if ("method" in message && message.method === "stop") void transport.close();
      };
      await transport.start();
      return messages;
    },
  };
}

const NO_CHILD: Child = {
  label: "server bare",
  pid: undefined,
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderrTail: "",
  exited: new Promise(() => {}),
  isOver: false,
  send: () => {},
  onMessage: () => () => {},
  onExit: () => () => {},
  letGo: () => {},
  hold: () => {},
  kill: () => {},
  end: () => new Promise(() => {}),
};

const line = (method: string): string => `${JSON.stringify({ jsonrpc: "2.0", method })}\n`;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a message in pieces, cut inside a character, is one message", async () => {
  const { far, open } = bare();
  const messages = await open();
  for (const byte of Buffer.from(line("grüße"))) far.write(Buffer.of(byte));
  await turn();
  expect(messages).toEqual([{ jsonrpc: "2.0", method: "grüße" }]);
});

test("a connection that has closed no longer listens for the child's exit", async () => {
  let listeners = 0;
  const onExit = (): (() => void) => {
    listeners++;
    return () => void listeners--;
  };
  const transport = stdioConnection({ ...NO_CHILD, stdout: new PassThrough(), onExit }, noRubbish);
  await transport.start();
  expect(listeners).toBe(1);
  await transport.close();
  expect(listeners).toBe(0);
});

test("what comes after the message at which a connection closes is for the next one", async () => {
  const { far, open } = bare();
  const first = await open();
  const half = line("split");
  far.write(line("one") + line("stop") + line("two") + half.slice(0, 10));
  await turn();
  far.write(half.slice(10));
  const second = await open();
  await turn();
  expect(first).toHaveLength(2);
  expect(second).toEqual([
    { jsonrpc: "2.0", method: "two" },
    { jsonrpc: "2.0", method: "split" },
  ]);
});

test(
  "a line longer than 64 MiB is rubbish, and what follows it is read",
  async () => {
    const { far, open } = bare();
    const rubbish: string[] = [];
    const messages = await open(rubbish);
    const block = Buffer.alloc(1024 * 1024, "y");
    for (let n = 0; n < 66; n++) if (!far.write(block)) await turn();
    far.write(`\n${line("after")}`);
    await turn();
    await turn();
    expect(rubbish).toEqual(["y".repeat(200)]);
    expect(messages).toEqual([{ jsonrpc: "2.0", method: "after" }]);
  },
  PATIENCE_MS,
);

test("sending waits until a slow reader has taken the message", async () => {
  const stdin = new PassThrough({ highWaterMark: 16 });
  const transport = stdioConnection({ ...NO_CHILD, stdin, stdout: new PassThrough() }, noRubbish);
  await transport.start();
  let sent = 0;
  const sending = Array.from({ length: 20 }, async (_, n) => {
    await transport.send({ jsonrpc: "2.0", method: `number ${n}` });
    sent++;
  });
  await turn();
  expect(sent).toBeLessThan(20);
  expect(stdin.listenerCount("drain")).toBeLessThan(2);
  stdin.resume();
  await Promise.all(sending);
});

test("the serving end takes one client after the other over the same pipes", async () => {
  const [up, down] = [new PassThrough(), new PassThrough()];
  for (const n of [1, 2]) {
    const server = echoServer();
    await server.connect(stdioServing(up, down));
    const client = await connected(stdioConnection({ ...NO_CHILD, stdin: up, stdout: down }, noRubbish));
    expect(await call(client, "echo", { n })).toEqual({ n });
    await client.close();
    await server.close();
  }
});

test("the serving end closes when its input ends", async () => {
  const up = new PassThrough();
  const transport = stdioServing(up, new PassThrough());
  const closed = new Promise<void>((resolve) => (transport.onclose = resolve));
  await transport.start();
  up.end();
  await closed;
});

test("the serving end tells of rubbish and goes on", async () => {
  const up = new PassThrough();
  const transport = stdioServing(up, new PassThrough());
  const errors: string[] = [];
  const methods: string[] = [];
  transport.onerror = ({ message }) => errors.push(message);
  transport.onmessage = (message) => methods.push("method" in message ? message.method : "");
  await transport.start();
  up.write(`hello?\n${line("next")}`);
  await turn();
  expect([errors, methods]).toEqual([["this line is no JSON-RPC message: hello?"], ["next"]]);
});

test(
  "the official stdio client spawns a server on our end and calls it",
  async () => {
    const client = await connected(
      new StdioClientTransport({ command: process.execPath, args: ["--import", "tsx", SERVING], stderr: "ignore" }),
    );
    expect(await call(client, "echo", { from: "the SDK" })).toEqual({ from: "the SDK" });
    await client.close();
  },
  PATIENCE_MS,
);
