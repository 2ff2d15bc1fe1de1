/** `troupe/register` in real processes: agents that know OpenTelemetry's API and the official SDKs alone. */
import { expect, test } from "vitest";
import type { LoadedScenario } from "../../src/campaign/load.ts";
import { canonicalJson } from "../../src/core/json.ts";
import type { Run } from "../../src/run/outcome.ts";
import type { LedgerEntry } from "../../src/trace/evidence.ts";
import { fixture, inWire, judged } from "./wire-runs.ts";

const scenarios = await fixture("register");

function scenarioCalled(name: string): LoadedScenario {
  const loaded = scenarios.find(({ scenario }) => scenario.name === name);
  if (loaded === undefined) throw new Error(`no scenario ${name}`);
  return loaded;
}

async function played(name: string, transport: "stdio" | "http" = "http"): Promise<ReturnType<typeof judged>> {
  const loaded = scenarioCalled(name);
  return judged(loaded, await inWire(loaded, 1, transport));
}

test.for([
  ["registered", "http"],
  ["registered", "stdio"],
  ["registered-listening", "http"],
  ["registered-exiting", "http"],
] as const)(
  "%s over %s: its spans hang where they belong, and its context reaches MCP servers and remote agents",
  async ([name, transport]) => {
    const { failures, missing, notes, expectations, hops } = await played(name, transport);
    expect([failures, missing, notes]).toEqual([[], [], []]);
    expect(hops.filter(({ verdict }) => verdict === "broken")).toEqual([]);
    expect(expectations.map(({ verdict, mismatches }) => [verdict, mismatches])).toEqual([
      ["passed", []],
      ["passed", []],
      ["passed", []],
    ]);
    expect(new Set(hops.map(({ from, to, carrier }) => `${from} > ${to} ${carrier}`)).size).toBeGreaterThanOrEqual(3);
  },
);

test("without it the same agent exports nothing and carries nothing", async () => {
  const { failures, hops, notes } = await played("bare");
  expect(failures).toEqual([]);
  expect(notes).toEqual([expect.stringContaining('no span of a service "helper"')]);
  expect(new Set(hops.flatMap(({ to, causes }) => causes.map((cause) => `${to} ${cause}`)))).toEqual(
    // What a program outside of Troupe sent nobody wrote down: it may have been lost on the way too.
    new Set([
      "helper never-exported",
      ...["clock", "oracle"].flatMap((to) => [`${to} not-injected`, `${to} re-rooted`]),
    ]),
  );
});

test("a launcher that lower-cases TRACEPARENT is seen by what the program itself tells of its environment", async () => {
  const run = await inWire(scenarioCalled("lowered"), 1, "http");
  const started = run.ledger.filter(({ protocol }) => protocol === "environment");
  expect(started.map(({ end, carrier }) => [end, Object.keys(carrier).toSorted()])).toEqual([
    ["sent", ["BAGGAGE", "TRACEPARENT"]],
    ["received", ["BAGGAGE", "traceparent"]],
  ]);
  const [hop] = judged(scenarioCalled("lowered"), run).hops.filter(({ method }) => method === "start");
  expect(hop).toMatchObject({
    causes: ["bad-carrier"],
    detail: "wrong case on the way: the key is traceparent",
  });
});

/** One request as the program saw it. */
interface Witnessed {
  readonly what: string;
  /** The head that was written on its socket. */
  readonly head: string;
  readonly status: number;
}

interface Witness {
  readonly run: Run;
  readonly loaded: LoadedScenario;
  readonly crossed: readonly Witnessed[];
  /** What stood in the file in which the preload tells. */
  readonly told: string;
}

async function witness(name: string): Promise<Witness> {
  const loaded = scenarioCalled(name);
  const run = await inWire(loaded, 1, "http");
  expect(run.failures).toEqual([]);
  return { run, loaded, ...JSON.parse(run.messages.at(-1)?.text ?? "{}") };
}

let told: Promise<Witness> | undefined;

/** One run, for all that is asked about it. */
function whole(): Promise<Witness> {
  return (told ??= witness("told"));
}

