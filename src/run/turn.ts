import { SpanKind } from "@opentelemetry/api";
import { type Json, canonicalJson } from "../core/json.ts";
import type { Random } from "../core/random.ts";
import type { A2aAgent, AskOptions, RemoteReply } from "../scenario/a2a.ts";
import { type Agent, type FunctionAgent, type Reply, type Turn, isForeign, isRecorded } from "../scenario/agent.ts";
import { isDefinition } from "../scenario/brand.ts";
import { type Actor, agentActorName } from "../telemetry/actor.ts";
import { inSpan } from "../telemetry/spans.ts";
import { ATTR } from "../trace/conventions.ts";
import type { RecordedAgent } from "../scenario/recorded-agent.ts";
import type { Cast } from "./cast.ts";
import { RecordedSteps, workFor } from "./recorded-steps.ts";
import { CalleeError, type Stage, conversationAttributes } from "./stage.ts";
import { Steps } from "./steps.ts";
import { checkDefinition } from "./turn-faults.ts";

/** What reaches an agent: words, what was handed over with them, and how many handoffs are open around it. */
export interface Envelope {
  readonly text: string;
  readonly payload: Json;
  readonly from: string;
  readonly depth: number;
  /** Whether the agent is only asked: a question is no part of its conversation with the user. */
  readonly isQuestion: boolean;
}

/** The service of all in-process agents of a scenario. */
export const AGENTS_SERVICE = "agents";

function agentActor(stage: Stage, name: string): Actor {
  return stage.actor(agentActorName(name), AGENTS_SERVICE);
}

/** A message on its way to an agent. */
export interface Delivery {
  readonly from: Actor;
  readonly to: Agent;
  readonly method: "message" | "question" | "handoff";
  readonly envelope: Envelope;
}

/**
 * Has an agent answer a message, wherever it runs.
 *
 * @throws CalleeError when it failed, which the stage then knows.
 */
export async function deliver(stage: Stage, cast: Cast, { from, to, method, envelope }: Delivery): Promise<Reply> {
  if (isForeign(to)) return await cast.foreign.deliver(to, { from, method, envelope });
  const service = isRecorded(to) ? to.service : AGENTS_SERVICE;
  const request = { from, to: stage.actor(agentActorName(to.name), service), method, payload: envelope };
  // What comes back is what `work` returned, as text.
  return (await stage.call(request, (received) =>
    isRecorded(to) ? workAgain(stage, cast, to, received as Envelope) : work(stage, cast, to, received as Envelope),
  )) as Reply;
}

/** Has a stand-in do again what was recorded. Runs as its actor. */
async function workAgain(stage: Stage, cast: Cast, agent: RecordedAgent, envelope: Envelope): Promise<Reply> {
  const { text, from, depth } = envelope;
  const { name } = agent;
  const actor = agentActor(stage, name);
  const part = { stage, cast, agent: name, actor, messages: [], conversation: stage.identity.runId, trajectory: name };
  const steps = new RecordedSteps(part, (target, { text: words, payload, isQuestion }) => {
    const handed: Json = payload === undefined ? null : payloadOf(payload);
    const next: Envelope = { text: words, payload: handed, from: name, depth: depth + 1, isQuestion };
    return deliver(stage, cast, {
      from: actor,
      to: target,
      method: isQuestion ? "question" : "handoff",
      envelope: next,
    });
  });
  try {
    const due = workFor(stage, agent, { caller: from, input: text });
    await steps.perform(due);
    return due.reply;
  } catch (error) {
    if (!(error instanceof CalleeError)) stage.failWith(`agent ${name}, as it was recorded, failed:`, error);
    throw error;
  }
}

function payloadOf(recorded: string): Json {
  try {
    return JSON.parse(recorded) as Json;
  } catch {
    return recorded;
  }
}

/**
 * Has an agent work on a message, inside its `invoke_agent` span. Runs as the agent's actor.
 *
 * @throws whatever the agent throws, after it was recorded as the run's failure.
 */
