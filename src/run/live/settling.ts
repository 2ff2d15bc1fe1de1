import { contextIn } from "../../check/propagation/carrier.ts";
import type { LedgerEntry } from "../../trace/evidence.ts";
import { type Span, serviceOf } from "../../trace/span.ts";
import type { Run } from "../outcome.ts";
import type { World } from "../world.ts";
import { lackOf } from "./closed.ts";
import type { ReadSpans, SpanSource } from "./source.ts";
import type { SpansFrom } from "./spans-from.ts";

/**
 * A run with the spans that came of it elsewhere. Its source is asked until the tree is closed, as {@link lackOf} says it,
 * and nothing new has come for `quietMs`; and at most for `waitMs`. What is lacking then is in `unsettled`.
 *
 * A run that failed is asked for no longer than `quietMs`: its agent may have left off anywhere.
 */
export async function withSpansOf(run: Run, source: SpanSource, limits: SpansFrom, world: World): Promise<Run> {
  if (limits.from === "none") return run;
  const askMs = run.failures.length > 0 ? Math.min(limits.quietMs, limits.waitMs) : limits.waitMs;
  const { spans, problem, isQuiet } = await settled(run, source, { ...limits, askMs }, world);
  const { parents, words } = lackOf(run.spans, spans);
  const lacks = [...words, ...(problem === undefined ? [] : [`the last answer was: ${problem}`])];
  const growing = lacks.length === 0 && !isQuiet ? ["spans were still coming"] : lacks;
  const traces = traceIdsOf(run).join(", ");
  const unsettled = growing.map(
    (lack) => `trace ${traces}, asked for at ${source.where} for ${askMs / 1000} s: ${lack}`,
  );
  return {
    ...run,
    spans: [...run.spans, ...spans],
    ledger: run.ledger.map((entry) => ({ ...entry, ...calleeOf(entry, spans) })),
    missing: [...run.missing, ...parents],
    unsettled,
    notes: [...run.notes, ...unsettled],
  };
}

interface Settled extends ReadSpans {
  /** Whether nothing came for as long as was asked for. */
  readonly isQuiet: boolean;
}

/** Asks at least once, and not again after `askMs`. */
async function settled(
  run: Run,
  source: SpanSource,
  { askMs, waitMs, quietMs }: SpansFrom & { readonly askMs: number },
  world: World,
): Promise<Settled> {
  const traceIds = traceIdsOf(run);
  const startMs = msOf(world);
  let known: ReadSpans = { spans: [] };
  let grownMs = startMs;
  for (;;) {
    const leftMs = Math.max(1, startMs + waitMs - msOf(world));
    const read = (await within(world, leftMs, source.read(traceIds, Math.max(READ_MS_MIN, leftMs)))) ?? late(known);
    const nowMs = msOf(world);
    if (read.spans.length > known.spans.length) grownMs = nowMs;
    // Half an answer takes nothing back that has come.
    known = read.spans.length < known.spans.length ? { ...read, spans: known.spans } : { ...read };
    const isQuiet = nowMs - grownMs >= quietMs;
    const isClosed = known.problem === undefined && lackOf(run.spans, known.spans).words.length === 0;
    if ((isClosed && isQuiet) || nowMs + source.pauseMs >= startMs + askMs) return { ...known, isQuiet };
    await within(world, source.pauseMs, NEVER);
  }
}

/** A store that is asked at the last moment is not to blame for that. */
const READ_MS_MIN = 1_000;

/** What an answer before has told says more. */
function late({ spans, problem = "none came in time" }: ReadSpans): ReadSpans {
  return { spans, problem };
}

const NEVER = new Promise<undefined>(() => {});

/** What comes in time, else undefined. */
async function within<T>(world: World, limitMs: number, work: Promise<T>): Promise<T | undefined> {
  let cancel = (): void => {};
  const tooLate = new Promise<undefined>((resolve) => {
    cancel = world.setTimer(Math.max(0, limitMs) * 1_000_000, () => resolve(undefined));
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    cancel();
  }
}

function msOf({ nowNano }: World): number {
  return nowNano / 1_000_000;
}

function traceIdsOf({ spans }: Run): readonly string[] {
  return [...new Set(spans.map(({ traceId }) => traceId))];
}

/** The service that took a message up, which alone says what it is called there. */
function calleeOf({ carrier, protocol, from }: LedgerEntry, spans: readonly Span[]): Partial<LedgerEntry> {
  const spanId = contextIn(carrier, protocol)?.spanId;
  const taken = spans.find(({ parentSpanId }) => parentSpanId !== undefined && parentSpanId === spanId);
  return taken === undefined || from !== "troupe" ? {} : { to: serviceOf(taken) };
}
