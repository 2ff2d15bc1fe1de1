/**
 * A clerk on the Vercel AI SDK in staging: the agent, its model, its servers with their token, and the store of traces are
 * processes of their own. What it does there is the case that what it did before has made.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { troupeProcess } from "../cli/run-child.ts";
import { serving } from "../processes/fixtures-serve/serving.ts";
import { started } from "../processes/fixtures-serve/started.ts";

const TOKEN = "of-this-test";
const REGISTER = ["--conditions=troupe-source", "--import", "tsx", "--import", "troupe/register"];
/** The SDK's span of all that it does for one message. */
const ROOT = '"name":"ai.generateText"';

test("an agent on a framework is replayed live: green, and red once it has lost a server", async () => {
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--prefix", "scenarios/frameworks/ai-sdk"]);
  // Inside the package, so that `troupe` is this checkout.
  const folder = mkdtempSync(join("test", ".tmp-staging-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = await started("test/fixtures/staging/store.mjs", {}, onTestFinished);
  const env = { TROUPE_TOKEN: TOKEN, OTEL_EXPORTER_OTLP_ENDPOINT: store };
  const [orders, payments, model] = await Promise.all(
    [
      "mock-servers/orders.ts#orders",
      "mock-servers/payments.ts#payments",
      "scenarios/frameworks/clerk.ts#mock-model",
    ].map((path) => serving([path, "--transport", "http"], { env })),
  );
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const entryOf = (server: typeof orders) => ({ type: "http", url: server?.url, headers });
  const agent = await started(
    "test/fixtures/staging/framework.mjs",
    {
      OTEL_SERVICE_NAME: "clerk",
      OTEL_EXPORTER_OTLP_ENDPOINT: store,
      OPENAI_BASE_URL: `${model?.url}/v1`,
      OPENAI_API_KEY: TOKEN,
      MCP_SERVERS: JSON.stringify({ mcpServers: { orders: entryOf(orders), payments: entryOf(payments) } }),
    },
    onTestFinished,
    REGISTER,
  );
  const said = JSON.stringify({ text: "I was charged twice for order A-17." });
  await fetch(`${agent}/chat`, { method: "POST", body: said });
  const words = ["import", `tempo:${store}#${await traceOfAgent(store)}`, "--out", folder, "--name", "clerk"];
  expect(await troupeProcess(words)).toMatchObject({ code: 0, err: "" });
  const replayed = (path: string): ReturnType<typeof troupeProcess> =>
    troupeProcess(["replay", folder, "--agent", `${agent}${path}`, "--mode", "live", "--spans", `tempo:${store}`]);
  const [green, red] = [await replayed("/chat"), await replayed("/careless")];
  expect(green.out).toMatch(/^✓ clerk seed 1 with .*\/chat: no change$/m);
  expect(red.out).toMatch(/1 change that nobody declared\n +unwanted +lost tool lookup_order \(2 spans\)$/m);
  expect([green.code, red.code]).toEqual([0, 1]);
});

/** The trace in which the agent has answered, once the servers have handed in theirs. */
async function traceOfAgent(store: string): Promise<string> {
  for (;;) {
    const ids = (await (await fetch(`${store}/api/traces`)).json()) as readonly string[];
    const traces = await Promise.all(
      ids.map(async (id) => [id, await (await fetch(`${store}/api/v2/traces/${id}`)).text()]),
    );
    const found = traces.find(([, text = ""]) => text.includes(ROOT) && text.includes('"name":"tools/call refund"'));
    if (found?.[0] !== undefined) return found[0];
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
}
