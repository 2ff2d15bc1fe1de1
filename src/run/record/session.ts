import type { Json } from "../../core/json.ts";
import type { Exchange } from "../../recording/exchange.ts";
import type { Lack, Offer, Recording } from "../../recording/recording.ts";
import { redactedSpan } from "../../recording/redacted-span.ts";
import type { Redactor } from "../../recording/redactor.ts";
import { dialectsIn, redactedExchange } from "../../recording/trace-recording.ts";
import { trajectoryOf } from "../../recording/trajectory.ts";
import { turnsDuring } from "../../recording/turns.ts";
import type { Agent } from "../../scenario/agent.ts";
import { plan } from "../../scenario/plan.ts";
import { type Limits, type Scenario, defineScenario, user } from "../../scenario/scenario.ts";
import { ATTR } from "../../trace/conventions.ts";
import type { Span } from "../../trace/span.ts";
import { buildTrees } from "../../trace/tree.ts";
import { timestampOf } from "../../wire/a2a-exchange.ts";
import { VERSION } from "../../wire/version.ts";
import { DUMMY_KEY } from "../endpoints.ts";
import { type Outside, execute } from "../execute.ts";
import type { Run } from "../outcome.ts";
import { Proxies, type Upstreams } from "./proxies.ts";

export interface RecordRequest {
  /** What the scenario is going to be called. */
  readonly slug: string;
  /** The agent under test. */
  readonly agent: Agent;
  /** The scenario's file to be, beside which programs work. */
  readonly file: string;
  readonly upstreams: Upstreams;
  readonly script: Outside["script"];
  readonly signal: AbortSignal;
  readonly hasPreload: boolean;
  readonly limits: Partial<Limits>;
  /** Over what the agent reaches MCP servers. */
  readonly transport: "stdio" | "http";
  /** Where the model's proxy listens; 0 takes a free port. */
  readonly port: number;
  /** Hears where the proxies listen, for an agent that is not started here. */
  readonly onOpen?: (outside: Pick<Outside, "models" | "mcpServers" | "a2aAgents">) => void;
}

/** What one conversation with an agent left behind, with nothing redacted: it is to be written nowhere. */
export interface Recorded {
  readonly run: Run;
  /** Why it did not come to its end, a sentence each. */
  readonly failures: readonly string[];
  /** By start. */
  readonly exchanges: readonly Exchange[];
  /** Those of the agent, of the harness, and those that stand in for the services that were asked. */
  readonly spans: readonly Span[];
  readonly lacks: readonly Lack[];
  readonly offers: readonly Offer[];
  readonly beganUnixNano: bigint;
  /** Ids of spans that something names as a parent and that never came. */
  readonly missing: readonly string[];
  /** Whether all spans hang below one root. */
  readonly isOneTrace: boolean;
}

const SEED = 1;

/**
 * Talks with an agent while all that it asks passes through proxies, in the very run that its scenario will be: what it is
 * given of an environment, when it is done, and what is missing then, is the same.
 *
 * Everything that goes wrong in the conversation is in the result: what came before it was heard.
 */
export async function record(request: RecordRequest): Promise<Recorded> {
  const { slug, agent, file, upstreams, script, signal, hasPreload, limits, port, transport } = request;
  const about = { name: slug, agent: agent.name, seed: SEED, dummyKey: DUMMY_KEY, port, transport };
  const proxies = await Proxies.open(upstreams, about);
  try {
    const { models, mcpServers, a2aAgents } = proxies;
    request.onOpen?.({ models, mcpServers, a2aAgents });
    const run = await execute(plan(scenarioOf({ name: slug, agents: [agent], limits }), SEED), {
      mode: "wire",
      file,
      hasPreload,
      outside: { models, mcpServers, a2aAgents, script, signal },
    });
    await proxies.close();
    const exchanges = [...proxies.exchanges, ...userExchanges(run, proxies)].toSorted((a, b) => a.startMs - b.startMs);
    const spans = [...run.spans, ...proxies.spans];
    const missing = missingOf(run, spans);
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
    const failures = signal.aborted ? ["it was stopped before its end"] : run.failures;
    const lacks = [...proxies.lacks, ...lacksOf({ ...run, failures }, missing, exchanges)];
    return {
      run,
      failures,
      exchanges: exchanges.map((exchange) => timed(exchange, exchanges[0]?.startMs ?? 0)),
      spans,
      offers: proxies.offers,
      lacks: [...new Map(lacks.map((lack) => [lack.what, lack])).values()],
      beganUnixNano: proxies.beganUnixNano,
      missing,
      isOneTrace: roots.length === 1 && missing.length === 0,
    };
  } finally {
    await proxies.close();
  }
}

