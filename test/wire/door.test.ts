import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type Door, openDoor } from "../../src/wire/door.ts";
import { listenWebSocket } from "../../src/wire/websocket.ts";

const TOKEN = "a-token.of~tests+/==";

interface Entered {
  readonly status: number;
  readonly challenge: string | undefined;
}

/** Asks 127.0.0.1, whatever the headers say. */
function entering(port: number, headers: IncomingHttpHeaders): Promise<Entered> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", port, headers, agent: false }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, challenge: answer.headers["www-authenticate"] });
    });
    sent.on("error", reject).end();
  });
}

async function opened(door: Omit<Door, "port">): Promise<{
  readonly port: number;
  readonly authority: string;
  urlOf(scheme: "http" | "ws"): string;
}> {
  const open = await openDoor({ port: 0, ...door }, (request, response) => {
    const refusal = open.refusalOf(request);
    response.writeHead(refusal?.status ?? 200, refusal?.headers ?? {}).end();
  });
  onTestFinished(() => open.close());
  const { authority, urlOf } = open;
  return { authority, port: Number(new URL(`http://${authority}`).port), urlOf };
}

test.for([
  ["no header", undefined, 401, 'Bearer realm="troupe"'],
  ["another scheme", `Basic ${TOKEN}`, 401, 'Bearer realm="troupe"'],
  ["the scheme alone", "Bearer", 401, 'Bearer realm="troupe"'],
  ["another token", "Bearer other", 401, 'Bearer realm="troupe", error="invalid_token"'],
  ["the beginning of the token", `Bearer ${TOKEN.slice(0, -1)}`, 401, 'Bearer realm="troupe", error="invalid_token"'],
  ["more than the token", `Bearer ${TOKEN}=`, 401, 'Bearer realm="troupe", error="invalid_token"'],
  ["the token", `Bearer ${TOKEN}`, 200, undefined],
  ["the token after a scheme in small letters", `bearer ${TOKEN}`, 200, undefined],
] as const)(
  "where a token is needed, %s gets the status that it should",
  async ([, authorization, status, challenge]) => {
    const { port } = await opened({ token: TOKEN });
    const headers = authorization === undefined ? {} : { authorization };
    expect(await entering(port, headers)).toEqual({ status, challenge });
  },
);

test("the right token lets in nobody who names another host, or comes from a page", async () => {
  const { port } = await opened({ host: "0.0.0.0", token: TOKEN });
  const authorization = `Bearer ${TOKEN}`;
  for (const [headers, status] of [
    [{ host: "evil.example" }, 403],
    [{ host: `evil.example:${port}` }, 403],
    [{ origin: "http://evil.example" }, 403],
    [{ origin: `https://127.0.0.1:${port}` }, 403],
    [{ origin: "null" }, 403],
    [{ origin: `http://127.0.0.1:${port}` }, 200],
    [{ host: `LOCALHOST:${port}` }, 200],
  ] as const)
    expect([headers, (await entering(port, { ...headers, authorization })).status]).toEqual([headers, status]);
});

test("at all addresses it is found at one that the machine has, and may be asked there", async () => {
  const { port, authority } = await opened({ host: "0.0.0.0", token: TOKEN });
  expect(authority).not.toContain("0.0.0.0");
  expect((await fetch(`http://${authority}`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
  expect((await entering(port, { host: `0.0.0.0:${port}` })).status).toBe(403);
});

test("the host that is asked for stands in the address, and may be named", async () => {
  const { port, authority } = await opened({ host: "127.0.0.2" });
  expect(authority).toBe(`127.0.0.2:${port}`);
  expect((await fetch(`http://${authority}`)).status).toBe(200);
});

test("behind a proxy it is called by the proxy's name, which may be asked for as the machine's own", async () => {
  const { port, urlOf } = await opened({ publicUrl: "https://mocks.example/orders", token: TOKEN });
  expect([urlOf("http"), urlOf("ws")]).toEqual(["https://mocks.example/orders", "wss://mocks.example/orders"]);
  const authorization = `Bearer ${TOKEN}`;
  for (const [headers, status] of [
    [{ host: "mocks.example" }, 200],
    [{ host: "Mocks.example:443", origin: "https://mocks.example" }, 200],
    [{ host: `127.0.0.1:${port}` }, 200],
    [{ host: `mocks.example:${port}` }, 403],
    [{ host: "mocks.example", origin: "http://mocks.example" }, 403],
    [{ host: "evil.example", origin: "https://mocks.example" }, 403],
  ] as const)
    expect([headers, (await entering(port, { ...headers, authorization })).status]).toEqual([headers, status]);
  expect((await entering(port, { host: "mocks.example" })).status).toBe(401);
});

test("a host that this machine has not is a fault with its mend", async () => {
  await expect(openDoor({ port: 0, host: "203.0.113.9" }, () => {})).rejects.toMatchObject({
    code: "USAGE",
    faults: [{ where: "host 203.0.113.9", mend: expect.stringContaining("--host") }],
  });
});

test("over WebSocket the token comes with the handshake", async () => {
  const { url, close } = await listenWebSocket({ port: 0, token: TOKEN, onConnection: async () => {} });
  onTestFinished(close);
  const handshake = (headers: Readonly<Record<string, string>>): Promise<unknown> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, "mcp", { headers });
      socket.once("open", () => resolve("open")).once("close", () => socket.terminate());
      socket.once("unexpected-response", (_, { statusCode, headers: answered }) => {
        resolve([statusCode, answered["www-authenticate"]]);
      });
      socket.on("error", () => {});
    });
  expect(await handshake({})).toEqual([401, 'Bearer realm="troupe"']);
  expect(await handshake({ authorization: `Bearer ${TOKEN}` })).toBe("open");
});
