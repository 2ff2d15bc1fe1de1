/** A proxy between real sockets: what crosses it, and what is heard of it. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type RequestListener, request as httpRequest } from "node:http";
import { type AddressInfo, type Socket, connect, createServer as createTcpServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import type { ReadRequest } from "../../src/wire/http-exchange.ts";
import { type Passage, type PassedReply, listenProxy } from "../../src/wire/http-proxy.ts";
import { listenOnLoopback } from "../../src/wire/loopback.ts";

interface Between {
  readonly url: string;
  readonly upstream: string;
  readonly asked: ReadRequest[];
  /** The next reply that is heard. */
  readonly heard: () => Promise<PassedReply>;
}

async function between(upstream: string, more: Partial<Passage> = {}): Promise<Between> {
  const asked: ReadRequest[] = [];
  const waiting: ((reply: PassedReply) => void)[] = [];
  const replies: PassedReply[] = [];
  const hear = (reply: PassedReply): void => {
    const next = waiting.shift();
    if (next === undefined) replies.push(reply);
    else next(reply);
  };
  const proxy = await listenProxy(0, (request) => {
    asked.push(request);
    const { pathname, search } = new URL(request.url);
    return pathname === "/nowhere" ? undefined : { url: upstream + pathname + search, hear, ...more };
  });
  onTestFinished(() => proxy.close());
  const heard = (): Promise<PassedReply> =>
    new Promise((resolve) => {
      const known = replies.shift();
      if (known === undefined) waiting.push(resolve);
      else resolve(known);
    });
  return { url: proxy.url, upstream, asked, heard };
}

async function behind(listener: RequestListener, more: Partial<Passage> = {}): Promise<Between> {
  const real = await listenOnLoopback(0, listener);
  onTestFinished(() => real.close());
  return await between(`http://127.0.0.1:${real.port}`, more);
}

/** What a socket says to one request, byte for byte. */
async function behindBytes(serve: (socket: Socket) => void): Promise<Between> {
  const server = createTcpServer((socket) => socket.on("error", () => {}).once("data", () => serve(socket)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return await between(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** The raw body of a reply, as a client gets it that unpacks nothing. */
async function rawOf(url: string, headers: Readonly<Record<string, string>> = {}) {
  const request = httpRequest(url, { headers }).end();
  const [response] = await once(request, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) };
}

test("a stream passes byte for byte, and each piece before the next is sent", async () => {
  const pieces = ['data: {"a"', ":1}\r\n\r\nda", "ta: ü", "\n\n: comment\n\ndata: [DONE]\n\n"].map((one) =>
    Buffer.from(one),
  );
  let go = (): void => {};
  const { url, heard } = await behind(async (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) {
      const next = new Promise<void>((resolve) => (go = resolve));
      response.write(piece);
      await next;
    }
    response.end();
  });
  const response = await fetch(url);
  const got: Buffer[] = [];
  for await (const chunk of response.body ?? []) {
    got.push(Buffer.from(chunk));
    // The next piece is sent only once this one has come.
    if (Buffer.concat(got).length === Buffer.concat(pieces.slice(0, got.length)).length) go();
  }
  expect(Buffer.concat(got)).toEqual(Buffer.concat(pieces));
  expect(await heard()).toMatchObject({ status: 200, text: Buffer.concat(pieces).toString(), ending: "whole" });
});

test("what is packed stays packed for the client, and is heard unpacked", async () => {
  const packed = gzipSync('{"text":"hello"}');
  const { url, heard, asked } = await behind((_, response) => {
    response.writeHead(201, { "content-encoding": "gzip", "x-many": ["a", "b"] }).end(packed);
  });
  const { status, headers, bytes } = await rawOf(`${url}/v1/x?y=z`, { "accept-encoding": "zstd, gzip;q=0.5" });
  expect([status, headers["x-many"]]).toEqual([201, "a, b"]);
  expect(bytes.equals(packed)).toBe(true);
  expect(await heard()).toMatchObject({ status: 201, text: '{"text":"hello"}' });
  expect(asked[0]?.url).toContain("/v1/x?y=z");
});

test("a request passes with its headers but for those that are replaced, and those of one connection", async () => {
  let got: Readonly<Record<string, unknown>> = {};
  let body = "";
  const headers = { authorization: "Bearer real" };
  const { url, upstream } = await behind(
    async (request, response) => {
      got = request.headers;
      for await (const chunk of request) body += String(chunk);
      response.end();
    },
    { headers },
  );
  const given = { Authorization: "Bearer dummy", "x-own": "1", "accept-encoding": "zstd, gzip;q=0.5" };
  await fetch(url, { method: "POST", body: "ü", headers: given });
  expect(body).toBe("ü");
  expect(got).toMatchObject({ ...headers, "x-own": "1", "accept-encoding": "gzip;q=0.5", "content-length": "2" });
  expect(got["host"]).toBe(new URL(upstream).host);
});

test("a megabyte each way is the same on the other side", async () => {
  const { url } = await behind((request, response) => void request.pipe(response));
  const body = Buffer.alloc(1024 * 1024, "0123456789abcdef");
  const response = await fetch(url, { method: "POST", body });
  const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  expect(hash(new Uint8Array(await response.arrayBuffer()))).toBe(hash(body));
});

test("where nobody listens the client gets a gateway's answer that says so", async () => {
  const { url, heard } = await between("http://127.0.0.1:1");
  const response = await fetch(url);
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(/could not be reached/) } });
  expect(await heard()).toEqual({
    unreachable: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 could not be reached: /),
  });
});

