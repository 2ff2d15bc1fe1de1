import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListResourcesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  type ServerCapabilities,
  type Tool as McpTool,
} from "@modelcontextprotocol/sdk/types.js";
import type { Clock } from "../core/clock.ts";
import { canonicalJson } from "../core/json.ts";
import { hash64, randomStream } from "../core/random.ts";
import { type AnyTool, type HandlerContext, type McpServer, isToolContents, isToolError } from "../scenario/server.ts";
import { type SchemaLike, isStandardSchema, jsonSchemaOf } from "../scenario/schema.ts";
import { portableWords } from "../telemetry/spans.ts";
import { clientNameIn } from "../wire/mcp-ledger.ts";
import { sharedValidator } from "./schema-validator.ts";

/** What a mock server is given for one connection. */
export interface ServerSurroundings {
  readonly seed: number;
  readonly clock: Clock;
  /** Lets the run's time pass. */
  readonly pause: (nano: number) => Promise<void>;
  /** The server's state in the run of a request; the same object for every connection. */
  readonly state: () => unknown;
  /** Hears of faults of the mock itself: a handler that threw, or returned what its schema does not allow. */
  readonly onFault: (sentence: string) => void;
}

/** Makes the official SDK's server for one connection to a mock. Connect it to a transport to begin. */
export function createMcpServer(definition: McpServer, surroundings: ServerSurroundings): Server {
  const offers = (list: Readonly<Record<string, unknown>>): boolean => Object.keys(list).length > 0;
  const capabilities: ServerCapabilities = {
    ...(offers(definition.tools) ? { tools: {} } : {}),
    ...(offers(definition.resources) ? { resources: {} } : {}),
    ...(offers(definition.prompts) ? { prompts: {} } : {}),
  };
  const server = new Server(
    { name: definition.name, version: definition.version },
    {
      capabilities,
      jsonSchemaValidator: sharedValidator(),
      ...(definition.instructions === undefined ? {} : { instructions: definition.instructions }),
    },
  );
  const call = new Calls(definition, server, surroundings);
  if (capabilities.tools !== undefined) serveTools(server, definition, call);
  if (capabilities.resources !== undefined) serveResources(server, definition, call);
  if (capabilities.prompts !== undefined) servePrompts(server, definition, call);
  return server;
}

/** An answer with an error code. The SDK's own error puts the code into the words, at each end once more. */
class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Runs handlers: each call gets chance keyed by what it is and how often its caller has made it. */
class Calls {
  readonly #definition: McpServer;
  readonly #server: Server;
  readonly #surroundings: ServerSurroundings;
  readonly #occurrences = new Map<string, number>();

  constructor(definition: McpServer, server: Server, surroundings: ServerSurroundings) {
    this.#definition = definition;
    this.#server = server;
    this.#surroundings = surroundings;
  }

  /** @throws RequestError −32603 when the handler throws; the run hears of it. */
  async run<T>(
    method: string,
    subject: unknown,
    meta: unknown,
    handle: (context: HandlerContext<never>) => T | Promise<T>,
  ): Promise<T> {
    const { seed, clock, state, pause } = this.#surroundings;
    // Agents of one process share its connection and say in each request who asks.
    const caller = clientNameIn(meta) ?? this.#server.getClientVersion()?.name ?? "";
    const key = `server/${this.#definition.name}/${caller}/${method}/${canonicalJson(subject)}`;
    const occurrence = (this.#occurrences.get(key) ?? 0) + 1;
    this.#occurrences.set(key, occurrence);
    const random = randomStream(seed, `${hash64(key)}/${occurrence}`);
    const [min, max] = this.#definition.latencyMs;
    await pause(random.integer(min * 1_000_000, max * 1_000_000));
    let failing = "state could not be made:";
    try {
      // State was made by the definition that now receives it; only the definition knows its type.
      const own = state() as never;
      failing = "handler threw";
      return await handle({ random, clock, caller, occurrence, state: own });
    } catch (error) {
      const isShape = error instanceof WrongShapeError;
      const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const what = isShape ? `handler returned the wrong shape: ${error.message}` : `${failing} ${words}`;
      this.#surroundings.onFault(`server ${this.#definition.name}, ${method}: its ${what}`);
      const portable = isShape ? what : `${failing} ${portableWords(error)}`;
      throw new RequestError(ErrorCode.InternalError, `the ${portable}`);
    }
  }
}

/** A handler's result is not what its tool promises. */
class WrongShapeError extends Error {
  override readonly name = "WrongShapeError";
}

function toolsOf({ tools }: McpServer): McpTool[] {
  return Object.entries(tools).map(([name, { description, input, output }]) => ({
    name,
    ...(description === undefined ? {} : { description }),
    inputSchema: { ...jsonSchemaOf(input), type: "object" as const },
    ...(output !== undefined && describesObject(output)
      ? { outputSchema: { ...jsonSchemaOf(output), type: "object" as const } }
      : {}),
  }));
}

function serveTools(server: Server, definition: McpServer, calls: Calls): void {
  const tools = toolsOf(definition);
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args = {}, _meta } }) => {
    const tool = Object.hasOwn(definition.tools, name) ? definition.tools[name] : undefined;
    if (tool === undefined) throw new RequestError(ErrorCode.InvalidParams, `there is no tool "${name}"`);
    return await calls.run(`tools/call ${name}`, args, _meta, async (context) => {
      const checked = await validated(tool.input, args);
      if ("problem" in checked) return failure(`invalid arguments for ${name}: ${checked.problem}`);
      const result = await tool.handle(checked.value as never, context);
      if (isToolError(result)) return failure(result.message);
      if (!isToolContents(result)) return await success(tool, result);
      const { content, structuredContent, isError } = result;
      // The SDK checks it against the protocol's schema.
      return {
        content,
        ...(structuredContent === undefined ? {} : { structuredContent }),
        ...(isError ? { isError } : {}),
      };
    });
  });
}

