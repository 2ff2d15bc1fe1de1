/** `troupe prove` of real programs: of our own mocks, of servers with a planted defect, and of what is no peer at all. */
import { expect, test } from "vitest";
import { proveA2a } from "../../src/campaign/prove/a2a.ts";
import { PROOF_LIMITS, type PeerAddress } from "../../src/campaign/prove/bench.ts";
import { proveMcpClient } from "../../src/campaign/prove/mcp-client.ts";
import { proveMcpServer } from "../../src/campaign/prove/mcp-server.ts";
import { type Proof, verdictOf } from "../../src/check/proof/proof.ts";
import { QUESTIONS } from "../../src/check/proof/evidence.ts";
import { TROUPE } from "../cli/run-child.ts";
import { MARK, newMark, processesWith } from "./machine.ts";

const mark = newMark();
const limits = { ...PROOF_LIMITS, quietMs: 400, endMs: 1_000 };
const options = { limits, otlpPort: 0, seed: 7 };

function peer(command: readonly string[], given: Partial<PeerAddress> = {}): PeerAddress {
  return {
    command,
    url: undefined,
    downstream: [{ name: "DOWNSTREAM", speaks: "mcp" }],
    env: { [MARK]: mark },
    ...given,
  };
}

const byHand = (...words: readonly string[]): PeerAddress =>
  peer(["node", "test/processes/fixtures-prove/server.mjs", ...words]);

/** What breaks, as `question cause`, each once. */
function broken({ proved }: Proof): readonly string[] {
  const found = proved.flatMap((one) =>
    QUESTIONS.flatMap((question) => one[question].causes.map((cause) => `${question} ${cause}`)),
  );
  return [...new Set(found)].toSorted();
}

function answered({ proved }: Proof, method: string, question: (typeof QUESTIONS)[number]): readonly string[] {
  const answers = proved.filter(({ subject }) => subject.method === method).map((one) => one[question].answer);
  return [...new Set(answers)].toSorted();
}

test.concurrent.for([
  ["none", []],
  ["new root", ["passedOn re-rooted", "read not-extracted"]],
  ["stale", ["passedOn re-rooted", "read wrong-parent"]],
  ["loses baggage", ["kept re-rooted"]],
  ["namespaces", ["passedOn bad-carrier"]],
  ["calls an error OK", ["recorded wrong-status"]],
] as const)("of a server over stdio with the defect %s is found %j", async ([defect, wanted]) => {
  const proof = await proveMcpServer({ ...options, peer: byHand(defect), tools: "read-only" });
  expect([proof.failure, broken(proof)]).toEqual([undefined, wanted]);
  expect(verdictOf(proof)).toBe(wanted.length === 0 ? "passed" : "failed");
  if (defect !== "none") return;
  expect(answered(proof, "tools/call", "read")).toEqual(["not-due", "yes"]);
  expect(answered(proof, "tools/call", "recorded")).toEqual(["not-due", "yes"]);
  expect(proof.notes).toEqual([
    expect.stringMatching(/^it does not speak 2026-07-28: to server\/discover it says .*Method not found/),
    expect.stringMatching(/not called, for want of the annotation readOnlyHint .*: change$/),
  ]);
});

test.concurrent("a server of 2026-07-28 is proved in what it speaks, and in nothing else", async () => {
  const address = byHand("calls an error OK", "stateless");
  const proof = await proveMcpServer({ ...options, peer: address, tools: "read-only" });
  expect([proof.failure, broken(proof)]).toEqual([undefined, ["recorded wrong-status"]]);
  expect(proof.peer).toMatchObject({ name: "by-hand", protocol: "2026-07-28" });
  expect(answered(proof, "tools/call", "read")).toEqual(["not-due", "yes"]);
  expect(answered(proof, "tools/call", "passedOn")).toEqual(["cannot-tell", "not-due", "yes"]);
  expect(new Set(proof.proved.map(({ subject }) => subject.method))).toEqual(
    new Set(["server/discover", "tools/list", "tools/call"]),
  );
});

test.concurrent("a mock server of ours comes out whole over HTTP, by whatever carrier", async () => {
  const words = ["serve", "mock-servers/library.ts#library", "--transport", "http", "--port", "{port}"];
  const address = peer([...TROUPE, ...words], { url: "http://127.0.0.1:{port}/mcp" });
  const proof = await proveMcpServer({ ...options, peer: address, tools: "all" });
  expect([proof.failure, broken(proof), verdictOf(proof)]).toEqual([undefined, [], "passed"]);
  expect(new Set(proof.proved.map(({ carrier }) => carrier))).toEqual(new Set(["_meta", "header", "_meta, header"]));
  expect(answered(proof, "tools/call", "read")).toEqual(["not-due", "yes"]);
  expect(answered(proof, "tools/call", "recorded")).toEqual(["not-due", "yes"]);
});

