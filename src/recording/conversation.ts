import { type Agent, agent } from "../scenario/agent.ts";
import { type Model, scriptedModel } from "../scenario/model.ts";
import { type Persona, persona } from "../scenario/persona.ts";
import { type ScriptStep, user } from "../scenario/scenario.ts";
import type { McpServer } from "../scenario/server.ts";
import { type RecordedMessage, readChat } from "./chat.ts";
import { serverOfCalls } from "./recorded-servers.ts";
import { recordedReply } from "./replies.ts";

/** Everything that was on the other side of an agent, and a stand-in for the agent itself: parts of a scenario. */
export interface RecordedConversation {
  /** Says what the user said, whatever it hears, and then leaves satisfied. */
  readonly persona: Persona;
  /** One agent, `assistant`, which carries out whatever its model calls. Put your own in its place. */
  readonly agents: readonly Agent[];
  /** One server, named as the recording, which answers each recorded call with its recorded result, whoever makes it. */
  readonly servers: readonly McpServer[];
  /** Gives the recorded answers, as long as the conversation is the recorded one. */
  readonly model: Model;
  readonly script: readonly ScriptStep[];
}

/**
 * Makes a scenario's parts out of a recorded conversation between a user, an assistant and its tools.
 *
 *     import chat from "./refund.chat.json" with { type: "json" };
 *     export default defineScenario({ name: "refund", ...recordedConversation("refund", chat), expect: [oneTrace()] });
 *
 * Nothing is ever made up: a tool call that was not recorded, and a conversation that is not the recorded one, fail the
 * run, with the call or the message that differs.
 *
 * @throws TroupeError `SCENARIO_INVALID` with every fault of the recording, each at its message.
 */
export function recordedConversation(name: string, messages: readonly RecordedMessage[]): RecordedConversation {
  const chat = readChat(name, messages);
  const sayings = chat.messages.filter(({ role }) => role === "user").map(({ text }) => text);
  return {
    persona: recordedUser(sayings),
    agents: [assistant],
    servers: [serverOfCalls(name, chat.exchanges)],
    model: scriptedModel(`${name}-recording`, [{ answer: recordedReply(chat) }]),
    script: [user.untilSatisfied({ turnsMax: sayings.length })],
  };
}

/** Says what was recorded, whatever it hears, and then leaves satisfied. */
export function recordedUser(sayings: readonly string[]): Persona {
  return persona("user", {
    situation: "",
    goal: sayings[0] ?? "",
    policy: ({ transcript }) => {
      const say = sayings[transcript.filter(({ from }) => from === "user").length];
      return say === undefined ? { leave: "satisfied" } : { say };
    },
  });
}

/** Carries out whatever its model calls. */
export const assistant: Agent = agent("assistant", async (turn) => {
  for (;;) {
    const { text, toolCalls } = await turn.model();
    if (toolCalls.length === 0) return turn.reply(text);
    for (const call of toolCalls) await turn.call(call);
  }
});
