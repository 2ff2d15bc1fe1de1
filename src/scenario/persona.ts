import type { Random } from "../core/random.ts";
import type { Definition } from "./brand.ts";
import { DEFINITION } from "./brand.ts";
import { traitPolicy } from "./policy.ts";

export interface Traits {
  readonly verbosity: "terse" | "plain" | "rambling";
  readonly temper: "calm" | "impatient" | "hostile";
  /** Facts that the persona first states wrongly, and corrects when told that they do not hold. */
  readonly misremembers?: Readonly<Record<string, string>>;
  /** What the persona wants instead, once it has spoken `afterTurns` times and has not left by then. */
  readonly changesGoal?: { readonly afterTurns: number; readonly goal: string; readonly satisfiedBy: string | RegExp };
  /** An attempt to take over the agent, made in the second turn, also where the first reply reached the goal. */
  readonly injects?: string;
}

export interface Utterance {
  readonly from: "user" | "agent";
  readonly text: string;
}

/** All that a persona goes by. */
export interface PersonaView {
  readonly persona: Persona;
  /** Everything said so far, oldest first. */
  readonly transcript: readonly Utterance[];
  /** The persona's own stream of chance. */
  readonly random: Random;
}

export type PersonaMove = { readonly say: string } | { readonly leave: "satisfied" | "out of patience" };

/** A simulated user who needs no LLM: a policy that makes utterances from what it hears. */
export interface Persona extends Definition<"persona"> {
  readonly traits: Traits;
  readonly situation: string;
  readonly goal: string;
  /** Text in an agent's reply, or a pattern, which tells the persona that its goal is reached. */
  readonly satisfiedBy: string | RegExp;
  /** What the persona knows and tells when it is asked for it, by the name it is asked for with. */
  readonly facts: Readonly<Record<string, string>>;
  /**
   * How many replies the persona puts up with that neither reach its goal nor ask it for anything that it has not told.
   *
   * A persona that hears it was mistaken blames itself: that reply does not count.
   */
  readonly patienceTurns: number;
  readonly policy: (view: PersonaView) => PersonaMove;
}

export interface PersonaDefinition extends Partial<Omit<Persona, typeof DEFINITION | "name" | "traits">> {
  readonly traits?: Partial<Traits>;
  readonly situation: string;
  readonly goal: string;
}

const PERSONA_DEFAULTS = { facts: {}, patienceTurns: 6, policy: traitPolicy, satisfiedBy: "" } as const;

/** Defines a persona. Without a policy of its own it acts out its traits. */
export function persona(name: string, definition: PersonaDefinition): Persona {
  return {
    ...PERSONA_DEFAULTS,
    ...definition,
    name,
    traits: { verbosity: "plain", temper: "calm", ...definition.traits },
    [DEFINITION]: "persona",
  };
}
