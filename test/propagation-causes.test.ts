/** Each cause planted at each hop of a simulated run that crosses every kind of carrier: it alone is named, there alone. */
import { beforeAll, expect, test } from "vitest";
import { judgeHops } from "../src/check/propagation/hops.ts";
import { execute } from "../src/run/execute.ts";
import { a2aAgent } from "../src/scenario/a2a.ts";
import { agent } from "../src/scenario/agent.ts";
import { plan } from "../src/scenario/plan.ts";
import { defineScenario, user } from "../src/scenario/scenario.ts";
import { mcpServer, tool, toolError } from "../src/scenario/server.ts";
import { CAUSES, type CarrierFields, type Cause, type Hop, type LedgerEntry } from "../src/trace/evidence.ts";
import { type Span, serviceOf } from "../src/trace/span.ts";
import { buildTrees } from "../src/trace/tree.ts";

const shop = mcpServer("shop", {
  tools: {
    buy: tool({ input: { type: "object" }, handle: () => "bought" }),
    steal: tool({ input: { type: "object" }, handle: () => toolError("no") }),
  },
  resources: { "stock://{item}": { read: ({ item }) => `many ${item}s` } },
  prompts: { greeting: { text: () => "Good morning" } },
});
const risk = a2aAgent("risk", {
  servers: [shop],
  work: async (turn) => {
    await turn.tool(shop, "buy", { item: "insurance" });
    return "low";
  },
});
const clerk = agent("clerk", async (turn) => {
  await Promise.all([turn.tool(shop, "buy", { item: "lamp" }), turn.resource(shop, "stock://lamp")]);
  await turn.tool(shop, "steal", {}).catch(() => undefined);
  await turn.prompt(shop, "greeting");
  return await turn.ask(risk, "a lamp?").then(({ text }) => turn.reply(text));
});

const everything = defineScenario({
  name: "every-hop",
  agents: [clerk],
  servers: [shop, risk],
  script: [user.says("A lamp"), user.says("Another")],
});

/** What is known of a run: what is planted is planted there. */
interface Evidence {
  readonly ledger: readonly LedgerEntry[];
  readonly spans: readonly Span[];
  readonly late?: readonly Span[];
}

async function played(): Promise<Evidence> {
  const { ledger, spans, openSpans } = await execute(plan(everything, 3));
  return { ledger, spans: [...spans, ...openSpans] };
}

function judged({ ledger, spans, late = [] }: Evidence): readonly Hop[] {
  return judgeHops({ ledger, trees: buildTrees(spans), isComplete: true, late });
}

let whole: Evidence;
let messages: readonly LedgerEntry[];

beforeAll(async () => {
  whole = await played();
  messages = whole.ledger.filter((entry) => entry.end === "sent" && entry.role !== "reply" && entry.from !== entry.to);
});

test("the run has hops over every carrier of a simulation, and each is whole", () => {
  const hops = judged(whole);
  expect(hops).toHaveLength(messages.length);
  expect(hops.filter(({ verdict }) => verdict === "broken")).toEqual([]);
  expect(new Set(hops.map(({ carrier }) => carrier))).toEqual(new Set(["envelope", "params._meta", "traceparent"]));
});

/** The callee's span of a message. */
function calleeOf({ to, carrier }: LedgerEntry, spans: readonly Span[] = whole.spans): Span {
  const [, traceId, spanId] = carrier["traceparent"]?.split("-") ?? [];
  const found = spans.find(
    (span) => serviceOf(span) === to && span.traceId === traceId && span.parentSpanId === spanId,
  );
  if (found === undefined) throw new Error(`${to} has no span under ${spanId}`);
  return found;
}

const OTHER = "0af7651916cd43dd8448eb211c80319c";

type Plant = (message: LedgerEntry) => Evidence | undefined;

const carriers =
  (ends: readonly LedgerEntry["end"][], change: (fields: CarrierFields) => Partial<LedgerEntry>): Plant =>
  (message) => ({
    ...whole,
    ledger: whole.ledger.map((entry) =>
      entry.message === message.message && ends.includes(entry.end) ? { ...entry, ...change(entry.carrier) } : entry,
    ),
  });

