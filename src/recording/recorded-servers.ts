import { editDistance } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import {
  type AnyTool,
  type HandlerContext,
  type McpServer,
  type Prompt,
  type Resource,
  mcpServer,
  tool,
  toolError,
} from "../scenario/server.ts";
import {
  type Exchange,
  type PromptExchange,
  type ResourceExchange,
  type ToolExchange,
  resultText,
} from "./exchange.ts";
import { inferSchema } from "./infer-schema.ts";
import { freeName, isServiceName } from "./names.ts";

/** What a server answers. */
type Served = ToolExchange | ResourceExchange | PromptExchange;

/** What is enough of a tool call to answer it again. */
export type AnsweredCall = Pick<ToolExchange, "tool" | "arguments" | "result"> &
  Partial<Pick<ToolExchange, "isError" | "missing" | "agent">>;

/** The server of the tools that agents had of their own. */
const OWN_TOOLS = "tools";

/** The servers that were called, each of which answers what it was recorded answering. */
export function recordedServers(exchanges: readonly Exchange[]): readonly McpServer[] {
  const bySource = grouped(exchanges.filter(isServed), ({ server }) => server ?? "");
  const names = new Set([...bySource.keys()].filter(isServiceName));
  return [...bySource].map(([source, list]) => {
    const name = isServiceName(source) ? source : freeName(OWN_TOOLS, OWN_TOOLS, names);
    names.add(name);
    return serverOf(name, {
      tools: recordedTools(list.filter((one) => one.kind === "tool")),
      resources: recordedResources(list.filter((one) => one.kind === "resource")),
      prompts: recordedPrompts(list.filter((one) => one.kind === "prompt")),
    });
  });
}

/** A server of recorded tool calls alone. */
export function serverOfCalls(name: string, calls: readonly AnsweredCall[]): McpServer {
  return serverOf(name, { tools: recordedTools(calls) });
}

function isServed(exchange: Exchange): exchange is Served {
  return exchange.kind === "tool" || exchange.kind === "resource" || exchange.kind === "prompt";
}

function serverOf(
  name: string,
  parts: {
    readonly tools: Record<string, AnyTool>;
    readonly resources?: Record<string, Resource>;
    readonly prompts?: Record<string, Prompt>;
  },
): McpServer {
  return mcpServer(name, { state: (): Given => new Map(), ...parts });
}

function grouped<T>(list: readonly T[], nameOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(nameOf(one));
    if (group === undefined) groups.set(nameOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

function recordedTools(calls: readonly AnsweredCall[]): Record<string, AnyTool> {
  const byTool = grouped(calls, (call) => call.tool);
  return Object.fromEntries(
    [...byTool].map(([name, ofTool]) => {
      const known = ofTool.filter(({ missing = [] }) => !missing.includes("arguments"));
      const answer = answering(ofTool, ({ arguments: args }) => canonicalJson(args), "call");
      const handle = (args: unknown, context: HandlerContext<Given>): unknown => {
        const { result, isError } = answer(canonicalJson(args), `tool ${name}`, context);
        return isError === true ? toolError(resultText(result)) : result;
      };
      return [name, tool({ input: inferSchema(known.map(({ arguments: args }) => args)), handle })];
    }),
  );
}

function recordedResources(reads: readonly ResourceExchange[]): Record<string, Resource> {
  const byUri = grouped(reads, ({ uri }) => uri);
  return Object.fromEntries(
    [...byUri].map(([uri, ofUri]) => {
      const answer = answering(ofUri, () => uri, "request");
      const read: Resource["read"] = (_, context) => answer(uri, "resource", context).result;
      return [uri, { read }];
    }),
  );
}

function recordedPrompts(asked: readonly PromptExchange[]): Record<string, Prompt> {
  const byName = grouped(asked, ({ name }) => name);
  return Object.fromEntries(
    [...byName].map(([name, ofName]) => {
      const answer = answering(ofName, ({ arguments: args }) => canonicalJson(args), "request");
      const text: Prompt["text"] = (args, context) =>
        resultText(answer(canonicalJson(args), `prompt ${name}`, context).result);
      return [name, { text }];
    }),
  );
}

/** The answers that were given in a run: for each question, the places of those in its list, and who was given them. */
type Given = Map<string, Map<number, string>>;

/**
 * Finds the answers of one tool, resource or prompt. Who was recorded asking this gets its own answers in their order; for
 * others equal questions get theirs in the order in which they were recorded, whoever asks. What is in no recording gets,
 * in their order, the answers to questions that were recorded without their arguments.
 *
 * The answer throws for what was not recorded, with the nearest that was.
 */
function answering<T extends Asked>(
  recorded: readonly T[],
  keyOf: (one: T) => string,
  word: string,
): (key: string, what: string, context: HandlerContext<Given>) => T {
  const ownKey = (agent: string, key: string): string => canonicalJson([agent, key]);
  const known = (one: T): string => (one.missing?.includes("arguments") === true ? UNKNOWN : keyOf(one));
  const byKey = grouped(recorded, known);
  const byAgent = grouped(recorded, (one) => ownKey(one.agent ?? "", known(one)));
  return (asked, what, { state, caller, occurrence }) => {
    const key = byKey.has(asked) ? asked : UNKNOWN;
    const all = byKey.get(key);
    if (all === undefined)
      throw new Error(`no ${word} with ${asked} was recorded; the nearest is ${nearest(asked, [...byKey.keys()])}`);
    const own = caller === "" ? undefined : byAgent.get(ownKey(caller, key));
    if (own !== undefined && key !== UNKNOWN)
      return nth(own, occurrence, `${word} ${occurrence} of ${caller} with ${asked}`);
    const place = takePlace(
      state,
      own === undefined ? `${what} ${key}` : `${what} ${key} ${caller}`,
      caller,
      occurrence,
    );
    return nth(own ?? all, place + 1, `${word} ${place + 1} with ${asked}`);
  };
}

/** Who asked, where that is known, and whether it is known with what. */
type Asked = Partial<Pick<ToolExchange, "agent" | "missing">>;

/** Stands for arguments that were not recorded; no JSON text is empty. */
const UNKNOWN = "";

/** Which of several answers is due, which is then given. */
function takePlace(state: Given, question: string, caller: string, occurrence: number): number {
  const given = state.get(question) ?? new Map<number, string>();
  state.set(question, given);
  const place = placeOf(given, caller, occurrence);
  given.set(place, caller);
  return place;
}

function nth<T>(answers: readonly T[], number: number, call: string): T {
  const answer = answers[number - 1];
  if (answer === undefined) throw new Error(`this is ${call}, and ${answers.length} were recorded`);
  return answer;
}

/**
 * Which answer is due. Questions that one caller asks at once reach the handler in any order, so its own occurrence tells
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
