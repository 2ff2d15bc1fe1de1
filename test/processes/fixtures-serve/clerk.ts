import { a2aAgent } from "troupe";

/** A remote agent that can be talked into every state of a task. */
export const clerk = a2aAgent("clerk", {
  description: "Does as it is told",
  state: () => ({ asked: 0 }),
  work: async (turn) => {
    if (turn.round > 1) return turn.reply(`${turn.input}, round ${turn.round}`);
    if (turn.input === "ask back") return turn.needsInput("which order?");
    if (turn.input === "fail") return turn.fail("it cannot be done");
    if (turn.input === "throw") throw new Error("no such table");
    if (turn.input === "wait") {
      turn.progress("waiting");
      await new Promise<void>((resolve) => turn.signal.addEventListener("abort", () => resolve()));
      return turn.reply("too late");
    }
    if (turn.input === "stream") {
      turn.progress("first");
      turn.artifact("list", ["a", "b"]);
      turn.progress("second");
      return turn.reply("done");
    }
    return turn.reply(`you said ${turn.input}`);
  },
});