test("what breaks behind the proxy breaks before it, and is heard as far as it came", async () => {
  const { url, heard } = await behindBytes((socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", () => socket.destroy());
  });
  await expect(rawOf(url)).rejects.toThrow();
  expect(await heard()).toMatchObject({ status: 200, text: "half", ending: "broken" });
});

test("a client that does not wait any longer is heard, and what it asked for ends", async () => {
  let closed = Promise.resolve<unknown>(undefined);
  const { url, heard } = await behind((_, response) => {
    closed = once(response, "close");
    response.write("half");
  });
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal });
  const reading = response.text().catch(() => "gone");
  stop.abort();
  expect(await reading).toBe("gone");
  await closed;
  expect(await heard()).toMatchObject({ ending: "cancelled" });
});

test("a client that leaves before there is an answer is heard, too", async () => {
  let arrived = (): void => {};
  const isThere = new Promise<void>((resolve) => (arrived = resolve));
  const { url, heard } = await behind(() => arrived());
  const stop = new AbortController();
  const asked = fetch(url, { signal: stop.signal }).catch(() => "gone");
  await isThere;
  stop.abort();
  expect(await asked).toBe("gone");
  expect(await heard()).toMatchObject({ ending: "cancelled", text: "" });
});

test("a redirect within what is behind the proxy stays with the proxy, and any other leads away", async () => {
  let to = "";
  const { url, upstream } = await behind((_, response) => response.writeHead(307, { location: to }).end());
  for (const [location, seen] of [
    [`${upstream}/mcp/?a=b`, "/mcp/?a=b"],
    ["https://elsewhere.example/x", "https://elsewhere.example/x"],
  ] as const) {
    to = location;
    expect((await rawOf(`${url}/mcp`)).headers.location).toBe(seen);
  }
});

test("a body may be written anew, whole", async () => {
  const rewrite = (text: string): string => text.replace("real", "proxy's own");
  const { url, heard } = await behind(
    (_, response) => response.writeHead(200, { "content-length": "9" }).end("the real\n"),
    {
      rewrite,
    },
  );
  expect(await (await fetch(url)).text()).toBe("the proxy's own\n");
  expect(await heard()).toMatchObject({ text: "the real\n" });
});

test("a page of a browser and a path that leads nowhere are refused", async () => {
  const { url, asked } = await behind((_, response) => response.end());
  const { status } = await rawOf(url, { origin: "https://evil.example" });
  expect([status, asked.length]).toEqual([403, 0]);
  expect((await rawOf(`${url}/nowhere`)).status).toBe(404);
});

test("half a request reaches nobody", async () => {
  const { url, asked } = await behind((_, response) => response.end());
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.end(`POST / HTTP/1.1\r\nhost: ${new URL(url).host}\r\ncontent-length: 10\r\n\r\nhalf`);
  socket.resume();
  await once(socket, "close");
  await turn();
  expect(asked).toEqual([]);
});
