import { type Mock, a2aAgentsOf, mcpServersOf } from "../scenario/a2a.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string>>;

/** A mock server as the configurations of MCP clients name it: where it listens, or what starts it. */
export type McpEntry =
  { readonly type: string; readonly url: string } | { readonly command: string; readonly args: readonly string[] };

/**
 * The environment that makes SDK clients of OpenAI and Anthropic ask a mock model's API in place of the real ones, on
 * behalf of an agent. `models` is where the API answers, without a path. The keys are no secrets: nobody checks them.
 */
export function endpointsOf({ models, agent }: { readonly models: string; readonly agent?: string }): Environment {
  const base = agent === undefined ? models : `${models}/agents/${encodeURIComponent(agent)}`;
  return {
    OPENAI_BASE_URL: `${base}/v1`,
    OPENAI_API_KEY: DUMMY_KEY,
    ANTHROPIC_BASE_URL: base,
    ANTHROPIC_API_KEY: DUMMY_KEY,
  };
}

/** The key that agents are given, which is no secret. */
export const DUMMY_KEY = "troupe-no-key";

/** The environment in which an agent finds the mock servers that it may use, and the cards of the remote agents. */
export function mockEndpointsOf({ mcpServers, a2aAgents }: MockEndpoints): Environment {
  return { MCP_SERVERS: JSON.stringify({ mcpServers }), A2A_AGENTS: JSON.stringify(a2aAgents) };
}

/** Mocks by name. */
export interface MockEndpoints {
  readonly mcpServers: Readonly<Record<string, McpEntry>>;
  /** Where their cards lie. */
  readonly a2aAgents: Readonly<Record<string, string>>;
}

/** The mocks that listen, by where they do; one over stdio has no address, and is left out. */
export function listeningMocks(mocks: readonly Mock[], urlOf: (mock: Mock) => string | undefined): MockEndpoints {
  const urls = (list: readonly Mock[]): readonly (readonly [name: string, url: string])[] =>
    list.flatMap((mock) => {
      const url = urlOf(mock);
      return url === undefined ? [] : [[mock.name, url]];
    });
  const mcpServers = urls(mcpServersOf(mocks)).map(([name, url]) => [name, { type: typeOf(url), url }]);
  return { mcpServers: Object.fromEntries(mcpServers), a2aAgents: Object.fromEntries(urls(a2aAgentsOf(mocks))) };
}

/** How an address is spoken to, as configurations of MCP clients say it. */
function typeOf(url: string): "http" | "ws" {
  return url.startsWith("ws") ? "ws" : "http";
}
