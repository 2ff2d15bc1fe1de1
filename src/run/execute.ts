import { ROOT_CONTEXT, context } from "@opentelemetry/api";
import type { Fault } from "../core/errors.ts";
import type { Plan } from "../scenario/plan.ts";
import { isRegistered, registerTelemetry } from "../telemetry/global.ts";
import { inSpan } from "../telemetry/spans.ts";
import { ATTR } from "../trace/conventions.ts";
import type { LedgerEntry } from "../trace/evidence.ts";
import type { Span } from "../trace/span.ts";
import type { CarrierRewrite } from "../wire/simulated.ts";
import { Conversation, type Outcome, type RunMessage } from "./conversation.ts";
import { Stage, actorLabel, baggageContext, conversationAttributes, runAttributes } from "./stage.ts";
import { installVirtualTime } from "./virtual-time/install.ts";
import { StuckError } from "./world.ts";

/** What one execution of a plan left behind: spans, evidence, messages. Nothing in it has been judged. */
export interface Run {
  readonly plan: Plan;
  /** Finished spans of all services, services by first use, spans by end. */
  readonly spans: readonly Span[];
  readonly ledger: readonly LedgerEntry[];
  readonly messages: readonly RunMessage[];
  /** How the persona left; `undefined` when the run did not come to its end. */
  readonly outcome: Outcome | undefined;
  /** Why the run did not come to its end, one sentence each. */
  readonly failures: readonly string[];
  /** What is worth knowing though it fails nothing. */
  readonly notes: readonly string[];
  /** Faults of the definition which only running it could show. */
  readonly faults: readonly Fault[];
  /** Spans that started and never ended, which no exporter would have sent. */
  readonly openSpans: readonly Span[];
  readonly durationNano: number;
}

export interface RunOptions {
  /** Rewrites carriers on their way; by default they pass as they are. */
  readonly rewriteCarrier?: CarrierRewrite;
}

/** The runs of this thread, one after the other: they share its patched globals. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * Executes a plan in `sim`. Runs that are asked for at once wait for each other.
 *
 * Everything that goes wrong *in* the run is in the result; it throws only where a run cannot begin.
 *
 * @throws TroupeError `RUN_REFUSED` when another tracer provider is registered in this process.
 */
export function execute(plan: Plan, options: RunOptions = {}): Promise<Run> {
  const run = queue.then(() => executeNow(plan, options));
  queue = run.catch(() => undefined);
  return run;
}

/** Patches time and registers telemetry, which has to happen before the modules of a user load. */
export function prepareThread(): void {
  installVirtualTime();
  registerTelemetry();
}

async function executeNow(plan: Plan, options: RunOptions): Promise<Run> {
  prepareThread();
  const stage = new Stage(plan, options.rewriteCarrier ?? ((fields) => fields));
  const persona = stage.actor(`persona/${plan.persona.name}`, "troupe");
  const conversation = new Conversation(stage, persona);
  let outcome: Outcome | undefined;
  try {
    outcome = await stage.world.run(persona, () => perform(stage, conversation));
  } catch (error) {
    // A turn's failure was recorded where it happened.
    if (error instanceof StuckError) stage.fail(stuckSentence(stage, error));
    else if (stage.failures.length + stage.faults.length === 0) stage.failWith("the run failed:", error);
  }
  return harvest(stage, conversation, outcome);
}

async function perform(stage: Stage, conversation: Conversation): Promise<Outcome> {
  const { plan } = stage;
  const { tracer } = stage.service("troupe");
  const parent = baggageContext(plan, ROOT_CONTEXT);
  const play = (): Promise<Outcome> => conversation.play(plan.scenario.script);
  const attributes = {
    [ATTR.operation]: "invoke_workflow",
    [ATTR.workflowName]: plan.scenario.name,
    [ATTR.harness]: true,
    ...runAttributes(plan),
    ...conversationAttributes(plan),
  };
  try {
    if (plan.scenario.traces === "turn") return await context.with(parent, play);
    return await inSpan(tracer, { name: `invoke_workflow ${plan.scenario.name}`, attributes, parent }, async (span) => {
      const outcome = await play();
      span.setAttribute(ATTR.outcome, outcome);
      return outcome;
    });
  } finally {
    await stage.close();
  }
}

function harvest(stage: Stage, { messages }: Conversation, outcome: Outcome | undefined): Run {
  const services = [...stage.services];
  return {
    plan: stage.plan,
    spans: services.flatMap(({ spans }) => spans),
    ledger: stage.ledger.entries,
    messages,
    outcome,
    failures: [...new Set(stage.failures)],
    notes: notes(stage),
    faults: stage.faults,
    openSpans: services.flatMap((service) => service.openSpans()),
    durationNano: stage.world.nowNano,
  };
}

function notes({ world }: Stage): readonly string[] {
  const found = [...world.realIoActors].map(
    (name) =>
      `${actorLabel(name)} did real I/O; virtual time stood still meanwhile, but what it read may differ elsewhere`,
  );
  for (const [name, count] of world.abandonedTimers())
    found.push(`${count} timer${count === 1 ? "" : "s"} of ${actorLabel(name)} had not fired when the run ended`);
  if (!isRegistered())
    found.push("code under test disabled the global tracer provider; spans of the global API were lost");
  return found;
}

/** Who waits for whom when nothing is left that could happen. */
function stuckSentence(stage: Stage, { why, actor }: StuckError): string {
  const at = `at ${(stage.world.nowNano / 1e6).toFixed(3)} ms of virtual time`;
  if (why === "instant")
    return `${actorLabel(actor)} does not let time go on: ${stage.plan.scenario.limits.eventsPerInstantMax} events happened ${at} (limits.eventsPerInstantMax)`;
  if (why === "real-io")
    return `${actorLabel(actor)} waited for real I/O for more than ${stage.plan.scenario.limits.realIoMs / 1000} s (limits.realIoMs)`;
  const calls = [...stage.openCalls];
  const waiting = calls.filter(({ to }) => !calls.some(({ from }) => from === to));
  // Where everybody waits for somebody, all of them are named.
  const each = (waiting.length > 0 ? waiting : calls).map(
    ({ from, to, method }) => `${actorLabel(to.name)} has not answered the ${method} of ${actorLabel(from.name)}`,
  );
  return `${each.length === 1 ? "no reply" : "deadlock"}: ${each.join(", ") || actorLabel(actor)}, and nothing is left that could happen, ${at}`;
}
