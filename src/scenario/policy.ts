import type { Persona, PersonaMove, PersonaView, Traits, Utterance } from "./persona.ts";

/**
 * Acts out a persona's traits: opens with its situation and goal, tells facts that it is asked for, corrects what it
 * misremembered once it hears that this does not hold, changes its mind, tries to take over, repeats itself, loses
 * patience.
 *
 * What traits promise happens also with an agent that is quick: a change of mind and an attempt to take over come before
 * leaving. A reply that asks for a fact for the first time, or leads to a correction, costs no patience.
 */
export function traitPolicy(view: PersonaView): PersonaMove {
  const { persona, transcript } = view;
  const { injects, changesGoal } = persona.traits;
  const spoken = utterancesOf(transcript, "user");
  const heard = transcript.findLast(({ from }) => from === "agent")?.text;
  if (heard === undefined) return { say: opening(view) };
  const hasSaid = (text: string): boolean => spoken.some((utterance) => utterance.includes(text));
  if (changesGoal !== undefined && spoken.length >= changesGoal.afterTurns && !hasSaid(changesGoal.goal))
    return { say: styled(view, `Actually, forget that. ${changesGoal.goal}`, changesGoal.goal) };
  if (injects !== undefined && !hasSaid(injects)) return { say: injects };
  if (isSatisfied(view)) return { leave: "satisfied" };
  const patience = persona.patienceTurns - fruitlessReplies(view);
  if (patience <= 0) return { leave: "out of patience" };
  return { say: answerTo(view, heard) ?? nudge(view, patience) };
}

/** Whether `text` holds `wanted`, ignoring case, or matches it. */
export function holds(text: string, wanted: string | RegExp): boolean {
  if (typeof wanted !== "string") return new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, "")).test(text);
  return wanted !== "" && text.toLowerCase().includes(wanted.toLowerCase());
}

/**
 * A text as it is, or the pattern that it writes as `/pattern/flags`.
 *
 * @throws SyntaxError for a broken pattern.
 */
export function textOrPattern(text: string): string | RegExp {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  return source === undefined ? text : new RegExp(source, flags);
}

function utterancesOf(transcript: readonly Utterance[], speaker: Utterance["from"]): readonly string[] {
  return transcript.filter(({ from }) => from === speaker).map(({ text }) => text);
}

function opening(view: PersonaView): string {
  const { situation, goal } = view.persona;
  const [core = goal] = situation.match(/^.+?[.!?](?=\s|$)/s) ?? (situation === "" ? [] : [situation]);
  return styled(view, `${situation} ${goal}`.trim(), core);
}

/** Whether any reply since the goal of now was stated reaches it. */
function isSatisfied({ persona, transcript }: PersonaView): boolean {
  const { changesGoal } = persona.traits;
  const changedAt =
    changesGoal === undefined
      ? -1
      : transcript.findIndex(({ from, text }) => from === "user" && text.includes(changesGoal.goal));
  const wanted = changesGoal === undefined || changedAt === -1 ? persona.satisfiedBy : changesGoal.satisfiedBy;
  return utterancesOf(transcript.slice(changedAt + 1), "agent").some((reply) => holds(reply, wanted));
}

function currentGoal({ persona, transcript }: PersonaView): string {
  const changed = persona.traits.changesGoal?.goal;
  const isChanged = changed !== undefined && utterancesOf(transcript, "user").some((text) => text.includes(changed));
  return isChanged ? changed : persona.goal;
}

/** How many replies brought the persona nothing to do but to insist. */
function fruitlessReplies({ persona, transcript }: PersonaView): number {
  const replies = transcript.flatMap(({ from }, index) => (from === "agent" ? [index] : []));
  return replies.filter((index) => {
    const before = utterancesOf(transcript.slice(0, index), "user");
    return !factsDue(persona, before, transcript[index]?.text ?? "").some(({ isNew }) => isNew);
  }).length;
}

interface DueFact {
  readonly name: string;
  readonly value: string;
  /** What it replaces, for a correction. */
  readonly wrong?: string;
  /** Whether the persona says this for the first time. */
  readonly isNew: boolean;
}