function scenarioOf(definition: {
  readonly name: string;
  readonly agents: Agent[];
  readonly limits: object;
}): Scenario {
  // Nobody plays it: what is said comes from outside.
  return defineScenario({ ...definition, script: [user.says("")] });
}

/** What the user said stands in the spans of the turns, as far as their times go. */
function userExchanges(run: Run, { beganUnixNano }: Proxies): readonly Exchange[] {
  const {
    messages,
    plan: { persona },
  } = run;
  const turns = turnSpans(run.spans);
  const sayings = messages.flatMap(({ from, text }, index) => (from === persona.name ? [{ text, index }] : []));
  return sayings.map(({ text, index }, turn) => {
    const { startTimeUnixNano = beganUnixNano, endTimeUnixNano = startTimeUnixNano } = turns[turn] ?? {};
    const reply = messages[index + 1]?.text ?? null;
    return {
      kind: "user",
      agent: null,
      startMs: Number(startTimeUnixNano - beganUnixNano) / 1e6,
      durationMs: Number(endTimeUnixNano - startTimeUnixNano) / 1e6,
      text,
      reply,
      ...(reply === null ? { missing: ["answer"] } : {}),
    };
  });
}

/** Those that Troupe itself made around the turns, by start. */
function turnSpans(spans: readonly Span[]): readonly Span[] {
  return spans
    .filter(({ attributes }) => attributes[ATTR.harness] === true && attributes[ATTR.turn] !== undefined)
    .toSorted((a, b) => Number(a.startTimeUnixNano - b.startTimeUnixNano));
}

/** To the microsecond. */
function timed<E extends Exchange>(exchange: E, fromMs: number): E {
  const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
  return { ...exchange, startMs: rounded(exchange.startMs - fromMs), durationMs: rounded(exchange.durationMs) };
}

/** What the run misses, and the parents of spans that were made here: the agent has named them as its own. */
function missingOf(run: Run, spans: readonly Span[]): readonly string[] {
  const arrived = new Set(spans.map(({ spanId }) => spanId));
  const named = [...run.missing, ...spans.flatMap(({ parentSpanId = "" }) => parentSpanId)];
  return [...new Set(named)].filter((id) => id !== "" && !arrived.has(id)).toSorted();
}

function lacksOf(
  { failures, notes, unsettled }: Run,
  missing: readonly string[],
  exchanges: readonly Exchange[],
): readonly Lack[] {
  return [
    ...unsettled.map((what) => ({ what, consequence: "the shape is without it" })),
    ...failures.map((what) => ({ what, consequence: "the recording ends there" })),
    ...notes
      .filter((what) => !unsettled.includes(what))
      .map((what) => ({
        what,
        consequence:
          "the shape is made of what Troupe sees itself: turns, and requests to MCP servers and remote agents",
      })),
    ...(missing.length === 0
      ? []
      : [{ what: `${missing.length} spans never arrived`, consequence: "the shape is without them" }]),
    ...(exchanges.some(({ kind }) => kind === "model")
      ? []
      : [
          {
            what: "no model was asked at OPENAI_BASE_URL or ANTHROPIC_BASE_URL",
            consequence: "an agent that asks one elsewhere asks the real one when it is run, too",
          },
        ]),
  ];
}

/** What is JSON, and of the same form when it is redacted; neither can be said in types. */
function redactedOffer(offer: Offer, redactor: Redactor): Offer {
  return redactor.value(offer as unknown as Json) as unknown as Offer;
}

/** What may be written of it. */
export function redactedRecording(recorded: Recorded, redactor: Redactor): Recording {
  const { exchanges, spans, beganUnixNano, lacks, offers } = recorded;
  const trees = buildTrees(spans);
  const marks = turnSpans(spans);
  const trajectory = trajectoryOf(turnsDuring(trees, marks)).spans;
  const turnIds = new Map(turnSpans(trajectory).map(({ attributes, spanId }) => [attributes[ATTR.turn], spanId]));
  let turn = 0;
  const written = exchanges.map((exchange) => {
    const spanId = exchange.kind === "user" ? turnIds.get(++turn) : undefined;
    return redactedExchange({ ...exchange, ...(spanId !== undefined && { spanId }) }, redactor);
  });
  return {
    source: {
      traceIds: [...new Set(spans.map(({ traceId }) => traceId))],
      format: "troupe record",
      dialects: dialectsIn(trees),
      readBy: `troupe ${VERSION}`,
      recordedAt: timestampOf(beganUnixNano),
    },
    exchanges: written,
    offers: offers.map((offer) => redactedOffer(offer, redactor)),
    trajectory: trajectory.map((span) => redactedSpan(span, redactor)),
    lacks: lacks.map(({ what, consequence }) => ({ what: redactor.text(what), consequence })),
    replaced: redactor.replaced(),
  };
}
