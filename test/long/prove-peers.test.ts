/**
 * `troupe prove` of what others have published, as found: the table of docs/evidence.md is made of what comes out here.
 * The peers stand in test/fixtures/peers, with a lock of their own, and are installed when they are not.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { proveA2a } from "../../src/campaign/prove/a2a.ts";
import { PROOF_LIMITS, type PeerAddress } from "../../src/campaign/prove/bench.ts";
import { proveMcpClient } from "../../src/campaign/prove/mcp-client.ts";
import { proveMcpServer } from "../../src/campaign/prove/mcp-server.ts";
import { QUESTIONS } from "../../src/check/proof/evidence.ts";
import { type Proof, rowsOf } from "../../src/check/proof/proof.ts";
import { answerWords } from "../../src/report/proof-words.ts";

const PEERS = "test/fixtures/peers";
const options = { limits: PROOF_LIMITS, otlpPort: 0, seed: 11 };

beforeAll(() => {
  if (!existsSync(join(PEERS, "node_modules")))
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: PEERS, stdio: "inherit" });
}, 300_000);

function peer(words: string, given: Partial<PeerAddress> = {}): PeerAddress {
  const downstream = [{ name: "DOWNSTREAM", speaks: "mcp" }] as const;
  const [file = "", ...more] = words.split(" ");
  return { command: ["node", join(PEERS, file), ...more], url: undefined, env: {}, downstream, ...given };
}

/** `a 1.2.3` of packages as they are installed. */
function versions(names: readonly string[]): string {
  const manifest = z.object({ version: z.string() });
  const words = names.map((name) => {
    const text = readFileSync(join(PEERS, "node_modules", name, "package.json"), "utf8");
    return `\`${name}\` ${manifest.parse(JSON.parse(text)).version}`;
  });
  return words.join(", ");
}

/** A line of the table: what is answered of a method, with what breaks. */
function line(proof: Proof, packages: readonly string[], method: string): string {
  expect(proof.failure).toBeUndefined();
  const isDue = (carrier: string): boolean => proof.kind === "a2a" || carrier !== "header";
  const ofMethod = proof.proved.filter(({ subject, carrier }) => subject.method === method && isDue(carrier));
  const [row] = rowsOf(ofMethod, () => [method]);
  if (row === undefined) throw new Error(`nothing was heard of ${method}`);
  const answers = QUESTIONS.map((question) => {
    const causes = new Set(ofMethod.flatMap((one) => one[question].causes));
    return [answerWords(row.answers[question]), ...(causes.size > 0 ? [`(${[...causes].join(", ")})`] : [])].join(" ");
  });
  const spoken = proof.kind === "a2a" ? "A2A" : `MCP ${proof.peer.protocol}`;
  return `| ${[versions(packages), proof.kind, proof.transport, spoken, ...answers].join(" | ")} |`;
}

const evidence = readFileSync("docs/evidence.md", "utf8");

/** The line of the same peer, kind, transport and revision is this one; cells are padded there. */
function expectLine(found: string): void {
  const lines = evidence.split("\n").map((one) => one.replaceAll(/ +/g, " "));
  const head = found.split(" | ").slice(0, 4).join(" | ");
  expect(lines.filter((one) => one.startsWith(head))).toEqual([found]);
}

/** Of one that speaks both, each era. */
const SERVERS = [
  ["sdk1-server.mjs", ["@modelcontextprotocol/sdk"], undefined],
  ["sdk2-server.mjs", ["@modelcontextprotocol/server"], "handshake"],
  ["sdk2-server.mjs", ["@modelcontextprotocol/server"], undefined],
  ["openinference-server.mjs", ["@arizeai/openinference-instrumentation-mcp", "@modelcontextprotocol/sdk"], undefined],
] as const;

const CLIENTS = [
  ["sdk1-client.mjs", ["@modelcontextprotocol/sdk"]],
  ["sdk2-client.mjs", ["@modelcontextprotocol/client"]],
  ["sdk2-client.mjs auto", ["@modelcontextprotocol/client"]],
  ["openinference-client.mjs", ["@arizeai/openinference-instrumentation-mcp", "@modelcontextprotocol/sdk"]],
  ["openai-agents-client.mjs", ["@openai/agents"]],
  ["ai-sdk-client.mjs", ["@ai-sdk/mcp"]],
] as const;

const TRANSPORTS = ["stdio", "http"] as const;

test.for(
  SERVERS.flatMap(([file, packages, era]) => TRANSPORTS.map((transport) => ({ file, packages, era, transport }))),
)("$file over $transport (era: $era) is as docs/evidence.md says", async ({ file, packages, era, transport }) => {
  const address = transport === "stdio" ? {} : { url: "http://127.0.0.1:{port}/mcp" };
  const proof = await proveMcpServer({ ...options, era, peer: peer(file, address), tools: "read-only" });
  expectLine(line(proof, packages, "tools/call"));
});

test.for(CLIENTS.flatMap(([file, packages]) => TRANSPORTS.map((transport) => ({ file, packages, transport }))))(
  "$file over $transport is as docs/evidence.md says",
  async ({ file, packages, transport }) => {
    const proof = await proveMcpClient({ ...options, transport, peer: peer(file) });
    expectLine(line(proof, packages, "tools/call"));
  },
);

test("a2a-agent.mjs is as docs/evidence.md says", async () => {
  const downstream = [{ name: "DOWNSTREAM", speaks: "http" }] as const;
  const address = peer("a2a-agent.mjs", { url: "http://127.0.0.1:{port}", downstream });
  expectLine(line(await proveA2a({ ...options, peer: address }), ["@a2a-js/sdk"], "SendMessage"));
});
