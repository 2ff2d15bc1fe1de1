import type { Json } from "../core/json.ts";
import { canonicalJson } from "../core/json.ts";
import { editDistance } from "../core/errors.ts";
import type { Message } from "../scenario/model.ts";
import { settledName } from "../shape/diff/facts.ts";
import { inOrder, keyOf } from "./sameness.ts";

/**
 * How a question of now was matched to a recorded one, in the order in which it is tried:
 * - `exact`: its content is equal, but for ids of calls and the order of keys;
 * - `normalised`: equal once white space, letter case, numbers written as texts, members that are null, UUIDs, times and
 *   the like count for nothing;
 * - `nearest`: of those that ask the same tool, or have a part of the conversation in common, the one with the fewest
 *   parts that differ, then with the nearest texts, then the first; also one that was asked less often than now;
 * - `next`: the next in the agent's own sequence, where contents have nothing in common; and before `nearest` is tried,
 *   where that one was recorded without its content.
 */
export const CLOSENESS = ["exact", "normalised", "nearest", "next"] as const;

export type Closeness = (typeof CLOSENESS)[number];

/** What is compared of a question. */
interface Question {
  /** Who asks; null where nobody knows. */
  readonly agent: string | null;
  /** Its content, each part compared as a whole. */
  readonly parts: readonly string[];
}

/** A question that is asked now. Nothing but what is in it decides how it is matched. */
export interface AskedQuestion extends Question {
  /** How often its agent has asked just this, from 1. */
  readonly occurrence: number;
  /** Which of its agent's questions of this kind it is, from 1. */
  readonly place: number;
}

export interface RecordedQuestion<A> extends Question {
  readonly answer: A;
  /** Whether the parts are what was asked, and not what stands for it where that was not recorded. */
  readonly isKnown: boolean;
}

/** The recorded question that a new one was matched to. */
export interface Match<A> {
  readonly answer: A;
  readonly closeness: Closeness;
  /** Its place among the recorded ones, from 0. */
  readonly index: number;
}

/** What is known of questions of one kind to one tool, agent or model. */
export type Matching<A> = (asked: AskedQuestion) => Match<A> | undefined;

/**
 * Matches questions to recorded ones, which stand in the order of the recording. Equal ones are answered in their order:
 * those of the asking agent first, failing that those of nobody known, failing that all. A match depends on the question
 * alone, so that it is the same whatever else was asked before. `undefined` where there is nothing to match it to.
 *
 * O(1) for what is equal; else O(n·m) for n recorded questions and m parts.
 */
export function matchingOf<A>(recorded: readonly RecordedQuestion<A>[]): Matching<A> {
  const entries = recorded.map((one, index) => ({ ...one, index }));
  const known = entries.filter(({ isKnown }) => isKnown);
  const exact = grouped(entries, ({ parts }) => exactKey(parts));
  const alikeBy = grouped(known, ({ parts }) => settledKey(parts));
  return (asked) => {
    const found = (entry: Entry<A> | undefined, closeness: Closeness): Match<A> | undefined =>
      entry && { answer: entry.answer, closeness, index: entry.index };
    const { occurrence, place } = asked;
    const equal = ownOf(exact.get(exactKey(asked.parts)) ?? [], asked);
    const alike = ownOf(alikeBy.get(settledKey(asked.parts)) ?? [], asked);
    const near = equal.length > 0 ? equal : alike.length > 0 ? alike : nearestOf(ownOf(known, asked), asked, exact);
    return (
      found(equal[occurrence - 1], "exact") ??
      (equal.length > 0 ? undefined : found(alike[occurrence - 1], "normalised")) ??
      (equal.length + alike.length > 0 ? undefined : found(unrecordedAt(ownOf(entries, asked), place), "next")) ??
      found(near[occurrence - 1] ?? near.at(-1), "nearest") ??
      found(ownOf(entries, asked)[place - 1], "next")
    );
  };
}

interface Entry<A> extends RecordedQuestion<A> {
  readonly index: number;
}