test.concurrent("a remote agent of ours comes out whole", async () => {
  const words = ["serve", "mock-servers/risk.ts#risk", "--port", "{port}"];
  const address = peer([...TROUPE, ...words], { url: "http://127.0.0.1:{port}" });
  const proof = await proveA2a({ ...options, peer: address });
  expect([proof.failure, broken(proof), verdictOf(proof)]).toEqual([undefined, [], "passed"]);
  expect(answered(proof, "SendStreamingMessage", "read")).toEqual(["not-due", "yes"]);
});

const CLIENT = "test/processes/fixtures-prove/client.mjs";

test.concurrent("over HTTP a client under troupe/register comes out whole", async () => {
  const registered = peer(["node", "--import", "troupe/register", CLIENT]);
  const proof = await proveMcpClient({ ...options, transport: "http", peer: registered });
  expect([proof.failure, broken(proof), verdictOf(proof)]).toEqual([undefined, [], "passed"]);
  expect(answered(proof, "tools/call", "kept")).toEqual(["yes"]);
});

test.concurrent("the same client comes out whole where it speaks 2026-07-28", async () => {
  const registered = peer(["node", "--import", "troupe/register", CLIENT, "stateless"]);
  const proof = await proveMcpClient({ ...options, transport: "http", peer: registered });
  expect([proof.failure, broken(proof), verdictOf(proof)]).toEqual([undefined, [], "passed"]);
  expect(proof.peer).toMatchObject({ name: "shopper", version: "1.0.0", protocol: "2026-07-28" });
  expect(proof.proved.map(({ subject }) => subject.method)).toEqual(["server/discover", "tools/call", "tools/call"]);
});

test.concurrent.for([
  ["stateless", "handshake"],
  ["handshake", "stateless"],
] as const)(
  "of a client that speaks %s a server that speaks %s hears nothing but the refusal",
  async ([speaks, era]) => {
    const proof = await proveMcpClient({ ...options, transport: "http", era, peer: peer(["node", CLIENT, speaks]) });
    expect(proof.proved.map(({ subject }) => subject.method)).not.toContain("tools/call");
    expect(proof.notes).toEqual([expect.stringMatching(/^it ended: its process ended with exit code 1/)]);
  },
);

test.concurrent.for(["http", "stdio"] as const)("over %s the same client alone carries nothing", async (transport) => {
  const proof = await proveMcpClient({ ...options, transport, peer: peer(["node", CLIENT]) });
  expect([proof.failure, broken(proof)]).toEqual([undefined, ["passedOn not-injected"]]);
  expect(proof.peer).toMatchObject({ name: "shopper", version: "1.0.0" });
});

test.concurrent.for([
  ["that ends", "process.exit(3)", /^it ended: its process ended with exit code 3/],
  [
    "that prints rubbish",
    "console.log('hello'); setInterval(() => {}, 1000)",
    /^it could not be spoken to: there was no answer within 1 s/,
  ],
  [
    "that answers with what was asked",
    "process.stdin.pipe(process.stdout)",
    /^it could not be spoken to: .*Method not found/,
  ],
] as const)("of a program %s nothing can be told, and why is told", async ([, code, why]) => {
  const short = { ...limits, answerMs: 1_000, endMs: 200 };
  const proof = await proveMcpServer({ ...options, limits: short, peer: peer(["node", "-e", code]), tools: "all" });
  expect([proof.failure, proof.proved, verdictOf(proof)]).toEqual([expect.stringMatching(why), [], "inconclusive"]);
});

test.concurrent("a server that falls silent is given up, and what it answered before counts", async () => {
  const code = `
    const answer = (id, result) => console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method } = JSON.parse(line);
      if (method === "initialize")
        answer(id, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "mute", version: "1" } });
    });`;
  const short = { ...limits, answerMs: 1_000 };
  const proof = await proveMcpServer({
    ...options,
    limits: short,
    era: "handshake",
    peer: peer(["node", "-e", code]),
    tools: "all",
  });
  expect(proof.failure).toBe("it gave no answer to 3 requests, one after the other");
  expect(proof.proved.map(({ subject }) => subject.method)).toEqual(["initialize", "ping", "ping", "ping"]);
});

test("what cannot be started is said to be so, and nothing of any proof is left behind", async () => {
  const refused = proveMcpServer({ ...options, peer: peer(["no-such-program-here"]), tools: "all" });
  await expect(refused).rejects.toThrow("no-such-program-here: it cannot be started");
  const deaf = peer(["sleep", "60"], { url: "http://127.0.0.1:{port}/" });
  const short = { ...limits, answerMs: 300 };
  await expect(proveMcpServer({ ...options, limits: short, peer: deaf, tools: "all" })).rejects.toThrow(
    /nothing answered at http:\/\/127\.0\.0\.1:\d+\/ within 0\.3 s/,
  );
  expect(processesWith(mark)).toEqual([]);
});
