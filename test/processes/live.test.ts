/**
 * A case from production, replayed against staging: the agent, its mock with a token and the store of traces are processes of
 * their own, and nothing of Troupe is in agent and store.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadAgents } from "../../src/campaign/agent-spec.ts";
import { casesAt, readCase } from "../../src/campaign/replay/cases.ts";
import { replayCase } from "../../src/campaign/replay/lanes.ts";
import { troupeProcess } from "../cli/run-child.ts";
import { troupe } from "../cli/run-program.ts";
import { serving } from "./fixtures-serve/serving.ts";
import { started } from "./fixtures-serve/started.ts";

const TOKEN = "of-this-test";
const ends: (() => unknown)[] = [];
const atEnd = (work: () => unknown): unknown => ends.push(work);
let [store, agent, folder] = ["", "", ""];

beforeAll(async () => {
  // Inside the package, so that `troupe` is this checkout.
  folder = mkdtempSync(join("test", ".tmp-live-"));
  ends.push(() => rmSync(folder, { recursive: true }));
  store = await started("test/fixtures/staging/store.mjs", {}, atEnd);
  const env = { TROUPE_TOKEN: TOKEN, OTEL_EXPORTER_OTLP_ENDPOINT: store };
  const mock = await serving(["mock-servers/orders.ts#orders", "--transport", "http"], { env, atEnd });
  agent = await started(
    "test/fixtures/staging/agent.mjs",
    {
      ORDERS_URL: mock.url,
      MOCK_TOKEN: TOKEN,
      OTLP_URL: store,
    },
    atEnd,
  );
  // What a user of production said.
  await fetch(`${agent}/chat`, { method: "POST", body: JSON.stringify({ text: "Where is A-17?" }) });
  const traceId = await until(async () => {
    const [id = ""] = await jsonAt<readonly string[]>("/api/traces");
    const { trace } = await jsonAt<{ trace?: { resourceSpans: readonly unknown[] } }>(`/api/v2/traces/${id}`);
    return trace?.resourceSpans.length === SPANS_OF_PRODUCTION ? id : undefined;
  });
  const imported = await troupe("import", `tempo:${store}#${traceId}`, "--out", folder, "--name", "support");
  expect([imported.code, imported.err]).toEqual([0, ""]);
});

afterAll(async () => {
  for (const end of ends) await end();
});

/** Of the agent, and of the mock server. */
const SPANS_OF_PRODUCTION = 5 + 1;

async function jsonAt<T>(path: string): Promise<T> {
  return (await (await fetch(`${store}${path}`)).json()) as T;
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}

/** The mock hands its spans in each second. */
const QUIET_S = 1.5;

test("what the agent does as in production is no change, by the command", async () => {
  const words = ["replay", folder, "--agent", `${agent}/chat`, "--mode", "live", "--spans", `tempo:${store}`];
  const { out, ...exited } = await troupeProcess([...words, "--spans-quiet", String(QUIET_S)]);
  expect(exited).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^✓ support seed 1 with .*\/chat: no change$/m);
});

test.for([
  ["/careless", "tool lookup_order", 0.1],
  ["/alone", "handoff support -> billing", QUIET_S],
] as const)("the agent at %s lacks just the %s", async ([path, lost, quietS]) => {
  const [source] = casesAt(folder) ?? [];
  if (source === undefined) throw new Error("there is no case");
  const { recording } = await readCase(source, false);
  const agents = [await loadAgents(`${agent}${path}`)];
  const spans = { from: `tempo:${store}`, waitMs: 30_000, quietMs: quietS * 1000 };
  const asked = { seed: 1, miss: "nearest", wanted: [], mode: "live", repeat: "" } as const;
  const { verdict, judged, failures } = await replayCase({ ...source, ...asked, recording, agents, spans });
  expect([verdict, failures]).toEqual(["failed", []]);
  const [{ word, operation } = { operation: undefined }, ...others] = judged.changes;
  expect([word, others]).toEqual(["removed", []]);
  expect(operation).toMatchObject({ before: { label: lost } });
});
