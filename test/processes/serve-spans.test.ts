import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { describe, expect, test } from "vitest";
import {
  SHOP,
  TRANSPORTS,
  byUrl,
  call,
  connected,
  httpTransport,
  session,
  stdioTransport,
} from "./fixtures-serve/clients.ts";
import { otlpStore } from "./fixtures-serve/otlp.ts";
import { type Serving, ran, serving } from "./fixtures-serve/serving.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const AMBIENT = "11111111111111111111111111111111";
const META = {
  traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
  tracestate: "vendor=1",
  baggage: "tenant.id=acme,prompt.version=v2.3.1",
};

describe.for(TRANSPORTS)("spans of a server over %s", (spoken) => {
  test("are children of what _meta says, carry its baggage, and are handed in when it ends", async () => {
    const store = await otlpStore();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: store.url };
    let server: Serving | undefined;
    let transport: Transport;
    if (spoken === "stdio") transport = stdioTransport([SHOP], env);
    else {
      server = await serving([SHOP, "--transport", spoken], { env });
      transport = byUrl(server.url);
    }
    const client = await connected(transport);
    await client.callTool({ name: "find", arguments: { id: "A-17" }, _meta: META });
    await client.readResource({ uri: "shop://hours", _meta: META });
    await client.callTool({ name: "count" });
    await client.close();
    expect(await server?.stop("SIGTERM")).toMatchObject(server === undefined ? {} : { code: 0, err: "" });
    const byName = new Map(store.spans.map((span) => [span.name, span]));
    const child = { service: "shop", kind: 2, traceId: TRACE, parentSpanId: "b7ad6b7169203331" };
    expect(byName.get("tools/call find")).toMatchObject(child);
    expect(byName.get("resources/read shop://hours")).toMatchObject(child);
    expect(byName.get("tools/call find")?.attributes).toMatchObject({
      "mcp.method.name": "tools/call",
      "network.transport": spoken === "stdio" ? "pipe" : "tcp",
      "tenant.id": "acme",
      "prompt.version": "v2.3.1",
    });
    expect(byName.get("tools/call count")).toMatchObject({ parentSpanId: "", links: [] });
    expect(byName.get("tools/call count")?.attributes).not.toHaveProperty("tenant.id");
    expect(new Set(store.paths)).toEqual(new Set(["/v1/traces"]));
  });
});

test("what HTTP headers say of context becomes a link, and never a parent", async () => {
  const store = await otlpStore();
  const server = await serving([SHOP, "--transport", "http"], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: store.url } });
  const headers = { traceparent: `00-${AMBIENT}-2222222222222222-01`, baggage: "tenant.id=evil" };
  const client = await connected(httpTransport(server.url, headers));
  await client.callTool({ name: "find", arguments: { id: "A-17" }, _meta: META });
  await client.callTool({ name: "count" });
  await client.close();
  await server.stop("SIGTERM");
  const spanOf = (name: string): unknown => store.spans.find((span) => span.name === name);
  const links = [{ traceId: AMBIENT, spanId: "2222222222222222" }];
  expect(spanOf("tools/call find")).toMatchObject({
    traceId: TRACE,
    parentSpanId: "b7ad6b7169203331",
    links,
    attributes: { "tenant.id": "acme" },
  });
  expect(spanOf("tools/call count")).toMatchObject({ parentSpanId: "", links });
  expect(spanOf("tools/call count")).not.toHaveProperty("attributes.tenant.id");
});

test("an endpoint that ends with a slash is the same, and an empty one is none", async () => {
  const store = await otlpStore();
  const input = session(call(2, "count"));
  await ran(["serve", SHOP], { input, env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${store.url}/` } });
  expect(store.paths).toEqual(["/v1/traces"]);
  expect(await ran(["serve", SHOP], { input, env: { OTEL_EXPORTER_OTLP_ENDPOINT: "" } })).toMatchObject({ code: 0 });
});

test("spans that nobody takes are told when it ends, and fail it", async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  const { code, err } = await ran(["serve", "mock-servers/orders.ts#orders"], { input: session(), env });
  expect(code).toBe(1);
  expect(err).toMatch(/^server orders could not hand in its spans: .*the collector did not take 2 spans/m);
  expect(err).not.toMatch(/^\s+at /m);
});