const callee =
  (change: (span: Span, message: LedgerEntry) => readonly Span[]): Plant =>
  (message) => {
    const target = calleeOf(message);
    return { ...whole, spans: whole.spans.flatMap((span) => (span === target ? change(span, message) : [span])) };
  };

function withoutParent(span: Span): Span {
  const { parentSpanId: _parent, ...root } = span;
  return root;
}

function unended(span: Span): Span {
  const { endTimeUnixNano: _end, ...open } = span;
  return open;
}

/** Exports all spans but the callee's own; none where other messages set out from that one, whose hops would break too. */
const without =
  (then: (evidence: Evidence, target: Span) => Evidence): Plant =>
  (message) => {
    const target = calleeOf(message);
    if (messages.some(({ carrier }) => carrier["traceparent"]?.includes(target.spanId) === true)) return undefined;
    return then({ ...whole, spans: whole.spans.filter((span) => span !== target) }, target);
  };

/** The spans that hang below one, and the messages that set out there, go where it goes. */
function moved(top: Span, change: (span: Span) => Span, traceId: string): Evidence {
  const below = new Set([top.spanId]);
  for (const id of below)
    for (const { spanId, parentSpanId } of whole.spans) if (parentSpanId === id) below.add(spanId);
  const spans = whole.spans.map((span) =>
    span === top ? { ...change(span), traceId } : below.has(span.spanId) ? { ...span, traceId } : span,
  );
  const ledger = whole.ledger.map((entry) => {
    const [version, , spanId = "", flags] = entry.carrier["traceparent"]?.split("-") ?? [];
    const traceparent = [version, traceId, spanId, flags].join("-");
    return below.has(spanId) ? { ...entry, carrier: { ...entry.carrier, traceparent } } : entry;
  });
  return { ledger, spans };
}

function rootId(): string {
  return whole.spans.find(({ parentSpanId }) => parentSpanId === undefined)?.spanId ?? "";
}

function repliesTo({ message, from, to }: LedgerEntry): readonly LedgerEntry[] {
  const name = message.replace(`${from}>${to}`, `${to}>${from}`).replace("#", "#re:");
  return whole.ledger.filter((entry) => entry.message === name);
}

const BOTH = ["sent", "received"] as const;
const NOTHING: CarrierFields = {};