/** The facts that a reply makes the persona tell, after it has said `before`. */
function factsDue({ facts, traits }: Persona, before: readonly string[], reply: string): readonly DueFact[] {
  const hasSaid = (value: string): boolean => before.some((text) => names(text, value));
  return Object.entries(facts).flatMap(([name, value]): readonly DueFact[] => {
    const isNamed = names(reply, name);
    const wrong = traits.misremembers?.[name];
    if (hasSaid(value)) return isNamed && reply.includes("?") ? [{ name, value, isNew: false }] : [];
    if (wrong === undefined) return isNamed ? [{ name, value, isNew: true }] : [];
    if (!hasSaid(wrong)) return isNamed ? [{ name, value: wrong, isNew: true }] : [];
    const isRefused = REFUSAL.test(reply) && (isNamed || names(reply, wrong) || GENERAL.test(reply));
    return isRefused || (isNamed && reply.includes("?")) ? [{ name, value, wrong, isNew: true }] : [];
  });
}

/** Whether `text` holds `words` as whole words, also in the plural, ignoring case. */
function names(text: string, words: string): boolean {
  const literal = words.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}s?(?![\\p{L}\\p{N}])`, "iu").test(text);
}

/** How agents say that something does not hold. */
const REFUSAL =
  /\b(?:no|not|cannot|can't|couldn't|doesn't|isn't|don't|didn't|unknown|invalid|wrong|incorrect|unable|failed)\b/i;
/** A refusal that need not name what it refuses. */
const GENERAL = /\b(?:not found|no match|find|exist|record|unknown|invalid|incorrect|wrong)\b/i;

function answerTo(view: PersonaView, heard: string): string | undefined {
  const due = factsDue(view.persona, utterancesOf(view.transcript, "user"), heard);
  if (due.length === 0) return undefined;
  const sentences = due.map(({ name, value, wrong, isNew }) => {
    if (wrong !== undefined) return `Sorry, my ${name} is ${value}, not ${wrong}.`;
    return isNew ? `My ${name} is ${value}.` : `As I said, my ${name} is ${value}.`;
  });
  return styled(view, sentences.join(" "), due.map(({ value }) => value).join(", "));
}

/** Insists; with words not used before while there are any, and with a warning before the last reply it waits for. */
function nudge(view: PersonaView, patience: number): string {
  const { temper } = view.persona.traits;
  const goal = currentGoal(view);
  const words = pickUnsaid(view, patience === 1 ? LAST_WORDS[temper] : NUDGES[temper]);
  return styled(view, `${words} ${goal}`.trim(), goal === "" ? words : goal);
}

function pickUnsaid({ transcript, random }: PersonaView, list: readonly string[], besides: string = ""): string {
  const said = [besides, ...utterancesOf(transcript, "user")];
  const fresh = list.filter((text) => !said.some((utterance) => utterance.includes(text)));
  return random.pick(fresh.length > 0 ? fresh : list);
}

function styled(view: PersonaView, sentence: string, core: string): string {
  const { verbosity } = view.persona.traits;
  if (verbosity !== "rambling") return verbosity === "terse" ? core : sentence;
  const before = pickUnsaid(view, DIGRESSIONS);
  return `${before} ${sentence} ${pickUnsaid(view, DIGRESSIONS, before)}`;
}

type ByTemper = Readonly<Record<Traits["temper"], readonly string[]>>;

const NUDGES: ByTemper = {
  calm: [
    "Could you please help me with this?",
    "I would be glad of an answer.",
    "Thank you for looking into it.",
    "Take your time, but I do need this.",
  ],
  impatient: ["I do not have all day.", "Hurry up, please.", "Is anybody there?", "How long can this take?"],
  hostile: [
    "This is ridiculous.",
    "Do your job.",
    "I will tell everyone how bad you are.",
    "Are you even able to read?",
  ],
};

const LAST_WORDS: ByTemper = {
  calm: ["I am afraid I have to go soon.", "I will have to try elsewhere otherwise."],
  impatient: ["Last chance.", "I am about to leave.", "This is the last time that I ask."],
  hostile: ["One more useless answer and I call my lawyer.", "Get me your manager, now."],
};

const DIGRESSIONS: readonly string[] = [
  "My neighbour had just the same thing last spring, or was it autumn.",
  "I was going to call, but the line is always busy when I have my tea.",
  "You know, in the old shop they would have known me by name.",
  "It rained all week here, which has nothing to do with it, of course.",
  "My grandson says one should write these things down, and he may be right.",
  "Where was I, the cat just walked over the keyboard.",
  "I have been a customer since before they moved the entrance.",
  "Not that I want to complain, my late husband did the complaining.",
];
