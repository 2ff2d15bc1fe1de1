import type { Proved } from "../check/proof/evidence.ts";
import {
  type Proof,
  type Question,
  type Remark,
  type Row,
  type Tally,
  isBroken,
  remarksOf,
  rowsOf,
  verdictOf,
} from "../check/proof/proof.ts";
import { MEANINGS } from "../check/propagation/causes.ts";
import { counted, oneLine } from "./wording.ts";

/** What the columns of a proof are called. */
export const COLUMNS: Readonly<Record<Question, string>> = {
  read: "read",
  kept: "kept",
  passedOn: "passed on",
  recorded: "recorded",
};

/** What they ask, for a reader who has not met them. */
export function legendOf({ kind }: Proof): readonly string[] {
  const isClient = kind === "mcp-client";
  return [
    isClient
      ? "read: it continues TRACEPARENT of its environment"
      : "read: its span is a child of the context that a request brought",
    "kept: trace id, tracestate and baggage are what they were",
    isClient
      ? "passed on: its message brings a context where MCP reads it"
      : "passed on: what it sent next, while it answered, brings the context",
    kind === "a2a"
      ? "recorded: a SERVER span tells of the request"
      : "recorded: a span says what the OTel MCP conventions ask for",
    "–: nothing asks for it here; 2/5: the answer of 2 of the 5 messages for which one is due",
  ];
}

/** Who was proved, and how much was heard of it. */
export function headOf({ kind, peer, transport, counts, proved }: Proof): string {
  const name = [peer.name, peer.version].filter((word) => word !== undefined).join(" ");
  const spoken = kind === "a2a" ? "A2A" : `MCP${peer.protocol === undefined ? "" : ` ${peer.protocol}`}`;
  if (proved.length === 0) return `${spoken} over ${transport}`;
  const sent = kind === "mcp-client" ? counted(counts.messages, "message") : counted(counts.messages, "request");
  const onward = kind === "mcp-client" ? [] : [`${counted(counts.downstream, "message")} sent on`];
  const figures = [sent, `${counted(counts.spans, "span")} exported`, ...onward].join(", ");
  return oneLine(`${name === "" ? "a peer without a name" : name}, ${spoken} over ${transport}: ${figures}`);
}

/** What it came to, in a sentence. */
export function conclusionOf(proof: Proof): string {
  const broken = proof.proved.filter((one) => [one.read, one.kept, one.passedOn, one.recorded].some(isBroken)).length;
  const of = counted(proof.proved.length, "message");
  const they = broken === 1 ? "loses context, or says" : "lose context, or say";
  const verdict = verdictOf(proof);
  if (verdict === "failed") return `broken: ${broken} of ${of} ${they} of it what is not so`;
  if (verdict === "passed") return "whole: no context was lost where it can be told";
  return proof.failure === undefined ? "cannot tell: nothing shows what becomes of context" : "cannot tell";
}

/** By method and by what carried the context. */
export function methodRows({ proved }: Proof): readonly Row[] {
  return rowsOf(proved, ({ subject, carrier }) => [subject.method, carrier]);
}

/** By context, of the carrier that has to be read. */
export function contextRows({ proved, kind }: Proof): readonly Row[] {
  const isClient = kind === "mcp-client";
  return rowsOf(isClient ? [] : proved, ({ carrier, context }) => [carrier, context]);
}

/** `yes`, `no`, `yes 2/5` where it is the answer of some of those for which one is due. */
export function answerWords({ finding: { answer }, messages, due }: Tally): string {
  const word = answer === "cannot-tell" ? "cannot tell" : answer === "not-due" ? "–" : answer;
  return answer === "not-due" || messages === due ? word : `${word} ${messages}/${due}`;
}

export interface Section {
  readonly title: string;
  readonly remarks: readonly Remark[];
}

/** What is to be said of the answers, the gravest first. */
export function sectionsOf({ proved }: Proof): readonly Section[] {
  return [
    { title: "What breaks a trace", remarks: remarksOf(proved, isBroken) },
    {
      title: "What differs, and breaks none",
      remarks: remarksOf(proved, (one) => one.answer === "no" && !isBroken(one)),
    },
    { title: "What cannot be told", remarks: remarksOf(proved, ({ answer }) => answer === "cannot-tell") },
  ].filter(({ remarks }) => remarks.length > 0);
}

/** More remarks of a kind than these say nothing new to a reader; the JSON has all. */
export const REMARKS_MAX = 20;

const NAMED_MAX = 4;

/** Which messages a remark is about. */
export function whereWords({ of }: Remark): string {
  const names = [...new Set(of.map(nameOf))];
  const contexts = new Map<string, Set<string>>();
  for (const { carrier, context } of of) contexts.set(carrier, (contexts.get(carrier) ?? new Set()).add(context));
  const brought = [...contexts].map(([carrier, kinds]) =>
    carrier === "none" ? "no carrier" : `${carrier}: ${[...kinds].join(", ")}`,
  );
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : "";
  return `${names.slice(0, NAMED_MAX).join(", ")}${more} (${brought.join("; ")})`;
}

function nameOf({ subject: { method, target } }: Proved): string {
  return target === undefined ? method : oneLine(`${method} ${target}`, 80);
}

/** What the first of those messages brought, for who wants to look for it; undefined where it brought nothing. */
export function exampleWords({ of: [first] }: Remark): string | undefined {
  if (first === undefined) return undefined;
  const { subject, carriers } = first;
  const brought = Object.entries({ "params._meta": carriers.meta, headers: carriers.header }).flatMap(
    ([place, fields]) => (Object.keys(fields).length === 0 ? [] : [`${place} ${JSON.stringify(fields)}`]),
  );
  if (brought.length === 0) return undefined;
  return `${subject.requestId === undefined ? nameOf(first) : `request ${subject.requestId}`} brought ${brought.join(" and ")}`;
}

/** What its causes are, and how to mend them. */
export function mendWords({ finding: { causes } }: Remark): readonly string[] {
  return causes.map((cause) => `${cause}: ${MEANINGS[cause].what}. ${MEANINGS[cause].mend}`);
}
