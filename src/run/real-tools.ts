import { Agent } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Json } from "../core/json.ts";
import { sharedValidator } from "../mock/schema-validator.ts";
import type { RealAnswer, RealCall } from "../recording/answering.ts";
import { fetchThrough } from "../wire/node-fetch.ts";
import { toolOutcome } from "./tool-outcome.ts";
import type { McpUpstream } from "./upstream.ts";

/** The real servers behind recorded ones, and what may be called there. */
export interface RealTools {
  readonly servers: readonly McpUpstream[];
  /** As `SERVER/TOOL`: tools that may change the world. */
  readonly allowed: readonly string[];
}

/**
 * Calls a tool of a real server, over a connection of its own. A tool whose annotations say `readOnlyHint: true` is called;
 * any other only where it is listed. What is refused, and what cannot be reached, is an error for the agent.
 */
export async function askReal({ servers, allowed }: RealTools, call: RealCall): Promise<RealAnswer> {
  const { server, tool } = call;
  const upstream = servers.find(({ name }) => name === server);
  if (upstream === undefined) return refused(`no real server ${server} is known; name it with --mcp ${server}=…`);
  const client = new Client({ name: "troupe", version: "1.0.0" }, { jsonSchemaValidator: sharedValidator() });
  try {
    await client.connect(transportTo(upstream));
    if (!allowed.includes(`${server}/${tool}`) && !(await isReadOnly(client, tool)))
      return refused(
        `tool ${tool} of server ${server} may change the world: it does not say readOnlyHint: true, and --allow-call ${server}/${tool} is not given`,
      );
    const args = Object(call.arguments) as Record<string, unknown>;
    const { text, isError, structured } = toolOutcome(
      CallToolResultSchema.parse(await client.callTool({ name: tool, arguments: args })),
    );
    return { result: (structured as Json | undefined) ?? text, isError, by: "live" };
  } catch (error) {
    return { result: `server ${server} could not be asked: ${String(error)}`, isError: true, by: "live" };
  } finally {
    await client.close().catch(() => undefined);
  }
}

function refused(why: string): RealAnswer {
  return { result: `not called: ${why}`, isError: true, by: "refused" };
}

/** A list may come in pages. */
async function isReadOnly(client: Client, name: string): Promise<boolean> {
  let cursor: string | undefined;
  do {
    const { tools, nextCursor } = await client.listTools(cursor === undefined ? {} : { cursor });
    const found = tools.find((tool) => tool.name === name);
    if (found !== undefined) return found.annotations?.readOnlyHint === true;
    cursor = nextCursor;
  } while (cursor !== undefined);
  return false;
}

function transportTo(upstream: McpUpstream): Transport {
  if (!("url" in upstream)) {
    const { command, env, cwd } = upstream;
    const [program = "", ...args] = command;
    return new StdioClientTransport({ command: program, args, env: { ...env }, ...(cwd === undefined ? {} : { cwd }) });
  }
  const { url, headers = {} } = upstream;
  const fetch = fetchThrough(new Agent());
  return new StreamableHTTPClientTransport(new URL(url), { fetch, requestInit: { headers } });
}
