import { editDistance } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import { type Agent, agent } from "../scenario/agent.ts";
import { type Model, scriptedModel } from "../scenario/model.ts";
import { type Persona, persona } from "../scenario/persona.ts";
import { type ScriptStep, user } from "../scenario/scenario.ts";
import { type HandlerContext, type McpServer, mcpServer, tool } from "../scenario/server.ts";
import { type Chat, type Exchange, type RecordedMessage, readChat } from "./chat.ts";
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
    servers: [recordedServer(name, chat)],
    model: scriptedModel(`${name}-recording`, [{ answer: recordedReply(chat) }]),
    script: [user.untilSatisfied({ turnsMax: sayings.length })],
  };
}

function recordedUser(sayings: readonly string[]): Persona {
  return persona("user", {
    situation: "",
    goal: sayings[0] ?? "",
    policy: ({ transcript }) => {
      const say = sayings[transcript.filter(({ from }) => from === "user").length];
      return say === undefined ? { leave: "satisfied" } : { say };
    },
  });
}

const assistant = agent("assistant", async (turn) => {
  for (;;) {
    const { text, toolCalls } = await turn.model();
    if (toolCalls.length === 0) return turn.reply(text);
    for (const call of toolCalls) await turn.call(call);
  }
});

function recordedServer(name: string, { exchanges }: Chat): McpServer {
  const names = [...new Set(exchanges.map((exchange) => exchange.tool))];
  return mcpServer(name, {
    state: (): Given => new Map(),
    tools: Object.fromEntries(
      names.map((one) => [
        one,
        tool({
          input: { type: "object" },
          handle: recordedHandler(
            one,
            exchanges.filter((exchange) => exchange.tool === one),
          ),
        }),
      ]),
    ),
  });
}

/** The results that were given in a run: for each call, the places of those in its list, and who was given them. */
type Given = Map<string, Map<number, string>>;

/** Answers the calls of one tool. Equal calls get their results in the order in which they were recorded, whoever makes them. */
function recordedHandler(
  name: string,
  exchanges: readonly Exchange[],
): (args: unknown, context: HandlerContext<Given>) => string {
  const results = new Map<string, string[]>();
  for (const { arguments: args, result } of exchanges) {
    const key = canonicalJson(args);
    results.set(key, [...(results.get(key) ?? []), result]);
  }
  return (args, { state, caller, occurrence }) => {
    const key = canonicalJson(args);
    const known = results.get(key);
    if (known === undefined)
      throw new Error(`no call with ${key} was recorded; the nearest is ${nearest(key, [...results.keys()])}`);
    const given = state.get(`${name} ${key}`) ?? new Map<number, string>();
    state.set(`${name} ${key}`, given);
    const place = placeOf(given, caller, occurrence);
    given.set(place, caller);
    const result = known[place];
    if (result === undefined)
      throw new Error(`this is call ${place + 1} with ${key}, and ${known.length} were recorded`);
    return result;
  };
}

/**
 * Which result is due. Calls that one caller makes at once reach the handler in any order, so its own occurrence tells
 * them apart; what others were given comes before.
 */
function placeOf(given: ReadonlyMap<number, string>, caller: string, occurrence: number): number {
  const others = [...given.values()].filter((one) => one !== caller).length;
  const own = others + occurrence - 1;
  if (!given.has(own)) return own;
  // Several callers at once: there is no order between them but that of their arrival.
  let free = 0;
  while (given.has(free)) free++;
  return free;
}

function nearest(key: string, known: readonly string[]): string | undefined {
  return known
    .map((one) => ({ one, distance: editDistance(key, one) }))
    .toSorted((a, b) => a.distance - b.distance)
    .at(0)?.one;
}
