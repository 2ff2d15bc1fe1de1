import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { VIRTUAL_EPOCH_UNIX_NANO } from "../../src/core/clock.ts";
import { listenEndpoint, recordedEndpoint, recordedFetch } from "../../src/wire/http-endpoint.ts";
import type { Listening } from "../../src/wire/loopback.ts";
import { a2aName } from "../../src/wire/a2a-exchange.ts";
import type { HttpEndpoint } from "../../src/wire/http-exchange.ts";
import { Ledger, asWritten } from "../../src/wire/ledger.ts";

/** Before any test has listened. */
const NATIVE = [globalThis.Request, globalThis.Response];

const clock = { nowUnixNano: () => VIRTUAL_EPOCH_UNIX_NANO };

async function listening(endpoint: HttpEndpoint): Promise<Listening> {
  const listener = await listenEndpoint({ port: 0, endpoint: () => endpoint });
  onTestFinished(() => listener.close());
  return listener;
}

/** Node 20 has no `Promise.withResolvers`. */
function resolvers<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => void (resolve = done));
  return { promise, resolve };
}

const request = JSON.stringify({
  jsonrpc: "2.0",
  id: 7,
  method: "SendMessage",
  params: { message: { metadata: { "troupe.caller": "billing" } } },
});

test("an endpoint is served at the address that it was told", async () => {
  let told = "";
  const { url, close } = await listenEndpoint({
    port: 0,
    endpoint: (address) => {
      told = address;
      return (asked) => Promise.resolve(new Response(`${asked.method} ${asked.url} ${asked.text}`));
    },
  });
  onTestFinished(close);
  expect(await (await fetch(`${url}/p`, { method: "POST", body: "text" })).text()).toBe(`POST ${url}/p text`);
  expect(told).toBe(url);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test("a stream arrives chunk by chunk", async () => {
  let more = (_text: string): void => {};
  const { url } = await listening(() => {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (more = (text) => controller.enqueue(encoder.encode(text))),
    });
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
  });
  const { body } = await fetch(url);
  const reader = body?.getReader();
  more("a");
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("a");
  more("b");
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("b");
});

test("a port that is in use is a fault with its mend", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  await expect(listenEndpoint({ port, endpoint: () => () => Promise.resolve(new Response()) })).rejects.toMatchObject({
    code: "USAGE",
    faults: [
      {
        where: `port ${port}`,
        what: "another process listens there",
        mend: "Choose another --port, or 0 for a free one.",
      },
    ],
  });
});

test("closing ends what is still open", async () => {
  const listener = await listenEndpoint({ port: 0, endpoint: () => () => new Promise(() => undefined) });
  const open = fetch(listener.url).catch(() => "ended");
  await new Promise<void>((resolve) => void setImmediate(resolve));
  await listener.close();
  expect(await open).toBe("ended");
});

test("a client that hangs up aborts what would answer it", async () => {
  const asked = resolvers<AbortSignal>();
  const { url } = await listening(({ signal }) => {
    asked.resolve(signal);
    return new Promise(() => undefined);
  });
  const leaving = new AbortController();
  const open = fetch(url, { signal: leaving.signal }).catch(() => "left");
  const signal = await asked.promise;
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  leaving.abort();
  await aborted;
  expect(await open).toBe("left");
});

test("a client that was answered aborts nothing", async () => {
  let signal: AbortSignal | undefined;
  const { url, close } = await listening((asked) => {
    ({ signal } = asked);
    return Promise.resolve(new Response("ok"));
  });
  await (await fetch(url)).text();
  await close();
  expect(signal?.aborted).toBe(false);
});

test("a client that leaves a stream cancels it", async () => {
  const cancelled = resolvers<void>();
  const { url } = await listening(() => {
    const body = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() });
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
  });
  const { body } = await fetch(url);
  await body?.cancel();
  await cancelled.promise;
});

