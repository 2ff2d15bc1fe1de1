import type { ServerCapabilities } from "@modelcontextprotocol/client";
import type { Json } from "../../core/json.ts";
import { randomStream } from "../../core/random.ts";
import type { JsonSchema } from "../../scenario/schema.ts";
import { valueOf } from "../../scenario/schema-value.ts";
import type { Era } from "./era.ts";

/** Which tools may be called: those that say that they change nothing, all, or these. */
export type ToolChoice = "read-only" | "all" | readonly string[];

/** A request to an MCP server. */
export interface McpRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly target?: string;
  /** Whether it asks for what is not there, so that an error is the right answer; made with one context only. */
  readonly isWrong?: true;
}

/** What a server said that it has, as far as it was asked. */
export interface Offers {
  readonly tools: readonly Offered[];
  readonly resources: readonly Offered[];
  readonly templates: readonly Offered[];
  readonly prompts: readonly Offered[];
}

/** One entry of a list, as it came. */
export type Offered = Readonly<Record<string, unknown>>;

/** The lists that a server with these capabilities has, and which offer each gives. */
export function listRequests({ tools, resources, prompts }: ServerCapabilities): readonly (McpRequest & {
  readonly gives: keyof Offers;
  readonly key: string;
})[] {
  return [
    ...(tools === undefined ? [] : [{ method: "tools/list", params: {}, gives: "tools", key: "tools" } as const]),
    ...(resources === undefined
      ? []
      : [
          { method: "resources/list", params: {}, gives: "resources", key: "resources" } as const,
          { method: "resources/templates/list", params: {}, gives: "templates", key: "resourceTemplates" } as const,
        ]),
    ...(prompts === undefined
      ? []
      : [{ method: "prompts/list", params: {}, gives: "prompts", key: "prompts" } as const]),
  ];
}

/** More resources or prompts than these say nothing new. */
const EACH_MAX = 5;

/** What is asked of a server besides its lists, as far as its era has it, and what was left out, a sentence each. */
export function workRequests(
  capabilities: ServerCapabilities,
  offers: Offers,
  { choice, seed, era }: { readonly choice: ToolChoice; readonly seed: number; readonly era: Era },
): { readonly requests: readonly McpRequest[]; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const isStateless = era === "stateless";
  const requests: McpRequest[] = [{ method: isStateless ? "server/discover" : "ping", params: {} }];
  if (capabilities.logging !== undefined && !isStateless)
    requests.push({ method: "logging/setLevel", params: { level: "info" } });
  if (capabilities.tools !== undefined) requests.push(...toolRequests(offers.tools, { choice, seed }, notes));
  if (capabilities.resources !== undefined)
    requests.push(...resourceRequests(offers, isStateless ? {} : capabilities, notes));
  if (capabilities.prompts !== undefined) requests.push(...promptRequests(offers, notes));
  const completion = capabilities.completions === undefined ? undefined : completionRequest(offers);
  return { requests: completion === undefined ? requests : [...requests, completion], notes };
}

const ABSENT = "troupe-asks-for-what-is-not-there";

function toolRequests(
  tools: readonly Offered[],
  { choice, seed }: { readonly choice: ToolChoice; readonly seed: number },
  notes: string[],
): readonly McpRequest[] {
  const chosen = tools.filter((tool) => isChosen(tool, choice));
  const left = tools.filter((tool) => !chosen.includes(tool)).map(nameOf);
  const why =
    choice === "read-only"
      ? "for want of the annotation readOnlyHint (--all-tools or --tool NAME calls them)"
      : "as --tool does not name them";
  if (left.length > 0) notes.push(`tools that were not called, ${why}: ${left.join(", ")}`);
  const calls = chosen.flatMap((tool): readonly McpRequest[] => {
    const name = nameOf(tool);
    const made = argumentsFor(tool, seed);
    if (typeof made !== "string")
      return [{ method: "tools/call", params: { name, arguments: made.value }, target: name }];
    notes.push(`tool ${name} was not called: of its input schema ${made}`);
    return [];
  });
  return [...calls, { method: "tools/call", params: { name: ABSENT, arguments: {} }, target: ABSENT, isWrong: true }];
}

function isChosen(tool: Offered, choice: ToolChoice): boolean {
  if (choice === "all") return true;
  if (choice !== "read-only") return choice.includes(nameOf(tool));
  return Reflect.get(Object(tool["annotations"]), "readOnlyHint") === true;
}

/** Arguments that the schema allows, the same for every seed; or why there are none. */
function argumentsFor(tool: Offered, seed: number): { readonly value: Json } | string {
  try {
    return {
      value: valueOf(Object(tool["inputSchema"]) as JsonSchema, randomStream(seed, `arguments/${nameOf(tool)}`)),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function resourceRequests(offers: Offers, { resources }: ServerCapabilities, notes: string[]): readonly McpRequest[] {
  const uris = offers.resources.map(({ uri }) => String(uri));
  if (uris.length > EACH_MAX) notes.push(`of ${uris.length} resources the first ${EACH_MAX} were read`);
  const reads = uris.slice(0, EACH_MAX).map((uri) => ({ method: "resources/read", params: { uri }, target: uri }));
  const [uri] = uris;
  const watches =
    uri === undefined || resources?.subscribe !== true
      ? []
      : ["resources/subscribe", "resources/unsubscribe"].map((method) => ({ method, params: { uri }, target: uri }));
  const absent = `${ABSENT}://nothing`;
  return [...reads, ...watches, { method: "resources/read", params: { uri: absent }, target: absent, isWrong: true }];
}

function promptRequests({ prompts }: Offers, notes: string[]): readonly McpRequest[] {
  if (prompts.length > EACH_MAX) notes.push(`of ${prompts.length} prompts the first ${EACH_MAX} were asked for`);
  return prompts.slice(0, EACH_MAX).map((prompt) => {
    const given = argumentNames(prompt).map((name) => [name, "alpha"] as const);
    const name = nameOf(prompt);
    return { method: "prompts/get", params: { name, arguments: Object.fromEntries(given) }, target: name };
  });
}

/** Of the first prompt with an argument, or else of the first template with a variable. */
function completionRequest({ prompts, templates }: Offers): McpRequest | undefined {
  for (const prompt of prompts) {
    const [argument] = argumentNames(prompt);
    if (argument !== undefined) return completing({ type: "ref/prompt", name: nameOf(prompt) }, argument);
  }
  for (const { uriTemplate } of templates) {
    const [, variable] = /\{(\w+)\}/.exec(String(uriTemplate)) ?? [];
    if (variable !== undefined) return completing({ type: "ref/resource", uri: String(uriTemplate) }, variable);
  }
  return undefined;
}

function completing(ref: object, name: string): McpRequest {
  return { method: "completion/complete", params: { ref, argument: { name, value: "a" } } };
}

function argumentNames({ arguments: list }: Offered): readonly string[] {
  return Array.isArray(list) ? list.map((argument: unknown) => nameOf(Object(argument))) : [];
}

function nameOf({ name }: Offered): string {
  return String(name);
}
