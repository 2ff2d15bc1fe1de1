import { editDistance } from "../core/errors.ts";
import { type Json, canonicalJson } from "../core/json.ts";
import type { Random } from "../core/random.ts";
import { valueOf } from "../scenario/schema-value.ts";
import {
  type AnyTool,
  type HandlerContext,
  type McpServer,
  type Prompt,
  type Resource,
  mcpServer,
  tool,
  toolContents,
  toolError,
} from "../scenario/server.ts";
import { type Answering, type RealAnswer, UNRECORDED, answererOf } from "./answering.ts";
import {
  type Exchange,
  type Missing,
  type PromptExchange,
  type ResourceExchange,
  type ToolExchange,
  resultText,
} from "./exchange.ts";
import { inferSchema } from "./infer-schema.ts";
import { argumentParts } from "./matching.ts";
import { freeName, isServiceName } from "./names.ts";
import type { ListedTool, Offer } from "./recording.ts";
import { recordedPart } from "./rewired.ts";

/** What a server answers. */
type Served = ToolExchange | ResourceExchange | PromptExchange;

/** What is enough of a tool call to answer it again. */
export type AnsweredCall = Pick<ToolExchange, "tool" | "arguments" | "result"> &
  Partial<Pick<ToolExchange, "agent" | "isError" | "content" | "structuredContent" | "missing">>;

const NOT_CALLED: readonly Served[] = [];

/** The server of the tools that agents had of their own. */
const OWN_TOOLS = "tools";

/**
 * The servers that were called, each of which answers what it was recorded answering, and those that were there and that
 * nobody called.
 */
