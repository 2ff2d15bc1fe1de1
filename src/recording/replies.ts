import { canonicalJson } from "../core/json.ts";
import type { Message, ModelAnswer } from "../scenario/model.ts";
import type { Chat } from "./chat.ts";

type RecordedStep = Chat["messages"][number];

/**
 * What the recorded model answered to a conversation. The answer depends on the conversation alone: its messages are held
 * against the recording, one by one, but for system messages and for the order of results of one message's calls.
 *
 * A recording that ends with a tool's result ends without words: the model is asked once more, and its answer is empty.
 *
 * @throws Error when the conversation is not the recorded one so far, with the first message that differs.
 */
export function recordedReply({ messages }: Chat): (conversation: readonly Message[]) => ModelAnswer {
  const recorded = inOrder(messages);
  return (conversation) => {
    const heard = inOrder(conversation.filter(({ role }) => role !== "system"));
    for (const [index, message] of heard.entries()) {
      const step = recorded[index];
      if (step === undefined) throw new Error(`the recording ends before ${described(message)}`);
      if (keyOf(step) !== keyOf(message)) throw new Error(difference(step, message));
    }
    const next = recorded[heard.length];
    if (next === undefined && recorded.at(-1)?.role === "tool") return { say: "" };
    if (next === undefined) throw new Error("the recording ends here, and holds no further answer");
    if (next.role !== "assistant")
      throw new Error(`messages[${next.at}] of the recording comes first: ${described(next)}`);
    const call = next.toolCalls.map(({ name, arguments: args }) => ({ tool: name, arguments: args }));
    return { say: next.text, call };
  };
}

/** The results of one message's calls in an order of their own: calls that are made at once are answered in any. */
function inOrder<M extends Message>(messages: readonly M[]): readonly M[] {
  const ordered: M[] = [];
  let from = 0;
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool" && messages[index + 1]?.role === "tool") continue;
    const block = messages.slice(from, index + 1);
    ordered.push(...(message.role === "tool" ? block.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) : block));
    from = index + 1;
  }
  return ordered;
}

/** What has to be equal. Ids are the seed's, and a tool's failure stands in its text. */
function keyOf(message: Message): string {
  if (message.role === "tool") return canonicalJson([message.role, message.tool, message.text]);
  const calls = message.role === "assistant" ? message.toolCalls.map(({ name, arguments: args }) => [name, args]) : [];
  return canonicalJson([message.role, message.text, calls]);
}

function difference(step: RecordedStep, message: Message): string {
  const where = `messages[${step.at}] of the recording`;
  if (headOf(step) !== headOf(message)) return `${where} is ${described(step)}, and this was ${described(message)}`;
  const [wanted, given] = [bodyOf(step), bodyOf(message)];
  let until = 0;
  while (until < wanted.length && wanted[until] === given[until]) until++;
  const from = Math.max(0, until - CHARACTERS_BEFORE);
  return `${where}, ${headOf(step)}, says ${excerpt(wanted, from)}, and this was ${excerpt(given, from)}`;
}

function described(message: Message): string {
  return `${headOf(message)}: ${excerpt(bodyOf(message), 0)}`;
}

function headOf(message: Message): string {
  return message.role === "tool" ? `the result of ${message.tool}` : `a message of the ${message.role}`;
}

function bodyOf(message: Message): string {
  if (message.role !== "assistant" || message.toolCalls.length === 0) return message.text;
  const calls = message.toolCalls.map(({ name, arguments: args }) => `${name} ${canonicalJson(args)}`);
  return `${message.text} [${calls.join(", ")}]`.trimStart();
}

const EXCERPT_CHARACTERS = 80;
/** How much of what two texts have in common leads up to where they differ. */
const CHARACTERS_BEFORE = 24;

function excerpt(body: string, from: number): string {
  const to = from + EXCERPT_CHARACTERS;
  return `"${from > 0 ? "…" : ""}${body.slice(from, to)}${to < body.length ? "…" : ""}"`;
}
