import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { currentActor } from "../../src/telemetry/actor.ts";
import { a2aName } from "../../src/wire/a2a-exchange.ts";
import type { HttpEndpoint } from "../../src/wire/http-exchange.ts";
import { simulatedFetch } from "../../src/wire/simulated-fetch.ts";
import { HandNetwork } from "./hand-network.ts";

const URL_OF_RISK = "http://risk.invalid/";

/** What a framework keeps for the code that runs. */
const store = new AsyncLocalStorage<string>();

const who = (): string => `${currentActor()?.name ?? "nobody"} ${store.getStore() ?? "-"}`;

function fetchOf(network: HandNetwork, endpoint: HttpEndpoint): typeof fetch {
  const caller = { service: "shop", current: network.current };
  return simulatedFetch(network.wire, caller, { service: "risk", actor: network.server.name, name: a2aName }, endpoint);
}

function ask(method: string, more: RequestInit = {}): RequestInit {
  const params = { message: { contextId: "c-1", metadata: { "troupe.caller": "billing" } } };
  return { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), ...more };
}

/** A body that a generator writes when it is pulled, as a framework's would. */
function pulled(steps: () => AsyncGenerator<string, void>, onCancel?: () => void): Response {
  const encoder = new TextEncoder();
  let generator: AsyncGenerator<string, void> | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        generator ??= steps();
        const { done, value } = await generator.next();
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      cancel: () => onCancel?.(),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

test("a request crosses whole, and so does its answer", async () => {
  const network = new HandNetwork();
  const answer = await network.run(async () => {
    const fetchImpl = fetchOf(network, (request) => {
      const said = `${request.method} ${request.url} ${request.headers.get("x-a")} ${request.text}`;
      return Promise.resolve(new Response(said, { status: 201, headers: { "x-b": "2" } }));
    });
    const response = await fetchImpl(`${URL_OF_RISK}p`, { method: "PUT", body: "text", headers: { "X-A": "1" } });
    return [response.status, response.headers.get("x-b"), await response.text()];
  });
  expect(answer).toEqual([201, "2", "PUT http://risk.invalid/p 1 text"]);
});

test("the server answers as itself, and sees nothing that the caller holds", async () => {
  const network = new HandNetwork();
  const seen: string[] = [];
  const fetchImpl = fetchOf(network, async () => {
    seen.push(who());
    await Promise.resolve();
    seen.push(who());
    return new Response("ok");
  });
  const after = await network.run(() =>
    store.run("caller's", async () => {
      await (await fetchImpl(URL_OF_RISK)).text();
      return who();
    }),
  );
  expect(seen).toEqual(["agent/risk -", "agent/risk -"]);
  expect(after).toBe("agent/billing caller's");
});

test("a generator behind a pulled stream runs as the server at every step, though the caller reads", async () => {
  const network = new HandNetwork();
  const seen: string[] = [];
  const fetchImpl = fetchOf(network, () =>
    Promise.resolve(
      pulled(async function* () {
        for (const step of ["a", "b", "c"]) {
          seen.push(who());
          yield step;
          await Promise.resolve();
        }
        seen.push(who());
      }),
    ),
  );
  const text = await network.run(() =>
    store.run("caller's", async () => {
      const response = await fetchImpl(URL_OF_RISK);
      return await response.text();
    }),
  );
  expect(text).toBe("abc");
  expect(seen).toEqual(Array(4).fill("agent/risk -"));
});

test("each chunk of a stream is a message of its own, read in the caller's context", async () => {
  const network = new HandNetwork();
  const fetchImpl = fetchOf(network, () =>
    Promise.resolve(
      pulled(async function* () {
        yield "a";
        await Promise.resolve();
        yield "b";
      }),
    ),
  );
  const chunks: string[] = [];
  await network.run(() =>
    store.run("caller's", async () => {
      const { body } = await fetchImpl(URL_OF_RISK);
      for await (const bytes of body ?? []) chunks.push(`${new TextDecoder().decode(bytes)} ${who()}`);
    }),
  );
  expect(chunks).toEqual(["a agent/billing caller's", "b agent/billing caller's"]);
  expect(network.sent).toEqual([
    "agent/billing>agent/risk -> agent/risk",
    // The head, two chunks, the end.
    ...Array<string>(4).fill("agent/risk>agent/billing -> agent/billing"),
  ]);
});

test("both ends write down the request and the whole of its reply", async () => {
  const network = new HandNetwork();
  const fetchImpl = fetchOf(network, () =>
    Promise.resolve(
      pulled(async function* () {
        yield "data: 1\n\n";
        await Promise.resolve();
        yield "data: 2\n\n";
      }),
    ),
  );
  const request = ask("SendStreamingMessage", { headers: { traceparent: "tp", baggage: "b=1", other: "x" } });
  await network.run(async () => await (await fetchImpl(URL_OF_RISK, request)).text());
  const timeUnixNano = network.client.clock.nowUnixNano();
  const asked = {
    message: "shop>risk#0",
    from: "shop",
    to: "risk",
    agent: "billing",
    protocol: "a2a",
    transport: "sim",
    method: "SendStreamingMessage",
    role: "request",
    carrier: { traceparent: "tp", baggage: "b=1" },
    text: request.body,
  };
  const reply = {
    ...asked,
    message: "risk>shop#re:0",
    from: "risk",
    to: "shop",
    role: "reply",
    carrier: {},
    status: 200,
    text: "data: 1\n\ndata: 2\n\n",
  };
  expect(network.ledger.entries).toEqual([
    { ...asked, end: "sent", timeUnixNano },
    { ...asked, end: "received", timeUnixNano },
    { ...reply, end: "sent", timeUnixNano },
    { ...reply, end: "received", timeUnixNano },
  ]);
});

test("a request for the card is written down under what it asks of HTTP", async () => {
  const network = new HandNetwork();
  const fetchImpl = fetchOf(network, () => Promise.resolve(new Response("{}")));
  await network.run(() => fetchImpl(`${URL_OF_RISK}.well-known/agent-card.json`));
  expect(network.ledger.entries[0]).toMatchObject({ method: "GET /.well-known/agent-card.json", text: "" });
});

test("a carrier that is rewritten on its way arrives as it was rewritten, and the ledger shows both", async () => {
  const network = new HandNetwork((fields) => ({
    sent: fields,
    arriving: { traceparent: `${fields["traceparent"]}-changed` },
  }));
  const arrived: unknown[] = [];
  const fetchImpl = fetchOf(network, ({ headers }) => {
    arrived.push(Object.fromEntries(headers));
    return Promise.resolve(new Response("ok"));
  });
  const headers = { traceparent: "tp", baggage: "b=1", other: "x" };
  await network.run(() => fetchImpl(URL_OF_RISK, { headers }));
  expect(arrived).toEqual([{ traceparent: "tp-changed", other: "x" }]);
  expect(network.ledger.entries.slice(0, 2).map(({ carrier }) => carrier)).toEqual([
    { traceparent: "tp", baggage: "b=1" },
    { traceparent: "tp-changed" },
  ]);
});

test("two requests at once are told apart in the ledger", async () => {
  const network = new HandNetwork();
  const fetchImpl = fetchOf(network, () => Promise.resolve(new Response("ok")));
  await network.run(() => Promise.all([fetchImpl(URL_OF_RISK), fetchImpl(URL_OF_RISK)]));
  const ids = network.ledger.entries.map(({ message, end }) => `${end} ${message}`);
  expect(new Set(ids).size).toBe(8);
});

test("an abort is felt at once by the caller, and by the server when the news arrives, as itself", async () => {
  const network = new HandNetwork();
  const aborting = new AbortController();
  const heard: string[] = [];
  const fetchImpl = fetchOf(network, (request) => {
    request.signal.addEventListener("abort", () => heard.push(who()));
    return new Promise(() => undefined);
  });
  const felt = await network.run(() =>
    store.run("caller's", async () => {
      const pending = fetchImpl(URL_OF_RISK, { signal: aborting.signal }).catch((error: unknown) => error);
      await arrivedAt(network, 1);
      aborting.abort();
      const error = await pending;
      expect(heard).toEqual([]);
      return error;
    }),
  );
  expect(felt).toMatchObject({ name: "AbortError" });
  expect(heard).toEqual(["agent/risk -"]);
});

/** Until so many messages have left and been delivered. */
async function arrivedAt({ sent }: HandNetwork, count: number): Promise<void> {
  while (sent.length < count) await new Promise((resolve) => void setImmediate(resolve));
  for (let round = 0; round < 3; round++) await new Promise((resolve) => void setImmediate(resolve));
}

test("a signal that has aborted before sends nothing", async () => {
  const network = new HandNetwork();
  const fetchImpl = fetchOf(network, () => Promise.resolve(new Response("ok")));
  const felt = await network.run(() =>
    fetchImpl(URL_OF_RISK, { signal: AbortSignal.abort() }).catch((error: unknown) => error),
  );
  expect(felt).toMatchObject({ name: "AbortError" });
  expect([network.sent, network.ledger.entries]).toEqual([[], []]);
});

test.each(["abort", "cancel"])("an %s while a stream comes stops it at the server", async (how) => {
  const network = new HandNetwork();
  const aborting = new AbortController();
  let canceledAs: string | undefined;
  const fetchImpl = fetchOf(network, () =>
    Promise.resolve(
      pulled(
        async function* () {
          yield "a";
          await new Promise(() => undefined);
        },
        () => void (canceledAs = who()),
      ),
    ),
  );
  const felt = await network.run(() =>
    store.run("caller's", async () => {
      const { body } = await fetchImpl(URL_OF_RISK, { signal: aborting.signal });
      const reader = body?.getReader();
      await reader?.read();
      if (how === "abort") aborting.abort();
      else await reader?.cancel();
      return await reader?.read().catch((error: unknown) => error);
    }),
  );
  expect(felt).toMatchObject(how === "abort" ? { name: "AbortError" } : { done: true });
  expect(canceledAs).toBe("agent/risk -");
  expect(network.ledger.entries.map(({ role }) => role)).toEqual(["request", "request"]);
});

test("an endpoint that throws is a network that failed", async () => {
  const network = new HandNetwork();
  const fetchImpl = fetchOf(network, () => Promise.reject(new Error("broken")));
  const felt = await network.run(() => fetchImpl(URL_OF_RISK).catch((error: unknown) => error));
  expect(felt).toMatchObject({ name: "TypeError", message: "fetch failed", cause: { message: "Error: broken" } });
});