const PLANTS: readonly (readonly [name: string, cause: Cause, plant: Plant])[] = [
  ["sent nothing", "not-injected", carriers(BOTH, () => ({ carrier: NOTHING }))],
  ["sent it where it is not read", "wrong-carrier", carriers(BOTH, (beside) => ({ carrier: NOTHING, beside }))],
  [
    "namespaced the key",
    "bad-carrier",
    carriers(BOTH, (fields) => ({ carrier: renamed(fields, (key) => `acme/${key}`) })),
  ],
  [
    "wrote the key as Go writes headers",
    "bad-carrier",
    carriers(BOTH, (fields) => ({ carrier: renamed(fields, capital) })),
  ],
  [
    "wrote ids in upper case",
    "bad-carrier",
    carriers(BOTH, (fields) => ({ carrier: rewritten(fields, (text) => text.toUpperCase()) })),
  ],
  [
    "cut it short",
    "bad-carrier",
    carriers(BOTH, (fields) => ({ carrier: rewritten(fields, (text) => text.slice(0, -3)) })),
  ],
  [
    "sent two",
    "bad-carrier",
    carriers(BOTH, (fields) => ({ carrier: rewritten(fields, (text) => `${text}, ${text}`) })),
  ],
  [
    "sent a tracestate that is none",
    "bad-carrier",
    carriers(BOTH, (fields) => ({ carrier: { ...fields, tracestate: "A=1" } })),
  ],
  [
    "sent a context of no span of its",
    "bad-carrier",
    carriers(BOTH, (fields) => ({
      carrier: rewritten(fields, (text) => text.replace(/-[0-9a-f]{32}-/, `-${OTHER}-`)),
    })),
  ],
  ["lost it on the way", "re-rooted", carriers(["received"], () => ({ carrier: NOTHING }))],
  [
    "changed it on the way",
    "re-rooted",
    carriers(["received"], (fields) => ({
      carrier: rewritten(fields, (text) => text.replace(/-[0-9a-f]{16}-/, "-00000000000000bb-")),
    })),
  ],
  [
    "namespaced it on the way",
    "bad-carrier",
    carriers(["received"], (fields) => ({ carrier: renamed(fields, (key) => `acme/${key}`) })),
  ],
  ["began a trace of its own", "not-extracted", (message) => moved(calleeOf(message), withoutParent, OTHER)],
  ["hung its span elsewhere", "wrong-parent", callee((span) => [{ ...span, parentSpanId: rootId() }])],
  ["exported nothing", "never-exported", without((evidence) => evidence)],
  ["never ended its span", "never-exported", callee((span) => [unended(span)])],
  ["exported it twice", "duplicate-export", callee((span) => [span, { ...span }])],
  ["exported it twice, and otherwise", "duplicate-export", callee((span) => [span, { ...span, name: "again" }])],
  ["exported it too late", "late", without((evidence, target) => ({ ...evidence, late: [target] }))],
  [
    "exported the call too late",
    "late",
    (message) => {
      const calls = (entry: LedgerEntry, id: string): boolean => entry.carrier["traceparent"]?.includes(id) === true;
      const target = whole.spans.find(({ spanId }) => calls(message, spanId));
      if (target === undefined || messages.filter((entry) => calls(entry, target.spanId)).length > 1) return undefined;
      // With the span of another message's callee, that one's hop would break too.
      const isCallee = messages.some(
        (entry) => entry.to === serviceOf(target) && calls(entry, target.parentSpanId ?? "none"),
      );
      if (isCallee) return undefined;
      return { ...whole, spans: whole.spans.filter((span) => span !== target), late: [target] };
    },
  ],
  [
    "took the wrong status",
    "wrong-status",
    (message) => {
      // In process a reply is no message of a protocol whose conventions say what a failure is.
      if (message.protocol === "in-process" || message.role !== "request" || repliesTo(message).length === 0)
        return undefined;
      if (message.method.startsWith("GET")) return undefined;
      return callee((span) => [{ ...span, status: { code: span.status.code === "error" ? "ok" : "error" } }])(message);
    },
  ],
  [
    "dropped what its sampler did not want",
    "sampled-out",
    without((evidence, target) => ({
      ...evidence,
      ledger: evidence.ledger.map((entry) =>
        entry.role !== "reply" && entry.carrier["traceparent"]?.includes(target.parentSpanId ?? "") === true
          ? { ...entry, carrier: rewritten(entry.carrier, (text) => text.replace(/01$/, "00")) }
          : entry,
      ),
    })),
  ],
];

function renamed(fields: CarrierFields, rename: (key: string) => string): CarrierFields {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [rename(key), value]));
}

function rewritten(fields: CarrierFields, change: (text: string) => string): CarrierFields {
  return { ...fields, traceparent: change(fields["traceparent"] ?? "") };
}

function capital(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}

test.each(PLANTS)("whoever %s is named: %s, at each hop, and no other hop is broken", (_, cause, plant) => {
  let count = 0;
  for (const message of messages) {
    const evidence = plant(message);
    if (evidence === undefined) continue;
    count++;
    const broken = judged(evidence).flatMap((hop, index) =>
      hop.verdict === "broken" ? [{ message: messages[index]?.message, causes: hop.causes, detail: hop.detail }] : [],
    );
    expect({ method: message.method, broken }).toEqual({
      method: message.method,
      broken: [{ message: message.message, causes: [cause], detail: expect.toSatisfy(() => true) }],
    });
  }
  expect(count).toBeGreaterThan(5);
});

test("every cause is planted", () => {
  expect(new Set(PLANTS.map(([, cause]) => cause))).toEqual(new Set(CAUSES));
});