export function recordedServers(
  exchanges: readonly Exchange[],
  { offers = [], answering = {} }: { readonly offers?: readonly Offer[]; readonly answering?: Answering } = {},
): readonly McpServer[] {
  const called = grouped(exchanges.filter(isServed), ({ server }) => server ?? "");
  const offered = new Map(offers.flatMap((offer) => ("server" in offer ? [[offer.server, offer.tools] as const] : [])));
  const bySource = new Map([...[...offered.keys()].map((server) => [server, NOT_CALLED] as const), ...called]);
  const names = new Set([...bySource.keys()].filter(isServiceName));
  return [...bySource].map(([source, list]) => {
    const name = isServiceName(source) ? source : freeName(OWN_TOOLS, OWN_TOOLS, names);
    names.add(name);
    const [tools, resources, prompts] = [
      list.filter((one) => one.kind === "tool"),
      list.filter((one) => one.kind === "resource"),
      list.filter((one) => one.kind === "prompt"),
    ];
    return serverOf(name, {
      tools: recordedTools(tools, { server: name, answering, offered: offered.get(source) ?? [] }),
      resources: recordedResources(resources, answering),
      prompts: recordedPrompts(prompts, answering),
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

interface RecordedToolsOptions {
  /** Whose they are, for who asks the real one. */
  readonly server?: string;
  readonly answering?: Answering;
  readonly offered?: readonly ListedTool[];
}

function recordedTools(
  calls: readonly AnsweredCall[],
  { server = "", answering = {}, offered = [] }: RecordedToolsOptions = {},
): Record<string, AnyTool> {
  const offers = new Map(offered.map((one) => [one.name, one]));
  const called = grouped(calls, (call) => call.tool);
  const byTool = new Map([...[...offers.keys()].map((name) => [name, NO_CALLS] as const), ...called]);
  return Object.fromEntries(
    [...byTool].map(([name, ofTool]) => {
      const make = (given: Answering): AnyTool => recordedTool({ name, server }, ofTool, given, offers.get(name));
      return [name, recordedPart(make, answering)];
    }),
  );
}

function recordedTool(
  { name, server }: { readonly name: string; readonly server: string },
  calls: readonly AnsweredCall[],
  answering: Answering,
  { description, schema, output }: Partial<ListedTool> = {},
): AnyTool {
  const answer = answers<Promise<AnsweredCall | undefined>, AnsweredCall>(
    `tool ${name}`,
    calls,
    ({ arguments: args }) => args,
    { word: "call", answering },
  );
  const simulate = (random: Random): AnsweredCall => {
    const results = inferSchema(calls.map(({ result }) => ({ result })));
    return { tool: name, arguments: {}, result: Reflect.get(Object(valueOf(results, random)), "result") ?? null };
  };
  const real = async (args: Json, tell: Tell): Promise<AnsweredCall | undefined> => {
    const asked = await answering.askReal?.({ server, tool: name, arguments: args });
    if (asked !== undefined) tell(asked.by);
    return asked && { tool: name, arguments: {}, ...asked };
  };
  const handle = (args: unknown, context: HandlerContext<Given>): unknown => {
    const content = jsonOf(args);
    const askReal = answering.askReal === undefined ? {} : { askReal: (tell: Tell) => real(content, tell) };
    const answered = answer(content, context, { simulate, ...askReal });
    return answered instanceof Promise ? answered.then(served) : served(answered);
  };
  // What a server refused is answered as it was refused, and not by the mock's own words for its schema.
  const isRefused = calls.some(({ isError }) => isError === true);
  const isGiven = schema !== undefined && !isRefused;
  const input = isGiven ? schema : inferSchema(calls.filter(isAsked).map(({ arguments: args }) => args));
  // Clients hold an answer against the schema that they were told of.
  const isStructured = calls.every((call) => call.isError === true || call.structuredContent !== undefined);
  return tool({
    input,
    handle,
    ...(description === undefined ? {} : { description }),
    ...(output === undefined || !isStructured ? {} : { output }),
  });
}

function served(call: AnsweredCall | undefined): unknown {
  const { result = null, isError = false, content, structuredContent } = call ?? {};
  if (content === undefined && structuredContent === undefined) return isError ? toolError(resultText(result)) : result;
  const parts = content ?? [{ type: "text", text: resultText(result) }];
  return toolContents({ content: parts, isError, ...(structuredContent === undefined ? {} : { structuredContent }) });
}

type Tell = (by: RealAnswer["by"]) => void;

function recordedResources(reads: readonly ResourceExchange[], answering: Answering): Record<string, Resource> {
  return partsByName(
    reads,
    ({ uri }) => uri,
    (uri, ofUri) => {
      const make = (given: Answering): Resource => {
        const answer = answers<never, ResourceExchange>(`resource ${uri}`, ofUri, () => uri, {
          word: "request",
          answering: given,
        });
        return { read: (_, context) => answer(uri, context).result };
      };
      return recordedPart(make, answering);
    },
  );
}

function recordedPrompts(asked: readonly PromptExchange[], answering: Answering): Record<string, Prompt> {
  return partsByName(
    asked,
    ({ name }) => name,
    (name, ofName) => {
      const contentOf = ({ arguments: args }: PromptExchange): Json => args;
      const make = (given: Answering): Prompt => {
        const answer = answers<never, PromptExchange>(`prompt ${name}`, ofName, contentOf, {
          word: "request",
          answering: given,
        });
        return { text: (args, context) => resultText(answer(args, context).result) };
      };
      return recordedPart(make, answering);
    },
  );
}

function partsByName<T, Part>(
  list: readonly T[],
  nameOf: (one: T) => string,
  make: (name: string, all: readonly T[]) => Part,
): Record<string, Part> {
  return Object.fromEntries([...grouped(list, nameOf)].map(([name, all]) => [name, make(name, all)]));
}

const NO_CALLS: readonly AnsweredCall[] = [];

function isAsked({ missing = [] }: { readonly missing?: readonly Missing[] }): boolean {
  return !missing.includes("arguments") && !missing.includes("question");
}

/** Arguments came as JSON. */
function jsonOf(args: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(args ?? {}));
  return json;
}

/** What was asked in a run: for each question, the places in its list, and who asked. */
type Given = Map<string, Map<number, string>>;

/**
 * Finds the answers of one tool, resource or prompt. Who was recorded asking this gets its own answers in their order; for
 * others equal questions get theirs in the order in which they were recorded, whoever asks.
 *
 * The answer throws for what has none, with the nearest that was recorded.
 */
function answers<Real, T extends { readonly agent?: string | null; readonly missing?: readonly Missing[] }>(
  about: string,
  recorded: readonly T[],
  contentOf: (one: T) => Json,
  { word, answering }: { readonly word: string; readonly answering: Answering },
): (content: Json, context: HandlerContext<Given>, without?: Without<T, Real>) => T | Real {
  const questions = recorded.map((one) => ({
    agent: one.agent ?? null,
    answer: one,
    parts: argumentParts(about, contentOf(one)),
    isKnown: isAsked(one),
    words: isAsked(one) ? canonicalJson(contentOf(one)) : UNRECORDED,
  }));
  const find = answererOf<T, Real>(about, questions, answering);
  const keyOf = (agent: string | null, content: Json): string => canonicalJson([agent, content]);
  const counts = grouped(recorded, (one) => keyOf(one.agent ?? null, contentOf(one)));
  const all = grouped(recorded, (one) => canonicalJson(contentOf(one)));
  return (content, { state, caller, occurrence, random }, { simulate, askReal } = {}) => {
    const key = canonicalJson(content);
    const own = caller === "" ? undefined : counts.get(keyOf(caller, content));
    const number = own === undefined ? give(state, `${about} ${key}`, caller, occurrence) + 1 : occurrence;
    const equal = (own ?? all.get(key) ?? []).length;
    return find({
      agent: caller,
      parts: argumentParts(about, content),
      occurrence: number,
      place: give(state, about, caller, Number.POSITIVE_INFINITY) + 1,
      words: key,
      ...(simulate !== undefined && { simulate: () => simulate(random) }),
      ...(askReal !== undefined && { askReal }),
      refusal: () =>
        equal === 0
          ? `no ${word} with ${key} was recorded; the nearest is ${nearest(key, [...all.keys()])}`
          : `this is ${word} ${number}${own === undefined ? "" : ` of ${caller}`} with ${key}, and ${equal} were recorded`,
    });
  };
}

/** What becomes of a question that was not recorded. */
interface Without<T, Real> {
  readonly simulate?: (random: Random) => T;
  readonly askReal?: (tell: Tell) => Real;
}

/** Notes that a question is asked once more, and gives its place, from 0. */
function give(state: Given, question: string, caller: string, occurrence: number): number {
  const given = state.get(question) ?? new Map<number, string>();
  state.set(question, given);
  const own = [...given.values()].filter((one) => one === caller).length;
  const place = Number.isFinite(occurrence) ? placeOf(given, caller, occurrence) : own;
  given.set(Number.isFinite(occurrence) ? place : given.size, caller);
  return place;
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
