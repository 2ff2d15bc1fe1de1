import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { canonicalJson } from "../../src/core/json.ts";
import { writeOtlpJson } from "../../src/format/otlp-write.ts";
import { execute } from "../../src/run/execute.ts";
import type { Run } from "../../src/run/outcome.ts";
import { prepareThread } from "../../src/run/prepare-thread.ts";
import { agent } from "../../src/scenario/agent.ts";
import { plan } from "../../src/scenario/plan.ts";
import { defineScenario, user } from "../../src/scenario/scenario.ts";
import { mcpServer, tool } from "../../src/scenario/server.ts";
import type { LedgerEntry } from "../../src/trace/evidence.ts";
import type { Span } from "../../src/trace/span.ts";
import { shippedScenarios } from "../digests.ts";

const SCRIPT = fileURLToPath(new URL("tool-calls.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "troupe-oracle-"));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true }));

type Evidence = Pick<Run, "spans" | "ledger">;
type Calls = readonly (readonly [server: string, calls: readonly string[]])[];

const output = z.object({
  spans: z.array(z.tuple([z.string(), z.array(z.string())])),
  ledger: z.array(z.tuple([z.string(), z.array(z.string())])),
});

/** What the script says of spans and ledger, and whether it holds them to be the same calls. */
function judged({
  spans,
  ledger,
}: Evidence): Promise<{ readonly agrees: boolean; readonly spans: Calls; readonly ledger: Calls }> {
  const [spansFile, ledgerFile] = ["spans", "ledger"].map((kind) => join(folder, `${kind}-${++files}.json`)) as [
    string,
    string,
  ];
  writeFileSync(spansFile, writeOtlpJson(spans));
  writeFileSync(ledgerFile, canonicalJson(ledger));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [SCRIPT, spansFile, ledgerFile], (error, stdout, stderr) => {
      if (stderr !== "") return reject(new Error(stderr));
      resolve({ agrees: error === null, ...output.parse(JSON.parse(stdout)) });
    });
  });
}

prepareThread();
const loaded = await shippedScenarios();

test.for(loaded.map(({ scenario }) => scenario))(
  "in $name spans and ledger tell the same tool calls",
  { timeout: 60_000 },
  async (scenario) => {
    for (const seed of [1, 2, 3]) {
      const verdict = await judged(await execute(plan(scenario, seed)));
      expect(verdict.spans).toEqual(verdict.ledger);
      expect(verdict.agrees).toBe(true);
    }
  },
);

test("some shipped scenario calls tools at all", { timeout: 60_000 }, async () => {
  const refund = loaded.find(({ scenario }) => scenario.name === "refund-handoff");
  if (refund === undefined) throw new Error("refund-handoff is not shipped");
  const { spans } = await judged(await execute(plan(refund.scenario, 1)));
  expect(spans).toEqual([
    ["orders", ['lookup_order {"id":"A-17"}']],
    ["payments", ['refund {"amount":249,"order":"A-17"}']],
  ]);
});

const shop = mcpServer("shop", {
  tools: {
    look: tool({ input: { type: "object" }, handle: () => "seen" }),
    buy: tool({ input: { type: "object" }, handle: () => "bought" }),
  },
});
const buyer = agent("buyer", async (turn) => {
  await turn.tool(shop, "look", { item: "lamp" });
  await turn.tool(shop, "buy", { item: "lamp" });
  await turn.tool(shop, "buy", { item: "bulb" });
  return "done";
});
const scenario = defineScenario({ name: "shopping", agents: [buyer], servers: [shop], script: [user.says("A lamp")] });
let run: Evidence;

beforeAll(async () => {
  run = await execute(plan(scenario, 1));
});

const isServed = ({ spanKind, attributes }: Span): boolean =>
  spanKind === "server" && attributes["mcp.method.name"] === "tools/call";
const isArrival = ({ end, role, method }: LedgerEntry): boolean =>
  end === "received" && role === "request" && method === "tools/call";

/** The list without the `index`th of those that `test` picks. */
function without<T>(list: readonly T[], picks: (one: T) => boolean, index: number): readonly T[] {
  const dropped = list.filter(picks)[index];
  return list.filter((one) => one !== dropped);
}

/** The list in which the `first`th and the `second`th of those that `picks` picks have changed as `swap` says. */
function swapped<T>(list: readonly T[], picks: (one: T) => boolean, swap: (a: T, b: T) => T): readonly T[] {
  const [, one, other] = list.filter(picks);
  if (one === undefined || other === undefined) throw new Error("nothing to swap");
  return list.map((each) => (each === one ? swap(one, other) : each === other ? swap(other, one) : each));
}

test("the calls of a run that nobody touched agree", async () => {
  const { agrees, spans } = await judged(run);
  expect(spans).toEqual([["shop", ['look {"item":"lamp"}', 'buy {"item":"lamp"}', 'buy {"item":"bulb"}']]]);
  expect(agrees).toBe(true);
});

test.for<readonly [string, (evidence: Evidence) => Evidence]>([
  ["a span is dropped", ({ spans, ledger }) => ({ ledger, spans: without(spans, isServed, 1) })],
  ["a crossing is dropped", ({ spans, ledger }) => ({ spans, ledger: without(ledger, isArrival, 2) })],
  [
    "a caller's span is dropped",
    ({ spans, ledger }) => ({
      ledger,
      spans: without(spans, ({ name }) => name === "execute_tool buy", 0),
    }),
  ],
  [
    "a span's arguments are changed",
    ({ spans, ledger }) => ({
      ledger,
      spans: spans.map((span) =>
        span.name === "execute_tool look"
          ? { ...span, attributes: { ...span.attributes, "gen_ai.tool.call.arguments": '{"item":"lamb"}' } }
          : span,
      ),
    }),
  ],
  [
    "a span's tool is changed",
    ({ spans, ledger }) => ({
      ledger,
      spans: spans.map((span) =>
        isServed(span) ? { ...span, attributes: { ...span.attributes, "gen_ai.tool.name": "buy" } } : span,
      ),
    }),
  ],
  [
    "a crossing's arguments are changed",
    ({ spans, ledger }) => ({
      spans,
      ledger: ledger.map((entry) =>
        isArrival(entry) ? { ...entry, text: entry.text.replace("bulb", "lamp") } : entry,
      ),
    }),
  ],
  [
    "a crossing's tool is changed",
    ({ spans, ledger }) => ({
      spans,
      ledger: ledger.map((entry) => (isArrival(entry) ? { ...entry, text: entry.text.replace("look", "buy") } : entry)),
    }),
  ],
  [
    "a crossing's server is changed",
    ({ spans, ledger }) => ({
      spans,
      ledger: ledger.map((entry) => (isArrival(entry) ? { ...entry, to: "other" } : entry)),
    }),
  ],
  [
    "two spans are swapped",
    ({ spans, ledger }) => ({
      ledger,
      spans: swapped(spans, isServed, (span, { startTimeUnixNano }) => ({ ...span, startTimeUnixNano })),
    }),
  ],
  [
    "two crossings are swapped",
    ({ spans, ledger }) => ({ spans, ledger: swapped(ledger, isArrival, (_, other) => other) }),
  ],
])("the script refuses when %s", async ([, change]) => {
  expect((await judged(change(run))).agrees).toBe(false);
});
