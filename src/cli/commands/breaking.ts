import { MUTATIONS } from "../../scenario/survivor.ts";
import type { Command } from "./command.ts";

export const MUTATE = {
  summary: "Break each hop of a scenario in turn, and say which expectation notices.",
  operands: { text: "SCENARIO…", min: 1, max: Number.POSITIVE_INFINITY },
  flags: {
    mode: { value: "sim", help: "How the parts are wired. Default: sim, one process and a virtual clock." },
    transport: { value: "stdio|http|ws", help: "What mock servers speak, in wire mode." },
    seed: { value: "N|random", help: "The one seed, an integer from 0 to 2^53-1, or a drawn one. Default: 1." },
    jobs: { value: "N", help: "How many threads play runs. Default: as many as are worth it, up to the cores." },
    only: { value: "MUTATION", isMany: true, help: "Break hops in this way alone. May be given several times." },
    "once-per-kind": { help: "Of messages with the same ends and the same method, break the first alone." },
    survivors: { value: "N", help: "How many may survive without failing. Default: 0." },
    json: { help: "One JSON document on standard output, everything else on standard error." },
  },
  notes: [
    "SCENARIO is a scenario file, file#name, or a folder.",
    `Mutations: ${MUTATIONS.join(", ")}.`,
    "A scenario accepts survivors with its `survivors`, each with a reason. docs/mutation.md says more.",
  ],
} as const satisfies Command;

export const PROVE = {
  summary: "Say what an MCP server, an MCP client or an A2A agent of anybody does with trace context.",
  operands: { text: "mcp-server|mcp-client|a2a [URL] [-- COMMAND…]", min: 1, max: Number.POSITIVE_INFINITY },
  flags: {
    "all-tools": { help: "Call every tool, also those that may change the world; each up to seven times." },
    tool: {
      value: "NAME",
      isMany: true,
      help: "Call this tool and not those that are annotated readOnlyHint, which are called by default.",
    },
    "downstream-env": {
      value: "NAME[=http]",
      isMany: true,
      help: "A variable that holds where to send on to: the URL of an MCP server of Troupe's, or of a plain HTTP endpoint.",
    },
    env: {
      value: "NAME[=VALUE]",
      isMany: true,
      help: "Set a variable, or hand on your own; it has PATH, HOME, LANG.",
    },
    transport: { value: "stdio|http", help: "What the server speaks that a client is given. Default: http." },
    era: {
      value: "handshake|stateless",
      help: "How MCP is spoken: up to 2025-11-25, or as of 2026-07-28. Default: the newest a server speaks; what a client begins with.",
    },
    timeout: {
      value: "SECONDS",
      help: "The most that an answer may take, default 10, or a client's work, default 60.",
    },
    "otlp-port": {
      value: "N",
      help: "Where spans are taken on 127.0.0.1. Default: 4318 for what runs already, a free port for a command.",
    },
    report: {
      value: "KIND[=FILE]",
      isMany: true,
      help: "text, markdown or json; to FILE, or else to standard output. May be given several times.",
    },
    json: { help: "One JSON document on standard output: every message and what was found of it." },
  },
  notes: [
    "A server over stdio is a COMMAND; one over HTTP and an agent are a URL, with a COMMAND if it is to be started: {port} in",
    "both is a free port, also in PORT. A client finds the server in MCP_SERVERS, in the file MCP_CONFIG, as {url} and {config}.",
    "0: no context was lost where it can be told. 1: context is lost, or an error recorded as none. 4: nothing can be told,",
    "or the peer could not be spoken to. 2: it could not be started.",
  ],
} as const satisfies Command;
