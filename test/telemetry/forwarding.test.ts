import { once } from "node:events";
import { type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { writeAnswer } from "../../src/format/otlp-exchange.ts";
import { type OtlpTarget, forwardingTo } from "../../src/telemetry/forwarding.ts";

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A store that answers the nth request as told. */
async function store(answer: (response: ServerResponse, count: number) => void): Promise<{
  readonly target: OtlpTarget;
  readonly bodies: string[];
}> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => answer(response, bodies.push(body)));
  }).listen(0, "127.0.0.1");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { target: { url: `http://127.0.0.1:${port}/v1/traces`, headers: { "api-key": "secret-1" } }, bodies };
}

const payload = (text: string, spans = 1) => ({ encoding: "json", bytes: Buffer.from(text), spans }) as const;
const now = { "retry-after": "0" };

test("an export that is refused for the moment is sent again, and then is no loss", async () => {
  const { target, bodies } = await store((response, count) => response.writeHead(count < 3 ? 429 : 200, now).end());
  const forwarding = forwardingTo(target);
  forwarding.send(payload("one"));
  expect(await forwarding.finish()).toEqual([]);
  expect(bodies).toEqual(["one", "one", "one"]);
});

test("an export is tried as often as stated, and then told", async () => {
  const { target, bodies } = await store((response) => response.writeHead(503, now).end());
  const forwarding = forwardingTo(target, { attemptsMax: 3 });
  forwarding.send(payload("one", 7));
  expect(await forwarding.finish()).toEqual([`7 spans not sent to ${target.url}: it answered 503 (3 attempts)`]);
  expect(bodies).toHaveLength(3);
});

test("a target that moved is not followed: the key would go there too", async () => {
  const { target, bodies } = await store((response) =>
    response.writeHead(307, { location: "http://127.0.0.1:9" }).end(),
  );
  const forwarding = forwardingTo(target);
  forwarding.send(payload("one"));
  expect(await forwarding.finish()).toEqual([`1 span not sent to ${target.url}: it answered 307`]);
  expect(bodies).toHaveLength(1);
});

test.for(["json", "protobuf"] as const)("spans that the target rejects are told, in %s", async (encoding) => {
  const partial = { rejectedSpans: 2, message: "too old, secret-1" };
  const { target } = await store((response) => response.end(writeAnswer(partial, encoding)));
  const forwarding = forwardingTo(target);
  forwarding.send({ ...payload("x", 5), encoding });
  expect(await forwarding.finish()).toEqual([`2 spans not sent to ${target.url}: too old, ***`]);
});

test("what finds no room waits nowhere, and is told", async () => {
  const { target, bodies } = await store((response) => response.end());
  const forwarding = forwardingTo(target, { bytesMax: 10 });
  forwarding.send(payload("12345678"));
  forwarding.send(payload("12345678"));
  expect(await forwarding.finish()).toEqual([`1 span not sent to ${target.url}: more than 10 bytes waited to be sent`]);
  expect(bodies).toHaveLength(1);
});

test("a target that never answers holds the end up no longer than stated", async () => {
  const { target } = await store(() => {});
  const forwarding = forwardingTo(target, { finishMs: 20 });
  forwarding.send(payload("one"));
  expect(await forwarding.finish()).toEqual([expect.stringContaining("the time for the rest was over")]);
});
