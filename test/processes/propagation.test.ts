/** Each carrier in turn is taken away: exactly that edge of the tree breaks, in both modes, over each transport. */
import { expect, test } from "vitest";
import { judgeHops } from "../../src/check/propagation/hops.ts";
import type { LoadedScenario } from "../../src/campaign/load.ts";
import { HOP_PROTOCOLS } from "../../src/check/propagation/policy.ts";
import type { CarrierFault } from "../../src/scenario/fault.ts";
import type { Run } from "../../src/run/outcome.ts";
import type { Hop } from "../../src/trace/evidence.ts";
import { type Span, serviceOf } from "../../src/trace/span.ts";
import { buildTrees } from "../../src/trace/tree.ts";
import { IS_LONG, LIFECYCLE, TRANSPORTS, inSim, inWire, shipped } from "./wire-runs.ts";

const NAMES = ["delegation-chain", "refund-handoff", "finance-operations", "parallel-research", "tool-loop"];
const SCENARIOS = NAMES.map((name) => {
  const loaded = shipped.find(({ scenario }) => scenario.name === name);
  if (loaded === undefined) throw new Error(`there is no scenario ${name}`);
  return { name, loaded };
});
/** Over every transport: the scenario that crosses most kinds of hops, and all where there is time. */
const CASES = TRANSPORTS.flatMap((transport) =>
  SCENARIOS.filter(({ name }) => IS_LONG || name === "refund-handoff").map((one) => ({ ...one, transport })),
);
const SEED = 3;

/** Each message that crosses with a carrier, as what cuts it alone. */
function cutsOf({ ledger }: Run): readonly CarrierFault[] {
  const counts = new Map<string, number>();
  return ledger.flatMap(({ end, from, to, agent, method, carrier, ...entry }) => {
    const protocol = HOP_PROTOCOLS.find((one) => one === entry.protocol);
    if (end !== "sent" || !("traceparent" in carrier) || protocol === undefined) return [];
    const key = [from, to, agent, method, protocol].join(" ");
    const number = (counts.get(key) ?? 0) + 1;
    counts.set(key, number);
    const rule = { from, to, method, protocol, occurrence: number, ...(agent !== undefined && { agent }) };
    return [{ carrier: "dropped", by: "intermediary", ...rule }];
  });
}

/** Parent and child of each edge, without ids, sorted. Which agent opened a shared connection is chance. */
function edgesOf({ spans }: Run): readonly string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  return spans
    .flatMap((span) => {
      const parent = byId.get(span.parentSpanId ?? "");
      return parent === undefined
        ? []
        : [`${isOpening(span) ? `${serviceOf(parent)} opens` : label(parent)} > ${label(span)}`];
    })
    .toSorted();
}

function isOpening(span: Span): boolean {
  const method = span.attributes["mcp.method.name"];
  return typeof method === "string" && LIFECYCLE.test(method);
}

function label(span: Span): string {
  return `${serviceOf(span)} ${span.name}`;
}

