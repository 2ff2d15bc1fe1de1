import { ROOT_CONTEXT } from "@opentelemetry/api";
import { type Random, randomStream } from "../core/random.ts";
import { returnedWords } from "../mock/model.ts";
import type { Agent, Reply } from "../scenario/agent.ts";
import type { PersonaMove, PersonaView, Utterance } from "../scenario/persona.ts";
import type { ScriptStep } from "../scenario/scenario.ts";
import type { Plan } from "../scenario/plan.ts";
import type { Actor } from "../telemetry/actor.ts";
import { inSpan } from "../telemetry/spans.ts";
import { ATTR } from "../trace/conventions.ts";
import type { Cast } from "./cast.ts";
import type { Outcome, RunMessage } from "./outcome.ts";
import { type Stage, baggageContext, conversationAttributes, runAttributes } from "./stage.ts";
import { type Envelope, deliver } from "./turn.ts";

/** Plays the script: the persona speaks, whichever agent holds control answers. Runs as the persona's actor. */
export class Conversation {
  readonly messages: RunMessage[] = [];
  readonly #plan: Plan;
  readonly #stage: Stage;
  readonly #cast: Cast;
  readonly #actor: Actor;
  readonly #transcript: Utterance[] = [];
  #agent: Agent;
  #turns = 0;

  constructor(plan: Plan, stage: Stage, cast: Cast, actor: Actor) {
    this.#plan = plan;
    this.#stage = stage;
    this.#cast = cast;
    this.#actor = actor;
    this.#agent = plan.entry;
  }

  /** @throws CalleeError or StuckError when a turn fails, and whatever a policy throws; no later step is played then. */
  async play(script: readonly ScriptStep[] | AsyncIterable<ScriptStep>): Promise<Outcome> {
    let outcome: Outcome = "script over";
    for await (const step of script) {
      if (step.step === "says") await this.#turn(step.text);
      else outcome = await this.#untilSatisfied(step.turnsMax);
    }
    return outcome;
  }

  async #untilSatisfied(turnsMax: number): Promise<Outcome> {
    const { persona, seed } = this.#plan;
    const random = randomStream(seed, `persona/${persona.name}`);
    for (let spoken = 0; ; spoken++) {
      const move = this.#move(random);
      if ("leave" in move) return move.leave;
      if (spoken >= turnsMax) return "script over";
      await this.#turn(move.say);
    }
  }

  #move(random: Random): PersonaMove {
    const { persona } = this.#plan;
    // A copy: what a policy does to its transcript is no part of the conversation.
    const view: PersonaView = { persona, transcript: this.#transcript.map((said) => ({ ...said })), random };
    let move: unknown;
    try {
      move = persona.policy(view);
    } catch (error) {
      this.#stage.failWith(`persona ${persona.name}: its policy threw`, error);
      throw error;
    }
    const checked = checkedMove(move);
    if (typeof checked === "object") return checked;
    const sentence = `persona ${persona.name}: its policy ${checked}`;
    this.#stage.fail(sentence);
    throw new Error(sentence);
  }

  async #turn(text: string): Promise<void> {
    const plan = this.#plan;
    const turn = ++this.#turns;
    const attributes = {
      [ATTR.harness]: true,
      [ATTR.turn]: turn,
      ...(plan.scenario.traces === "turn" ? runAttributes(plan) : {}),
      ...conversationAttributes(plan),
    };
    const root = plan.scenario.traces === "turn" ? { parent: baggageContext(plan, ROOT_CONTEXT) } : {};
    await inSpan(this.#actor.service.tracer, { name: `turn ${turn}`, attributes, ...root }, async () => {
      this.#say("user", plan.persona.name, this.#agent.name, text);
      const reply = await this.#deliver(text);
      this.#say("agent", reply.agent, plan.persona.name, reply.text);
      this.#agent = plan.scenario.agents.find(({ name }) => name === reply.agent) ?? this.#agent;
    });
  }

  #say(from: Utterance["from"], speaker: string, hearer: string, text: string): void {
    this.#transcript.push({ from, text });
    this.messages.push({ from: speaker, to: hearer, text });
  }

  #deliver(text: string): Promise<Reply> {
    const { limits } = this.#plan.scenario;
    const agent = this.#agent;
    const envelope: Envelope = { text, payload: null, from: this.#plan.persona.name, depth: 0, isQuestion: false };
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        const sentence = `agent ${agent.name} did not reply within ${limits.replyMs / 1000} s (limits.replyMs)`;
        this.#stage.fail(sentence);
        reject(new Error(sentence));
      };
      const cancel = this.#stage.world.setDeadline(limits.replyMs * 1_000_000, this.#actor, giveUp);
      deliver(this.#stage, this.#cast, { from: this.#actor, to: agent, method: "message", envelope })
        .then(resolve, reject)
        .finally(cancel);
    });
  }
}

/** The move that a policy made, or what is wrong with what it returned. */
function checkedMove(move: unknown): PersonaMove | string {
  const { say, leave }: Readonly<Record<string, unknown>> = Object(move);
  if (leave === "satisfied" || leave === "out of patience") return { leave };
  if (leave === undefined && typeof say === "string") return { say };
  const first =
    leave === undefined
      ? '{ say: "…" } or { leave: "satisfied" }'
      : '{ leave: "satisfied" } or { leave: "out of patience" }';
  return `returned ${returnedWords(move)}; return ${first}`;
}