function failure(message: string): CallToolResult {
  return { content: [{ type: "text", text: message }], isError: true };
}

/** @throws WrongShapeError when the result is not what the tool's output schema allows. */
async function success({ output }: AnyTool, result: unknown): Promise<CallToolResult> {
  if (output !== undefined) {
    const checked = await validated(output, result);
    if ("problem" in checked) throw new WrongShapeError(checked.problem);
  }
  const text = typeof result === "string" ? result : JSON.stringify(result ?? null);
  const isStructured = output !== undefined && describesObject(output) && typeof result === "object" && result !== null;
  const content: CallToolResult["content"] = [{ type: "text", text }];
  return isStructured ? { content, structuredContent: { ...result } } : { content };
}

/** MCP knows structured content and its schema for objects only; any other result is text. */
function describesObject(schema: SchemaLike): boolean {
  return jsonSchemaOf(schema)["type"] === "object";
}

type Validated = { readonly value: unknown } | { readonly problem: string };

async function validated(schema: AnyTool["input"], value: unknown): Promise<Validated> {
  if (!isStandardSchema(schema)) {
    const result = sharedValidator().getValidator<unknown>(schema)(value);
    return result.valid ? { value } : { problem: result.errorMessage };
  }
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return { value: result.value };
  return {
    problem: result.issues
      .map(({ path = [], message }) => `${path.map(String).join(".") || "value"}: ${message}`)
      .join("; "),
  };
}

function serveResources(server: Server, { resources }: McpServer, calls: Calls): void {
  const listed = Object.entries(resources).map(([uri, { description, mimeType }]) => ({
    uri,
    name: uri,
    ...(description === undefined ? {} : { description }),
    ...(mimeType === undefined ? {} : { mimeType }),
  }));
  const isTemplate = ({ uri }: { readonly uri: string }): boolean => uri.includes("{");
  server.setRequestHandler(ListResourcesRequestSchema, () => ({
    resources: listed.filter((entry) => !isTemplate(entry)),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: listed.filter(isTemplate).map(({ uri, ...rest }) => ({ ...rest, uriTemplate: uri })),
  }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri, _meta } }) => {
    for (const [template, resource] of Object.entries(resources)) {
      const variables = matchTemplate(template, uri);
      if (variables === undefined) continue;
      const content = await calls.run(`resources/read ${uri}`, {}, _meta, (context) =>
        resource.read(variables, context),
      );
      const isText = typeof content === "string";
      const mimeType = resource.mimeType ?? (isText ? "text/plain" : "application/json");
      return { contents: [{ uri, mimeType, text: isText ? content : JSON.stringify(content ?? null) }] };
    }
    throw new RequestError(-32002, `there is no resource "${uri}"`);
  });
}

/** The variables of a URI under a template with `{name}` parts, none of which spans a "/". */
function matchTemplate(template: string, uri: string): Readonly<Record<string, string>> | undefined {
  const names: string[] = [];
  const pattern = template.split(/(\{\w+\})/).map((part) => {
    if (!/^\{\w+\}$/.test(part)) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    names.push(part.slice(1, -1));
    return "([^/]+)";
  });
  const values = new RegExp(`^${pattern.join("")}$`).exec(uri);
  return values === null ? undefined : Object.fromEntries(names.map((name, index) => [name, values[index + 1] ?? ""]));
}

function servePrompts(server: Server, { prompts }: McpServer, calls: Calls): void {
  const listed = Object.entries(prompts).map(([name, { description, arguments: args = {} }]) => ({
    name,
    ...(description === undefined ? {} : { description }),
    arguments: Object.entries(args).map(([key, about]) => ({ name: key, description: about, required: true })),
  }));
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: listed }));
  server.setRequestHandler(GetPromptRequestSchema, async ({ params: { name, arguments: args = {}, _meta } }) => {
    const prompt = Object.hasOwn(prompts, name) ? prompts[name] : undefined;
    if (prompt === undefined) throw new RequestError(ErrorCode.InvalidParams, `there is no prompt "${name}"`);
    const absent = Object.keys(prompt.arguments ?? {}).filter((key) => !Object.hasOwn(args, key));
    if (absent.length > 0) throw new RequestError(ErrorCode.InvalidParams, `prompt ${name} needs ${absent.join(", ")}`);
    const text = await calls.run(`prompts/get ${name}`, args, _meta, (context) => prompt.text(args, context));
    return { messages: [{ role: "user" as const, content: { type: "text" as const, text } }] };
  });
}