function grouped<E>(entries: readonly E[], keyOfEntry: (entry: E) => string): ReadonlyMap<string, readonly E[]> {
  const groups = new Map<string, E[]>();
  for (const entry of entries) {
    const key = keyOfEntry(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

function ownOf<E extends Question>(entries: readonly E[], { agent }: Question): readonly E[] {
  const own = entries.filter((entry) => entry.agent === agent);
  if (own.length > 0) return own;
  const nobodys = entries.filter((entry) => entry.agent === null);
  return nobodys.length > 0 ? nobodys : entries;
}

/** The nearest of the recorded questions, with those that are equal to it. */
function nearestOf<A>(
  known: readonly Entry<A>[],
  asked: AskedQuestion,
  exact: ReadonlyMap<string, readonly Entry<A>[]>,
): readonly Entry<A>[] {
  let best: { readonly entry: Entry<A>; readonly apart: number; readonly letters: number } | undefined;
  const own = new Set(asked.parts);
  for (const entry of known) {
    if (!entry.parts.some((part) => own.has(part))) continue;
    const apart = partsApart(entry.parts, asked.parts);
    if (best !== undefined && apart > best.apart) continue;
    const letters = lettersApart(entry.parts, asked.parts);
    if (best === undefined || apart < best.apart || letters < best.letters) best = { entry, apart, letters };
  }
  return best === undefined ? [] : ownOf(exact.get(exactKey(best.entry.parts)) ?? [], asked);
}

/** The question at that place, if its content was not recorded; else, of those without content, the one at that place. */
function unrecordedAt<A>(entries: readonly Entry<A>[], place: number): Entry<A> | undefined {
  const due = entries[place - 1];
  return due?.isKnown === false ? due : entries.filter(({ isKnown }) => !isKnown)[place - 1];
}

/** Of more parts that differ it counts what both have, whatever its order. */
const PARTS_MAX = 400;

/** How many parts have to come, to go or to change; one that changes into one of another head is two. */
function partsApart(one: readonly string[], other: readonly string[]): number {
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  const [a, b] = [one.slice(start, one.length - end), other.slice(start, other.length - end)];
  if (Math.max(a.length, b.length) > PARTS_MAX) return a.length + b.length - 2 * commonParts(a, b);
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, part] of a.entries()) {
    const row = [index + 1];
    for (const [at, now] of b.entries()) {
      const change = part === now ? 0 : headOf(part) === headOf(now) ? 1 : 2;
      row.push(Math.min((previous[at] ?? 0) + change, (previous[at + 1] ?? 0) + 1, (row[at] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** What a part is about: the path of an argument, the role of a message. */
function headOf(part: string): string {
  return part.slice(0, Math.max(0, part.indexOf(HEAD_END)));
}

function commonParts(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const part of a) counts.set(part, (counts.get(part) ?? 0) + 1);
  return b.filter((part) => {
    const left = counts.get(part) ?? 0;
    counts.set(part, left - 1);
    return left > 0;
  }).length;
}

/** How much of the texts is compared letter by letter. */
const LETTERS_MAX = 200;

function lettersApart(one: readonly string[], other: readonly string[]): number {
  const [first, second] = [new Set(one), new Set(other)];
  const rest = (parts: readonly string[], both: ReadonlySet<string>): string =>
    parts
      .filter((part) => !both.has(part))
      .join("\n")
      .slice(0, LETTERS_MAX);
  return editDistance(rest(one, second), rest(other, first));
}

function exactKey(parts: readonly string[]): string {
  return canonicalJson(parts);
}

function settledKey(parts: readonly string[]): string {
  return canonicalJson(parts.flatMap((part) => (part.endsWith(NULL) ? [] : [settled(part)])));
}

/** Between what a part is about and what it says. */
const HEAD_END = "\u0000";
const NULL = `${HEAD_END}null`;

/** Escaped line breaks are white space too. */
const SPACE = /(?:\\[nrt]|\s)+/g;

function settled(part: string): string {
  const [head = "", ...rest] = part.split(HEAD_END);
  const value = rest.join(HEAD_END);
  const words = value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  return [head, words].map((text) => settledName(text).replaceAll(SPACE, " ").trim().toLowerCase()).join(HEAD_END);
}

/** The parts of what a tool, a prompt or a resource is asked with: `subject`, then each value with its path. */
export function argumentParts(subject: string, args: Json): readonly string[] {
  const parts: string[] = [];
  const stack: { readonly path: string; readonly value: Json }[] = [{ path: "", value: args }];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { path, value } = at;
    const members = typeof value === "object" && value !== null ? Object.entries(value) : [];
    if (members.length === 0) parts.push(`${path}${HEAD_END}${canonicalJson(value)}`);
    for (const [key, member] of members) stack.push({ path: `${path}/${key}`, value: member });
  }
  return [subject, ...parts.toSorted()];
}

/** The parts of what a model is asked with: its messages, but for system messages, ids, and the order of results of one message's calls. */
export function conversationParts(conversation: readonly Message[]): readonly string[] {
  const heard = inOrder(conversation.filter(({ role }) => role !== "system").map(withOrderedKeys));
  return heard.map((message) => `${message.role === "tool" ? message.tool : message.role}${HEAD_END}${keyOf(message)}`);
}

/** The keys of a result have no order, and a recording's file sorts them. */
function withOrderedKeys(message: Message): Message {
  if (message.role !== "tool" || !/^[[{]/.test(message.text)) return message;
  try {
    return { ...message, text: canonicalJson(JSON.parse(message.text)) };
  } catch {
    return message;
  }
}