function headerIn(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\\r$`, "m").exec(head)?.[1];
}

interface Crossing {
  readonly sent: LedgerEntry | undefined;
  readonly received: LedgerEntry | undefined;
  readonly replySent: LedgerEntry | undefined;
  readonly replyReceived: LedgerEntry | undefined;
}

/** What the ledger has of a request at both ends, by the number that crossed with it. */
function crossingOf({ ledger }: Run, { head }: Witnessed): Crossing {
  const [, number = ""] = headerIn(head, "troupe-message")?.split("#") ?? [];
  const entry = (end: string, place: string): LedgerEntry | undefined =>
    ledger.find((one) => one.end === end && one.message.endsWith(`${place}${number}`));
  return {
    sent: entry("sent", "#"),
    received: entry("received", "#"),
    replySent: entry("sent", "#re:"),
    replyReceived: entry("received", "#re:"),
  };
}

/** The hops of the program's requests that are broken. */
function broken({ loaded }: Witness, run: Run): readonly string[] {
  return judged(loaded, run)
    .hops.filter(({ from, verdict }) => from === "helper" && verdict === "broken")
    .map(({ method, status, causes }) => `${method} ${status}: ${causes.join()}`);
}

/** As it is of a program without the preload. */
function untold(run: Run): Run {
  return { ...run, ledger: run.ledger.filter(({ isTold = false }) => !isTold) };
}

test("each request stands in the ledger at both ends as one message, with the context that its socket was given", async () => {
  const { run, crossed } = await whole();
  const crossings = crossed.map((one) => crossingOf(run, one));
  expect(crossings.map(({ sent }) => sent?.from)).toEqual(crossed.map(() => "helper"));
  expect(crossings.map(({ sent }) => sent?.message)).toEqual(crossings.map(({ received }) => received?.message));
  expect(crossings.map(({ sent }) => sent?.text)).toEqual(crossings.map(({ received }) => received?.text));
  const given = crossed.map(({ head }) => headerIn(head, "traceparent"));
  expect(given).not.toContain(undefined);
  // Of MCP the header stands beside the carrier, which is in the body.
  expect(crossings.map(({ sent }) => (sent?.beside ?? sent?.carrier)?.["traceparent"])).toEqual(given);
});

test("both ends have the status that the program saw, also where a request was refused", async () => {
  const { run, crossed } = await whole();
  const crossings = crossed.map((one) => crossingOf(run, one));
  const statuses = crossed.map(({ what, status }) => (what.startsWith("notifications/") ? undefined : status));
  expect(statuses).toEqual([200, undefined, 200, 400, 404, 406, 200, 200, 200, 404]);
  expect(crossings.map(({ replySent }) => replySent?.status)).toEqual(statuses);
  expect(crossings.map(({ replyReceived }) => replyReceived?.status)).toEqual(statuses);
});

test("a context that a gateway took away was lost on the way, and without what the program tells nobody knew", async () => {
  const { run, ...of } = await whole();
  const refused = [400, 404, 406].map((status) => `tools/call ${status}: never-exported`);
  const card = "GET /.well-known/agent-card.json 200";
  expect(broken({ run, ...of }, run)).toEqual([...refused, `${card}: re-rooted`]);
  expect(broken({ run, ...of }, untold(run))).toEqual([...refused, `${card}: not-injected,re-rooted`]);
});

test("a context that the program did not put on is told from that, and without what it tells nobody knew", async () => {
  const { run, ...of } = await witness("unpropagated");
  expect(of.crossed.filter(({ head }) => headerIn(head, "traceparent") !== undefined)).toEqual([]);
  const causesOf = (hops: readonly string[]): Set<string> => new Set(hops.map((hop) => hop.split(": ")[1] ?? ""));
  expect(causesOf(broken({ run, ...of }, run))).toEqual(new Set(["not-injected"]));
  expect(causesOf(broken({ run, ...of }, untold(run)))).toEqual(new Set(["not-injected,re-rooted"]));
});

test("keys in headers and in queries are told nowhere", async () => {
  const { run, crossed, told: lines } = await whole();
  expect(crossed.filter(({ head }) => !head.includes("hunter2"))).toEqual([]);
  expect(lines.trim().split("\n")).toHaveLength(1 + 2 * crossed.length);
  expect(lines).not.toContain("hunter2");
  // What it says itself holds all that it sent.
  const entries = run.ledger.filter(({ protocol }) => protocol !== "line");
  expect(canonicalJson(entries)).not.toContain("hunter2");
});
