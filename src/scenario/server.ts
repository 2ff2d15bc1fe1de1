import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import type { Random } from "../core/random.ts";
import type { Definition } from "./brand.ts";
import { DEFINITION } from "./brand.ts";
import type { JsonSchema, SchemaLike, TypeOf } from "./schema.ts";

/** What a handler of a mock server may read besides its arguments. There is nothing else: no ambient time or chance. */
export interface HandlerContext<State = unknown> {
  /** The server's state in this run, shared by all its clients. Change it in place. */
  readonly state: State;
  /** Chance keyed by caller, method, arguments and the occurrence of this call in the caller's own conversation. */
  readonly random: Random;
  readonly clock: Clock;
  /** The name of the client that calls, as it introduced itself. */
  readonly caller: string;
  /** How often this caller has made this very call, counted from 1: what tells repeated identical calls apart. */
  readonly occurrence: number;
}

const TOOL_ERROR: unique symbol = Symbol.for("troupe.tool-error") as never;

/** A result that tells the caller that the tool failed (`isError`), as opposed to a handler that throws, a fault of the mock. */
export interface ToolError {
  readonly [TOOL_ERROR]: true;
  readonly message: string;
}

export function toolError(message: string): ToolError {
  return { [TOOL_ERROR]: true, message };
}

export function isToolError(value: unknown): value is ToolError {
  return typeof value === "object" && value !== null && TOOL_ERROR in value;
}

const TOOL_CONTENTS: unique symbol = Symbol.for("troupe.tool-contents") as never;

/** A result in MCP's own words, for what one text cannot say: an image, several parts, structured content without a schema. */
export interface ToolContents {
  readonly [TOOL_CONTENTS]: true;
  readonly content: readonly Json[];
  readonly structuredContent?: Json;
  readonly isError: boolean;
}

export function toolContents(contents: Omit<ToolContents, typeof TOOL_CONTENTS>): ToolContents {
  return { [TOOL_CONTENTS]: true, ...contents };
}

export function isToolContents(value: unknown): value is ToolContents {
  return typeof value === "object" && value !== null && TOOL_CONTENTS in value;
}

export interface Tool<Args = unknown, Result = unknown, State = never> {
  readonly description?: string;
  readonly input: SchemaLike;
  readonly output?: SchemaLike;
  readonly handle: (args: Args, context: HandlerContext<State>) => Result | ToolError | Promise<Result | ToolError>;
}

/** Any tool: the only place where the arguments' type is forgotten. They are validated against `input` before `handle`. */
export type AnyTool = Tool<never>;

/** Declares a tool; arguments and result are typed by the schemas, zod's or any that follow Standard Schema. */
export function tool<I extends SchemaLike, O extends SchemaLike = JsonSchema, State = unknown>(
  definition: Omit<Tool<TypeOf<I>, TypeOf<O>, State>, "input" | "output"> & { readonly input: I; readonly output?: O },
): Tool<TypeOf<I>, TypeOf<O>, State> {
  return definition;
}

/** A resource: text, or JSON which is sent as its text. Variables of a template such as `contract://{id}` arrive by name. */
export interface Resource {
  readonly description?: string;
  /** Default `text/plain`; `application/json` where `read` gives no string. */
  readonly mimeType?: string;
  readonly read: (variables: Readonly<Record<string, string>>, context: HandlerContext<never>) => unknown;
}

export interface Prompt {
  readonly description?: string;
  /** Argument name to its description; all are required. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** The text of the one user message. */
  readonly text: (args: Readonly<Record<string, string>>, context: HandlerContext<never>) => string;
}

export interface McpServer<
  Tools extends Record<string, AnyTool> = Record<string, AnyTool>,
> extends Definition<"mcp-server"> {
  readonly version: string;
  readonly instructions?: string;
  /** How long a handler takes, drawn for each call. */
  readonly latencyMs: readonly [min: number, max: number];
  /** Makes the state of one run. */
  readonly state: () => unknown;
  readonly tools: Tools;
  /** By URI or URI template with `{variable}` parts. */
  readonly resources: Readonly<Record<string, Resource>>;
  readonly prompts: Readonly<Record<string, Prompt>>;
}

const LATENCY_MS = [2, 30] as const;

/** Whether a server takes other times than those of one that says nothing of them. */
export function statesLatency({ latencyMs: [min, max] }: McpServer): boolean {
  return min !== LATENCY_MS[0] || max !== LATENCY_MS[1];
}

/** Defines a mock MCP server; each run begins with a fresh state. */
export function mcpServer<Tools extends Record<string, AnyTool> = Record<string, never>>(
  name: string,
  definition: Partial<Omit<McpServer<Tools>, typeof DEFINITION | "name">>,
): McpServer<Tools> {
  return {
    version: "1.0.0",
    latencyMs: LATENCY_MS,
    state: () => undefined,
    // Without tools `Tools` was inferred as the empty record, which this is.
    tools: {} as Tools,
    resources: {},
    prompts: {},
    ...definition,
    name,
    [DEFINITION]: "mcp-server",
  };
}

export type ToolArguments<T> = T extends Tool<infer Args> ? Args : never;
export type ToolResult<T> = T extends { readonly handle: (...args: never[]) => infer R }
  ? Exclude<Awaited<R>, ToolError>
  : never;
