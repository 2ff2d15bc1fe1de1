import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Json } from "../../core/json.ts";
import type { ListedTool } from "../../recording/recording.ts";
import {
  type Exchange,
  type PromptExchange,
  type ResourceExchange,
  type ToolExchange,
  exactResult,
} from "../../recording/exchange.ts";
import { type McpPeer, serving } from "../../telemetry/mcp-spans.ts";
import { type ReadRequest, isEventStream } from "../../wire/http-exchange.ts";
import type { Passage } from "../../wire/http-proxy.ts";
import { clientNameIn } from "../../wire/mcp-ledger.ts";
import { jsonOf, offeredTool, readEvents } from "../model-api/dialect.ts";
import type { Hearing } from "./hearing.ts";

type Fields = { readonly [name: string]: Json };

/** One client of a server, who counts its requests apart from all others. */
interface Lane {
  readonly open: Map<Json, OpenRequest>;
  /** A server's end to which nothing is connected: what passes it gets the spans that a mock server would make. */
  readonly near: Transport;
  readonly far: Transport;
}

interface OpenRequest {
  readonly method: string;
  readonly params: Fields;
  readonly startMs: number;
}

/**
 * Hears the messages between an agent and one MCP server, whatever carries them: tells what was asked and answered, and
 * makes the server's spans in its place.
 */
export class McpEar {
  readonly server: string;
  /** What it has listed so far. */
  tools: readonly ListedTool[] = [];
  readonly #peer: McpPeer;
  readonly #hearing: Hearing;
  readonly #lanes = new Map<string, Lane>();

  constructor(peer: McpPeer, hearing: Hearing) {
    this.server = peer.server;
    this.#peer = peer;
    this.#hearing = hearing;
  }

  /** Messages of a client, one or a batch; `name` is the client's. */
  asked(name: string, message: Json | undefined): void {
    const { open, near } = this.#lane(name);
    for (const one of each(message)) {
      const { data } = JSONRPCMessageSchema.safeParse(one);
      const { method, id, params } = one;
      if (data === undefined || typeof method !== "string") continue;
      near.onmessage?.(data);
      if (id !== undefined) open.set(id, { method, params: fieldsOf(params), startMs: this.#hearing.nowMs() });
    }
  }

  /** Messages of the server. */
  answered(name: string, message: Json | undefined): void {
    const { open, far } = this.#lane(name);
    for (const one of each(message)) {
      const { data } = JSONRPCMessageSchema.safeParse(one);
      const { id = null, result, error } = one;
      const request = open.get(id);
      if (data === undefined || "method" in data || request === undefined) continue;
      open.delete(id);
      void far.send(data);
      this.#tell(request, result, error);
    }
  }

  /** Hears no more of a client; what it has asked and nobody has answered is told. */
  left(name: string): void {
    const { open, near } = this.#lane(name);
    near.onclose?.();
    this.#lanes.delete(name);
    for (const { method, params } of open.values())
      this.#hearing.lack({
        what: `${method} ${targetOf(params)} was not answered by server ${this.server}`,
        consequence: "the mock has no answer there when it is run",
      });
  }

  /** Hears no more of anybody. */
  end(): void {
    for (const name of this.#lanes.keys()) this.left(name);
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const nothing = (): Promise<void> => Promise.resolve();
    const near: Transport = { start: nothing, send: nothing, close: nothing };
    const far = serving(near, this.#hearing.service(this.server), this.#peer);
    const lane = { open: new Map(), near, far };
    this.#lanes.set(name, lane);
    return lane;
  }

  /** A list may come in pages, and again. */
  #learn(listed: readonly Fields[]): void {
    const tools = new Map(this.tools.map((tool) => [tool.name, tool]));
    for (const { name, description, inputSchema, outputSchema } of listed)
      if (typeof name === "string")
        tools.set(name, {
          ...offeredTool(name, textOf(description) || undefined, fieldsOf(inputSchema)),
          ...(outputSchema === undefined ? {} : { output: fieldsOf(outputSchema) }),
        });
    this.tools = [...tools.values()];
  }

  #tell({ method, params, startMs }: OpenRequest, result: Json | undefined, error: Json | undefined): void {
    if (method === "tools/list") this.#learn(listOf(fieldsOf(result)["tools"]).map(fieldsOf));
    const exchange = exchangeOf(method, params, result, error);
    if (exchange === undefined) return;
    const { server } = this;
    const agent = clientNameIn(params["_meta"]) ?? this.#hearing.agent;
    this.#hearing.exchange({ agent, server, startMs, durationMs: this.#hearing.nowMs() - startMs, ...exchange });
    if (saysMore(result))
      this.#hearing.lack({
        what: `${method} ${targetOf(params)} of server ${server} was answered with more than one text`,
        consequence: "the mock answers with that as one text",
      });
  }
}