/** What is in `all` more often than in `some`. */
function without(all: readonly string[], some: readonly string[]): readonly string[] {
  const rest = [...some];
  return all.filter((one) => {
    const at = rest.indexOf(one);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}

function roots({ spans }: Run): number {
  return spans.filter(({ parentSpanId }) => parentSpanId === undefined).length;
}

function brokenHops(run: Run): readonly Hop[] {
  const evidence = { ledger: run.ledger, trees: buildTrees(run.spans), isComplete: true };
  return judgeHops(evidence).filter(({ verdict }) => verdict === "broken");
}

/** What one cut did to a run. */
interface Damage {
  readonly lost: readonly string[];
  readonly gained: readonly string[];
  readonly roots: number;
  readonly spans: number;
  readonly failures: readonly string[];
  readonly hops: readonly string[];
  /** The ends of messages that were sent with a carrier and came without. */
  readonly stripped: readonly string[];
}

function damage(whole: Run, broken: Run): Damage {
  const [before, after] = [edgesOf(whole), edgesOf(broken)];
  const received = new Map(
    broken.ledger.flatMap((entry) => (entry.end === "received" ? [[entry.message, entry.carrier]] : [])),
  );
  return {
    lost: without(before, after),
    gained: without(after, before),
    roots: roots(broken) - roots(whole),
    spans: broken.spans.length - whole.spans.length,
    failures: broken.failures,
    hops: brokenHops(broken).map(({ from, to, method, causes }) => `${from} > ${to} ${method}: ${causes.join()}`),
    stripped: broken.ledger.flatMap(({ end, carrier, message, from, to, method }) => {
      const isStripped =
        end === "sent" && "traceparent" in carrier && !("traceparent" in (received.get(message) ?? {}));
      return isStripped ? [`${from} > ${to} ${method}`] : [];
    }),
  };
}

/** What a cut must do, and nothing else. A hop inside a service is no hop. */
function expected({ from, to, method }: CarrierFault): object {
  const edge = `${from} > ${to} ${method}`;
  return {
    lost: [expect.stringMatching(new RegExp(`^${from} .* > ${to} `))],
    gained: [],
    roots: 1,
    spans: 0,
    failures: [],
    hops: from === to ? [] : [`${edge}: re-rooted`],
    stripped: [edge],
  };
}

async function damages(
  loaded: LoadedScenario,
  play: (faults: readonly CarrierFault[]) => Promise<Run>,
): Promise<ReadonlyMap<string, Damage>> {
  const whole = await play([]);
  expect([whole.failures, whole.missing, brokenHops(whole)]).toEqual([[], [], []]);
  const found = new Map<string, Damage>();
  for (const cut of cutsOf(whole)) {
    const done = damage(whole, await play([cut]));
    expect({ cut, ...done }).toEqual({ cut, ...expected(cut) });
    // Which agent opened a shared connection is chance.
    const { agent, ...edge } = cut;
    found.set(JSON.stringify(LIFECYCLE.test(cut.method ?? "") ? edge : { ...edge, agent }), done);
  }
  expect(found.size).toBeGreaterThan(loaded.scenario.servers.length);
  return found;
}

test.for(CASES)(
  "each carrier of $name over $transport holds one edge, the same one in sim",
  { timeout: 180_000 },
  async ({ loaded, transport }) => {
    const simulated = await damages(loaded, (faults) => inSim(loaded, SEED, { breaks: { faults } }));
    const real = await damages(loaded, (faults) => inWire(loaded, SEED, transport, { breaks: { faults } }));
    expect(Object.fromEntries(real)).toEqual(Object.fromEntries(simulated));
  },
);

test("every kind of carrier is among those that were cut, also where a child process sends it", async () => {
  const cuts = (await Promise.all(SCENARIOS.map(async ({ loaded }) => cutsOf(await inSim(loaded, SEED))))).flat();
  expect(new Set(cuts.map(({ protocol }) => protocol))).toEqual(new Set(["in-process", "mcp", "a2a"]));
  const between = new Set(cuts.map(({ from, to }) => `${from} > ${to}`));
  for (const one of ["troupe > agents", "agents > agents", "researcher > archivist", "archivist > archive"])
    expect(between).toContain(one);
});

test("over HTTP, a request without `_meta` context is a root that links to the context of its header", async () => {
  const chain = SCENARIOS[0]?.loaded;
  if (chain === undefined) throw new Error("no scenario");
  for (const [from, to] of [
    ["researcher", "library"],
    ["archivist", "archive"],
  ] as const) {
    const faults = [{ carrier: "dropped", from, to, method: "tools/call" }] as const;
    const { spans } = await inWire(chain, SEED, "http", { breaks: { faults } });
    const served = spans.filter((span) => serviceOf(span) === to && span.name.startsWith("tools/call"));
    const called = spans.find((span) => serviceOf(span) === from && span.name.startsWith("execute_tool"));
    expect(served.map(({ parentSpanId }) => parentSpanId)).toEqual([undefined]);
    expect(served[0]?.traceId).not.toBe(called?.traceId);
    expect(served[0]?.links.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([
      [called?.traceId, called?.spanId],
    ]);
  }
});

test.for(IS_LONG ? (["stdio", "ws"] as const) : (["ws"] as const))(
  "over %s, a request without `_meta` context has no link either",
  async (transport) => {
    const chain = SCENARIOS[0]?.loaded;
    if (chain === undefined) throw new Error("no scenario");
    const faults = [{ carrier: "dropped", to: "archive", method: "tools/call" }] as const;
    const { spans } = await inWire(chain, SEED, transport, { breaks: { faults } });
    const served = spans.filter((span) => serviceOf(span) === "archive" && span.name.startsWith("tools/call"));
    expect(served.map(({ parentSpanId, links }) => [parentSpanId, links])).toEqual([[undefined, []]]);
  },
);
