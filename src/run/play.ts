import { ROOT_CONTEXT, context } from "@opentelemetry/api";
import type { Plan } from "../scenario/plan.ts";
import { isRegistered } from "../telemetry/global.ts";
import { inSpan } from "../telemetry/spans.ts";
import { ATTR } from "../trace/conventions.ts";
import { Cast } from "./cast.ts";
import { Conversation } from "./conversation.ts";
import type { ForeignAgents } from "./foreign/agents.ts";
import type { Outcome, Run, RunMessage, Script } from "./outcome.ts";
import type { Peers } from "./peers.ts";
import { type Stage, actorLabel, baggageContext, conversationAttributes, runAttributes } from "./stage.ts";
import { testimonyOf } from "./testimony.ts";
import { AGENTS_SERVICE } from "./turn.ts";
import { StuckError } from "./virtual-world.ts";

/** What was said, and how it ended; without an outcome it did not come to its end. */
export interface Played {
  readonly messages: readonly RunMessage[];
  readonly outcome: Outcome | undefined;
}

/** Where nobody came to play. */
export const NOT_PLAYED: Played = { messages: [], outcome: undefined };

/** What a run's agents find around them. */
interface Around {
  readonly peers: Peers;
  readonly foreign?: ForeignAgents;
  readonly script?: Script;
  readonly close?: () => Promise<void>;
}

/** Plays the script, in whatever world the stage stands. */
export async function play(plan: Plan, stage: Stage, { peers, foreign, script, close }: Around): Promise<Played> {
  const persona = stage.actor(`persona/${plan.persona.name}`, "troupe");
  const { name, agents, servers, model } = plan.scenario;
  const company = { where: `scenario "${name}"`, title: "the scenario", agents, mocks: servers, model };
  const cast = new Cast(company, stage.service(AGENTS_SERVICE), peers, foreign);
  const conversation = new Conversation(plan, stage, cast, persona);
  const steps = script?.(conversation.messages) ?? plan.scenario.script;
  const closeAll = async (): Promise<void> => {
    await stage.settled();
    await cast.close();
    await close?.();
    stage.wireFaults?.close();
  };
  try {
    const outcome = await stage.world.run(persona, () =>
      perform(plan, stage, () => conversation.play(steps), foreign).finally(closeAll),
    );
    return { messages: conversation.messages, outcome };
  } catch (error) {
    // A turn's failure was recorded where it happened.
    if (error instanceof StuckError) stage.fail(stuckSentence(stage, error));
    else if (stage.failures.length + stage.faults.length === 0) stage.failWith("the run failed:", error);
    return { messages: conversation.messages, outcome: undefined };
  }
}

async function perform(
  plan: Plan,
  stage: Stage,
  converse: () => Promise<Outcome>,
  foreign: ForeignAgents | undefined,
): Promise<Outcome> {
  const { tracer } = stage.service("troupe");
  const parent = baggageContext(plan, ROOT_CONTEXT);
  const script = async (): Promise<Outcome> => {
    try {
      await foreign?.start();
      return await converse();
    } finally {
      await foreign?.end();
    }
  };
  if (plan.scenario.traces === "turn") return await context.with(parent, script);
  const attributes = {
    [ATTR.operation]: "invoke_workflow",
    [ATTR.workflowName]: plan.scenario.name,
    [ATTR.harness]: true,
    ...runAttributes(plan),
    ...conversationAttributes(plan),
  };
  return await inSpan(tracer, { name: `invoke_workflow ${plan.scenario.name}`, attributes, parent }, async (span) => {
    const outcome = await script();
    span.setAttribute(ATTR.outcome, outcome);
    return outcome;
  });
}

/** What this process knows of a run that was played. */
export function harvest(plan: Plan, stage: Stage, { messages, outcome }: Played): Run {
  const testimony = testimonyOf(stage);
  const played = {
    plan,
    mode: "sim",
    spans: [...stage.services].flatMap(({ spans }) => spans),
    messages,
    outcome,
    notes: notes(stage),
    missing: testimony.openSpans.map(({ spanId }) => spanId).toSorted(),
    late: [],
    unsettled: [],
    durationNano: stage.world.nowNano,
  } as const;
  return Object.assign(played, testimony, { failures: [...new Set(stage.failures)] });
}

function notes({ world }: Stage): readonly string[] {
  if (isRegistered()) return world.notes(actorLabel);
  const lost = "code under test disabled the global tracer provider; spans of the global API were lost";
  return [...world.notes(actorLabel), lost];
}

/** Who waits for whom when nothing is left that could happen. */
function stuckSentence(stage: Stage, { why, actor }: StuckError): string {
  const { limits } = stage.identity;
  const at = `at ${(stage.world.nowNano / 1e6).toFixed(3)} ms of virtual time`;
  if (why === "instant")
    return `${actorLabel(actor)} does not let time go on: ${limits.eventsPerInstantMax} events happened ${at} (limits.eventsPerInstantMax)`;
  if (why === "real-io")
    return `${actorLabel(actor)} waited for real I/O for more than ${limits.realIoMs / 1000} s (limits.realIoMs)`;
  const calls = [...stage.openCalls];
  const waiting = calls.filter(({ to }) => !calls.some(({ from }) => from === to));
  // Where everybody waits for somebody, all of them are named.
  const each = (waiting.length > 0 ? waiting : calls).map(
    ({ from, to, method }) => `${actorLabel(to.name)} has not answered the ${method} of ${actorLabel(from.name)}`,
  );
  return `${each.length === 1 ? "no reply" : "deadlock"}: ${each.join(", ") || actorLabel(actor)}, and nothing is left that could happen, ${at}`;
}