type Unasked<E> = E extends Exchange ? Omit<E, "agent" | "server" | "startMs" | "durationMs"> : never;
type McpExchange = Unasked<ToolExchange | ResourceExchange | PromptExchange>;

/** `undefined` for what only keeps the protocol going. */
function exchangeOf(
  method: string,
  params: Fields,
  result: Json | undefined,
  error: Json | undefined,
): McpExchange | undefined {
  const { name, uri } = params;
  const { content, structuredContent, isError, contents, messages } = fieldsOf(result);
  const failed = error === undefined ? undefined : textOf(fieldsOf(error)["message"]);
  if (method === "tools/call" && typeof name === "string")
    return {
      kind: "tool",
      tool: name,
      arguments: fieldsOf(params["arguments"]),
      result: failed ?? exactResult(textsIn(content)),
      isError: failed !== undefined || isError === true,
      ...(failed === undefined && !isOneText(content) ? { content: listOf(content) } : {}),
      ...(structuredContent === undefined ? {} : { structuredContent }),
    };
  // What could not be had is nothing that a mock could give.
  const missing = failed === undefined ? {} : { missing: ["result"] as const };
  if (method === "resources/read" && typeof uri === "string")
    return { kind: "resource", uri, result: failed ?? exactResult(textsIn(contents)), ...missing };
  if (method !== "prompts/get" || typeof name !== "string") return undefined;
  const given = Object.entries(fieldsOf(params["arguments"])).map(([key, value]) => [key, textOf(value)]);
  const said = listOf(messages).map((message) => fieldsOf(message)["content"] ?? null);
  return { kind: "prompt", name, arguments: Object.fromEntries(given), result: failed ?? textsIn(said), ...missing };
}

function textsIn(contents: Json | undefined): string {
  return listOf(contents)
    .map((one) => textOf(fieldsOf(one)["text"] ?? one))
    .join("\n");
}

/** Where JSON stands in place of a text, its own. */
function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function isOneText(content: Json | undefined): boolean {
  const [only, ...others] = listOf(content).map(fieldsOf);
  return others.length === 0 && only?.["type"] === "text" && Object.keys(only).length === 2;
}

/** Whether a resource or a prompt is more than the one text that a mock has for it. */
function saysMore(result: Json | undefined): boolean {
  const { contents = [], messages = [] } = fieldsOf(result);
  const said = listOf(messages).map(fieldsOf);
  const parts = [...listOf(contents), ...said.map(({ content = null }) => content)].map(fieldsOf);
  return (
    parts.length > 1 || parts.some((part) => part["text"] === undefined) || said.some(({ role }) => role !== "user")
  );
}

function targetOf({ name, uri }: Fields): string {
  return typeof name === "string" ? name : typeof uri === "string" ? uri : "";
}

/** One message, or those of a batch. */
function each(message: Json | undefined): readonly Fields[] {
  return (Array.isArray(message) ? listOf(message) : [message ?? null]).map(fieldsOf);
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: Json | undefined): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

const SESSION_HEADER = "mcp-session-id";

/** Passes MCP over Streamable HTTP on to the server at an address, with its headers, and has it heard. */
export function mcpPassages(
  { url: upstream, headers: own = {} }: Pick<Passage, "url" | "headers">,
  ear: McpEar,
): (request: ReadRequest) => Passage {
  const { origin } = new URL(upstream);
  let count = 0;
  return ({ url, method, headers, text }) => {
    const { pathname, search } = new URL(url);
    const session = headers.get(SESSION_HEADER);
    // Without a session, a client's ids are told apart by its request alone.
    const lane = session ?? `request ${++count}`;
    ear.asked(lane, jsonOf(text));
    return {
      url: `${origin}${pathname}${search}`,
      headers: own,
      hear: (reply) => {
        if (!("unreachable" in reply)) {
          const isStream = isEventStream(reply.headers.get("content-type"));
          const messages = isStream ? readEvents(reply.text).map(({ data }) => data) : [jsonOf(reply.text)];
          for (const message of messages) ear.answered(lane, message);
        }
        if (session === null || method === "DELETE") ear.left(lane);
      },
    };
  };
}