test("an endpoint that throws is answered for with 500, and the next is served", async () => {
  let asked = 0;
  const { url } = await listening(() =>
    ++asked === 1 ? Promise.reject(new Error("oh")) : Promise.resolve(new Response("ok")),
  );
  expect((await fetch(url)).status).toBe(500);
  expect(await (await fetch(url)).text()).toBe("ok");
});

test("listening changes no global", async () => {
  await listening(() => Promise.resolve(new Response("ok")));
  expect([globalThis.Request, globalThis.Response]).toEqual(NATIVE);
});

test.each([
  ["application/json", "{}"],
  ["text/event-stream", "data: 1\n\ndata: 2\n\n"],
])("the two ends write the same of a message, each for itself: %s", async (type, text) => {
  const [near, far] = [new Ledger(clock), new Ledger(clock)];
  const endpoint: HttpEndpoint = () => Promise.resolve(new Response(text, { headers: { "content-type": type } }));
  const { url } = await listening(recordedEndpoint(endpoint, { ledger: far, service: "risk", name: a2aName }));
  const asking = recordedFetch(fetch, {
    ledger: near,
    rewrite: asWritten,
    from: "my shop → %41",
    to: "risk",
    name: a2aName,
  });
  const sent = await asking(url, {
    method: "POST",
    body: request,
    headers: { "content-type": "application/json", traceparent: "tp" },
  });
  expect(await sent.text()).toBe(text);
  const ends = (ledger: Ledger): unknown => ledger.entries.map((entry) => ({ ...entry, end: "" }));
  expect(ends(near)).toEqual(ends(far));
  expect(near.entries.map(({ end }) => end)).toEqual(["sent", "received"]);
  expect(far.entries.map(({ end }) => end)).toEqual(["received", "sent"]);
  expect(near.entries).toMatchObject([
    {
      message: "my shop → %41>risk#7",
      from: "my shop → %41",
      to: "risk",
      agent: "billing",
      protocol: "a2a",
      transport: "http",
      method: "SendMessage",
      role: "request",
      carrier: { traceparent: "tp" },
      text: request,
    },
    { message: "risk>my shop → %41#re:7", role: "reply", method: "SendMessage", text },
  ]);
});

test("the card's request is one message at both ends", async () => {
  const [near, far] = [new Ledger(clock), new Ledger(clock)];
  const endpoint: HttpEndpoint = () => Promise.resolve(new Response("{}"));
  const { url } = await listening(recordedEndpoint(endpoint, { ledger: far, service: "risk", name: a2aName }));
  const asking = recordedFetch(fetch, {
    ledger: near,
    rewrite: asWritten,
    from: "shop",
    to: "risk",
    name: a2aName,
  });
  await asking(`${url}/.well-known/agent-card.json`);
  for (const { entries } of [near, far]) expect(entries[0]?.message).toBe("shop>risk#card");
});

test("a carrier that is rewritten leaves as it was rewritten", async () => {
  const [near, far] = [new Ledger(clock), new Ledger(clock)];
  const endpoint: HttpEndpoint = () => Promise.resolve(new Response("{}"));
  const { url } = await listening(recordedEndpoint(endpoint, { ledger: far, service: "risk", name: a2aName }));
  const asking = recordedFetch(fetch, {
    ledger: near,
    rewrite: (fields) => ({ sent: fields, arriving: { baggage: "b=1" } }),
    from: "shop",
    to: "risk",
    name: a2aName,
  });
  await asking(url, { headers: { traceparent: "tp" } });
  expect([near.entries[0]?.carrier, far.entries[0]?.carrier]).toEqual([{ traceparent: "tp" }, { baggage: "b=1" }]);
});

test("a client that is not Troupe's is named by its product", async () => {
  const ledger = new Ledger(clock);
  const endpoint: HttpEndpoint = () => Promise.resolve(new Response("{}"));
  const { url } = await listening(recordedEndpoint(endpoint, { ledger, service: "risk", name: a2aName }));
  await fetch(url, { method: "POST", body: request, headers: { "user-agent": "python-httpx/0.27 (linux)" } });
  expect(ledger.entries[0]).toMatchObject({ from: "python-httpx/0.27", message: "python-httpx/0.27>risk#7" });
});
