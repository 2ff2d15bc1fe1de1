import type { Message, ModelAnswer } from "../scenario/model.ts";
import type { Chat } from "./chat.ts";
import { described, difference, inOrder, keyOf } from "./sameness.ts";

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
      if (keyOf(step) !== keyOf(message))
        throw new Error(difference(`messages[${step.at}] of the recording`, step, message));
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
