import type { Verdict } from "../verdict.ts";
import { type Answer, type Finding, type PeerKind, type Proved, QUESTIONS } from "./evidence.ts";

/** What a proof came to. */
export interface Proof {
  readonly kind: PeerKind;
  readonly peer: {
    /** Its command line or URL. */
    readonly subject: string;
    /** As it introduced itself; absent where it did not. */
    readonly name?: string;
    readonly version?: string;
    /** The revision of the protocol that was spoken. */
    readonly protocol?: string;
  };
  readonly transport: string;
  readonly proved: readonly Proved[];
  readonly counts: { readonly messages: number; readonly spans: number; readonly downstream: number };
  /** What was left out, and what else a reader has to know, a sentence each. */
  readonly notes: readonly string[];
  /** Why the peer could not be spoken to, or no longer; absent where it could. */
  readonly failure?: string;
}

export type Question = (typeof QUESTIONS)[number];

/** `failed` when any answer is broken; `inconclusive` when nothing could be told; else `passed`. */
export function verdictOf({ proved, failure }: Pick<Proof, "proved" | "failure">): Verdict {
  const findings = proved.flatMap((one) => QUESTIONS.map((question) => one[question]));
  if (findings.some(isBroken)) return "failed";
  const isTold = proved.some((one) => [one.read, one.kept, one.passedOn].some(({ answer }) => answer === "yes"));
  return isTold && failure === undefined ? "passed" : "inconclusive";
}

/** Whether an answer breaks a trace. */
export function isBroken({ causes }: Finding): boolean {
  return causes.length > 0;
}

/** Several messages of one kind, as one line of a report. */
export interface Row {
  readonly key: readonly string[];
  /** How many messages. */
  readonly messages: number;
  readonly answers: Readonly<Record<Question, Tally>>;
}

/** The worst answer to a question, of how many messages it is the answer, and for how many one was due. */
export interface Tally {
  readonly finding: Finding;
  readonly messages: number;
  readonly due: number;
}

/** Gathers messages by what `keyOf` says, in order of the first; of each question the worst answer stands. */
export function rowsOf(proved: readonly Proved[], keyOf: (one: Proved) => readonly string[]): readonly Row[] {
  const groups = new Map<string, { readonly key: readonly string[]; readonly members: Proved[] }>();
  for (const one of proved) {
    const key = keyOf(one);
    const name = JSON.stringify(key);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { key, members: [one] });
    else group.members.push(one);
  }
  return [...groups.values()].map(({ key, members }) => ({
    key,
    messages: members.length,
    answers: {
      read: worst(members, "read"),
      kept: worst(members, "kept"),
      passedOn: worst(members, "passedOn"),
      recorded: worst(members, "recorded"),
    },
  }));
}

const WORST_FIRST: readonly Answer[] = ["no", "yes", "cannot-tell", "not-due"];

/** A `yes` beside what cannot be told stays one, and is counted: the missing evidence is of another message. */
function worst(members: readonly Proved[], question: Question): Tally {
  const findings = members.map((one) => one[question]);
  const found =
    findings.find(isBroken) ??
    WORST_FIRST.map((answer) => findings.find((finding) => finding.answer === answer)).find((one) => one !== undefined);
  if (found === undefined) throw new Error("BUG: a row of no message");
  return {
    finding: found,
    messages: findings.filter(({ answer }) => answer === found.answer).length,
    due: findings.filter(({ answer }) => answer !== "not-due").length,
  };
}

/** One thing that was found of one or more messages: the same answer to the same question for the same reason. */
export interface Remark {
  readonly question: Question;
  readonly finding: Finding;
  /** In order. */
  readonly of: readonly Proved[];
}

/** What is to be said of the answers that `isMeant` picks, each once, in the order of the first. */
export function remarksOf(proved: readonly Proved[], isMeant: (finding: Finding) => boolean): readonly Remark[] {
  const remarks = new Map<string, { readonly question: Question; readonly finding: Finding; readonly of: Proved[] }>();
  for (const question of QUESTIONS)
    for (const one of proved) {
      const finding = one[question];
      if (!isMeant(finding)) continue;
      const key = JSON.stringify([question, finding.why, finding.causes]);
      const known = remarks.get(key);
      if (known === undefined) remarks.set(key, { question, finding, of: [one] });
      else known.of.push(one);
    }
  return [...remarks.values()];
}