function work(stage: Stage, cast: Cast, agent: FunctionAgent, envelope: Envelope): Promise<Reply> {
  const actor = agentActor(stage, agent.name);
  const request = {
    name: `invoke_agent ${agent.name}`,
    attributes: invokeAttributes(agent.name, stage.identity.runId),
  };
  return inSpan(actor.service.tracer, request, async () => {
    try {
      const reply = await agent.work(new AgentTurn(stage, cast, agent, envelope));
      return typeof reply === "string" ? { text: reply, agent: agent.name } : checkedReply(reply);
    } catch (error) {
      if (!(error instanceof CalleeError)) stage.failWith(`agent ${agent.name} failed:`, error);
      throw error;
    }
  });
}

export function invokeAttributes(agent: string, conversation: string): Readonly<Record<string, string>> {
  return {
    [ATTR.operation]: "invoke_agent",
    [ATTR.agentName]: agent,
    [ATTR.fiSpanKind]: "AGENT",
    ...conversationAttributes({ runId: conversation }),
  };
}

function checkedReply(reply: Reply): Reply {
  if (typeof reply?.text === "string" && typeof reply.agent === "string") return reply;
  throw new Error(
    `it returned ${JSON.stringify(reply) ?? "nothing"}, which is no reply; return a text or turn.reply(text)`,
  );
}

class AgentTurn extends Steps implements Turn {
  readonly input: string;
  readonly payload: Json;
  readonly random: Random;
  readonly #envelope: Envelope;

  constructor(stage: Stage, cast: Cast, agent: FunctionAgent, envelope: Envelope) {
    const actor = agentActor(stage, agent.name);
    const messages = envelope.isQuestion ? [] : (stage.memories.get(agent.name) ?? []);
    if (!envelope.isQuestion) stage.memories.set(agent.name, messages);
    const trajectory = envelope.isQuestion
      ? `${agent.name}/question/${stage.occurrence(`question/${agent.name}`)}`
      : agent.name;
    super({ stage, cast, agent: agent.name, actor, messages, conversation: stage.identity.runId, trajectory });
    this.input = envelope.text;
    this.payload = envelope.payload;
    this.random = actor.random;
    this.#envelope = envelope;
    if (envelope.payload !== null)
      messages.push({ role: "system", text: `from ${envelope.from}: ${canonicalJson(envelope.payload)}` });
    messages.push({ role: "user", text: envelope.text });
  }

  handoff(target: Agent, payload: Json = null): Promise<Reply> {
    return this.#transfer(target, "pass_control", { text: this.input, payload, isQuestion: false });
  }

  ask(target: Agent, question: string): Promise<Reply>;
  ask(target: A2aAgent, question: string, options?: AskOptions): Promise<RemoteReply>;
  ask(target: Agent | A2aAgent, question: string, options?: AskOptions): Promise<Reply> {
    if (isDefinition(target, "a2a-agent")) return this.askRemote(target, question, options);
    return this.#transfer(target, "return_to_caller", { text: question, payload: null, isQuestion: true });
  }

  reply(text: string): Reply {
    return { text, agent: this.agent };
  }

  async #transfer(
    target: Agent,
    mode: string,
    message: Pick<Envelope, "text" | "payload" | "isQuestion">,
  ): Promise<Reply> {
    const { stage, cast, actor } = this.part;
    const { handoffsMax } = stage.identity.limits;
    checkDefinition(this.where, target, "agent", "agent");
    const known = cast.company.agents.map(({ name }) => name);
    this.checkName({ what: "agent", name: target.name, known, among: `${cast.company.title}'s \`agents\`` });
    const depth = this.#envelope.depth + 1;
    if (depth > handoffsMax)
      throw new Error(`${handoffsMax} handoffs are open inside one another (limits.handoffsMax)`);
    const attributes = {
      [ATTR.operation]: "execute_tool",
      [ATTR.handoffSource]: this.agent,
      [ATTR.handoffTarget]: target.name,
      [ATTR.transferTarget]: target.name,
      [ATTR.transferMode]: mode,
      [ATTR.handoffPayload]: canonicalJson(message.payload ?? message.text),
    };
    const envelope: Envelope = { ...message, from: this.agent, depth };
    const method = message.isQuestion ? "question" : "handoff";
    const name = `handoff ${this.agent} -> ${target.name}`;
    return await this.take((step) =>
      this.span(name, SpanKind.INTERNAL, { ...attributes, ...step }, () =>
        deliver(stage, cast, { from: actor, to: target, method, envelope }),
      ),
    );
  }
}
