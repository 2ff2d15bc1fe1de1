import { canonicalJson } from "../core/json.ts";
import type { Message } from "../scenario/model.ts";

/** The results of one message's calls in an order of their own: calls that are made at once are answered in any. */
export function inOrder<M extends Message>(messages: readonly M[]): readonly M[] {
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
export function keyOf(message: Message): string {
  if (message.role === "tool") return canonicalJson([message.role, message.tool, message.text]);
  const calls =
    message.role === "assistant"
      ? message.toolCalls.map(({ name, arguments: args, malformed }) => [name, malformed ?? args])
      : [];
  return canonicalJson([message.role, message.text, calls]);
}

/** How a message differs from the recorded one that stands at `where`, as a sentence. */
export function difference(where: string, recorded: Message, message: Message): string {
  if (headOf(recorded) !== headOf(message))
    return `${where} is ${described(recorded)}, and this was ${described(message)}`;
  const [wanted, given] = [bodyOf(recorded), bodyOf(message)];
  let until = 0;
  while (until < wanted.length && wanted[until] === given[until]) until++;
  const from = Math.max(0, until - CHARACTERS_BEFORE);
  return `${where}, ${headOf(recorded)}, says ${excerpt(wanted, from)}, and this was ${excerpt(given, from)}`;
}

export function described(message: Message): string {
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
