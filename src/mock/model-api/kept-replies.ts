import type { Message } from "../../scenario/model.ts";
import { type ModelCall, type ModelOutput, RequestError, withToolNames } from "./dialect.ts";

/** How many replies that a client may go on from are kept. */
const KEPT_MAX = 1000;

/** The conversations that an API keeps for its clients, who go on from them by the id of a reply. */
export class KeptReplies {
  /** The conversations that ended with these replies, oldest first. */
  readonly #kept = new Map<string, readonly Message[]>();

  /** The call with all that was said before it. @throws RequestError when nobody knows the reply that it goes on from. */
  continued(call: ModelCall): ModelCall {
    const { previousId } = call;
    if (previousId === undefined) return call;
    const before = this.#kept.get(previousId);
    if (before === undefined)
      throw new RequestError(`there is no response "${previousId}" (${KEPT_MAX} are kept)`, "previous_response_id");
    // Instructions are those of the one request alone.
    const instructions = call.conversation.filter(({ role }) => role === "system");
    const rest = call.conversation.filter(({ role }) => role !== "system");
    return { ...call, conversation: withToolNames([...instructions, ...before, ...rest]) };
  }

  keep(
    conversation: readonly Message[],
    { id, text, toolCalls }: Pick<ModelOutput, "id" | "text" | "toolCalls">,
  ): void {
    const said: Message = { role: "assistant", text, toolCalls };
    this.#kept.set(id, [...conversation.filter(({ role }) => role !== "system"), said]);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}
